"""A SQLite file with the journals of all accounts that use it."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, ClassVar, TypeVar

from aiogandi.changes import written
from aiogandi.changes.journal import ClientJournal, Key, KeyHeld, Name, Recorded
from aiogandi.changes.storage import Entry, Left
from aiogandi.errors import InvalidArgument, JournalError
from aiogandi.journals.sqlite.file import connect, followed, located
from aiogandi.journals.sqlite.left import adopt, dismiss, drop, holder_of, with_runs
from aiogandi.journals.sqlite.locks import LockFile, beside
from aiogandi.journals.sqlite.opening import Opening
from aiogandi.journals.sqlite.rows import one, reading
from aiogandi.journals.sqlite.store import CLIENTS, SqliteClientJournal, join
from aiogandi.journals.sqlite.writer import Writer

Result = TypeVar("Result")


class SqliteStorage:
    """Keeps journals in the file at *path*. `InvalidArgument` where that cannot be the path of a file."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = located(path)
        self._opening: Opening | None = None

    # What lies outside the program. A subclass may put a model of it in its place.
    _make_writer: ClassVar[Callable[..., Writer]] = Writer
    _open_locks = staticmethod(LockFile.opened)
    _wall_clock = staticmethod(time.time)

    async def open(self) -> None:
        path = followed(self._path)
        if LockFile.was_open_at_fork(beside(path)):
            raise JournalError(
                f"{self._path}: this process was forked while the other one had the journal open, and SQLite"
                " would lose what both write. Open it after the fork alone, or start the process in another"
                " way (multiprocessing: with the method 'spawn')"
            )
        writer = self._make_writer(partial(connect, path), str(self._path))
        await writer.open()
        try:
            locks = self._open_locks(beside(path))
        except OSError as error:
            await writer.close()
            raise JournalError(f"{beside(path)}: {error.strerror}") from error
        self._opening = Opening(writer, locks, str(self._path))

    async def close(self) -> None:
        opening, self._opening = self._opening, None
        if opening is not None:
            await opening.close()

    def let_go(self) -> None:
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.leave()

    def apart(self, work: Callable[[], Result]) -> Awaitable[Result]:
        # Not in the writer's thread: what others write down does not wait for it.
        return asyncio.to_thread(work)

    async def enter(
        self, account: str, told: str, within: float = 0.0
    ) -> tuple[ClientJournal, bytes]:
        del within  # a file does not go away
        opening = self._opened()
        number, client, salt = await opening.submit(join(account, told, self._wall_clock()))
        opening.take(CLIENTS + client)
        journal = SqliteClientJournal(
            opening.submit, opening, number, client, told, self._wall_clock
        )
        return journal, salt

    def run(self, account: str, name: str) -> Awaitable[int]:
        return self._submit(partial(_run, account, name, self._wall_clock()))

    def find_run(self, account: str, name: str) -> Awaitable[int | None]:
        return self._submit(partial(_find_run, account, name))

    def runs(self, account: str) -> Awaitable[list[tuple[str, float, Mapping[str, int]]]]:
        return self._submit(partial(_runs, account))

    def entries(self, account: str, run: int) -> Awaitable[list[Entry]]:
        return self._submit(partial(_entries, account, run))

    def steps(self, account: str, run: int, key: Key) -> Awaitable[int]:
        return self._submit(partial(_steps, account, run, key))

    async def forget(self, account: str, run: int, key: Key | None) -> int:
        opening = self._opened()
        numbers = await opening.submit(partial(_numbers, account, run, key))
        free = [number for number in numbers if opening.take(number)]
        try:
            await opening.submit(partial(_forget, free))
        finally:
            for number in free:
                opening.let_go(number)
        return len(free)

    def left(self, account: str) -> Awaitable[list[Left]]:
        return self._submit(partial(with_runs, account))

    async def dismiss(self, account: str, number: int) -> None:
        async with self._holding(account, number) as call:
            work = partial(dismiss, number)
            if call.place is None:
                work = partial(drop, json.dumps([number]))
            await self._submit(work)

    async def adopt(
        self, account: str, number: int, names: Sequence[Name], ids: Mapping[str, int]
    ) -> None:
        async with self._holding(account, number):
            reason = await self._submit(
                partial(adopt, account, number, names, ids, self._wall_clock())
            )
        if reason is not None:
            raise InvalidArgument(f"operation {ids.get('id')} {reason}")

    @asynccontextmanager
    async def _holding(self, account: str, number: int) -> AsyncIterator[Recorded]:
        """A call that is left, while nobody else sees to it."""
        opening = self._opened()
        call = await self._find_left(account, number)
        place = CLIENTS + call.client if call.place is None else call.place
        if not opening.take(place):
            raise KeyHeld(await self._submit(partial(holder_of, call)))
        try:
            # Once more: until now, somebody else may have seen to it.
            yield await self._find_left(account, number)
        finally:
            opening.let_go(place)

    async def _find_left(self, account: str, number: int) -> Recorded:
        for each in await self.left(account):
            if each.call.number == number:
                return each.call
        raise InvalidArgument(f"number={number}: a call that nobody has concluded")

    def export(self) -> Awaitable[list[Mapping[str, Any]]]:
        return self._submit(_export)

    def _submit(self, work: Callable[[sqlite3.Connection], Result]) -> Awaitable[Result]:
        return self._opened().submit(work)

    def _opened(self) -> Opening:
        if self._opening is None:
            raise JournalError(
                f"{self._path}: the journal is closed: enter it with `async with` first"
            )
        return self._opening


