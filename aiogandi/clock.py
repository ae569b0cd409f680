"""A clock for ages: it also counts the time for which the machine was suspended.

The event loop's clock stands still while a machine sleeps (on Linux), and what was learned just before
would look fresh hours later. The wall clock goes on, but may be set to any time. So the larger of the
two ages counts: what is taken for too old is asked for again, which costs one request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

LEAP: Final = 1.0
"""Seconds by which the wall clock must run ahead of the loop's before it counts. Less is how two clocks
differ that are read one after the other, and would add up over many readings."""


class Clock:
    """Called, it returns seconds that never go back: the loop's clock, and the time slept.

    *wall* is the wall clock, in seconds.
    """

    __slots__ = ("_ahead", "_loop_time", "_slept", "_wall")

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        # Kept, since asking for the running loop is a system call in Python 3.11.
        self._loop_time: Callable[[], float] | None = None
        self._ahead = 0.0  # how far the wall clock is ahead of the loop's
        self._slept = 0.0

    def __call__(self) -> float:
        """The time now. The first call must come from inside the event loop."""
        if self._loop_time is None:
            self._loop_time = asyncio.get_running_loop().time
            self._ahead = self._wall() - self._loop_time()
        now = self._loop_time()
        ahead = self._wall() - now
        leap = ahead - self._ahead
        if not -LEAP < leap < LEAP:
            self._slept += max(leap, 0.0)
            self._ahead = ahead
        return now + self._slept
