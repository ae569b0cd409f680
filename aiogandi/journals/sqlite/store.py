"""The journal of one client in a SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, Protocol, TypeAlias

from aiogandi.changes import written
from aiogandi.changes.journal import Held, HeldElsewhere, Intent, Key, Name
from aiogandi.changes.state import State
from aiogandi.errors import JournalError
from aiogandi.journals.sqlite.claims import (
    FORGOTTEN,
    begun,
    disown,
    enter,
    enter_for,
    forget,
    owner,
    view,
)
from aiogandi.journals.sqlite.intents import intend
from aiogandi.journals.sqlite.left import calls_left, drop, holder, read, update
from aiogandi.journals.sqlite.rows import IS_OPEN, concluded, held, one

Work: TypeAlias = Callable[[sqlite3.Connection], bool]

CLIENTS: Final = 2**40
"""The lock of client 1 stands one byte behind this place; that of key 1 at place 1."""


class Locks(Protocol):
    """Places that this process can hold."""

    def take(self, place: int) -> bool:
        """Hold it; False where it is held."""

    def let_go(self, place: int) -> None:
        """Hold it no more."""


class SqliteClientJournal:
    """What one client, *client*, of *account* writes down and asks. *told* tells others who holds a key.

    How an operation has ended, and that a call is in somebody's hands, waits for what is written next.
    """

    def __init__(
        self,
        submit: Callable[..., Any],
        locks: Locks,
        account: int,
        client: int,
        told: str,
        wall_clock: Callable[[], float],
    ) -> None:
        self._submit = submit
        self._locks = locks
        self._account = account
        self._client = client
        self._told = told
        self._wall_clock = wall_clock
        self._taken_over: set[int] = set()
        self._claims = 0  # since old ones were forgotten

    def intend(self, intent: Intent) -> Any:
        return self._submit(partial(intend, self._account, self._client, intent))

    def send_again(self, number: int, sends: int, **newest: int | None) -> Any:
        values = {"state": State.SENT, "sends": sends, "patience": None, **newest}
        return self._update(number, values)

    def lose(self, number: int, patience: float) -> Any:
        return self._update_open(number, {"state": State.LOST, "patience": patience})

    def claim(
        self, number: int, names: Sequence[Name], state: State, ids: Mapping[str, int]
    ) -> Any:
        now = self._wall_clock()
        work = partial(enter, self._account, number, names, state, ids, now)
        return self._enter(names, work, now)

    def claim_for(self, number: int, names: Sequence[Name], ids: Mapping[str, int]) -> Any:
        now = self._wall_clock()
        work = partial(enter_for, self._account, number, names, ids, now)
        return self._enter(names, work, now)

    def _enter(self, names: Sequence[Name], work: Work, now: float) -> Any:
        self._claims += len(names)
        if self._claims > FORGOTTEN // 2:  # so that they become fewer, however many there are
            self._claims = 0
            work = partial(_forgetting, self._account, now, work)
        return self._submit(work)

    def disown(self, number: int, said: int) -> Any:
        return self._submit(partial(disown, self._account, number, said))

    def owner(self, number: int, names: Sequence[Name]) -> Any:
        return self._submit(partial(owner, self._account, number, names))

    def settle(self, number: int, state: State, outcome: Any = None) -> Any:
        told = {} if outcome is None else {"outcome": written.write(outcome)}
        return self._update_open(number, {"state": state, **told}, f"state = '{state}'")

    def read(self, number: int) -> Any:
        return self._submit(partial(read, number))

    def end(self, number: int, ids: Mapping[str, int], ended: Mapping[str, Any]) -> Any:
        told = {"ids": json.dumps(ids), "ended": written.write(ended)}
        return self._update(number, told, waits=True)

    def drop(self, numbers: Sequence[int]) -> Any:
        return self._submit(partial(drop, json.dumps(numbers)), waits=True)

    def view(self, names: Collection[Name]) -> Any:
        return self._submit(partial(view, self._account, self._client, names))

    def begun(self, method: str, since: float) -> Any:
        return self._submit(partial(begun, self._account, self._client, method, since))

    def find(self, key: Key, run: int) -> Any:
        return self._submit(partial(_find, self._account, key, run))

    async def hold(self, key: Key, run: int = 0) -> Held | HeldElsewhere:
        held: Held | None = None
        while held is None:  # it was forgotten before it was held
            number = await self._submit(partial(_key, self._account, key, run, self._wall_clock()))
            if not self._locks.take(number):
                return HeldElsewhere(await self._submit(partial(holder, number)))
            try:
                held = await self.hold_again(number)
            finally:
                if held is None:
                    self._locks.let_go(number)
        return held

    async def hold_number(self, key: int) -> bool:
        return self._locks.take(key)

    def hold_again(self, key: int) -> Any:
        return self._submit(partial(_take, key, self._told))

    def let_go(self, key: int) -> None:
        self._locks.let_go(key)

    def conclude(self, key: int, result: Any, unasked: Sequence[int] = ()) -> Any:
        return self._submit(partial(_conclude, key, result, unasked))

    def fail(self, key: int, error: str) -> Any:
        return self._submit(partial(_fail, key, error))

    def left(self) -> Any:
        return self._submit(partial(calls_left, self._account))

    async def take_over(self, client: int) -> bool:
        if client == self._client or client in self._taken_over:
            return True
        if not self._locks.take(CLIENTS + client):
            return False
        self._taken_over.add(client)
        return True

    async def leave(self) -> None:
        with suppress(JournalError):  # it was closed before its client
            # What waits is written before anybody takes the calls over.
            await self._submit(_nothing)
        for client in (self._client, *self._taken_over):
            self._locks.let_go(CLIENTS + client)

    def _update(self, number: int, values: Mapping[str, Any], **how: bool) -> Any:
        return self._submit(partial(update, number, values, "TRUE"), **how)

    def _update_open(self, number: int, values: Mapping[str, Any], other: str = "FALSE") -> Any:
        """Unless it is known by now what became of the call, and not what the *other* condition says: a
        person may tell in one process while another one looks for it.
        """
        return self._submit(partial(update, number, values, f"({IS_OPEN} OR {other})"))


def join(
    account: str, told: str, now: float
) -> Callable[[sqlite3.Connection], tuple[int, int, bytes]]:
    """The work that enters a client of *account*, of which *told* tells others: returns the numbers of
    both, and the file's salt.
    """

    def work(connection: sqlite3.Connection) -> tuple[int, int, bytes]:
        connection.execute("INSERT OR IGNORE INTO accounts (scope) VALUES (?)", (account,))
        number = one(connection, "SELECT id FROM accounts WHERE scope = ?", account)
        forget(number, now, connection)
        connection.execute("DELETE FROM clients WHERE id NOT IN (SELECT client FROM calls)")
        client = connection.execute(
            "INSERT INTO clients (told, since) VALUES (?, ?)", (told, now)
        ).lastrowid
        salt = one(connection, "SELECT value FROM about WHERE name = 'salt'")
        return number, client or 0, salt

    return work


def _forgetting(
    account: int,
    now: float,
    work: Work,
    connection: sqlite3.Connection,
) -> bool:
    forget(account, now, connection)
    return work(connection)


def _nothing(connection: sqlite3.Connection) -> None:
    del connection


def _key(account: int, key: Key, run: int, now: float, connection: sqlite3.Connection) -> int:
    told = json.dumps(key)
    connection.execute(
        "INSERT OR IGNORE INTO keys (account, run, key, since) VALUES (?, ?, ?, ?)",
        (account, run, told, now),
    )
    number: int = one(
        connection,
        "SELECT id FROM keys WHERE account = ? AND run = ? AND key = ?",
        *(account, run, told),
    )
    return number


def _find(account: int, key: Key, run: int, connection: sqlite3.Connection) -> Held | None:
    number = one(
        connection,
        "SELECT id FROM keys WHERE account = ? AND run = ? AND key = ? AND state = 'concluded'",
        *(account, run, json.dumps(key)),
    )
    return None if number is None else held(number, connection)


def _take(number: int, told: str, connection: sqlite3.Connection) -> Held | None:
    updated = connection.execute("UPDATE keys SET holder = ? WHERE id = ?", (told, number))
    return held(number, connection) if updated.rowcount else None


def _conclude(
    key: int, result: Any, unasked: Sequence[int], connection: sqlite3.Connection
) -> bool:
    steps = held(key, connection).steps
    if any(each.is_unclear for each in steps):
        return False
    told = [concluded(each) for each in steps if each.step not in unasked]
    for step in unasked:
        connection.execute(
            "UPDATE calls SET key = NULL, step = NULL WHERE key = ? AND step = ? AND state != ?",
            (key, step, State.ABSENT.value),
        )
    connection.execute(
        "UPDATE keys SET state = 'concluded', error = NULL, holder = NULL, steps = ?, result = ?"
        " WHERE id = ?",
        (json.dumps(told), None if result is None else written.write(result), key),
    )
    connection.execute("DELETE FROM calls WHERE key = ?", (key,))
    return True


def _fail(key: int, error: str, connection: sqlite3.Connection) -> None:
    told = error.encode("utf-8", "backslashreplace").decode()  # SQLite takes no lone surrogates
    # Another process may have concluded it, if this was written late.
    connection.execute(
        "UPDATE keys SET state = 'failed', error = ? WHERE id = ? AND state != 'concluded'",
        (told, key),
    )
