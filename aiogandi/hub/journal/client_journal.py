"""The journal of one client in the store."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from aiogandi.changes import written
from aiogandi.changes.journal import Begun, Intent, Name, Recorded, View
from aiogandi.changes.state import State
from aiogandi.errors import HubError, JournalConflict
from aiogandi.hub.journal.books import Books
from aiogandi.hub.journal.calls import DROP, END, INTEND, LOSE, READ, SEND_AGAIN, SETTLE
from aiogandi.hub.journal.claiming import BEGUN, CLAIM, DISOWN, OWNER, VIEW
from aiogandi.hub.journal.clocks import Clocks
from aiogandi.hub.journal.entering import LEFT, TAKE_OVER
from aiogandi.hub.journal.holds import Hold
from aiogandi.hub.journal.keys import HeldKeys
from aiogandi.hub.link import Word
from aiogandi.hub.scripts import Script

log = logging.getLogger("aiogandi.hub")

CALLS: Final = 2**32
"""A client numbers its calls itself, so that an intent of which it is not known whether it was written can be
written again: they begin behind its own number times this.
"""

FORGETTING: Final = 500
"""After so many names that it has claimed, a client forgets old claims."""

LATER: Final = 0.05
"""Seconds for which calls that are in somebody's hands wait for company."""


