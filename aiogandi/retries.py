"""Which error may be repeated, and when.

A reading call is repeated after any trouble but the service's refusal of its data. A changing call is
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

from aiogandi.errors import LOGIN_CALLS, GandiError, OutcomeUnknown, ServerFault, TransportError
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import CallRepeated
from aiogandi.settings import Retry

log = logging.getLogger("aiogandi.retries")

MAX_BACKOFF: Final = 20.0
"""Seconds that any pause lasts at most, unless the service asks for more."""

SHORTEST: Final = 0.1
"""Seconds that an attempt has at least, however little is left."""

Result = TypeVar("Result")
Attempt = Callable[[float | None], Coroutine[Any, Any, Result]]
"""Sends a call once. It is told how many seconds it may take, None for no limit of ours."""


class Attempted(Protocol):
    """A call that is attempted, and may have left."""

    method: str
    first_sent: float | None
    """When it left for the first time, in seconds of the loop's clock; None before."""


class Verdict(Enum):
    """What a failed attempt means for the next one."""

    RAISE = auto()  # it would fail again
    REPEAT = auto()  # it did not run, or running again does no harm
    UNKNOWN = auto()  # it may have run, and must not run twice


def verdict(error: Exception, method: str, *, changing: bool) -> Verdict:
    """What to do after *error*, which an attempt at *method* met."""
    if isinstance(error, OutcomeUnknown) or not isinstance(error, TransportError | ServerFault):
        return Verdict.RAISE
    if error.method in LOGIN_CALLS and method not in LOGIN_CALLS:
        return Verdict.RAISE  # no session could be had; the login was repeated for everybody
    if isinstance(error, TransportError):
        if not error.sent:
            return Verdict.REPEAT
        if error.status is not None and 300 <= error.status < 500 and error.status != 408:
            return Verdict.RAISE  # a redirect, a wrong URL, a request the server will not take
    return Verdict.UNKNOWN if changing else Verdict.REPEAT


class DidNotRun(Exception):
    """A changing call was sent, and turned out not to have run: it may be sent again, after *pause*
    seconds. ``lost`` is what came instead of its reply.
    """

    def __init__(self, lost: TransportError | ServerFault, pause: float) -> None:
        super().__init__(str(lost))
        self.lost = lost
        self.pause = pause


class Repeater:
    """Makes attempts at a call until one succeeds or the policy gives up."""

    def __init__(self, policy: Retry, events: Emitter) -> None:
        self._policy = policy
        self._events = events

    async def run(
        self, request: Attempted, attempt: Attempt[Result], *, changing: bool = False
    ) -> Result:
        """The result of the first attempt that succeeds, else the error of the last.

        There are ``Retry.attempts`` of them at most. None begins later than ``Retry.within`` seconds
        after the request has left for the first time, or after the first attempt failed without
        leaving.
        """
        try:
            return await attempt(self._policy.within or None)
        except (TransportError, ServerFault, DidNotRun) as error:
            if not _may_repeat(error, request.method, changing=changing):
                raise
            failed = error
        return await self._again(request, attempt, failed, changing=changing)

    async def _again(
        self,
        request: Attempted,
        attempt: Attempt[Result],
        failed: TransportError | ServerFault | DidNotRun,
        *,
        changing: bool,
    ) -> Result:
        """Go on after the first attempt, which *failed*."""
        # tenacity comes in only now. It takes 35 µs of processor time for each call, a third
        # of the whole (measured), and nearly every call succeeds at its first attempt.
        loop = asyncio.get_running_loop()
        began = loop.time() if request.first_sent is None else request.first_sent
        ends_at = began + self._policy.within
        pause = self._pause(1, failed)
        if self._gives_up(1, pause, ends_at):
            raise failed
        self._report(request.method, 1, pause, failed)
        await asyncio.sleep(pause)
        del failed
        attempts = AsyncRetrying(
            retry=retry_if_exception(
                lambda error: _may_repeat(error, request.method, changing=changing)
            ),
            wait=lambda state: self._pause(_made(state), _error(state)),
            stop=lambda state: self._gives_up(_made(state), state.upcoming_sleep, ends_at),
            before_sleep=lambda state: self._report(
                request.method, _made(state), state.upcoming_sleep, _error(state)
            ),
            sleep=asyncio.sleep,
            reraise=True,
        )
        async for made in attempts:
            with made:
                return await attempt(max(ends_at - loop.time(), SHORTEST))
        raise AssertionError("tenacity either returns or raises")

    def _gives_up(self, made: int, pause: float, ends_at: float) -> bool:
        next_at = asyncio.get_running_loop().time() + pause
        return made >= self._policy.attempts or next_at >= ends_at

    def _pause(self, made: int, error: BaseException) -> float:
        """Seconds before the next attempt, after *made* of them: by chance between 0 and a limit
        that doubles each time, or what the service asks for where that is longer.
        """
        if isinstance(error, DidNotRun):
            return error.pause
        longest = min(self._policy.backoff * 2.0 ** min(made - 1, 16), MAX_BACKOFF)
        asked = error.retry_after if isinstance(error, TransportError) else None
        return max(random.uniform(0, longest), asked or 0.0)  # noqa: S311 - no secret depends on it

    def _report(self, method: str, made: int, pause: float, error: BaseException) -> None:
        told = error.lost if isinstance(error, DidNotRun) else error
        self._events.emit(CallRepeated(method, made + 1, pause, told))
        log.info("%s: attempt %d in %.2f s: %s", method, made + 1, pause, error)


def _may_repeat(error: BaseException, method: str, *, changing: bool) -> bool:
    return isinstance(error, DidNotRun) or (
        isinstance(error, GandiError)
        and verdict(error, method, changing=changing) is Verdict.REPEAT
    )


def _made(state: RetryCallState) -> int:
    # tenacity does not know of the first attempt.
    return state.attempt_number + 1


def _error(state: RetryCallState) -> BaseException:
    error = state.outcome.exception() if state.outcome else None
    if error is None:
        raise AssertionError("tenacity asks after a failure only")
    return error
