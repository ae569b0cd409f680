"""The part of a client's journal that holds keys."""

from __future__ import annotations

import asyncio
import json
import math
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiogandi.changes import written
from aiogandi.changes.journal import Held, HeldElsewhere, Key
from aiogandi.errors import HubError
from aiogandi.hub.journal.clocks import Clocks
from aiogandi.hub.journal.exchanges import Exchanges
from aiogandi.hub.journal.locks import ANOTHER, KeyLock, KeyLocks
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
from aiogandi.hub.presence import BEATS
from aiogandi.hub.scripts import Script


class HeldKeys:
    """Holds keys for a client, which other processes know as *told*. *releasing* are the locks that this process
    is giving back just now: whoever wants a key waits for them.
    """

    def __init__(
        self,
        exchanges: Exchanges,
        clocks: Clocks,
        told: str,
        releasing: set[asyncio.Future[Any]],
    ) -> None:
        self._exchanges = exchanges
        self._told = told
        self._locks = KeyLocks()
        self._releasing = releasing
        self._clocks = clocks

    async def find(self, key: Key, run: int) -> Held | None:
        answer = await self._exchanges.ask(FIND, lambda: (run, json.dumps(key)))
        return self._read(answer) if answer else None

    async def hold(self, key: Key, run: int = 0) -> Held | HeldElsewhere:
        await self._wait_for_releases()
        words, token = json.dumps(key), self._token()
        try:
            answer = await self._exchanges.ask(HOLD, lambda: (run, words, token, self._told))
        except BaseException:
            self._let_go("", run, words, token)  # it may be held
            raise
        if answer[0] == b"elsewhere":
            return HeldElsewhere(answer[1].decode() or ANOTHER)
        held = self._read(answer)
        self._locks.add(held.number, key, token, held.steps)
        return held

    async def hold_number(self, key: int) -> bool:
        await self._wait_for_releases()
        token = self._token()
        try:
            taken = await self._taken(HOLD_NUMBER, lambda: (key, token, self._told))
        except BaseException:
            self._let_go(key, "", "", token)
            raise
        if taken:
            self._locks.add(key, (str(key),), token)
        return taken

    async def _taken(self, script: Script, make: Callable[[], Sequence[Word]]) -> bool:
        """Whether *script* has taken something. Where its holder counts as there, that may be what it has said
        just before it was killed: whether it says so again is waited for, a lease at most.
        """
        pause = self._exchanges.store.lease / BEATS / 2
        taken, left = await self._exchanges.ask(script, make)
        before = math.inf
        while not taken and 0 < left < before:
            before = left
            await asyncio.sleep(pause)
            taken, left = await self._exchanges.ask(script, make)
        return bool(taken)

    async def hold_again(self, key: int) -> Held:
        lock = self._locks.of(key)
        answer = await self._exchanges.ask(HOLD_AGAIN, lambda: (key, lock.token))
        held = self._read(self._checked(answer, lock))
        self._locks.learn(held.steps)
        return held

    def let_go(self, key: int) -> None:
        lock = self._locks.pop(key)
        if lock is not None:
            self._release(lock)

    def _release(self, lock: KeyLock) -> None:
        self._let_go(lock.key, "", "", lock.token)

    def _let_go(self, key: Word, run: Word, words: Word, token: str) -> None:
        async def release() -> None:
            # Where the store is away it is let go when that is back, or when this process has gone.
            await self._exchanges.write(RELEASE, lambda: (key, run, words, token))

        released = self._exchanges.in_order(("key", key), release)
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
            lock = self._locks.of(key)
            make: tuple[Word, ...] = (key, lock.token, told, *unasked)
            try:
                # Waited for, because a store that is away may come back empty: then the key is lost.
                answer = await self._exchanges.ask(CONCLUDE, lambda: make)
            except HubError:
                if self._exchanges.store.is_away:
                    self._exchanges.write_later(CONCLUDE, lambda: make)
                raise
            return bool(self._checked(answer, lock))

        return self._exchanges.in_order(("key", key), write)

    def fail(self, key: int, error: str) -> Awaitable[None]:
        lock = self._locks.of(key)
        told = error.encode(
            "utf-8", "backslashreplace"
        )  # the store's texts have no lone surrogates

        async def write() -> None:
            make = (key, lock.token, told)
            self._checked(await self._exchanges.write(FAIL, lambda: make), lock)

        return self._exchanges.in_order(("key", key), write)

    def _token(self) -> str:
        return f"{self._exchanges.store.process}:{secrets.token_hex(8)}"

    def _read(self, answer: Sequence[Any]) -> Held:
        return self._clocks.reader(answer[2]).held(answer)

    def _checked(self, answer: Any, lock: KeyLock | None) -> Any:
        """What a script returned; `HubError` where the key is held by somebody else by now."""
        if lock is not None and isinstance(answer, list) and answer and answer[0] == b"lost":
            lock.lose(answer[1].decode())
            raise lock.error()
        return answer
