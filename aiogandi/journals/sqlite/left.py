"""Calls that nobody has concluded: which they are, and what somebody says became of one."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiogandi.changes.journal import Name, Recorded
from aiogandi.changes.state import OPEN, State
from aiogandi.changes.storage import Left
from aiogandi.journals.sqlite.claims import enter, owner
from aiogandi.journals.sqlite.rows import IS_OPEN, one, recorded

ANOTHER: Final = "another process"
"""Who does something of which it is not written down who it is."""

_BEGAN: Final = (State.ANSWERED, State.ADOPTED)


def calls_left(account: int, connection: sqlite3.Connection) -> list[Recorded]:
    """Those of an account: see `ClientJournal.left`. Their number costs time, and not that of past ones."""
    return recorded(
        connection,
        "calls.account = ? AND calls.state IN (?, ?, ?, ?, ?)",
        *(account, *OPEN, *_BEGAN),
    )


def read(number: int, connection: sqlite3.Connection) -> Recorded | None:
    """What is recorded of a call: see `ClientJournal.read`."""
    return next(iter(recorded(connection, "calls.id = ?", number)), None)


def with_runs(account: str, connection: sqlite3.Connection) -> list[Left]:
    """They, each with its run: see `Storage.left`."""
    run = "SELECT runs.name FROM runs JOIN keys ON keys.run = runs.id WHERE keys.id = ?"
    calls = calls_left(_number_of(account, connection), connection)
    return [Left(call, one(connection, run, call.place)) for call in calls]


def holder_of(call: Recorded, connection: sqlite3.Connection) -> str:
    """Who sees to a call at the moment, in words."""
    if call.place is not None:
        return holder(call.place, connection)
    return one(connection, "SELECT told FROM clients WHERE id = ?", call.client) or ANOTHER


def holder(key: int, connection: sqlite3.Connection) -> str:
    """Who holds the key of this number, in words."""
    return one(connection, "SELECT holder FROM keys WHERE id = ?", key) or ANOTHER


def adopt(
    account: str,
    number: int,
    names: Sequence[Name],
    ids: Mapping[str, int],
    now: float,
    connection: sqlite3.Connection,
) -> str | None:
    """Enter an operation as the call's own, as somebody says; or return in words why it is not."""
    scope = _number_of(account, connection)
    if enter(scope, number, names, State.ADOPTED, ids, now, connection):
        return None
    theirs = owner(scope, number, names, connection)
    return "is not its own: it has another one" if theirs is None else f"is that of {theirs}"


def update(
    number: int, values: Mapping[str, Any], condition: str, connection: sqlite3.Connection
) -> bool:
    """Change columns of a call for which a *condition* of this room's own holds. Return whether it does."""
    columns = ", ".join(f"{name} = ?" for name in values)
    query = f"UPDATE calls SET {columns} WHERE id = ? AND {condition}"  # noqa: S608 - names of this room's own
    return connection.execute(query, (*values.values(), number)).rowcount > 0


def dismiss(number: int, connection: sqlite3.Connection) -> None:
    """Note that a call under a key did not run, as somebody says."""
    # Another process may hold the key by now, and have found out what became of the call.
    update(number, {"state": State.ABSENT}, IS_OPEN, connection)


def drop(numbers: str, connection: sqlite3.Connection) -> None:
    """Forget calls, the JSON array of whose *numbers* is given: see `ClientJournal.drop`."""
    connection.execute("DELETE FROM calls WHERE id IN (SELECT value FROM json_each(?))", (numbers,))


def _number_of(account: str, connection: sqlite3.Connection) -> int:
    number: int = one(connection, "SELECT id FROM accounts WHERE scope = ?", account, default=0)
    return number
