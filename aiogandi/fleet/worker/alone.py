"""An item that runs in a process of its own, because its processes have died again and again: so its death ends nothing
else, and is known.

The worker starts the process and has the item in the books meanwhile; the process takes up the item's key, and writes
its outcome down. On its stdin it is told what to do; when that is closed it ends, because its worker has died, or
leaves. On its stdout it says how far it is, a word in each line. What ends without a last word has died.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, cast

from aiogandi.changes.journal import KeyHeld
from aiogandi.errors import HubError
from aiogandi.fleet import outcomes
from aiogandi.fleet.books.books import BegunItem, Books
from aiogandi.fleet.fleet import Fleet
from aiogandi.fleet.items import Item
from aiogandi.fleet.worker.clients import Clients, NoClient
from aiogandi.fleet.worker.target import fleet_of
from aiogandi.fleet.worker.workbench import SUSPECT, outcome_of
from aiogandi.transport.rank import behind

AT_ONCE: Final = 4
"""Processes of a worker, at most."""

PAUSE: Final = 0.05
"""Seconds between two looks whether a process has ended."""

GRACE: Final = 0.7
"""Seconds in which a process has to hand back its item, before it is killed."""

CLOSING: Final = 5.0
"""Seconds in which a process has to end after its last word. The item may have begun what lasts longer."""

LOG_FORM: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
"""How all processes of a worker log."""

BEGUN, OVER, HELD, AWAY = "begun", "over", "held", "away"
"""The words: the item is begun; it has its outcome; somebody else has its key; the store is away."""

LAST: Final = {OVER, HELD, AWAY}
"""The last words."""

SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")
"""What a service manager may send to all processes of a worker. This one ends with its worker."""


class NotBegun(Exception):
    """The process has ended before it began the item, which is not the item's doing."""


class Alone:
    """Runs items of the fleet that *target* names, each in a process of its own, with the modules of this one."""

    def __init__(self, target: str) -> None:
        self._command = [sys.executable, "-m", "aiogandi.fleet.worker.alone", target]
        self._folder = Path.cwd()
        self._places = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, run: str, begun: BegunItem) -> str | None:
        """Return when that has ended: None where the item has its outcome, else how the process died. `KeyHeld`
        and `HubError` where the item is to be delivered again, and `NotBegun`.
        """
        async with self._places:
            process = _Process(self._command, self._folder)
            try:
                item, action = begun.item.text, begun.action
                process.tell({"path": sys.path, "run": run, "item": item, "action": action})
                await process.has_spoken()
                return process.death()
            finally:
                await process.end()


