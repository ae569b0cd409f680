"""Which call has begun which operation, server or disk: each belongs to one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from aiogandi.changes.journal import Begun, Name, View
from aiogandi.changes.state import State
from aiogandi.journals.sqlite.rows import IS_OPEN, one, reading, recorded

CLAIMED: Final = 3600.0
"""Seconds for which it is remembered at least whose an operation is."""

FORGOTTEN: Final = 1000
"""How many claims are forgotten at once: with more, opening an old file would take its time."""


def enter(
    account: int,
    number: int,
    names: Sequence[Name],
    state: State,
    ids: Mapping[str, int],
    now: float,
    connection: sqlite3.Connection,
) -> bool:
    """Enter the operation with these *names* as that of call *number*, all of them or none: see
    `ClientJournal.claim`.
    """
    if _has_another(number, names, connection):
        return False
    entered: list[tuple[int, str, int]] = []
    for name in names:
        # The client that made the call, which may have ended, and not the one that found the operation.
        added = connection.execute(
            "INSERT OR IGNORE INTO claims SELECT ?, ?, ?, id, client, method, ? FROM calls WHERE id = ?",
            (account, *name, now, number),
        )
        if added.rowcount:
            entered.append((account, *name))
        elif _claimant(account, name, connection) not in (None, number):
            connection.executemany(
                "DELETE FROM claims WHERE account = ? AND kind = ? AND number = ?", entered
            )
            return False
    connection.execute(
        "UPDATE calls SET state = ?, ids = ?, patience = NULL WHERE id = ?",
        (
            state.value,
            json.dumps(ids),
            number,
        ),  # SQLite's module asks an enum at length for a plain value
    )
    return True


def _has_another(number: int, names: Sequence[Name], connection: sqlite3.Connection) -> bool:
    """Whether another operation than that with these *names* is known to be the call's."""
    wanted = next((each for kind, each in names if kind == "id"), None)
    if wanted is None:
        return False
    ids = one(connection, "SELECT ids FROM calls WHERE id = ?", number, default="{}")
    known: int = json.loads(ids).get("id", wanted)
    return known != wanted


def enter_for(
    account: int,
    number: int,
    names: Sequence[Name],
    ids: Mapping[str, int],
    now: float,
    connection: sqlite3.Connection,
) -> bool:
    """The same for a call of another client: see `ClientJournal.claim_for`."""
    state = one(connection, "SELECT state FROM calls WHERE id = ?", number)
    if state != State.LOST:
        return False
    return enter(account, number, names, State.ADOPTED, ids, now, connection)


def _claimant(account: int, name: Name, connection: sqlite3.Connection) -> int | None:
    claimant: int | None = one(
        connection,
        "SELECT call FROM claims WHERE account = ? AND kind = ? AND number = ?",
        *(account, *name),
    )
    return claimant


def disown(account: int, number: int, said: int, connection: sqlite3.Connection) -> None:
    """Take back what somebody has *said* of call *number*: see `ClientJournal.disown`."""
    taken_back = connection.execute(
        "UPDATE calls SET state = ?, ids = '{}' WHERE id = ? AND state = ? AND ids = ?",
        (State.UNKNOWN, number, State.ADOPTED, json.dumps({"id": said})),
    )
    if taken_back.rowcount:
        connection.execute("DELETE FROM claims WHERE account = ? AND call = ?", (account, number))


@reading
def owner(
    account: int, number: int, names: Sequence[Name], connection: sqlite3.Connection
) -> str | None:
    """Whose the operation with these *names* is, if not call *number*'s: see `ClientJournal.owner`."""
    for name in names:
        rows = connection.execute(
            "SELECT claims.method, keys.key, clients.told FROM claims"
            " LEFT JOIN calls ON claims.call = calls.id LEFT JOIN keys ON calls.key = keys.id"
            " LEFT JOIN clients ON claims.client = clients.id"
            " WHERE claims.account = ? AND claims.kind = ? AND claims.number = ? AND claims.call != ?",
            (account, *name, number),
        )
        for method, key, told in rows:
            words = "" if key is None else f" under {' / '.join(json.loads(key))}"
            return f"{method}{words} of {told or 'a process that has ended'}"
    return None


def view(
    account: int, client: int, names: Collection[Name], connection: sqlite3.Connection
) -> View:
    """Whose the operations of these *names* are, and what clients other than *client* have open."""
    by_kind: dict[str, list[int]] = {}
    for kind, number in names:
        by_kind.setdefault(kind, []).append(number)
    claimed = {
        (kind, number)
        for kind, numbers in by_kind.items()
        for (number,) in connection.execute(
            "SELECT number FROM claims WHERE account = ? AND kind = ?"
            " AND number IN (SELECT value FROM json_each(?))",
            (account, kind, json.dumps(numbers)),
        )
    }
    others = recorded(
        connection,
        f"calls.account = ? AND calls.client != ? AND {IS_OPEN}",
        *(account, client),
    )
    return View(frozenset(claimed), others)


@reading
def begun(
    account: int, client: int, method: str, since: float, connection: sqlite3.Connection
) -> Begun:
    """How many operations *client* and others have begun since then by *method*, or may have."""
    clients = connection.execute(
        "SELECT client, count(DISTINCT call) FROM claims"
        " WHERE account = ? AND at >= ? AND method = ? GROUP BY client",
        (account, since, method),
    ).fetchall()
    clients += connection.execute(
        f"SELECT client, count(*) FROM calls WHERE account = ? AND method = ? AND {IS_OPEN}"  # noqa: S608
        " GROUP BY client",
        (account, method),
    )
    own = sum(number for each, number in clients if each == client)
    return Begun(own, sum(number for _, number in clients) - own)


def forget(account: int, now: float, connection: sqlite3.Connection) -> None:
    """Forget whose operations are that no call can be given any more, `FORGOTTEN` of them. A call knows the
    newest operation as it was a minute before it left, so what was claimed well before the oldest open call
    is older than all.
    """
    oldest = one(
        connection,
        f"SELECT min(since) FROM calls WHERE account = ? AND {IS_OPEN}",  # noqa: S608
        account,
    )
    before = (now if oldest is None else min(oldest, now)) - CLAIMED
    connection.execute(
        "DELETE FROM claims WHERE account = ? AND at <= (SELECT max(at) FROM"
        " (SELECT at FROM claims WHERE account = ? AND at < ? ORDER BY at LIMIT ?))",
        (account, account, before, FORGOTTEN),
    )
