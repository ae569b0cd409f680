"""Turns: one budget for everything that one client sends, and who goes first.

A request needs two things before it may leave: a turn, which the rate limit hands out evenly spaced, and
a place among the requests that are under way. It gets both in one moment, so that neither is kept from
others meanwhile.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from itertools import count
from typing import Final

from aiogandi import chores
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import Held
from aiogandi.settings import RateLimit
from aiogandi.transport.line import Line, Places
from aiogandi.transport.pacer import OwnPacer, Pacer
from aiogandi.transport.rank import BEHIND, Rank
from aiogandi.transport.turn import Turn

CONNECTIONS: Final = 100
"""Callers' calls that are under way at most, and look-ups likewise. The time-out of one does not begin
to run before it has its place."""

RESERVED: Final = 10
"""Of these, places that the calls of `Rank.BULK` leave to the others."""

SHARE: Final = 10
"""Whoever waits, a rank gets at least one turn in so many."""

LONGEST_HOLD: Final = 60.0
"""Seconds for which the service can silence the client at most: then a request finds out whether
it is still meant, rather than that every call hangs on one wrong header."""

SHORTEST_HOLD: Final = 0.01
LONGEST_GUESS: Final = 1.0
"""Seconds of a hold for which the service names none, where there is no rate limit: at first, where no
backoff is wished, and at most, when the service answers 429 on and on."""


class Unwanted(Exception):
    """A turn came that its owner had no use for any more: it was not used up."""


def _always() -> bool:
    return True


class Turns:
    """Hands out turns to send, evenly spaced.

    In no window of ``per`` seconds there are more than ``calls`` of them: a bucket that lets
    ``calls`` through at once and refills meanwhile would send up to twice the limit in its first
    window.

    They go by `Rank`, but each rank that waits gets one turn in `SHARE` at least, and polling not more
    than that while others wait. *places* is how many requests of all ranks may be under way; None for
    no such number. Where connections are limited it is theirs, so that who goes first is decided here.

    *backoff* is how many seconds the first pause lasts that the service asks for and does not measure,
    where there is no *limit* that tells.

    *pacer* is who hands out the turns where other processes have theirs of the same *limit*; None where
    this one has it for itself.
    """

    def __init__(
        self,
        limit: RateLimit | None,
        events: Emitter,
        places: int | None = None,
        *,
        backoff: float = LONGEST_GUESS,
        pacer: Pacer | None = None,
    ) -> None:
        self._events = events
        self._pacer: Pacer | None = None
        self._held_until = 0.0
        # Seconds of a hold for which the service names none: at first, at most, this time, and next.
        self._shortest = min(max(backoff, SHORTEST_HOLD), LONGEST_GUESS)
        self._longest = LONGEST_GUESS
        if limit is not None:
            self._shortest = self._longest = limit.per
            self._pacer = OwnPacer(limit) if pacer is None else pacer
            self._pacer.begin(self)
        self._pause = self._next_pause = self._shortest
        everybody = None if places is None else Places(places)
        unlimited, calls = Places(float("inf"), everybody), Places(CONNECTIONS, everybody)
        self._calls = Line(calls)
        self._bulk = Line(Places(CONNECTIONS - RESERVED, calls))
        # Polls come one by one, and every now and then: one that comes has waited for its share.
        self._polls = Line(unlimited, passed=SHARE - 1)
        self._lines = {
            Rank.LOGIN: Line(unlimited),
            Rank.LOOKUP: Line(Places(CONNECTIONS, everybody)),
            Rank.CALL: self._calls,
            Rank.BULK: self._bulk,
            Rank.POLL: self._polls,
        }
        self._numbers = count()
        self._present = 0  # how many wait, or are called
        self._called: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def turn(self, rank: Rank | None = None, is_wanted: Callable[[], bool] = _always) -> Turn:
        """A context manager around sending one request and reading its reply.

        Entering it waits for the turn. When it comes, *is_wanted* is asked whether there is still
        something to send; if not, the turn is not used up and `Unwanted` is raised. Whoever enters it
        again has kept its place in line. Without a rate limit, entering waits only for a free place
        and for the end of a pause that the service asked for; *is_wanted* is asked after such a pause.

        Without a *rank*, it is a caller's: BULK inside of `behind`, else CALL.
        """
        if rank is None:
            return Turn(self, self._bulk if BEHIND.get() else self._calls, is_wanted)
        return Turn(self, self._lines[rank], is_wanted)

    def hold(self, seconds: float | None) -> None:
        """The service is overloaded: nobody sends for *seconds*; None, where it does not say how
        long, means one window of the rate limit. Without a limit it means twice as long as the time
        before, until the service `took` a request.
        """
        if (
            seconds is None and not self._is_held()
        ):  # else this is one of many that were sent before
            self._pause = self._next_pause
            self._next_pause = min(2 * self._pause, self._longest)
        pause = min(self._pause if seconds is None else seconds, LONGEST_HOLD)
        self._held_until = max(self._held_until, asyncio.get_running_loop().time() + pause)
        if self._pacer is not None:
            self._pacer.hold(pause)
        self._events.emit(Held(pause))

    def took(self) -> None:
        """The service took a request, so it is not overloaded any more."""
        self._next_pause = self._shortest

    def lift(self) -> None:
        """There is no rate limit after all, for those who wait neither."""
        if self._pacer is not None:
            self._pacer.lift()
            self._pacer = None
            self._unset()
            self._call_next()

    @property
    def waiting(self) -> int:
        """How many calls of callers wait, and logins, for which others wait."""
        return sum(self._lines[rank].waiting for rank in (Rank.LOGIN, Rank.CALL, Rank.BULK))

    # -- what a turn asks for ------------------------------------------------------------------

    def goes_at_once(self, line: Line) -> bool:
        """Give a place and a turn, where neither has to be waited for and the turn costs nothing."""
        if self._pacer is not None or self._present or self._is_held():
            return False
        if not line.is_able():
            return False
        line.places.take()
        return True

    def number(self) -> int:
        """A place in line behind all who have come so far."""
        return next(self._numbers)

    async def wait(self, line: Line, number: int, is_wanted: Callable[[], bool]) -> None:
        """Wait for a place and a turn."""
        loop = asyncio.get_running_loop()
        while True:
            call = loop.create_future()
            if not line.waiting and line is not self._polls:
                line.passed = 0
            line.join(number, call)
            self._present += 1
            self._call_next()
            try:
                await call
                # A hold may have begun, the turn may be over, and what was to be sent may have ended, just now.
                if self._seconds_to_wait() <= 0:
                    if not is_wanted():
                        raise Unwanted
                    await self._take(line)
                    return
            finally:
                self._present -= 1
                if self._called is call:
                    self._called = None
                else:
                    line.leave()
                self._call_next()

    def leave(self, line: Line) -> None:
        """Give the place back."""
        line.places.give_back()
        self.look()

    def look(self) -> None:
        """Somebody may be next who was not before."""
        if self._present:
            self._call_next()

    def ranks(self) -> tuple[Rank | None, Rank | None]:
        """The best rank of those who could go now, and the best of the others behind that one."""
        best: Rank | None = None
        for rank, line in self._lines.items():
            if line.waiting and line.is_able():
                if best is not None:
                    return best, rank
                if line.waiting > 1:
                    return rank, rank
                best = rank
        return best, None

    # -- who is next ---------------------------------------------------------------------------

    def _call_next(self) -> None:
        """Call whoever is next as soon as there is a turn.

        Only one is called at a time. It takes the turn itself, when it wakes up, and calls the next.
        So a turn is never with somebody who is cancelled.
        """
        if self._called is not None:
            return
        line = self._next_line()
        if line is None:
            if not self._present:
                self._unset()
        elif self._timer is None:
            if (pause := self._seconds_to_wait()) > 0:
                if pause < math.inf:
                    self._timer = chores.later(pause, self._ring)
            elif (call := line.pop()) is not None:
                self._called = call
                call.set_result(None)

    def _next_line(self) -> Line | None:
        able = [line for line in self._lines.values() if line.waiting and line.is_able()]
        if not able:
            return None
        longest = max(able, key=lambda line: line.passed)
        return longest if longest.passed >= SHARE - 1 else able[0]

    async def _take(self, line: Line) -> None:
        # Only one process polls: polling has its share of the turns of all.
        turns = 1 if self._pacer is None else await self._pacer.take()
        line.places.take()
        for other in self._lines.values():
            if other is self._polls:
                other.passed += turns
            elif other.waiting:
                other.passed += 1
        line.passed = 0
        if line is self._polls:
            # Where others had many, every other turn of this process at most: its own calls go on.
            line.passed = min(turns - 1, SHARE - 2)

    def _seconds_to_wait(self) -> float:
        """Until there is a turn, whoever gets it."""
        now = asyncio.get_running_loop().time()
        if self._held_until > now:
            return self._held_until - now
        return 0.0 if self._pacer is None else self._pacer.pause()

    def _ring(self) -> None:
        self._timer = None
        self._call_next()

    def _unset(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _is_held(self) -> bool:
        return self._held_until > 0 and self._held_until > asyncio.get_running_loop().time()
