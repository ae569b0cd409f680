"""The part of a client's journal that writes down what becomes of its calls."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

from aiogandi.changes import written
from aiogandi.changes.journal import Intent
from aiogandi.changes.state import State
from aiogandi.errors import HubError, JournalConflict
from aiogandi.hub.journal.clocks import Clocks
from aiogandi.hub.journal.exchanges import Exchanges
from aiogandi.hub.journal.keys import HeldKeys
from aiogandi.hub.journal.locks import KeyLock
from aiogandi.hub.journal.scripts.calls import DROP, END, INTEND, LOSE, SEND_AGAIN, SETTLE
from aiogandi.hub.journal.words import fields_of, place_of
from aiogandi.hub.link import Word
from aiogandi.hub.scripts import Script

log = logging.getLogger("aiogandi.hub")

Result = TypeVar("Result")

CALLS: Final = 2**32
"""A client numbers its calls itself, so that an intent of which it is not known whether it was written can be
written again: they begin behind its own number times this.
"""

LATER: Final = 0.05
"""Seconds for which calls that are in somebody's hands wait for company."""


class CallNotes(HeldKeys):
    """Notes what becomes of a client's calls. *exchanges* does its exchanges.

    Of a *brief* client nothing is kept for `Gandi.recover`: its calls are known *linger* seconds longer than
    anything of them can appear. One that goes on *alone* where the store is away gives its calls numbers
    below 0, of which nothing is written; work under a key always waits.
    """

    def __init__(
        self,
        exchanges: Exchanges,
        clocks: Clocks,
        releasing: set[asyncio.Future[Any]],
        *,
        told: str,
        brief: bool,
        alone: bool,
        linger: float,
    ) -> None:
        super().__init__(exchanges, clocks, told, releasing)
        self._is_brief = brief
        self._may_go_alone = alone
        self._linger = linger
        self._numbers = itertools.count(1)
        self._own_numbers = itertools.count(-1, -1)
        self._patience: dict[int, float] = {}
        """For how many seconds the store knows each call of a brief client."""
        self._dropped: list[int] = []
        self._dropping: asyncio.Future[None] | None = None
        self._hurries = asyncio.Event()
        self._has_warned = False
        exchanges.store.on_back.append(self._is_back)

    # -- alone ---------------------------------------------------------------------------------

    def _is_alone(self) -> bool:
        """Whether it goes on without the store."""
        if not (self._may_go_alone and self._exchanges.store.is_away):
            return False
        if not self._has_warned:
            self._has_warned = True
            log.warning(
                "%s: changing calls go on alone, and it is not certain that each runs once",
                self._exchanges.store.told,
            )
        return True

    def _is_back(self) -> None:
        self._has_warned = False

    async def _unless_alone(
        self, ask: Callable[[], Awaitable[Result]], alone: Result, number: int = 0
    ) -> Result:
        """What *ask* returns, or *alone* where the store is away, or a call of this *number* not in it."""
        if number < 0 or self._is_alone():
            return alone
        try:
            return await ask()
        except HubError:
            if not self._is_alone():
                raise
            return alone

    # -- a call --------------------------------------------------------------------------------

    def intend(self, intent: Intent) -> Awaitable[int]:
        return self._exchanges.apart(lambda: self._intend(intent))

    async def _intend(self, intent: Intent) -> int:
        lock = None if intent.key is None else self._locks.of(intent.key)
        if lock is None and self._is_alone():
            return next(self._own_numbers)
        number: int | None = None
        try:
            await self._exchanges.enter()
            number = (self._exchanges.client or 0) * CALLS + next(self._numbers)
            await self._write_down(number, intent, lock)
        except (HubError, asyncio.CancelledError) as error:
            if number is not None:  # it may be written, and nothing leaves
                self._exchanges.forget(number)
                if lock is None or lock.lost is None:
                    drop: list[Word] = [number]
                    self._exchanges.write_later(DROP, lambda: drop)
            if lock is None and isinstance(error, HubError) and self._is_alone():
                return next(self._own_numbers)
            raise
        return number

    async def _write_down(self, number: int, intent: Intent, lock: KeyLock | None) -> None:
        exchanges = self._exchanges
        if self._is_brief:
            self._patience[number] = intent.timeout + intent.settle + self._linger
        told = fields_of(intent)
        key, token = place_of(lock)
        step = "" if intent.step is None else intent.step

        def make() -> Sequence[Word]:
            by = (number, exchanges.client or 0, exchanges.holder, key, token, step)
            return *by, self._clocks.wall(), self._kept(number), intent.since, *told

        if lock is None:
            exchanges.keep(number, INTEND, make)
        while (answer := await exchanges.ask(INTEND, make)) == [b"client"]:
            exchanges.was_taken_over()
        if isinstance(answer, list) and answer[0] == b"taken":
            raise JournalConflict(
                f"{intent.method}: {answer[1].decode()} stands in its place, and may have run. Nothing was sent"
            )
        self._checked(answer, lock)
        if lock is not None:
            lock.calls.add(number)

    def _kept(self, number: int) -> Word:
        return self._patience.get(number, "")

    def send_again(self, number: int, sends: int, **newest: int | None) -> Awaitable[None]:
        told: Word = ""
        if "newest" in newest:
            told = "none" if newest["newest"] is None else newest["newest"]

        lock = self._lock_of(number)

        def make() -> Sequence[Word]:
            by = (number, self._exchanges.holder, *place_of(lock))
            return *by, sends, self._kept(number), told

        async def write() -> None:
            answer = self._checked(await self._exchanges.ask(SEND_AGAIN, make), lock)
            if answer == [b"client"]:
                raise HubError(
                    f"{self._exchanges.store.told}: another process sees to this call by now, because this one was"
                    " not heard of. It is not sent again"
                )

        return self._exchanges.in_order(number, lambda: self._unless_alone(write, None, number))

    def lose(self, number: int, patience: float) -> Awaitable[None]:
        return self._note(number, LOSE, lambda: (self._clocks.wall(), patience, self._kept(number)))

    def settle(self, number: int, state: State, outcome: Any = None) -> Awaitable[bool]:
        told = "" if outcome is None else written.write(outcome)

        async def write() -> bool:
            try:
                return bool(await self._noted(number, SETTLE, lambda: (state.value, told)))
            except HubError:
                if not self._is_alone():
                    raise
                return True  # it is written when the store is back

        return self._exchanges.in_order(number, write)

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

        return self._exchanges.in_order(number, write)

    async def _noted(self, number: int, script: Script, make: Callable[[], Sequence[Word]]) -> Any:
        if number < 0 or (self._is_brief and script is END):
            return 1  # how an operation has ended matters to those alone who take its call up
        lock = self._lock_of(number)
        place = place_of(lock)
        answer = await self._exchanges.write(script, lambda: (number, *place, *make()))
        return self._checked(answer, lock)

    def _lock_of(self, number: int) -> KeyLock | None:
        """The lock of the key that a call stands under; `HubError` where it is held no more."""
        lock = self._locks.of_call(number)
        if lock is not None and lock.lost is not None:
            raise lock.error()
        return lock

    def drop(self, numbers: Sequence[int]) -> Awaitable[None]:
        for number in numbers:
            self._exchanges.forget(number)
            self._patience.pop(number, None)
        self._dropped += [number for number in numbers if number >= 0]
        if self._dropping is None:
            self._dropping = self._exchanges.apart(self._drop)
        return self._dropping

    async def _drop(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LATER):
                await self._hurries.wait()
        numbers: Sequence[Word] = self._dropped
        self._dropped, self._dropping = [], None
        if numbers:
            await self._exchanges.write(DROP, lambda: numbers)
