"""How a file is made: once and whole, whoever makes it at the same time or is killed on the way."""

import signal
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from aiogandi import JournalError
from aiogandi.journals.sqlite import making
from aiogandi.journals.sqlite.file import connect
from aiogandi.journals.sqlite.locks import LockFile, beside
from tests.processes import unmeasured

ROOT = Path(__file__).parents[3]

OPENS = """
import sys
from pathlib import Path
from aiogandi.journals.sqlite.file import connect

if sys.argv[2:]:
    sys.stdin.readline()
connect(Path(sys.argv[1])).close()
"""

IS_KILLED = """
import os, signal, sys

def hook(event, _):
    if event == sys.argv[2]:
        count[0] -= 1
        if not count[0]:
            os.kill(os.getpid(), signal.SIGKILL)

count = [int(sys.argv[3])]
from aiogandi.journals.sqlite.file import connect
from pathlib import Path
sys.addaudithook(hook)
connect(Path(sys.argv[1])).close()
"""


def begin(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=unmeasured() | {"PYTHONPATH": str(ROOT)},
    )


def is_whole(path):
    """Whether a journal is there, and nothing that its makers needed."""
    with closing(connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM keys").fetchone()[0] == 0
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    names = {each.name for each in path.parent.iterdir()}
    return names - {"runs.db-locks"} == {"runs.db"}


def test_threads_make_it_once(tmp_path):
    for number in range(10):
        path = tmp_path / str(number) / "runs.db"
        path.parent.mkdir()
        failures = []
        barrier = threading.Barrier(6)

        def work(path=path, barrier=barrier, failures=failures):
            barrier.wait()
            try:
                connect(path).close()
            except Exception as error:  # noqa: BLE001 - the test shows it
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert failures == []
        assert is_whole(path)


def test_processes_make_it_once(tmp_path):
    path = tmp_path / "runs.db"
    processes = [begin(OPENS, path, "waits") for _ in range(6)]
    for each in processes:
        each.stdin.write(b"now\n")
        each.stdin.flush()
    for each in processes:
        _, told = each.communicate()
        assert each.returncode == 0, told.decode()
    assert is_whole(path)


@pytest.mark.parametrize(
    ("event", "count"),
    [
        ("sqlite3.connect", 1),  # there is an empty file
        ("sqlite3.connect/handle", 1),  # SQLite has it
        ("os.link", 1),  # it is whole, and has the name of nobody
        ("os.remove", 5),  # it has both names
        ("os.remove", 8),  # what is left of making it is being taken away
    ],
)
def test_who_makes_it_may_be_killed(tmp_path, event, count):
    path = tmp_path / "runs.db"
    process = begin(IS_KILLED, path, event, count)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert (tmp_path / "runs.db.new").exists()
    assert is_whole(path)
    assert is_whole(path)


def test_whatever_a_killed_maker_has_left_is_taken_away(tmp_path):
    for name in ("runs.db.new", "runs.db.new-journal", "runs.db.new-wal", "runs.db.new-shm"):
        (tmp_path / name).write_bytes(b"half of one")
    assert is_whole(tmp_path / "runs.db")


def test_who_is_stopped_while_making_it_holds_nobody_up_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "BUSY", 0.05)
    path = tmp_path / "runs.db"
    locks = LockFile.opened(beside(path))
    assert locks.take(making.MAKING)
    with pytest.raises(JournalError, match="is being made by another process"):
        connect(path)
    locks.close()
    assert is_whole(path)