class _Process:
    """A process that has an item alone."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - it is this program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=folder,
            start_new_session=True,  # Ctrl-C is for the worker
        )
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)
        os.set_blocking(self._stdout.fileno(), False)
        self._said = b""

    def tell(self, what: Mapping[str, Any]) -> None:
        """Tell it what to do."""
        with suppress(BrokenPipeError):
            self._stdin.write(json.dumps(what).encode() + b"\n")
            self._stdin.flush()

    async def has_spoken(self) -> None:
        """Return when it has ended, or could have after its last word."""
        # What asyncio has for it waits as well until nobody has the pipes open, and the item may have begun others.
        while self._process.poll() is None:
            if not LAST.isdisjoint(self._words()):
                await self._ended(CLOSING)
                return
            await asyncio.sleep(PAUSE)

    def _words(self) -> list[str]:
        """What it has said."""
        self._said += self._stdout.read() or b""
        return self._said.decode().split()

    async def _ended(self, within: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._process.poll() is None:  # noqa: ASYNC110 - the system tells nobody
                    await asyncio.sleep(PAUSE)

    async def end(self) -> None:
        """See to it that it has ended."""
        with suppress(BrokenPipeError):
            self._stdin.close()
        await self._ended(GRACE)
        if self._process.poll() is None:
            self._process.kill()
            await self._ended(None)
        self._stdout.close()

    def death(self) -> str | None:
        """What became of it, as `Alone` says it."""
        words = self._words()
        if OVER in words:
            return None
        if HELD in words:
            raise KeyHeld
        if AWAY in words:
            raise HubError("the hub is away from a process that has an item alone")
        code = self._process.returncode
        died_by = f"exit code {code}" if code >= 0 else _named(-code)
        if BEGUN not in words:
            raise NotBegun(f"a process for an item alone has not begun it: {died_by}")
        return died_by


def _named(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


# -- the process itself ------------------------------------------------------------------------


class _Ways:
    """Its ways from and to the worker, of which the item's own code knows nothing: to that, stdin is empty, and stdout
    is stderr.
    """

    def __init__(self) -> None:
        self._stdin, self._stdout = os.dup(0), os.dup(1)
        nowhere = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nowhere, 0)
        os.close(nowhere)
        os.dup2(2, 1)

    def told(self) -> Mapping[str, Any]:
        """What it is to do."""
        line = b""
        while not line.endswith(b"\n"):
            if not (some := os.read(self._stdin, 65_536)):
                raise SystemExit("this is begun by a worker, and by nobody else")
            line += some
        return cast("Mapping[str, Any]", json.loads(line))

    def say(self, word: str) -> None:
        """Say a word to the worker."""
        with suppress(OSError):  # it has died, which is heard
            os.write(self._stdout, f"{word}\n".encode())

    def watch(self, loop: asyncio.AbstractEventLoop, main: asyncio.Task[Any]) -> None:
        """End this process when its worker has died, or leaves: in good order, or if the item does not let it, at
        once. It needs a thread, because an item may keep the loop busy.
        """
        while os.read(self._stdin, 1):
            pass
        with suppress(RuntimeError):  # it has ended
            loop.call_soon_threadsafe(main.cancel)
        threading.Event().wait(2 * GRACE)
        os._exit(1)


def main() -> None:
    """Carry out the item that the worker tells of."""
    ways = _Ways()
    for name in SIGNALS:
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, lambda *_: None)
    told = ways.told()
    sys.path[:] = told["path"]
    fleet = fleet_of(sys.argv[1])
    logging.basicConfig(format=LOG_FORM)
    logging.getLogger("aiogandi.hub").setLevel(logging.ERROR)  # the worker tells of the store
    begun = BegunItem(Item.read(told["item"]), told["action"], deaths=SUSPECT, steps=None)
    with suppress(asyncio.CancelledError):
        asyncio.run(_carry_out(fleet, told["run"], begun, ways))


async def _carry_out(fleet: Fleet, run: str, begun: BegunItem, ways: _Ways) -> None:
    task = asyncio.current_task()
    watching = partial(ways.watch, asyncio.get_running_loop(), cast("asyncio.Task[Any]", task))
    threading.Thread(target=watching, daemon=True).start()
    try:
        await _carry_out_alone(fleet, run, begun, ways)
    except KeyHeld:
        ways.say(HELD)
    except HubError:
        ways.say(AWAY)
    else:
        ways.say(OVER)


async def _carry_out_alone(fleet: Fleet, run: str, begun: BegunItem, ways: _Ways) -> None:
    """Carry out the item under its key, and write its outcome into the books."""
    books, item = Books(fleet.hub.store), begun.item
    action = fleet.actions[begun.action]  # before it has begun: another release may stand here now
    async with (
        books.at_hand(),
        fleet.hub.journal() as journal,
        AsyncExitStack() as parts,
    ):
        clients = Clients(fleet, journal)
        parts.push_async_callback(clients.close, wait=0)
        try:
            client = await clients.of(item.account)
        except NoClient as error:
            outcome = outcomes.failed("NoClient", str(error))
        else:
            ways.say(BEGUN)
            with behind():  # the calls of single callers go first
                outcome = await outcome_of(action, client, run, begun)
        await books.end(run, item.id, outcome)


if __name__ == "__main__":
    main()
