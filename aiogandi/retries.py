"""Which call may be sent again, and when.

A reading call is repeated after any trouble but the service's refusal of its data. A changing call
is repeated only when it cannot have run; where it may have, `reconcile` finds out first.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from functools import partial
from typing import Any, Final

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from aiogandi.calls.call import Call, Change
from aiogandi.changes.reconciler import Reconciler
from aiogandi.errors import Fault, OutcomeUnknown, ServerFault, TransportError
from aiogandi.models import OperationDetails
from aiogandi.session.manager import SessionManager
from aiogandi.settings import Retry
from aiogandi.transport.exchange import Request

log = logging.getLogger("aiogandi.retries")

MAX_BACKOFF: Final = 20.0
"""Seconds that any pause lasts at most, unless the service asks for more."""


SHORTEST: Final = 0.1
"""Seconds that an attempt has at least, however little is left."""


class Verdict(Enum):
    """What a failed attempt means for the next one."""

    RAISE = auto()  # it would fail again
    REPEAT = auto()  # it did not run, or running again does no harm
    UNKNOWN = auto()  # it may have run, and must not run twice


def verdict(error: Exception, *, changing: bool) -> Verdict:
    """What to do after *error*."""
    if getattr(error, "retried", False):
        return Verdict.RAISE
    if isinstance(error, ServerFault):
        return Verdict.UNKNOWN if changing else Verdict.REPEAT
    if isinstance(error, OutcomeUnknown) or not isinstance(error, TransportError):
        return Verdict.RAISE
    if not error.sent:
        return Verdict.REPEAT
    if error.status is not None and 300 <= error.status < 500 and error.status != 408:
        return Verdict.RAISE  # a redirect, a wrong URL, a request the server will not take
    return Verdict.UNKNOWN if changing else Verdict.REPEAT


class Absent(Exception):
    """A changing call's reply was lost, and the service turned out not to have run it."""

    def __init__(self, lost: TransportError | ServerFault) -> None:
        super().__init__(str(lost))
        self.lost = lost


