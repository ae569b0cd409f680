"""Lines of requests that wait for their turn, and the places of those that are under way."""

from __future__ import annotations

import asyncio
import heapq
from typing import Final

AWAY: Final = 32
"""How many of a line are made ready at a time, once their turns have come. What is written down of a call
before it leaves is so written at about its turn, and not long before it together with all who wait.
"""


class Places:
    """So many requests may be under way; those in *outer* places take one of these as well."""

    __slots__ = ("_free", "_outer")

    def __init__(self, number: float, outer: Places | None = None) -> None:
        self._free = number
        self._outer = outer

    def are_free(self) -> bool:
        """Whether there is one."""
        return self._free > 0 and (self._outer is None or self._outer.are_free())

    def take(self) -> None:
        """Take one, which must be free."""
        self._free -= 1
        if self._outer is not None:
            self._outer.take()

    def give_back(self) -> None:
        """Give one back."""
        self._free += 1
        if self._outer is not None:
            self._outer.give_back()


class Line:
    """Those of one rank who wait, first come, first served."""

    __slots__ = ("_heap", "away", "passed", "places", "waiting")

    def __init__(self, places: Places, passed: int = 0) -> None:
        self.places = places
        self.passed = passed
        """How many turns others had while this rank waited."""
        self.waiting = 0
        self.away = 0
        """How many have stepped out, to be made ready."""
        self._heap: list[tuple[int, asyncio.Future[None]]] = []

    def is_able(self) -> bool:
        """Whether there is a place for one of them, to send or to be made ready."""
        return self.away < AWAY and self.places.are_free()

    def join(self, number: int, call: asyncio.Future[None]) -> None:
        """Wait with this *number* for *call*; lower numbers go first."""
        self.waiting += 1
        heapq.heappush(self._heap, (number, call))

    def leave(self) -> None:
        """Somebody's call was cancelled. It is taken out later: to search for it costs too much when
        thousands leave.
        """
        self.waiting -= 1
        if len(self._heap) > 2 * self.waiting + 100:
            self._heap = [entry for entry in self._heap if not entry[1].done()]
            heapq.heapify(self._heap)

    def pop(self) -> asyncio.Future[None] | None:
        """The call of the first who still waits; None where all were cancelled, and leave in a moment."""
        while self._heap:
            call = heapq.heappop(self._heap)[1]
            if not call.done():
                self.waiting -= 1
                return call
        return None
