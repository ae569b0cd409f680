"""A journal's file: made, opened, or refused with a word of what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from aiogandi.errors import JournalError
from aiogandi.journals.sqlite.schema import APPLICATION, VERSION, migrate

BUSY: Final = 10.0
"""Seconds for which a transaction waits for those of other processes."""

_HEADER: Final = 100
_MAGIC: Final = b"SQLite format 3\0"


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the journal at *path*, which is made where there is no file.

    Whatever else lies there is a `JournalError`, and stays as it is: a fresh start in its place would
    forget what was bought.
    """
    if not path.exists():
        _make(path)
    _check(path)
    connection = _open(path)
    try:
        application, version = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version")
        )
        if application != APPLICATION:
            raise JournalError(f"{path} is a database of another program, not a journal")
        if version > VERSION:
            raise JournalError(
                f"{path} was written by a later version of aiogandi (schema {version}; this one knows"
                f" {VERSION})"
            )
        _make_durable(connection)  # not earlier: it changes the file
        connection.execute("BEGIN IMMEDIATE")  # now, and not at the first call, if it is read-only
        connection.execute("COMMIT")
        if version < VERSION:
            migrate(connection, version)
    except BaseException:
        connection.close()
        raise
    return connection


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY)
    connection.row_factory = sqlite3.Row
    return connection


def _make_durable(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _make(path: Path) -> None:
    """Make a whole journal under another name, and give it this one in a single step: a process that
    ends on the way leaves no half of one.
    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        connection = _open(fresh)
        try:
            _make_durable(connection)
            migrate(connection, 0)
        finally:
            connection.close()
        try:
            os.link(fresh, path)
        except FileExistsError:
            return  # another process was quicker
    finally:
        fresh.unlink()


def _check(path: Path) -> None:
    """Refuse what SQLite would take for a new database, or would only notice when it reads on."""
    if not path.is_file():
        raise JournalError(f"{path} is no file")
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if not size:
        raise JournalError(f"{path} is empty, and a journal never is: it was cut off")
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise JournalError(f"{path} is no journal, or is damaged: it does not begin like one")
    page = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big")
    if size < pages * (2**16 if page == 1 else page):
        raise JournalError(f"{path} is damaged: it was cut off")