class Retrier:
    """Sends calls through the session until they succeed or the policy gives up."""

    def __init__(self, session: SessionManager, policy: Retry, tally: Counter[str]) -> None:
        self._session = session
        self._policy = policy
        self._backoff = wait_random_exponential(multiplier=policy.backoff, max=MAX_BACKOFF)
        self._tally = tally
        self.reconciler = Reconciler(self.ask, policy, tally)

    async def ask(self, method: str, **arguments: Any) -> Any:
        """A reading call of the reconciler's."""
        return await self.read(Call(method, arguments))

    async def read(self, call: Call) -> Any:
        """Send a call that changes nothing."""
        request = Request.of(call.method, call.arguments)
        try:
            return await self._exchange(call, request, call.sent)
        except (TransportError, ServerFault) as error:
            first = error
        return await self.repeat(
            call.method,
            lambda left: self._exchange(call, request, call.sent, left),
            first,
            call.first_sent,
            changing=False,
        )

    async def change(self, call: Change) -> Any:
        """Send a call that changes something: it runs once, or the error says what is known.

        Raises `OutcomeUnknown` where it cannot be established whether it ran.
        """
        # What cannot be sent is refused before others are sent for it.
        request = Request.of(call.method, call.arguments)
        reconciler = self.reconciler
        if call.yields:
            await reconciler.prepare()
        reconciler.ledger.begin(call)
        try:
            try:
                return await self._send(call, request)
            except (TransportError, ServerFault, Absent) as error:
                first = error
            return await self.repeat(
                call.method,
                lambda left: self._send(call, request, left),
                first,
                call.first_sent,
                changing=True,
            )
        except Absent as absent:
            lost = absent.lost
        except TransportError as error:
            if call.sends == 0 or isinstance(error, OutcomeUnknown):
                raise
            lost = error
        finally:
            reconciler.ledger.end(call)
        if isinstance(lost, ServerFault):
            raise lost
        raise reconciler.unknown(call, lost) from lost

    async def repeat(
        self,
        method: str,
        send: Callable[[float], Awaitable[Any]],
        first: Exception,
        started: float,
        *,
        changing: bool,
    ) -> Any:
        """Go on after *first*, the failure of the first attempt, which left at *started*.

        *send* is told how many seconds are left for it.
        """

        def again(error: BaseException) -> bool:
            if isinstance(error, Absent):
                return True
            return isinstance(error, Exception) and (
                verdict(error, changing=changing) is Verdict.REPEAT
            )

        if not again(first):
            raise first
        loop = asyncio.get_running_loop()
        ends_at = (started or loop.time()) + self._policy.within
        attempts = AsyncRetrying(
            retry=retry_if_exception(again),
            wait=self._pause,
            stop=lambda state: self._gives_up(state, ends_at),
            before_sleep=lambda state: self._report(method, state),
            sleep=asyncio.sleep,
            reraise=True,
        )
        async for attempt in attempts:
            with attempt:
                if attempt.retry_state.attempt_number == 1:
                    raise first
                return await send(max(ends_at - loop.time(), SHORTEST))
        raise AssertionError("tenacity either returns or raises")

    async def _exchange(
        self,
        call: Call,
        request: Request,
        on_send: Callable[[float], None],
        left: float | None = None,
    ) -> Any:
        timeout = self._policy.within or None if left is None else left
        return call.read(await self._session.call(request, on_send, timeout=timeout))

    async def _send(self, call: Change, request: Request, left: float | None = None) -> Any:
        """Send a changing call once, and find out what became of it if the reply is lost."""
        reconciler = self.reconciler
        call.sends += 1
        lost: TransportError | ServerFault
        try:
            result = await self._exchange(
                call, request, partial(reconciler.ledger.sent, call), left
            )
        except (TransportError, ServerFault) as error:
            if verdict(error, changing=True) is not Verdict.UNKNOWN:
                call.sends -= 1
                raise
            lost = error
        except Fault as fault:
            if call.sends == 1:
                call.sends = 0
                raise
            # A second send may be refused because the first one ran, or is about to.
            found = await reconciler.recover(call, fault)
            if found is None:
                raise
            return await self._adopt(call, found)
        else:
            if reconciler.ledger.own(call, result):
                await reconciler.sift(call)
                return result
            # Another call, which lost its reply, was given this operation: look for that one's.
            lost = TransportError(f"{call.method}: another call was given its operation")
        found = await reconciler.recover(call, lost)
        if found is None:
            raise Absent(lost)
        return await self._adopt(call, found)

    async def _adopt(self, call: Change, found: OperationDetails) -> Any:
        self._tally["reconciled"] += 1
        log.info("%s: its reply was lost, operation %s is its own", call.method, found.id)
        call.adopted = found
        await self.reconciler.sift(call)
        return getattr(found, call.yields) if call.yields else True

    def _gives_up(self, state: RetryCallState, ends_at: float) -> bool:
        next_at = asyncio.get_running_loop().time() + state.upcoming_sleep
        return state.attempt_number >= self._policy.attempts or next_at >= ends_at

    def _pause(self, state: RetryCallState) -> float:
        """Full jitter, or what the service asks for where that is longer."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Absent):
            # The settling time has passed since then.
            asked = getattr(error.lost, "retry_after", None) or 0.0
            return max(asked - self._policy.settle, 0.0)
        return max(self._backoff(state), getattr(error, "retry_after", None) or 0.0)

    def _report(self, method: str, state: RetryCallState) -> None:
        self._tally["retries"] += 1
        error = state.outcome.exception() if state.outcome else None
        log.info(
            "%s: attempt %d in %.2f s: %s",
            method,
            state.attempt_number + 1,
            state.upcoming_sleep,
            error,
        )
