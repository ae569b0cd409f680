"""The journals of all accounts in a store that processes share."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import math
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar
from weakref import WeakSet

from aiogandi.changes.journal import ClientJournal, Key, KeyHeld, Name
from aiogandi.changes.storage import Entry, Left
from aiogandi.errors import HubError, InvalidArgument, JournalError
from aiogandi.hub.fields import fields
from aiogandi.hub.journal.client_journal import HubClientJournal
from aiogandi.hub.journal.clocks import Clocks
from aiogandi.hub.journal.durability import check
from aiogandi.hub.journal.exchanges import Exchanges
from aiogandi.hub.journal.locks import ANOTHER
from aiogandi.hub.journal.rows import exported_call, exported_key
from aiogandi.hub.journal.scripts.account import (
    ACCOUNTS,
    ADOPT,
    DISMISS,
    ENTRIES,
    EXPORT_CALLS,
    EXPORT_KEYS,
    FIND_RUN,
    FORGET,
    RUN,
    RUNS,
    STEPS,
    TALLY,
)
from aiogandi.hub.journal.scripts.clients import LEFT
from aiogandi.hub.journal.words import owner_of, words_of
from aiogandi.hub.link import Word
from aiogandi.hub.scripts import Script, account_name
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
        self._within = WITHIN
        self._journals: WeakSet[HubClientJournal] = WeakSet()
        self._releasing: set[asyncio.Future[Any]] = set()
        self._clocks = Clocks(store)

    async def open(self) -> None:
        self._store.join()
        try:
            await self._store.begun()
            self._is_durable = await check(self._store)
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
        self._within = within
        exchanges = Exchanges(
            *(store, account, name, told, 0.0 if self._may_go_alone else within),
            durably=self._is_durable and not self._is_brief,
        )
        journal = HubClientJournal(
            exchanges,
            self._clocks,
            self._releasing,
            told=told,
            brief=self._is_brief,
            alone=self._may_go_alone,
            linger=within + store.lease,
        )
        try:
            await exchanges.enter()
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
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._within
        while True:
            try:
                return int(await self._ask(RUN, account, name))
            except HubError:  # items of a run wait for a store that is away, as their calls do
                if not self._store.is_away or loop.time() >= ends:
                    raise
            await asyncio.sleep(self._store.deadline / 4)

    async def find_run(self, account: str, name: str) -> int | None:
        number = await self._ask(FIND_RUN, account, name)
        return int(number) if number else None

    async def runs(self, account: str) -> list[tuple[str, float, Mapping[str, int]]]:
        found: list[tuple[str, float, Mapping[str, int]]] = []
        for name, run in fields(await self._ask(RUNS, account)).items():
            began, counts = math.inf, Counter[str]()
            async for now, _, since, *numbers in self._pages(TALLY, account, run):
                counts.update(dict(zip(("open", "failed", "concluded"), numbers, strict=True)))
                if since:
                    began = min(began, self._clocks.reader(now).here(since))
            if counts.total():
                found.append((name, began, counts))
        return sorted(found, key=lambda run: run[1])

    async def entries(self, account: str, run: int) -> list[Entry]:
        return [
            self._clocks.reader(now).entry(row)
            async for now, rows in self._pages(ENTRIES, account, run)
            for row in rows
        ]

    async def steps(self, account: str, run: int, key: Key) -> int:
        return int(await self._ask(STEPS, account, run, json.dumps(key)))

    async def forget(self, account: str, run: int, key: Key | None) -> int:
        if self._releasing:
            await asyncio.wait(self._releasing)
        # With the keys inside of it, whose words begin with its own.
        words = "" if key is None else json.dumps(key)
        first = number = 0
        while True:
            place = first, first + AT_ONCE - 1
            stay, forgotten = await self._ask(
                FORGET, account, run, words, f"{words[:-1]}, ", *place
            )
            first += int(stay)
            number += int(forgotten)
            if stay + forgotten < AT_ONCE:
                return number

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
        accounts = fields(await self._ask(ACCOUNTS, ""))
        return [row for each in sorted(accounts.values()) async for row in self._exported(each)]

    async def _exported(self, account: str) -> AsyncIterator[Mapping[str, Any]]:
        calls: list[Mapping[str, Any]] = []
        runs = {"": "0", **fields(await self._ask(RUNS, account))}
        for name, run in runs.items():
            async for now, keys, rows in self._pages(EXPORT_KEYS, account, run):
                reader = self._clocks.reader(now)
                calls += [exported_call(reader, account, fields(row)) for row in rows]
                for number, flat, kept in keys:
                    row = {**fields(flat), "run_name": name}
                    yield exported_key(reader, account, int(number), row, kept)
        async for now, _, rows in self._pages(EXPORT_CALLS, account):
            reader = self._clocks.reader(now)
            calls += [exported_call(reader, account, fields(row)) for row in rows]
        for call in calls:
            yield call

    # -- exchanges -----------------------------------------------------------------------------

    async def _ask(self, script: Script, account: str, *words: Word) -> Any:
        self._require_open()
        is_durable = self._is_durable and script in (RUN, FORGET, DISMISS, ADOPT)
        run = self._store.run_durably if is_durable else self._store.run
        return await run(script, account_name(account), *words)

    async def _pages(self, script: Script, account: str, *words: Word) -> AsyncIterator[Any]:
        """What a script returns of `AT_ONCE` things after the other, until there are no more. How many it has
        found, or they themselves, are the second of what it returns.
        """
        for first in itertools.count(0, AT_ONCE):
            page = await self._ask(script, account, *words, first, first + AT_ONCE - 1)
            yield page
            if (page[1] if isinstance(page[1], int) else len(page[1])) < AT_ONCE:
                return

    def _require_open(self) -> None:
        if not self._is_open:
            raise JournalError(
                f"{self._store.told}: the journal is closed: enter it with `async with` first"
            )
