"""The part of a client's journal that holds keys."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Sequence
from typing import Any

from aiogandi.changes import written
from aiogandi.changes.journal import Held, HeldElsewhere, Key
from aiogandi.hub.journal.books import Books
from aiogandi.hub.journal.clocks import Clocks
from aiogandi.hub.journal.holds import ANOTHER, Hold, Holds
from aiogandi.hub.journal.scripts.keys import (
    CONCLUDE,
    FAIL,
    FIND,
    HOLD,
    HOLD_AGAIN,
    HOLD_NUMBER,
    RELEASE,
)
from aiogandi.hub.link import Word


class HeldKeys:
    """Holds keys for a client of which *told* tells others. *releasing* are the keys that this process is
    about to let go: whoever wants one of them waits for that.
    """

    def __init__(
        self,
        books: Books,
        clocks: Clocks,
        told: str,
        releasing: set[asyncio.Future[Any]],
    ) -> None:
        self._books = books
        self._told = told
        self._holds = Holds()
        self._releasing = releasing
        self._clocks = clocks

    async def find(self, key: Key, run: int) -> Held | None:
        answer = await self._books.ask(FIND, lambda: (run, json.dumps(key)))
        return self._read(answer) if answer else None

    async def hold(self, key: Key, run: int = 0) -> Held | HeldElsewhere:
        await self._wait_for_releases()
        words, token = json.dumps(key), self._token()
        try:
            answer = await self._books.ask(HOLD, lambda: (run, words, token, self._told))
        except BaseException:
            self._let_go("", run, words, token)  # it may be held
            raise
        if answer[0] == b"elsewhere":
            return HeldElsewhere(answer[1].decode() or ANOTHER)
        held = self._read(answer)
        self._holds.add(held.number, key, token, held.steps)
        return held

    async def hold_number(self, key: int) -> bool:
        await self._wait_for_releases()
        token = self._token()
        try:
            taken = await self._books.ask(HOLD_NUMBER, lambda: (key, token, self._told))
        except BaseException:
            self._let_go(key, "", "", token)
            raise
        if taken:
            self._holds.add(key, (str(key),), token)
        return bool(taken)

    async def hold_again(self, key: int) -> Held:
        hold = self._holds.of(key)
        answer = await self._books.ask(HOLD_AGAIN, lambda: (key, hold.token))
        held = self._read(self._checked(answer, hold))
        self._holds.learn(held.steps)
        return held

    def let_go(self, key: int) -> None:
        hold = self._holds.pop(key)
        if hold is not None:
            self._release(hold)

    def _release(self, hold: Hold) -> None:
        self._let_go(hold.key, "", "", hold.token)

    def _let_go(self, key: Word, run: Word, words: Word, token: str) -> None:
        async def release() -> None:
            # Where the store is away it is let go when that is back, or when this process has gone.
            await self._books.write(RELEASE, lambda: (key, run, words, token))

        released = self._books.in_order(("key", key), release)
        self._releasing.add(released)
        released.add_done_callback(self._released)

    def _released(self, released: asyncio.Future[Any]) -> None:
        self._releasing.discard(released)
        if not released.cancelled():
            released.exception()  # the lock ends with this process at the latest

    async def _wait_for_releases(self) -> None:
        if self._releasing:
            await asyncio.wait(self._releasing)

    def conclude(self, key: int, result: Any, unasked: Sequence[int] = ()) -> Awaitable[bool]:
        told = "" if result is None else written.write(result)

        async def write() -> bool:
            hold = self._holds.of(key)
            make: tuple[Word, ...] = (key, hold.token, told, *unasked)
            return bool(self._checked(await self._books.write(CONCLUDE, lambda: make), hold))

        return self._books.in_order(("key", key), write)

    def fail(self, key: int, error: str) -> Awaitable[None]:
        hold = self._holds.of(key)
        told = error.encode(
            "utf-8", "backslashreplace"
        )  # the store's texts have no lone surrogates

        async def write() -> None:
            make = (key, hold.token, told)
            self._checked(await self._books.write(FAIL, lambda: make), hold)

        return self._books.in_order(("key", key), write)

    def _token(self) -> str:
        return f"{self._books.store.process}:{secrets.token_hex(8)}"

    def _read(self, answer: Sequence[Any]) -> Held:
        return self._clocks.reader(answer[2]).held(answer)

    def _checked(self, answer: Any, hold: Hold | None) -> Any:
        """What a script returned; `HubError` where the key is held by somebody else by now."""
        if hold is not None and isinstance(answer, list) and answer and answer[0] == b"lost":
            hold.lose(answer[1].decode())
            raise hold.error()
        return answer
