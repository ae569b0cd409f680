"""SQLite by itself: what it takes for a journal's rows, and journals that hold a million past calls."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from aiogandi.journals.sqlite.file import connect
from aiogandi.journals.sqlite.storage import SqliteStorage

ACCOUNT: Final = "the benchmark's"
MONTH: Final = 30 * 86_400.0
FOUND: Final = 100

_ARGUMENTS: Final = json.dumps(
    {"hostname": "web", "password": {"$secret": 1}, "memory": 256, "shares": 1, "cpu": 1}
)
_INTEND: Final = (
    "INSERT INTO calls (account, client, method, arguments, prints, yields, state, sends, newest, since,"
    " timeout, settle) VALUES (1, 1, 'vm_create', ?, '[1,2]', 'vm_id', 'sent', 1, 5, ?, 120, 5)"
)
_CLAIM: Final = "INSERT INTO claims VALUES (1, 'vm_id', ?, ?, 1, 'vm_create', ?)"
_ANSWER: Final = "UPDATE calls SET state = 'answered', ids = ? WHERE id = ?"
_DROP: Final = "DELETE FROM calls WHERE id = ?"


def bare_commits(number: int, group: int) -> float:
    """Processor seconds for each of so many calls, *group* at a time: one commit for their intents,
    one for their answers; they are dropped together with the next intents. Each is synced.
    """
    with TemporaryDirectory() as folder:
        connection = connect(Path(folder) / "bare.db")
        try:
            started, before = time.process_time(), range(0)
            for first in range(1, number + 1, group):
                numbers = range(first, min(first + group, number + 1))
                now = time.time()
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(_DROP, [(each,) for each in before])
                connection.executemany(_INTEND, [(_ARGUMENTS, now) for _ in numbers])
                connection.execute("COMMIT")
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(_CLAIM, [(each, each, now) for each in numbers])
                connection.executemany(_ANSWER, [('{"vm_id":1}', each) for each in numbers])
                connection.execute("COMMIT")
                before = numbers
            return (time.process_time() - started) / number
        finally:
            connection.close()


def old_file(path: Path, calls: int) -> Path:
    """A journal with so many past calls: each has a concluded key and a claim, a month old."""
    connection = connect(path)
    then = time.time() - MONTH
    step: dict[str, Any] = {
        "number": 1,
        "step": 0,
        "client": 1,
        "method": "vm_create",
        "yields": "vm_id",
    }
    step |= {"since": then, "arguments": _ARGUMENTS, "prints": [1, 2], "state": "answered"}
    step |= {"ids": {"id": 5, "vm_id": 6}, "outcome": None, "ended": None}
    steps = json.dumps([step])
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO accounts (scope) VALUES (?)", (ACCOUNT,))
    connection.executemany(
        "INSERT INTO keys (account, key, state, since, steps) VALUES (1, ?, 'concluded', ?, ?)",
        ((json.dumps([str(each)]), then, steps) for each in range(calls)),
    )
    connection.executemany(_CLAIM, ((each, each, then + each * 1e-3) for each in range(calls)))
    connection.execute("COMMIT")
    connection.close()
    return path


@dataclass(frozen=True, slots=True)
class Opened:
    """Seconds for opening a journal, for entering it as a client (without the print of the account's
    password, which is slow on purpose), and for one key that is found; MiB that the process grew by.
    """

    opening: float
    entering: float
    finding: float
    memory: float


def opened(path: Path) -> Opened:
    """A journal opened in a process of its own, whose memory nothing else has used before."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_opened, args=(theirs, path))
    process.start()
    theirs.close()
    seen: Opened = ours.recv()
    process.join()
    return seen


def _opened(pipe: Connection, path: Path) -> None:
    pipe.send(asyncio.run(_open(path)))


async def _open(path: Path) -> Opened:
    before = _memory()
    storage = SqliteStorage(path)
    times = [time.monotonic()]
    await storage.open()
    times.append(time.monotonic())
    client, _ = await storage.enter(ACCOUNT, "the benchmark")
    times.append(time.monotonic())
    for number in range(FOUND):
        await client.find((str(number * 997),), 0)
    times.append(time.monotonic())
    memory = _memory() - before
    await client.leave()
    await storage.close()
    opening, entering, finding = (late - early for early, late in pairwise(times))
    return Opened(opening, entering, finding / FOUND, memory)


def _memory() -> float:
    """MiB that the process has resident."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status does not tell how much memory is resident")
