"""Turns: one budget for everything that one client sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from types import TracebackType
from typing import Final

from aiolimiter import AsyncLimiter

from aiogandi.errors import TransportError
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import Held
from aiogandi.settings import RateLimit

CONNECTIONS: Final = 100
"""Calls that wait for their turn to be sent or for their reply at most; the time-out of one does
not begin to run before it has its place."""

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


class Unwanted(Exception):
    """A turn came that its owner had no use for any more: it was not used up."""


def _always() -> bool:
    return True


class Turns:
    """Hands out turns to send, evenly spaced.

    In no window of ``per`` seconds there are more than ``calls`` of them: a bucket that lets
    ``calls`` through at once and refills meanwhile would send up to twice the limit in its first
    window.
    """

    def __init__(self, limit: RateLimit | None, events: Emitter) -> None:
        self._events = events
        self._limiter: AsyncLimiter | None = None
        self._polling: AsyncLimiter | None = None
        self.places = asyncio.Semaphore(CONNECTIONS)
        self._queue = asyncio.Lock()
        self._held_until = 0.0
        self._pause = 1.0  # seconds of a hold for which the service names none
        if limit is not None:
            self._pause = limit.per
            # One at the window's beginning and calls - 1 in the rest of it.
            spacing = limit.per / max(limit.calls - 1, 1)
            self._limiter = AsyncLimiter(1, spacing)
            self._polling = AsyncLimiter(1, spacing * POLLING_SHARE)

    def turn(self, rank: Rank = Rank.CALL, is_wanted: Callable[[], bool] = _always) -> Turn:
        """A context manager around sending one request and reading its reply.

        Entering it waits for the turn. When it comes, *is_wanted* is asked whether there is still
        something to send; if not, the turn is not used up and `Unwanted` is raised. Without a rate
        limit, entering waits only for a free place and for the end of a pause that the service asked
        for; *is_wanted* is asked after such a pause.
        """
        return Turn(self, rank, is_wanted)

    def hold(self, seconds: float | None) -> None:
        """The service is overloaded: nobody sends for *seconds*; None, where it does not say how
        long, means one window of the rate limit.
        """
        pause = min(self._pause if seconds is None else seconds, LONGEST_HOLD)
        self._held_until = max(self._held_until, asyncio.get_running_loop().time() + pause)
        self._events.emit(Held(pause))

    async def enter(self, rank: Rank, is_wanted: Callable[[], bool]) -> None:
        """Wait for a place and a turn."""
        if rank is Rank.CALL:
            # The place comes before the turn: turns that were given out while all places were taken
            # would be used all at once when places fall free.
            await self.places.acquire()
            try:
                if not self._needs_no_turn():
                    # Calls queue up among themselves and only the first of them asks the limiter,
                    # so that a poll never stands behind a thousand calls.
                    async with self._queue:
                        await self._next(is_wanted)
            except BaseException:
                self.places.release()
                raise
            return
        if rank is Rank.POLL and self._polling is not None and self._queue.locked():
            await self._polling.acquire()
        await self._next(is_wanted)

    def is_free(self, rank: Rank) -> bool:
        """Whether nobody of this rank would have to wait now."""
        return self._needs_no_turn() and (rank is not Rank.CALL or not self.places.locked())

    def leave(self, rank: Rank) -> None:
        """Give the place back."""
        if rank is Rank.CALL:
            self.places.release()

    async def _next(self, is_wanted: Callable[[], bool]) -> None:
        while True:
            await self._end_of_hold()
            if not is_wanted():
                raise Unwanted
            if self._limiter is None:
                return
            await self._limiter.acquire()
            # Where a hold began while this call waited for its turn, the call waits again.
            if not self._is_held():
                return

    def _needs_no_turn(self) -> bool:
        return self._limiter is None and not self._is_held() and not self._queue.locked()

    def _is_held(self) -> bool:
        return self._held_until > 0 and self._held_until > asyncio.get_running_loop().time()

    async def _end_of_hold(self) -> None:
        if not self._held_until:
            return
        loop = asyncio.get_running_loop()
        while (wait := self._held_until - loop.time()) > 0:  # noqa: ASYNC110 - may be moved on
            await asyncio.sleep(wait)


class Turn:
    """One turn: entered when it may send, left when its reply has come.

    ``waited`` is how many seconds it stood in line, also where its turn never came.
    """

    __slots__ = ("_is_wanted", "_rank", "_turns", "waited")

    def __init__(self, turns: Turns, rank: Rank, is_wanted: Callable[[], bool]) -> None:
        self._turns = turns
        self._rank = rank
        self._is_wanted = is_wanted
        self.waited = 0.0

    async def __aenter__(self) -> None:
        turns = self._turns
        if turns.is_free(self._rank):
            if self._rank is Rank.CALL:
                await turns.places.acquire()
            return
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            await turns.enter(self._rank, self._is_wanted)
        finally:
            self.waited = clock() - began

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._turns.leave(self._rank)
        if isinstance(error, TransportError) and error.status == 429:
            self._turns.hold(error.retry_after)
