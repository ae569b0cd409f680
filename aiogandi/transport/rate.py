"""The rate limit: one budget for everything that one client sends."""

from __future__ import annotations

import asyncio
from asyncio import Lock
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from aiolimiter import AsyncLimiter

from aiogandi.settings import RateLimit

POLLING_SHARE: Final = 10
"""While calls wait for their turn, polling takes at most one turn in so many."""

LONGEST_HOLD: Final = 60.0
"""Seconds for which the service can silence the client at most: then a request finds out whether
it is still meant, rather than that every call hangs on one wrong header."""


class Rank(Enum):
    """Who waits for a turn."""

    CALL = auto()  # in a queue, however many there are
    POLL = auto()  # past the queue, at its share
    LOGIN = auto()  # past the queue: none of the calls in it can go on before


class Throttle:
    """Hands out turns to send.

    Turns are evenly spaced, so that in no window of ``per`` seconds there are more than ``calls``:
    a bucket that lets ``calls`` through at once and refills meanwhile would send up to twice the
    limit in its first window.
    """

    def __init__(self, limit: RateLimit | None) -> None:
        self._limiter: AsyncLimiter | None = None
        self._polling: AsyncLimiter | None = None
        self._queue = Lock()
        self._held_until = 0.0
        self.pause = 1.0
        if limit is not None:
            self.pause = limit.per
            # One at the window's beginning and calls - 1 in the rest of it.
            spacing = limit.per / max(limit.calls - 1, 1)
            self._limiter = AsyncLimiter(1, spacing)
            self._polling = AsyncLimiter(1, spacing * POLLING_SHARE)

    async def turn(
        self, rank: Rank = Rank.CALL, is_wanted: Callable[[], bool] = lambda: True
    ) -> bool:
        """Wait until one request may be sent; False, and no turn is used up, if it is not wanted by
        the time that it would be the next. Without a limit there are no turns, and it is not asked.

        Calls queue up among themselves and only the first of them asks the limiter, so that a poll
        never stands behind a thousand calls.
        """
        if self._limiter is None and not self._is_held() and not self._queue.locked():
            return True
        if rank is not Rank.CALL:
            if rank is Rank.POLL and self._polling is not None and self._queue.locked():
                await self._polling.acquire()
            return await self._next(is_wanted)
        async with self._queue:
            return await self._next(is_wanted)

    def hold(self, seconds: float) -> None:
        """The service is overloaded: nobody sends for so many seconds."""
        until = asyncio.get_running_loop().time() + min(seconds, LONGEST_HOLD)
        self._held_until = max(self._held_until, until)

    async def _next(self, is_wanted: Callable[[], bool]) -> bool:
        while True:
            await self._held()
            if not is_wanted():
                return False
            if self._limiter is None:
                return True
            await self._limiter.acquire()
            # Held while this one waited? Then that turn has passed.
            if not self._is_held():
                return True

    def _is_held(self) -> bool:
        return self._held_until > 0 and self._held_until > asyncio.get_running_loop().time()

    async def _held(self) -> None:
        if not self._held_until:
            return
        loop = asyncio.get_running_loop()
        while (wait := self._held_until - loop.time()) > 0:  # noqa: ASYNC110 - may be moved on
            await asyncio.sleep(wait)
