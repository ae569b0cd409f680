"""Which error may be repeated, and when.

A reading call is repeated after any trouble but the service's refusal of it. A changing call is
repeated only when it cannot have run; where it may have, somebody has to find out first. This module
knows neither the session nor what became of a call: it is handed attempts, and judges their errors.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from enum import Enum, auto
from typing import Any, Final, Protocol, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from aiogandi.errors import (
    LOGIN_CALLS,
    DataFault,
    Fault,
    GandiError,
    OutcomeUnknown,
    ServerFault,
    TransportError,
)
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import CallRepeated
from aiogandi.settings import Retry

log = logging.getLogger("aiogandi.retries")

MAX_BACKOFF: Final = 20.0
"""Seconds that any pause lasts at most, unless the service asks for more."""

MAX_PROMPT: Final = 5.0
"""The same for a look-up or a login: others wait for it, and the service may be back at any time."""

LONGEST_ASKED: Final = 600.0
"""Seconds that the service can make a call pause for at most: no wrong header hangs a call for days."""

SHORTEST: Final = 0.1
"""Seconds that an attempt has at least, however little is left."""

LEAP: Final = 1.0
"""An attempt ends at its time-out. Where it took so many seconds longer, the clock leapt meanwhile (the
machine slept, say), or the attempt waited for a new session: neither is time that the call has used."""

Result = TypeVar("Result")
Attempt = Callable[[float | None], Coroutine[Any, Any, Result]]
"""Sends a call once. It is told how many seconds it may take, None for no limit of ours."""


class Attempted(Protocol):
    """A call that is attempted."""

    method: str
    queued: float
    """Seconds that it has stood in line so far."""


class Verdict(Enum):
    """What a failed attempt means for the next one."""

    RAISE = auto()  # it would fail again
    REPEAT = auto()  # it did not run, or running again does no harm
    UNKNOWN = auto()  # it may have run, and must not run twice


def verdict(error: Exception, method: str, *, changing: bool, looking: bool = False) -> Verdict:
    """What to do after *error*, which an attempt at *method* met.

    That a changing call did not run is believed only where it is certain: it never left, or its data
    were refused. A fault of another kind, or an HTTP error, may come from a service that runs it.

    *looking* for what became of another call, nothing but a refusal of the data ends it: what stands
    between us and the service may answer 403 or a fault -32300 once, and the next answer is needed. Nor
    does such a fault refuse a login, for which everybody waits; an HTTP error does, as for a wrong URL.
    """
    if isinstance(error, OutcomeUnknown) or not isinstance(error, TransportError | Fault):
        return Verdict.RAISE
    if error.method in LOGIN_CALLS and method not in LOGIN_CALLS:
        return Verdict.RAISE  # no session could be had; the login was repeated for everybody
    if isinstance(error, DataFault):
        return Verdict.RAISE
    if isinstance(error, TransportError) and not error.sent:
        # One with a status was looked for and did not run: another send would meet the same answer.
        return Verdict.REPEAT if error.status == 429 or may_pass(error) else Verdict.RAISE
    if changing:
        return Verdict.UNKNOWN
    if looking or (method in LOGIN_CALLS and isinstance(error, Fault)):
        return Verdict.REPEAT
    return Verdict.REPEAT if may_pass(error) else Verdict.RAISE


def may_pass(error: TransportError | Fault) -> bool:
    """Whether a call that met *error*, and may be repeated, may fare better next time."""
    if isinstance(error, Fault):
        return isinstance(error, ServerFault)
    # Not with a redirect, a wrong URL, a request the server will not take.
    return error.status is None or not 300 <= error.status < 500 or error.status == 408


class DidNotRun(Exception):
    """A changing call was sent, and turned out not to have run: it may be sent again, after *pause*
    seconds. ``lost`` is what came instead of its reply.
    """

    def __init__(self, lost: TransportError | Fault, pause: float) -> None:
        super().__init__(str(lost))
        self.lost = lost
        self.pause = pause


class Repeater:
    """Makes attempts at a call until one succeeds or the policy gives up.

    *timeout* is how many seconds an attempt takes at most, once it has its turn.
    """

    def __init__(self, policy: Retry, events: Emitter, *, timeout: float) -> None:
        self._policy = policy
        self._events = events
        self._timeout = timeout

    async def run(
        self,
        request: Attempted,
        attempt: Attempt[Result],
        *,
        changing: bool = False,
        until_within: bool = False,
    ) -> Result:
        """The result of the first attempt that succeeds, else the error of the last.

        There are ``Retry.attempts`` of them, and none begins after ``Retry.within`` seconds. A
        *changing* call is bounded by the number alone; *until_within*, a call is bounded by the time
        alone; unless it is a login, it looks for what became of another one (see `verdict`). What was
        answered by 429 does not count among the attempts while there is time left. Time in our own queue
        does not count, nor does a leap of the clock.
        """
        within = 0.0 if changing else self._policy.within
        clock = asyncio.get_running_loop().time
        began, queued = clock(), request.queued
        try:
            return await attempt(_limit(within, until_within=until_within) if within else None)
        except (TransportError, Fault, DidNotRun) as error:
            if not _may_repeat(error, request.method, changing=changing, until_within=until_within):
                raise
            failed = error
        # Neither a budget nor tenacity comes in before something has failed. Nearly every call
        # succeeds at its first attempt, and tenacity alone takes 35 µs of processor time (measured).
        budget = _Budget(self._policy, self._timeout, changing=changing, until_within=until_within)
        budget.spend(clock() - began - (request.queued - queued), failed)

        def repeats(error: BaseException) -> bool:
            return _may_repeat(error, request.method, changing=changing, until_within=until_within)

        return await self._again(request, attempt, failed, budget, repeats)

    async def _again(
        self,
        request: Attempted,
        attempt: Attempt[Result],
        failed: TransportError | Fault | DidNotRun,
        budget: _Budget,
        repeats: Callable[[BaseException], bool],
    ) -> Result:
        """Go on after the first attempt, which *failed*."""
        clock = asyncio.get_running_loop().time
        pause = budget.pause(failed)
        if budget.is_used_up(pause):
            raise failed
        self._report(request.method, budget, pause, failed)
        await asyncio.sleep(pause)
        del failed
        attempts = AsyncRetrying(
            retry=retry_if_exception(repeats),
            wait=lambda state: budget.pause(_error(state)),
            stop=lambda state: budget.is_used_up(state.upcoming_sleep),
            before_sleep=lambda state: self._report(
                request.method, budget, state.upcoming_sleep, _error(state)
            ),
            sleep=asyncio.sleep,
            reraise=True,
        )
        async for trial in attempts:
            with trial:
                began, queued = clock(), request.queued
                try:
                    return await attempt(budget.limit)
                except Exception as error:
                    budget.spend(clock() - began - (request.queued - queued), error)
                    raise
        raise AssertionError("tenacity either returns or raises")

    def _report(self, method: str, budget: _Budget, pause: float, error: BaseException) -> None:
        budget.rest(pause)
        told = error.lost if isinstance(error, DidNotRun) else error
        self._events.emit(CallRepeated(method, budget.made + 1, pause, told))
        log.info("%s: attempt %d in %.2f s: %s", method, budget.made + 1, pause, error)


def _limit(left: float, *, until_within: bool) -> float:
    """Seconds that an attempt may take, of those that are *left*. Where time alone bounds a call, it
    is half of them: an attempt that hangs leaves time for others.
    """
    return max(left / 2 if until_within else left, SHORTEST)


class _Budget:
    """How many attempts a call has made, and the time that it has left for further ones."""

    __slots__ = (
        "_is_timed",
        "_left",
        "_policy",
        "_taken",
        "_throttled",
        "_timeout",
        "_until_within",
        "made",
    )

    def __init__(
        self, policy: Retry, timeout: float, *, changing: bool, until_within: bool
    ) -> None:
        self._policy = policy
        self._timeout = timeout
        self._is_timed = not changing
        self._until_within = until_within
        self._left = policy.within
        self._throttled = False  # whether the last attempt was answered by 429
        self._taken = 0  # attempts that were not
        self.made = 0

    @property
    def limit(self) -> float | None:
        """Seconds that the next attempt may take."""
        if not self._is_timed or not self._policy.within:
            return None
        return _limit(self._left, until_within=self._until_within)

    def spend(self, seconds: float, error: Exception) -> None:
        """An attempt was made, which took so many *seconds* and met *error*."""
        self.made += 1
        self._throttled = isinstance(error, TransportError) and error.status == 429
        self._taken += not self._throttled
        limit = self._timeout if self.limit is None else min(self.limit, self._timeout)
        self._left -= seconds if seconds < limit + LEAP else SHORTEST

    def rest(self, seconds: float) -> None:
        """A pause of so many *seconds* follows. It counts as long as it is meant to be."""
        self._left -= seconds

    def pause(self, error: BaseException) -> float:
        """Seconds before the next attempt after *error*: by chance between 0 and a limit that doubles
        each time, or what the service asks for where that is longer.
        """
        if isinstance(error, DidNotRun):
            return min(error.pause, LONGEST_ASKED)
        backoff, doubled = self._policy.backoff, self.made - 1
        if backoff < SHORTEST and self.made >= self._policy.attempts:
            # Where only time ends it, it must not go on at once.
            backoff, doubled = SHORTEST, self.made - self._policy.attempts
        most = MAX_PROMPT if self._until_within else MAX_BACKOFF
        longest = min(backoff * 2.0 ** min(doubled, 16), most)
        asked = error.retry_after if isinstance(error, TransportError) else None
        by_chance = random.uniform(0, longest)  # noqa: S311 - no secret depends on it
        pause = max(by_chance, min(asked or 0.0, LONGEST_ASKED))
        return min(pause, self._left / 2) if self._until_within else pause

    def is_used_up(self, pause: float) -> bool:
        """Whether there is no further attempt after a *pause*."""
        if self._until_within:
            return self._left < SHORTEST
        is_late = pause >= self._left
        if self._throttled:
            # The service did not take it, which says nothing of the call itself.
            return is_late and (self._is_timed or self.made >= self._policy.attempts)
        return self._taken >= self._policy.attempts or (self._is_timed and is_late)


def _may_repeat(error: BaseException, method: str, *, changing: bool, until_within: bool) -> bool:
    if isinstance(error, DidNotRun):
        return True
    looking = until_within and method not in LOGIN_CALLS
    return (
        isinstance(error, GandiError)
        and verdict(error, method, changing=changing, looking=looking) is Verdict.REPEAT
    )


def _error(state: RetryCallState) -> BaseException:
    error = state.outcome.exception() if state.outcome else None
    if error is None:
        raise AssertionError("tenacity asks after a failure only")
    return error
