"""A journal's file: made, opened, or refused with a word of what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from aiogandi.errors import JournalError
from aiogandi.journals.damage import DAMAGED, damage
from aiogandi.journals.sqlite.log import pages_in_log
from aiogandi.journals.sqlite.schema import APPLICATION, VERSION, migrate

BUSY: Final = 10.0
"""Seconds for which a transaction waits for those of other processes."""

CHECKED: Final = 8 * 2**20
"""Bytes up to which the whole of a file is checked when it is opened: a few milliseconds for each of them."""

_OF_MAIN: Final = "*** in database main ***\n"
"""What SQLite says before what is wrong with a page."""

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
            raise JournalError(
                f"{path} is a database of another program, not a journal: give another path"
            )
        if version > VERSION:
            raise JournalError(
                f"{path} was written by a later version of aiogandi (schema {version}; this one knows"
                f" {VERSION}): use that one, or a later one"
            )
        _make_durable(connection)  # not earlier: it changes the file
        _require_sound(connection, path)
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


def _require_sound(connection: sqlite3.Connection, path: Path) -> None:
    """Compare the tables with their indexes. Where an index does not show what a table has, a key that was
    bought under looks like a new one. In a large file that takes too long, but for the small tables.
    """
    whole = path.stat().st_size <= CHECKED
    for which in ("1",) if whole else ("about", "accounts", "runs"):
        [found] = connection.execute(f"PRAGMA integrity_check({which})").fetchone()
        if found != "ok":
            raise damage(str(path), found.removeprefix(_OF_MAIN))


def _check(path: Path) -> None:
    """Refuse what SQLite would take for a new database, or would only notice when it reads on."""
    if not path.is_file():
        raise JournalError(f"{path} is no file: give the path of one")
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if not size:
        raise JournalError(f"{path} is empty, and a journal never is: it was cut off. {DAMAGED}")
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise JournalError(
            f"{path} is no journal, or is damaged: it does not begin like one. {DAMAGED}"
        )
    page = int.from_bytes(header[16:18], "big")
    page = {0: 1, 1: 2**16}.get(page, page)  # of none, SQLite tells
    pages = int.from_bytes(header[28:32], "big")
    in_log = pages_in_log(path, page)
    there = path.stat().st_size // page  # last: another process may copy its log at the moment
    if any(number not in in_log for number in range(there + 1, pages + 1)):
        raise damage(str(path), "it was cut off")
