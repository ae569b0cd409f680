"""How a journal's file is made: whole, under another name, by one process and one thread at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aiogandi.errors import JournalError
from aiogandi.journals.sqlite.connection import BUSY, connection_to, make_durable
from aiogandi.journals.sqlite.locks import LockFile, beside
from aiogandi.journals.sqlite.schema import migrate

MAKING: Final = 0
"""The place that whoever makes the file holds. Keys are numbered from 1."""

_PAUSE: Final = 0.01
_AIDS: Final = ("-journal", "-wal", "-shm")


def is_unmade(path: Path) -> bool:
    """Whether there is no journal at *path*, or one that somebody makes at the moment, or did not end to
    make.
    """
    return _fresh(path).exists() or not path.exists()


def make(path: Path) -> None:
    """Make a whole journal under another name, and give it this one in a single step: a process that
    ends on the way leaves no half of one, and what it leaves is taken away by the next.
    """
    with _alone(path):
        fresh = _fresh(path)
        _remove(fresh)
        if path.exists():
            return  # somebody else was quicker
        os.close(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            connection = connection_to(fresh)
            try:
                migrate(connection, 0)
                # Last, so that all of it is in the file, and nothing in a log of the other name.
                make_durable(connection)
            finally:
                connection.close()
            os.link(fresh, path)
        except FileExistsError:
            return  # a file of another program, as its opening will tell
        finally:
            _remove(fresh)


def _fresh(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


def _remove(fresh: Path) -> None:
    for aid in _AIDS:
        fresh.with_name(fresh.name + aid).unlink(missing_ok=True)
    fresh.unlink(missing_ok=True)  # last: as long as it is there, the rest is looked for


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait until nobody else makes the file."""
    locks = LockFile.opened(beside(path))
    try:
        ends = time.monotonic() + BUSY
        while not locks.take(MAKING):
            if time.monotonic() > ends:
                raise JournalError(
                    f"{path} is being made by another process, which does not end it"
                )
            time.sleep(_PAUSE)
        try:
            yield
        finally:
            locks.let_go(MAKING)
    finally:
        locks.close()