_ACCOUNT = "(SELECT id FROM accounts WHERE scope = ?)"
_RUN = f"SELECT id FROM runs WHERE account = {_ACCOUNT} AND name = ?"  # noqa: S608


def _run(account: str, name: str, now: float, connection: sqlite3.Connection) -> int:
    connection.execute("INSERT OR IGNORE INTO accounts (scope) VALUES (?)", (account,))
    connection.execute(
        f"INSERT OR IGNORE INTO runs (account, name, since) VALUES ({_ACCOUNT}, ?, ?)",  # noqa: S608
        (account, name, now),
    )
    number: int = one(connection, _RUN, account, name)
    return number


def _find_run(account: str, name: str, connection: sqlite3.Connection) -> int | None:
    number: int | None = one(connection, _RUN, account, name)
    return number


def _runs(
    account: str, connection: sqlite3.Connection
) -> list[tuple[str, float, Mapping[str, int]]]:
    # Of items: the keys inside of one have its own before theirs.
    rows = connection.execute(
        "SELECT name, state, min(keys.since) AS since, count(*) AS number FROM runs"  # noqa: S608
        " JOIN keys ON keys.account = runs.account AND keys.run = runs.id"
        f" WHERE runs.account = {_ACCOUNT} AND json_array_length(key) = 1 GROUP BY runs.id, state"
        " ORDER BY since",
        (account,),
    )
    found: dict[str, tuple[str, float, dict[str, int]]] = {}
    for row in rows:
        _, _, counts = found.setdefault(row["name"], (row["name"], row["since"], {}))
        counts[row["state"]] = row["number"]
    return list(found.values())


@reading
def _entries(account: str, run: int, connection: sqlite3.Connection) -> list[Entry]:
    rows = connection.execute(
        f"SELECT * FROM keys WHERE account = {_ACCOUNT} AND run = ? ORDER BY id",  # noqa: S608
        (account, run),
    )
    return [
        Entry(
            tuple(json.loads(row["key"])),
            row["state"],
            row["since"],
            None if row["result"] is None else written.read(row["result"]),
            row["error"],
        )
        for row in rows
    ]


def _steps(account: str, run: int, key: Key, connection: sqlite3.Connection) -> int:
    keys = _numbers(account, run, key, connection)
    found = [one(connection, "SELECT count(*) FROM calls WHERE key = ?", each) for each in keys]
    return sum(map(int, found))


def _numbers(account: str, run: int, key: Key | None, connection: sqlite3.Connection) -> list[int]:
    query = f"SELECT id FROM keys WHERE account = {_ACCOUNT} AND run = ?"  # noqa: S608
    if key is None:
        return [row[0] for row in connection.execute(query, (account, run))]
    # With the keys inside of it, whose words begin with its own.
    told, inside = json.dumps(key), f"{json.dumps(key)[:-1]}, "
    found = connection.execute(
        f"{query} AND (key = ? OR substr(key, 1, ?) = ?)", (account, run, told, len(inside), inside)
    )
    return [row[0] for row in found]


def _forget(keys: list[int], connection: sqlite3.Connection) -> None:
    for key in keys:
        connection.execute("DELETE FROM calls WHERE key = ?", (key,))
        connection.execute("DELETE FROM keys WHERE id = ?", (key,))


@reading
def _export(connection: sqlite3.Connection) -> list[Mapping[str, Any]]:
    told: list[Mapping[str, Any]] = []
    for table in ("keys", "calls"):
        run = ", runs.name AS run_name" if table == "keys" else ""
        named = "LEFT JOIN runs ON keys.run = runs.id" if table == "keys" else ""
        rows = connection.execute(
            f"SELECT accounts.scope AS account_name{run}, {table}.* FROM {table}"  # noqa: S608
            f" JOIN accounts ON {table}.account = accounts.id {named} ORDER BY {table}.id"
        )
        told += [{"kind": table[:-1], **_row(row)} for row in rows]
    return told


_JSON = ("key", "steps", "result", "arguments", "ids", "outcome", "ended")


def _row(row: sqlite3.Row) -> dict[str, Any]:
    values = {**row, "account": json.loads(row["account_name"])}
    del values["account_name"]
    values.pop("prints", None)
    for name in _JSON:
        if isinstance(values.get(name), str):
            values[name] = json.loads(values[name])
    for step in values.get("steps") or ():
        del step["prints"]
    return values
