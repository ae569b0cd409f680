"""What says when the next request may leave: in this process alone, or for all who share a rate."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from aiolimiter import AsyncLimiter

from aiogandi.settings import RateLimit
from aiogandi.transport.rank import Rank

_MOMENT: Final = (
    1e-4  # seconds after which a limiter is asked again that had nothing when it was due
)


class Waiters(Protocol):
    """Those who wait in this process, as a pacer sees them."""

    def ranks(self) -> tuple[Rank | None, Rank | None]:
        """The best rank of those who could go now, and the best of the others behind that one."""

    def look(self) -> None:
        """There may be a turn where there was none before."""


class Pacer(Protocol):
    """Says when this process may send its next request."""

    def begin(self, waiters: Waiters) -> None:
        """They are those who wait here."""

    def pause(self) -> float:
        """Seconds until the next request may leave; ``math.inf`` where that is not known yet, and the
        waiters will be told to look.
        """

    async def take(self) -> int:
        """Use the turn up, right after `pause` has said that there is one. Returns how many turns all who
        share the rate have had since the one before of this process.
        """

    def hold(self, seconds: float) -> None:
        """The service silences this process for so many *seconds*, and so all who share the rate."""

    def lift(self) -> None:
        """It is asked for no more turns."""


class OwnPacer:
    """Turns of a process that has the rate for itself."""

    def __init__(self, limit: RateLimit) -> None:
        self._limiter = AsyncLimiter(1, gap_of(limit))
        self._next_at = 0.0  # when the limiter has the next turn

    def begin(self, waiters: Waiters) -> None:
        pass  # they ask often enough

    def pause(self) -> float:
        if self._limiter.has_capacity():
            return 0.0
        return max(self._next_at - asyncio.get_running_loop().time(), _MOMENT)

    async def take(self) -> int:
        await self._limiter.acquire()  # it has one, or it would not have been asked for it
        self._next_at = asyncio.get_running_loop().time() + self._limiter.time_period
        return 1

    def hold(self, seconds: float) -> None:
        pass  # the waiters wait for its end

    def lift(self) -> None:
        pass


def gap_of(limit: RateLimit) -> float:
    """Seconds between two turns: one at the window's beginning, and ``calls - 1`` in the rest of it."""
    return limit.per / max(limit.calls - 1, 1)
