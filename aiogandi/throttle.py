"""The rate limit: one budget for everything that one client sends."""

from __future__ import annotations

import asyncio
from asyncio import Lock

from aiolimiter import AsyncLimiter

from aiogandi.settings import RateLimit

POLLING_SHARE = 10
"""While calls wait for their turn, polling takes at most one turn in so many."""


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

    async def turn(self, *, polling: bool = False) -> None:
        """Wait until one request may be sent.

        Calls queue up among themselves and only the first of them asks the limiter, so that a poll
        never stands behind a thousand calls; polls are let in at their share.
        """
        if self._limiter is None or self._polling is None:
            if self._held_until:
                await self._held()
            return
        if polling:
            if self._queue.locked():
                await self._polling.acquire()
            await self._held()
            await self._limiter.acquire()
            return
        async with self._queue:
            await self._held()
            await self._limiter.acquire()

    def hold(self, seconds: float) -> None:
        """The service is overloaded: nobody sends for so many seconds."""
        self._held_until = max(self._held_until, asyncio.get_running_loop().time() + seconds)

    async def _held(self) -> None:
        if not self._held_until:
            return
        loop = asyncio.get_running_loop()
        while (wait := self._held_until - loop.time()) > 0:  # noqa: ASYNC110 - may be moved on
            await asyncio.sleep(wait)
