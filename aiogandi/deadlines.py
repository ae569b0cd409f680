"""How long an exchange may take, with one timer for all of them.

aiohttp would set one for each request, and take it away again: 3 % of a whole call (measured), though
nearly every exchange ends long before its time.
"""

from __future__ import annotations

import asyncio

from aiogandi.interruption import Interruption


class Deadlines:
    """Ends what takes too long with `TimeoutError`. Its timer is set to the earliest deadline that
    there was when it was set; what ends in time leaves it alone.
    """

    __slots__ = ("_due", "_loop", "_timer")

    def __init__(self) -> None:
        self._due: dict[Deadline, float] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float) -> Deadline:
        """A context manager around what may take so long."""
        return Deadline(self, seconds)

    def close(self) -> None:
        """Take the timer away, unless there is something that it is for."""
        if not self._due:
            self._unset()

    def add(self, deadline: Deadline, seconds: float) -> None:
        """From now on it has so many seconds."""
        loop = deadline.task.get_loop()
        when = self._due[deadline] = loop.time() + seconds
        if self._timer is None or when < self._timer.when() or loop is not self._loop:
            self._set(loop, when)

    def remove(self, deadline: Deadline) -> None:
        """It ended."""
        del self._due[deadline]

    def _unset(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self, loop: asyncio.AbstractEventLoop, when: float) -> None:
        self._unset()
        self._loop = loop
        self._timer = loop.call_at(when, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for deadline, when in self._due.items():
            if when <= now:
                deadline.interrupt()
        left = [when for deadline, when in self._due.items() if not deadline.interrupted]
        if left:
            self._set(loop, min(left))


class Deadline(Interruption):
    """The time of one exchange."""

    __slots__ = ("_deadlines", "_seconds")

    error = TimeoutError

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        self._deadlines = deadlines
        self._seconds = seconds

    def begins(self) -> None:
        self._deadlines.add(self, self._seconds)

    def ends(self) -> None:
        self._deadlines.remove(self)
