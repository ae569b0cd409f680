"""The journal of one client in the store."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Final

from aiogandi.changes.journal import Begun, Name, Recorded, View
from aiogandi.changes.state import State
from aiogandi.errors import HubError
from aiogandi.hub.journal.clocks import Clocks
from aiogandi.hub.journal.exchanges import Exchanges
from aiogandi.hub.journal.notes import CallNotes
from aiogandi.hub.journal.scripts.calls import READ
from aiogandi.hub.journal.scripts.claims import BEGUN, CLAIM, DISOWN, OWNER, VIEW
from aiogandi.hub.journal.scripts.clients import LEFT, TAKE_OVER
from aiogandi.hub.journal.words import owner_of, place_of, words_of
from aiogandi.hub.link import Word

FORGETTING: Final = 500
"""After so many names that it has claimed, a client forgets old claims."""


class HubClientJournal(CallNotes):
    """What one client writes down and asks."""

    def __init__(self, exchanges: Exchanges, clocks: Clocks, *args: Any, **settings: Any) -> None:
        super().__init__(exchanges, clocks, *args, **settings)
        self._claims = 0
        self._taken_over: set[int] = set()
        exchanges.store.on_replaced.append(self._was_replaced)

    def claim(
        self, number: int, names: Sequence[Name], state: State, ids: Mapping[str, int]
    ) -> Awaitable[bool]:
        return self._exchanges.in_order(number, lambda: self._claim(number, names, state, ids))

    def claim_for(
        self, number: int, names: Sequence[Name], ids: Mapping[str, int]
    ) -> Awaitable[bool]:
        return self._exchanges.in_order(
            number, lambda: self._claim(number, names, State.ADOPTED, ids, is_for_another=True)
        )

    async def _claim(
        self,
        number: int,
        names: Sequence[Name],
        state: State,
        ids: Mapping[str, int],
        *,
        is_for_another: bool = False,
    ) -> bool:
        lock = self._locks.of_call(number)
        if lock is not None and number in lock.refused:
            return False  # which was told
        if number < 0:
            return True
        self._claims += len(names)
        forgets = self._claims > FORGETTING
        if forgets:  # so that they become fewer, however many there are
            self._claims = 0
        given: list[Word] = [
            number,
            *place_of(lock),
            state.value,
            json.dumps(ids),
            ids.get("id", ""),
        ]
        given += [int(is_for_another), int(forgets), *words_of(names)]
        self._exchanges.keep(number, CLAIM, lambda: given)
        try:
            answer = self._checked(await self._exchanges.write(CLAIM, lambda: given), lock)
        except HubError:
            if lock is not None and lock.lost is not None:
                lock.refused.add(number)
            raise
        if answer == 0:
            self._exchanges.take_back(number)
        return bool(answer)

    def disown(self, number: int, said: int) -> Awaitable[None]:
        given: list[Word] = [number, json.dumps({"id": said})]

        async def write() -> None:
            await self._exchanges.write(DISOWN, lambda: given)

        return self._exchanges.in_order(number, write)

    def owner(self, number: int, names: Sequence[Name]) -> Awaitable[str | None]:
        async def ask() -> str | None:
            return owner_of(await self._exchanges.ask(OWNER, lambda: [number, *words_of(names)]))

        return self._exchanges.in_order(number, ask)

    def read(self, number: int) -> Awaitable[Recorded | None]:
        async def ask() -> Recorded | None:
            now, rows = await self._exchanges.ask(READ, lambda: [number])
            return next(iter(self._recorded(now, rows)), None)

        return self._exchanges.in_order(number, lambda: self._unless_alone(ask, None, number))

    # -- other clients -------------------------------------------------------------------------

    async def view(self, names: Collection[Name]) -> View:
        by_word = dict(zip(words_of(names), names, strict=True))

        async def ask() -> View:
            make = self._by_client(*by_word)
            now, others, claimed = await self._exchanges.ask(VIEW, make)
            known = frozenset(by_word[each.decode()] for each in claimed)
            return View(known, self._recorded(now, others))

        return await self._unless_alone(ask, View(frozenset(), []))

    async def begun(self, method: str, since: float) -> Begun:
        async def ask() -> Begun:
            make = self._by_client(method)
            told = await self._exchanges.ask(BEGUN, lambda: (*make(), self._clocks.wall(), since))
            return Begun(*told)

        return await self._unless_alone(ask, Begun())

    def _by_client(self, *words: Word) -> Callable[[], Sequence[Word]]:
        return lambda: (self._exchanges.client or 0, *words)

    async def left(self) -> list[Recorded]:
        now, rows = await self._exchanges.ask(LEFT, lambda: ())
        return self._recorded(now, rows)

    def _recorded(self, now: bytes, rows: Sequence[Any]) -> list[Recorded]:
        calls = list(map(self._clocks.reader(now).call, rows))
        self._locks.learn(calls)
        return calls

    async def take_over(self, client: int) -> bool:
        await self._exchanges.enter()
        if client == self._exchanges.client or client in self._taken_over:
            return True
        if not await self._taken(TAKE_OVER, lambda: (client, self._exchanges.holder)):
            return False
        self._taken_over.add(client)
        return True

    # -- its end -------------------------------------------------------------------------------

    def _was_replaced(self) -> None:
        self._locks.lose_all("the hub's store was emptied or replaced, and nobody holds it there")
        self._taken_over.clear()

    async def leave(self) -> None:
        if self._exchanges.is_closed:
            return
        self._hurries.set()
        for lock in self._locks.pop_all():
            self._release(lock)
        try:
            await self._exchanges.close(sorted(self._taken_over))
        finally:
            self._hear_no_more()

    def stop(self) -> None:
        """Write nothing any more."""
        self._exchanges.let_go()
        self._hear_no_more()

    def _hear_no_more(self) -> None:
        store = self._exchanges.store
        if self._is_back in store.on_back:
            store.on_back.remove(self._is_back)
            store.on_replaced.remove(self._was_replaced)
