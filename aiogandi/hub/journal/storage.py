"""The journals of all accounts in a store that processes share."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar
from weakref import WeakSet

from aiogandi.changes.journal import ClientJournal, Key, KeyHeld, Name
from aiogandi.changes.storage import Entry, Left
from aiogandi.errors import HubError, InvalidArgument, JournalError
from aiogandi.hub.journal.books import Books
from aiogandi.hub.journal.client_journal import HubClientJournal
from aiogandi.hub.journal.clocks import Clocks
from aiogandi.hub.journal.durability import look
from aiogandi.hub.journal.entering import LEFT
from aiogandi.hub.journal.holds import ANOTHER
from aiogandi.hub.journal.overview import (
    ACCOUNTS,
    ADOPT,
    DISMISS,
    ENTRIES,
    EXPORT,
    FIND_RUN,
    FORGET,
    RUN,
    RUNS,
)
from aiogandi.hub.journal.rows import exported_call, exported_key, fields
from aiogandi.hub.journal.words import owner_of, words_of
from aiogandi.hub.link import Word
from aiogandi.hub.scripts import Script
from aiogandi.hub.store import Store

Result = TypeVar("Result")

WITHIN: Final = 60.0
"""Seconds for which work waits for a store that is away, where its client does not say."""

AT_ONCE: Final = 500
"""Keys of a run that are read in one exchange."""


class HubStorage:
    """Keeps journals in *store*.

    With *brief* it keeps no journal: clients share whose operations are whose, and nothing is kept for
    `Gandi.recover`. Such clients may go on *alone* where the store is away.
    """

    def __init__(self, store: Store, *, brief: bool = False, alone: bool = False) -> None:
        self._store = store
        self._is_brief = brief
        self._may_go_alone = alone and brief
        self._is_open = False
        self._is_durable = False
        self._journals: WeakSet[HubClientJournal] = WeakSet()
        self._releasing: set[asyncio.Future[Any]] = set()
        self._clocks = Clocks(store, self._wall_clock)

    # What lies outside the program. A subclass may put a model of it in its place.
    _wall_clock = staticmethod(time.time)

    async def open(self) -> None:
        self._store.join()
        try:
            await self._store.begun()
            self._is_durable = await look(self._store)
        except BaseException:
            await self._store.leave()
            raise
        self._is_open = True

    async def close(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        try:
            await asyncio.gather(*(journal.leave() for journal in tuple(self._journals)))
        finally:
            await self._store.leave()

    def let_go(self) -> None:
        for journal in tuple(self._journals):
            journal.stop()
        if self._is_open:
            self._is_open = False
            self._store.let_go()

    def apart(self, work: Callable[[], Result]) -> Awaitable[Result]:
        return asyncio.to_thread(work)

    async def enter(
        self, account: str, told: str, within: float = WITHIN
    ) -> tuple[ClientJournal, bytes]:
        store, name = self._store, account_name(account)
        if not self._is_brief:
            self._require_open()
        books = Books(
            *(store, account, name, told, 0.0 if self._may_go_alone else within),
            durably=self._is_durable and not self._is_brief,
        )
        journal = HubClientJournal(
            books,
            self._clocks,
            self._releasing,
            told=told,
            brief=self._is_brief,
            alone=self._may_go_alone,
            linger=within + store.lease,
        )
        try:
            await books.enter()
        except HubError:
            if not (self._may_go_alone and store.is_away):
                journal.stop()
                raise
        except BaseException:
            journal.stop()
            raise
        self._journals.add(journal)
        # Where the store was never seen, prints are made under what is the same for all such clients.
        return journal, store.salt or hashlib.sha256(f"{store.prefix} {name}".encode()).digest()

    async def run(self, account: str, name: str) -> int:
        return int(await self._ask(RUN, account, name))

    async def find_run(self, account: str, name: str) -> int | None:
        number = await self._ask(FIND_RUN, account, name)
        return int(number) if number else None

    async def runs(self, account: str) -> list[tuple[str, float, Mapping[str, int]]]:
        now, told = await self._ask(RUNS, account)
        reader = self._clocks.reader(now)
        found: list[tuple[str, float, Mapping[str, int]]] = []
        for name, since, *counts in told:
            by_state = dict(zip(("open", "failed", "concluded"), counts, strict=True))
            found.append((name.decode(), reader.here(since), by_state))
        return sorted(found, key=lambda run: run[1])

    async def entries(self, account: str, run: int) -> list[Entry]:
        entries: list[Entry] = []
        while True:
            first = len(entries)
            now, rows = await self._ask(ENTRIES, account, run, first, first + AT_ONCE - 1)
            entries += map(self._clocks.reader(now).entry, rows)
            if len(rows) < AT_ONCE:
                return entries

    async def forget(self, account: str, run: int, key: Key | None) -> int:
        if self._releasing:
            await asyncio.wait(self._releasing)
        # With the keys inside of it, whose words begin with its own.
        words = "" if key is None else json.dumps(key)
        return int(await self._ask(FORGET, account, run, words, f"{words[:-1]}, "))

    async def left(self, account: str) -> list[Left]:
        now, rows = await self._ask(LEFT, account)
        return list(map(self._clocks.reader(now).left, rows))

    async def dismiss(self, account: str, number: int) -> None:
        self._require(number, await self._said(DISMISS, account, number))

    async def adopt(
        self, account: str, number: int, names: Sequence[Name], ids: Mapping[str, int]
    ) -> None:
        said = (json.dumps(ids), ids.get("id", ""), *words_of(names))
        told = await self._said(ADOPT, account, number, *said)
        self._require(number, told)
        if told[0] == b"taken":
            theirs = owner_of(told[1:])
            reason = "not its own: it has another one" if theirs is None else f"that of {theirs}"
            raise InvalidArgument(f"operation {ids.get('id')} is {reason}")

    async def _said(self, script: Script, account: str, number: int, *words: Word) -> Any:
        if self._releasing:
            await asyncio.wait(self._releasing)
        return await self._ask(script, account, number, *words)

    def _require(self, number: int, told: Sequence[bytes]) -> None:
        if told[0] == b"nothing":
            raise InvalidArgument(f"number={number}: a call that nobody has concluded")
        if told[0] == b"held":
            raise KeyHeld(told[1].decode() or ANOTHER)

    async def export(self) -> list[Mapping[str, Any]]:
        told: list[Mapping[str, Any]] = []
        accounts = fields(await self._ask(ACCOUNTS, ""))
        for account in sorted(accounts.values()):
            now, keys, calls = await self._ask(EXPORT, account)
            reader = self._clocks.reader(now)
            for number, run_name, flat, kept in keys:
                row = {**fields(flat), "run_name": run_name.decode()}
                told.append(exported_key(reader, account, int(number), row, kept))
            told += [exported_call(reader, account, fields(each)) for each in calls]
        return told

    # -- exchanges -----------------------------------------------------------------------------

    async def _ask(self, script: Script, account: str, *words: Word) -> Any:
        self._require_open()
        name = account_name(account)
        return await self._store.run(script, name, *words)

    def _require_open(self) -> None:
        if not self._is_open:
            raise JournalError(
                f"{self._store.told}: the journal is closed: enter it with `async with` first"
            )


def account_name(account: str) -> str:
    """What an account is called in the store."""
    return hashlib.sha256(account.encode()).hexdigest()[:16]
