"""What an error of SQLite or of the system means for a journal, and what to do then."""

from __future__ import annotations

import errno
import sqlite3
from typing import Final

from aiogandi.errors import JournalError
from aiogandi.journals.damage import damage


class Unreadable(Exception):
    """What stands in a row is nothing that a journal writes."""


NOT_ALLOWED: Final = "this user must be able to write the file and its folder"
NO_ROOM: Final = "make room on the disk: until then, no call is sent that cannot be written down"
BUSY: Final = "other processes have kept it busy for too long: try again"
NO_FOLDER: Final = "make its folder first"

_NO_TEXT: Final = "Could not decode to UTF-8"

_OF_SQLITE: Final = {
    sqlite3.SQLITE_FULL: NO_ROOM,
    sqlite3.SQLITE_IOERR: NO_ROOM,  # as where the file's size is limited
    sqlite3.SQLITE_READONLY: NOT_ALLOWED,
    sqlite3.SQLITE_PERM: NOT_ALLOWED,
    sqlite3.SQLITE_CANTOPEN: NOT_ALLOWED,
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
}
_OF_SYSTEM: Final = {
    errno.ENOSPC: NO_ROOM,
    errno.EDQUOT: NO_ROOM,
    errno.EFBIG: NO_ROOM,
    errno.EACCES: NOT_ALLOWED,
    errno.EPERM: NOT_ALLOWED,
    errno.EROFS: NOT_ALLOWED,
    errno.ENOENT: NO_FOLDER,
    errno.ENOTDIR: NO_FOLDER,
}


def failure(name: str, error: BaseException) -> BaseException:
    """The `JournalError` that tells *error* of the journal called *name*; what is no error of the file or
    its contents stays what it is.
    """
    match error:
        case Unreadable() | UnicodeDecodeError():
            told = damage(name, str(error))
        case sqlite3.Error():
            told = _of_sqlite(name, error)
        case OSError():
            told = _with_advice(f"{name}: {error}", _OF_SYSTEM.get(error.errno or 0))
        case OverflowError():  # a number of the service's that has no place in SQLite
            told = JournalError(f"{name}: {error}")
        case _:
            return error
    told.__cause__ = error
    return told


def _of_sqlite(name: str, error: sqlite3.Error) -> JournalError:
    text = str(error)
    if text.startswith(_NO_TEXT):  # of Python's module, which goes on to show all of the bytes
        return damage(name, text.partition(" with text ")[0])
    code = getattr(error, "sqlite_errorcode", None)
    code = None if code is None else code & 0xFF  # an extended code has the plain one in it
    # Nothing of ours asks for what is not there: where SQLite says so, the schema is damaged.
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
        return damage(name, text)
    return _with_advice(f"{name}: {text}", None if code is None else _OF_SQLITE.get(code))


def _with_advice(text: str, advice: str | None) -> JournalError:
    return JournalError(text if advice is None else f"{text}: {advice}")
