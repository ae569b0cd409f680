"""A journal's file: opened, or refused with a word of what is wrong with it.

Nothing but SQLite ever opens the database's own files. SQLite keeps POSIX record locks on them, which are
the process's and go with whichever descriptor of the file it closes first: SQLite itself knows which of
its connections share a file, and closes none before its time. Somebody else who only read the header
would drop the locks of all connections of the process, and the next process that opens and closes the
journal would take itself for the last one, and delete the write-ahead log that this one writes to. So
what is to be known beforehand is asked of the folder (`stat`), and the rest of SQLite.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from typing import Final

from aiogandi.checks import refusal, require
from aiogandi.errors import JournalError
from aiogandi.journals.damage import DAMAGED, damage
from aiogandi.journals.sqlite.connection import connection_to, make_durable
from aiogandi.journals.sqlite.making import is_unmade, make
from aiogandi.journals.sqlite.schema import APPLICATION, VERSION, migrate

CHECKED: Final = 8 * 2**20
"""Bytes up to which the whole of a file is checked when it is opened: a few milliseconds for each of them."""

_ALLOWED: Final = 'the path of a file, and neither ":memory:" nor a URI, "file:…"'
_OF_MAIN: Final = "*** in database main ***\n"
"""What SQLite says before what is wrong with a page."""
_HEADER: Final = 100


def located(path: str | os.PathLike[str]) -> Path:
    """*path* as it is meant now, wherever the program goes later. `InvalidArgument` where it names no file."""
    told = os.fspath(path)
    names = isinstance(told, str) and told not in ("", ":memory:") and "\0" not in told
    require(names and not told.startswith("file:"), "path", path, _ALLOWED)
    try:
        os.fsencode(told)
    except UnicodeEncodeError:
        raise refusal("path", path, _ALLOWED) from None
    return Path(told).absolute()


def followed(path: Path) -> Path:
    """The file itself, whatever symbolic links lead to it: its log and its locks lie beside it."""
    return Path(os.path.realpath(path))


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the journal at *path*, which is made where there is no file.

    Whatever else lies there is a `JournalError`, and stays as it is: a fresh start in its place would
    forget what was bought.
    """
    if is_unmade(path):
        make(path)
    _check(path)
    connection = connection_to(path)
    try:
        version = _version(path, connection)
        make_durable(connection)  # not earlier: it changes the file
        _require_sound(path, connection)
        connection.execute("BEGIN IMMEDIATE")  # now, and not at the first call, if it is read-only
        connection.execute("COMMIT")
        if version < VERSION:
            migrate(connection, version)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(path: Path) -> None:
    """Refuse what SQLite would take for a new database, and what it cannot know."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise JournalError(f"{path} is no file: give the path of one")
    if found.st_nlink > 1:
        # The log and the locks lie beside each name, so that whoever uses the other one sees neither.
        raise JournalError(
            f"{path} has another name (a hard link), and a journal has but one: remove the other"
        )
    if not found.st_size:
        raise JournalError(f"{path} is empty, and a journal never is: it was cut off. {DAMAGED}")
    if found.st_size < _HEADER:
        raise _no_journal(path)


def _version(path: Path, connection: sqlite3.Connection) -> int:
    """That of the journal's tables. Refuse whatever is no whole journal of a version that is known."""
    application: int
    version: int
    try:
        application, version, page, pages = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version", "page_size", "page_count")
        )
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise _no_journal(path) from error
        raise
    if application != APPLICATION:
        raise JournalError(
            f"{path} is a database of another program, not a journal: give another path"
        )
    if version > VERSION:
        raise JournalError(
            f"{path} was written by a later version of aiogandi (schema {version}; this one knows"
            f" {VERSION}): use that one, or a later one"
        )
    # Some pages may be in the log alone. Its size first: another process may copy it at the moment.
    if _size_of_log(path) + path.stat().st_size < page * pages:
        raise damage(str(path), "it was cut off")
    return version


def _size_of_log(path: Path) -> int:
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size
    except FileNotFoundError:
        return 0


def _require_sound(path: Path, connection: sqlite3.Connection) -> None:
    """Compare the tables with their indexes. Where an index does not show what a table has, a key that was
    bought under looks like a new one. In a large file that takes too long, but for the small tables.
    """
    whole = path.stat().st_size <= CHECKED
    for which in ("1",) if whole else ("about", "accounts", "runs"):
        [found] = connection.execute(f"PRAGMA integrity_check({which})").fetchone()
        if found != "ok":
            raise damage(str(path), found.removeprefix(_OF_MAIN))


def _no_journal(path: Path) -> JournalError:
    return JournalError(
        f"{path} is no journal, or is damaged: it does not begin like one. {DAMAGED}"
    )
