"""Changing calls on their way: each runs once, or its error says what is known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiogandi.calls import results
from aiogandi.calls.call import Reader, observed
from aiogandi.changes.change import Change, State
from aiogandi.changes.ledger import Ledger
from aiogandi.changes.lookup import Lookup
from aiogandi.changes.reconciler import Reconciler
from aiogandi.changes.surplus import SurplusSearch
from aiogandi.errors import Fault, OutcomeUnknown, ServerFault, TransportError
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import CallerGone
from aiogandi.operations.directory import Directory
from aiogandi.retries import DidNotRun, Repeater, Verdict, verdict
from aiogandi.session.manager import SessionManager
from aiogandi.settings import Retry
from aiogandi.transport.request import Request

Convert = Callable[[Any], Any]
"""Makes the result of a reply, or raises `TransportError` for one that cannot be."""


class Sender:
    """Sends changing calls through the session.

    A call is repeated only when it cannot have run. Where it may have, the reconciler finds out
    first, and where the call was sent twice, `SurplusSearch` looks for what is left over.
    """

    def __init__(
        self,
        session: SessionManager,
        reader: Reader,
        repeater: Repeater,
        policy: Retry,
        events: Emitter,
    ) -> None:
        self._session = session
        self._repeater = repeater
        self._policy = policy
        self._events = events
        self._ledger = Ledger()
        self._lookup = Lookup(Directory(reader.ask), self._ledger)
        self._reconciler = Reconciler(self._ledger, self._lookup, policy, events)
        self._surplus = SurplusSearch(self._ledger, self._lookup, reader, policy, events)

    async def change(self, call: Change, convert: Convert) -> Any:
        """What *convert* makes of the reply to *call*.

        Raises `OutcomeUnknown` where it cannot be established whether it ran.
        """
        # What cannot be sent is refused before others are sent for it.
        request = Request.of(call.method, call.arguments)
        work = self._run(call, request, convert)
        return await (observed(self._events, request, work) if self._events.listening else work)

    async def cancel(self, operation_id: int) -> None:
        """Cancel an operation at the service."""
        await self.change(
            Change("operation_cancel", {"operation_id": operation_id}), results.nothing
        )

    async def _run(self, call: Change, request: Request, convert: Convert) -> Any:
        if call.yields:
            await self._reconciler.prepare()
        self._ledger.begin(call, _now())

        async def attempt(left: float | None) -> Any:
            return await self._attempt(call, request, convert, left)

        try:
            return await self._repeater.run(request, attempt, changing=True)
        except DidNotRun as absent:
            lost: TransportError | Fault = absent.lost
        except TransportError as error:
            if call.sends == 0 or isinstance(error, OutcomeUnknown):
                raise
            lost = error
        except asyncio.CancelledError:
            if self._events.listening and call.state in (State.SENT, State.LOST):
                self._events.emit(CallerGone(call.method))
            raise
        finally:
            self._ledger.end(call, _now())
        if isinstance(lost, ServerFault):
            raise lost
        raise self._reconciler.unknown(call, lost) from lost

    async def close(self) -> None:
        """Stop looking for what became of calls."""
        await self._lookup.close()

    async def _attempt(
        self, call: Change, request: Request, convert: Convert, left: float | None
    ) -> Any:
        """Send a changing call once, and find out what became of it if the reply is lost."""
        lost: TransportError | Fault
        try:
            result = await self._exchange(call, request, convert, left)
        except (TransportError, Fault) as error:
            if not _may_have_run(call, error):
                if call.state is State.SENT:
                    call.did_not_run()
                raise
            lost = error
        else:
            if self._ledger.own(call, result, _now()):
                await self._surplus.search(call)
                return result
            # Another call, which lost its reply, was given this operation: look for that one's.
            lost = TransportError(f"{call.method}: another call was given its operation")
        found = await self._reconciler.recover(call, lost)
        if found is not None:
            await self._surplus.search(call)
            return call.id_in(found)
        if isinstance(lost, TransportError | ServerFault):
            # The settling time has passed since the service asked for a pause.
            asked = lost.retry_after if isinstance(lost, TransportError) else None
            raise DidNotRun(lost, max((asked or 0.0) - self._policy.settle, 0.0))
        raise lost

    async def _exchange(
        self, call: Change, request: Request, convert: Convert, left: float | None
    ) -> Any:
        def on_send(now: float) -> None:
            self._ledger.sent(call, now)

        # The reply is kept in no local variable: it may hold a secret, and a traceback would show it.
        return convert(
            await self._session.call(
                request, timeout=left, on_send=on_send, on_refused=call.did_not_run
            )
        )


def _may_have_run(call: Change, error: TransportError | Fault) -> bool:
    """Whether the service may have run what was sent last, or an earlier send of the call."""
    if call.state is not State.SENT:
        return False  # it never left, or its session was refused
    if isinstance(error, TransportError | ServerFault):
        return verdict(error, call.method, changing=True) is Verdict.UNKNOWN
    # A second send may be refused because the first one ran, or is about to.
    return call.sends > 1


def _now() -> float:
    return asyncio.get_running_loop().time()
