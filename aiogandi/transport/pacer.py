"""Pacers, which say when the next request may leave: for this client alone, or for all who share a rate."""

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
    """Those who wait in this client for turns, as its pacer sees them."""

    def ranks(self) -> tuple[Rank | None, Rank | None]:
        """Return the best rank of those who could send now, and the best rank of all others who wait."""

    def look(self) -> None:
        """Ask the pacer again: there may be a turn now."""


class Pacer(Protocol):
    """Says when this client may send its next request."""

    def begin(self, waiters: Waiters) -> None:
        """Work for these *waiters* from now on."""

    def pause(self) -> float:
        """Return the seconds until the next request may leave; ``math.inf`` where that is not known yet, and the
        waiters will be told to look.
        """

    async def take(self) -> int:
        """Use a turn, right after `pause` has returned 0. Return how many turns all who share the rate have had since
        this client's last one, with its own: 1 where it is alone.
        """

    def hold(self, seconds: float) -> None:
        """Give no turns for so many *seconds*, because the service wants it; neither do others who share the rate."""

    def lift(self) -> None:
        """Stop working: nobody asks for turns any more."""


class OwnPacer:
    """The pacer of a client that has the rate for itself."""

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
    """Return the seconds between two turns: one at the window's beginning, and ``calls - 1`` in the rest of it."""
    return limit.per / max(limit.calls - 1, 1)