class HubClientJournal(HeldKeys):
    """What one client writes down and asks. *books* does its exchanges.

    Of a *brief* client nothing is kept for `Gandi.recover`: its calls are known *linger* seconds longer than
    anything of them can appear. One that goes on *alone* where the store is away gives its calls numbers
    below 0, of which nothing is written; work under a key always waits.
    """

    def __init__(
        self,
        books: Books,
        clocks: Clocks,
        releasing: set[asyncio.Future[Any]],
        *,
        told: str,
        brief: bool,
        alone: bool,
        linger: float,
    ) -> None:
        super().__init__(books, clocks, told, releasing)
        self._is_brief = brief
        self._may_go_alone = alone
        self._linger = linger
        self._numbers = itertools.count(1)
        self._own_numbers = itertools.count(-1, -1)
        self._claims = 0
        self._patience: dict[
            int, float
        ] = {}  # of calls of brief clients: for how long each is known
        self._taken_over: set[int] = set()
        self._dropped: list[int] = []
        self._dropping: asyncio.Future[None] | None = None
        self._hurries = asyncio.Event()
        self._has_warned = False
        self._is_stopped = False
        books.store.on_back.append(self._is_back)
        books.store.on_replaced.append(self._was_replaced)

    # -- alone ---------------------------------------------------------------------------------

    def _is_alone(self) -> bool:
        """Whether it goes on without the store."""
        if not (self._may_go_alone and self._books.store.is_away):
            return False
        if not self._has_warned:
            self._has_warned = True
            log.warning(
                "%s is away: changing calls go on without it, and it is not certain that each runs once",
                self._books.store.told,
            )
        return True

    def _is_back(self) -> None:
        self._has_warned = False

    # -- a call --------------------------------------------------------------------------------

    def intend(self, intent: Intent) -> Awaitable[int]:
        return self._books.apart(lambda: self._intend(intent))

    async def _intend(self, intent: Intent) -> int:
        hold = None if intent.key is None else self._holds.of(intent.key)
        if hold is None and self._is_alone():
            return next(self._own_numbers)
        number: int | None = None
        try:
            await self._books.enter()
            number = (self._books.client or 0) * CALLS + next(self._numbers)
            await self._write_down(number, intent, hold)
        except (HubError, asyncio.CancelledError) as error:
            if number is not None:  # it may be written, and nothing leaves
                self._books.forget(number)
                if hold is None or hold.lost is None:
                    drop: list[Word] = [number]
                    self._books.write_later(DROP, lambda: drop)
            if hold is None and isinstance(error, HubError) and self._is_alone():
                return next(self._own_numbers)
            raise
        return number

    async def _write_down(self, number: int, intent: Intent, hold: Hold | None) -> None:
        books = self._books
        if self._is_brief:
            self._patience[number] = intent.timeout + intent.settle + self._linger
        told = _told(intent)
        key, token = _place(hold)
        step = "" if intent.step is None else intent.step

        def make() -> Sequence[Word]:
            by = (number, books.client or 0, books.holder, key, token, step)
            return *by, self._clocks.wall(), self._kept(number), intent.since, *told

        if hold is None:
            books.keep(number, INTEND, make)
        while (answer := await books.ask(INTEND, make)) == [b"client"]:
            books.was_taken_over()
        if isinstance(answer, list) and answer[0] == b"taken":
            raise JournalConflict(
                f"{intent.method}: {answer[1].decode()} stands in its place, and may have run. Nothing was sent"
            )
        self._checked(answer, hold)
        if hold is not None:
            hold.calls.add(number)

    def _kept(self, number: int) -> Word:
        return self._patience.get(number, "")

    def send_again(self, number: int, sends: int, **newest: int | None) -> Awaitable[None]:
        told: Word = ""
        if "newest" in newest:
            told = "none" if newest["newest"] is None else newest["newest"]

        async def write() -> None:
            if number < 0:
                return
            hold = self._held(number)
            key, token = _place(hold)

            def make() -> Sequence[Word]:
                by = (number, self._books.holder, key, token)
                return *by, sends, self._kept(number), told

            if hold is None and self._is_alone():
                self._books.write_later(SEND_AGAIN, make)
                return
            if self._checked(await self._books.ask(SEND_AGAIN, make), hold) == [b"client"]:
                raise HubError(
                    f"{self._books.store.told}: another process sees to this call by now, because this one was"
                    " not heard of. It is not sent again"
                )

        return self._books.in_order(number, write)

    def lose(self, number: int, patience: float) -> Awaitable[None]:
        return self._note(number, LOSE, lambda: (self._clocks.wall(), patience, self._kept(number)))

    def claim(
        self, number: int, names: Sequence[Name], state: State, ids: Mapping[str, int]
    ) -> Awaitable[bool]:
        return self._books.in_order(number, lambda: self._claim(number, names, state, ids))

    def claim_for(
        self, number: int, names: Sequence[Name], ids: Mapping[str, int]
    ) -> Awaitable[bool]:
        return self._books.in_order(
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
        hold = self._holds.of_call(number)
        if hold is not None and number in hold.refused:
            return False  # which was told
        if number < 0:
            return True
        self._claims += len(names)
        forgets = self._claims > FORGETTING
        if forgets:  # so that they become fewer, however many there are
            self._claims = 0
        given: list[Word] = [number, *_place(hold), state.value, json.dumps(ids), ids.get("id", "")]
        given += [int(is_for_another), int(forgets), *_words(names)]
        take_back = None
        if hold is None and not is_for_another:
            take_back = self._books.keep(number, CLAIM, lambda: given)
        try:
            answer = self._checked(await self._books.write(CLAIM, lambda: given), hold)
        except HubError:
            if hold is not None and hold.lost is not None:
                hold.refused.add(number)
            raise
        if answer == 0 and take_back is not None:
            take_back()
        return bool(answer)

    def disown(self, number: int, said: int) -> Awaitable[None]:
        given: list[Word] = [number, json.dumps({"id": said})]

        async def write() -> None:
            await self._books.write(DISOWN, lambda: given)

        return self._books.in_order(number, write)

    def owner(self, number: int, names: Sequence[Name]) -> Awaitable[str | None]:
        async def ask() -> str | None:
            return owner_of(await self._books.ask(OWNER, lambda: [number, *_words(names)]))

        return self._books.in_order(number, ask)

    def settle(self, number: int, state: State, outcome: Any = None) -> Awaitable[bool]:
        told = "" if outcome is None else written.write(outcome)

        async def write() -> bool:
            try:
                return bool(await self._noted(number, SETTLE, lambda: (state.value, told)))
            except HubError:
                if self._holds.of_call(number) is None and self._is_alone():
                    return True  # it is written when the store is back
                raise

        return self._books.in_order(number, write)

    def read(self, number: int) -> Awaitable[Recorded | None]:
        async def ask() -> Recorded | None:
            if number < 0:
                return None
            now, rows = await self._books.ask(READ, lambda: [number])
            return next(iter(self._recorded(now, rows)), None)

        return self._books.in_order(number, ask)

    def end(self, number: int, ids: Mapping[str, int], ended: Mapping[str, Any]) -> Awaitable[None]:
        told = (
            json.dumps(ids),
            ids.get("id", ""),
            written.write(ended),
            str(ended.get("state", "")),
        )
        return self._note(number, END, lambda: told)

    def _note(
        self, number: int, script: Script, make: Callable[[], Sequence[Word]]
    ) -> Awaitable[None]:
        async def write() -> None:
            await self._noted(number, script, make)

        return self._books.in_order(number, write)

    async def _noted(self, number: int, script: Script, make: Callable[[], Sequence[Word]]) -> Any:
        if number < 0 or (self._is_brief and script is END):
            return 1  # how an operation has ended matters to those alone who take its call up
        hold = self._held(number)
        place = _place(hold)
        answer = await self._books.write(script, lambda: (number, *place, *make()))
        return self._checked(answer, hold)

    def _held(self, number: int) -> Hold | None:
        """The key that a call stands under; `HubError` where it is held no more."""
        hold = self._holds.of_call(number)
        if hold is not None and hold.lost is not None:
            raise hold.error()
        return hold

    def drop(self, numbers: Sequence[int]) -> Awaitable[None]:
        for number in numbers:
            self._books.forget(number)
            self._patience.pop(number, None)
        self._dropped += [number for number in numbers if number >= 0]
        if self._dropping is None:
            self._dropping = self._books.apart(self._drop)
        return self._dropping

    async def _drop(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LATER):
                await self._hurries.wait()
        numbers: Sequence[Word] = self._dropped
        self._dropped, self._dropping = [], None
        if numbers:
            await self._books.write(DROP, lambda: numbers)

    # -- other clients -------------------------------------------------------------------------

    async def view(self, names: Collection[Name]) -> View:
        if self._is_alone():
            return View(frozenset(), [])
        by_word = dict(zip(_words(names), names, strict=True))
        make = self._by_client(*by_word)
        now, others, claimed = await self._books.ask(VIEW, make)
        known = frozenset(by_word[each.decode()] for each in claimed)
        return View(known, self._recorded(now, others))

    async def begun(self, method: str, since: float) -> Begun:
        if self._is_alone():
            return Begun()
        make = self._by_client(method)
        return Begun(*await self._books.ask(BEGUN, lambda: (*make(), self._clocks.wall(), since)))

    def _by_client(self, *words: Word) -> Callable[[], Sequence[Word]]:
        return lambda: (self._books.client or 0, *words)

    async def left(self) -> list[Recorded]:
        now, rows = await self._books.ask(LEFT, lambda: ())
        return self._recorded(now, rows)

    def _recorded(self, now: bytes, rows: Sequence[Any]) -> list[Recorded]:
        calls = list(map(self._clocks.reader(now).call, rows))
        self._holds.learn(calls)
        return calls

    async def take_over(self, client: int) -> bool:
        await self._books.enter()
        if client == self._books.client or client in self._taken_over:
            return True
        if not await self._books.ask(TAKE_OVER, lambda: (client, self._books.holder)):
            return False
        self._taken_over.add(client)
        return True

    # -- its end -------------------------------------------------------------------------------

    def _was_replaced(self) -> None:
        self._holds.lose_all("the hub's store was emptied or replaced, and nobody holds it there")
        self._taken_over.clear()

    async def leave(self) -> None:
        if self._books.is_closed:
            return
        self._hurries.set()
        for hold in self._holds.pop_all():
            self._release(hold)
        await self._books.close(sorted(self._taken_over))
        self.stop()

    def stop(self) -> None:
        """Write nothing any more."""
        store = self._books.store
        if not self._is_stopped:
            self._is_stopped = True
            store.on_back.remove(self._is_back)
            store.on_replaced.remove(self._was_replaced)
        self._books.let_go()


def owner_of(told: Sequence[bytes]) -> str | None:
    """Whose an operation is, in words, as a script has told it; None where it is nobody's."""
    if not told:
        return None
    method, key, client = (each.decode() for each in told)
    words = f" under {' / '.join(json.loads(key))}" if key else ""
    return f"{method}{words} of {client or 'a process that has ended'}"


def _words(names: Collection[Name]) -> list[str]:
    return [f"{kind}:{number}" for kind, number in names]


def _place(hold: Hold | None) -> tuple[Word, Word]:
    return ("", "") if hold is None else (hold.key, hold.token)


def _told(intent: Intent) -> list[Word]:
    """The fields of a call, but for those that depend on when it is written."""
    told: list[Word] = [
        *("method", intent.method),
        *("arguments", written.write(intent.arguments)),
        *("prints", json.dumps(list(intent.prints))),
        *("sends", intent.sends),
        *("timeout", intent.timeout),
        *("settle", intent.settle),
    ]
    if intent.yields is not None:
        told += ["yields", intent.yields]
    if intent.newest is not None:
        told += ["newest", intent.newest]
    return told
