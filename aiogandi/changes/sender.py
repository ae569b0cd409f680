"""Changing calls on their way: each runs once, or its error says what is known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from aiogandi.calls import results
from aiogandi.calls.call import Reader, observed
from aiogandi.changes.change import Change
from aiogandi.changes.errand import Errand
from aiogandi.changes.keys import Keys
from aiogandi.changes.ledger import Ledger
from aiogandi.changes.lookup import Lookup
from aiogandi.changes.reconciler import Reconciler
from aiogandi.changes.recorder import Recorder
from aiogandi.changes.recovery import Recovery
from aiogandi.changes.refusals import Refusals
from aiogandi.changes.register import Register
from aiogandi.changes.state import State
from aiogandi.changes.steps import Step
from aiogandi.changes.surplus import SurplusSearch
from aiogandi.changes.told import did_not_run
from aiogandi.changes.trip import Convert, Trip, may_have_run
from aiogandi.clock import Clock
from aiogandi.errors import ClientClosed, Fault, GandiError, TransportError
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.operations.directory import Directory
from aiogandi.retries import DidNotRun, Repeater, may_pass
from aiogandi.session.manager import SessionManager
from aiogandi.settings import Retry
from aiogandi.transport.rank import Rank
from aiogandi.transport.request import Request

MakeRecorder = Callable[[Ledger], Recorder]
"""Makes the books of a client whose calls are in this ledger."""


class Sender:
    """Sends changing calls through the session.

    A call is repeated only when it cannot have run. Where it may have, the reconciler finds out
    first, and where more than one send of it may run, `SurplusSearch` looks for what is left over.
    *admit* raises where no call may begin; what is done inside of *scope* ends with the client.

    Each call goes in a task of its own, an `Errand`, because what has left must be seen to its end
    also where its caller does not wait for it any more.
    """

    def __init__(
        self,
        session: SessionManager,
        reader: Reader,
        repeater: Repeater,
        policy: Retry,
        timeout: float,
        events: Emitter,
        clock: Clock,
        register: Register,
        admit: Callable[[], None],
        scope: Callable[[], AbstractContextManager[None]],
        record: MakeRecorder | None,
    ) -> None:
        self._session = session
        self._repeater = repeater
        self._policy = policy
        self._timeout = timeout
        self._events = events
        self._clock = clock
        self._ledger = Ledger(lateness=timeout + policy.settle, shares_journal=record is not None)
        known = Refusals(clock).around
        newest = Directory(known(partial(reader.ask, rank=Rank.LOOKUP))).ids
        self._lookup = Lookup(Directory(known(reader.look)), self._ledger, clock, newest)
        self.recorder = None if record is None else record(self._ledger)
        if self.recorder is not None:
            self.recorder.secrets.follow(session.ids)
        self._reconciler = Reconciler(
            self._ledger, self._lookup, policy, events, clock, self.recorder
        )
        self._surplus = SurplusSearch(
            self._ledger, self._lookup, policy, timeout, events, clock, self.recorder
        )
        self._register = register
        self._register.recorder = self.recorder
        self.keys: Keys | None = None
        if self.recorder is not None:
            recovery = Recovery(
                self.recorder,
                self._ledger,
                self._lookup,
                self._reconciler,
                self._surplus,
                register,
            )
            self.keys = Keys(self.recorder, recovery, register, self.send, scope)
        self._admit = admit
        self._errands: set[Errand] = set()
        self._refusal: str | None = None
        """Why no further changing call is taken."""
        self._closing = False
        self._hurries = False
        self._replies: asyncio.Task[Any] | None = None

    async def change(self, call: Change, convert: Convert) -> Any:
        """What *convert* makes of the reply to *call*. Inside of `once`, it may be what the journal tells.

        Raises `OutcomeUnknown` where it cannot be established whether it ran.
        """
        self._admit()
        if self._refusal is not None:
            raise ClientClosed(self._refusal, sent=False)
        # What cannot be sent is refused before others are sent for it.
        request = Request.of(call.method, call.arguments)
        if self.keys is not None and (block := self.keys.block_of(call)) is not None:
            return await block.step(call, request, convert)
        return await self.send(call, request, convert)

    async def send(
        self, call: Change, request: Request, convert: Convert, place: Step | None = None
    ) -> Any:
        """What *convert* makes of the reply to a call that is sent now. *place* is that under a key."""
        errand = Errand(call, self._register.enter(call, place), self._events)
        if place is not None:
            place.errand = errand
        intend = None if self.recorder is None else partial(self.recorder.intend, call, place)
        trip = Trip(errand, request, convert, self._reconciler, intend, self._timeout, self._clock)
        self._errands.add(errand)
        work = partial(self._run, trip)
        if self._events.listening:
            work = partial(observed, self._events, request, work)
        errand.begin(work)
        errand.task.add_done_callback(lambda _: self._errands.discard(errand))
        return await errand.result()

    async def cancel(self, operation_id: int) -> None:
        """Cancel an operation at the service."""
        await self.change(
            Change("operation_cancel", {"operation_id": operation_id}), results.nothing
        )

    # -- leaving -------------------------------------------------------------------------------

    def refuse(self, reason: str) -> None:
        """Take no further call."""
        self._refusal = reason

    def under_way(self) -> list[str]:
        """What is under way, each in a word or two."""
        calls = [f"{errand.call.method} ({errand.call.state})" for errand in self._errands]
        return sorted(calls) + [task.get_name() for task in self._surplus.under_way]

    async def idle(self) -> None:
        """Wait until no call is under way, and nothing is looked for."""
        while left := [*(errand.task for errand in self._errands), *self._surplus.under_way]:
            await asyncio.wait(left)

    async def close(self, wait: float | None) -> None:
        """Send nothing more, wait *wait* seconds (None: no limit) for replies to what has left, and stop."""
        self._closing = True
        for errand in self._errands:
            errand.is_closed = True
            if errand.call.state is not State.SENT:
                errand.task.cancel()
        await self._surplus.close()
        await self._lookup.close()
        if tasks := [errand.task for errand in self._errands]:
            if wait != 0 and not self._hurries:
                self._replies = asyncio.create_task(asyncio.wait(tasks, timeout=wait))
                await asyncio.wait([self._replies])
            for errand in self._errands:
                errand.task.cancel()
            await asyncio.wait(tasks)

    def let_go(self) -> None:
        """The loop was closed, and with it ended whatever was under way: what has left is unknown."""
        for call in self._register.unanswered():
            self._closed(call)
        if self.recorder is not None:
            self.recorder.is_closed = True  # nothing is written down without a loop

    def hurry(self) -> None:
        """End the waiting for replies, or do not begin it."""
        self._hurries = True
        if self._replies is not None:
            self._replies.cancel()

    # -- one call ------------------------------------------------------------------------------

    async def _run(self, trip: Trip) -> Any:
        call = trip.call
        entered = False
        failure: GandiError | None = None
        try:
            if call.yields:
                await trip.make_ready()
            self._ledger.begin(call, self._clock())
            entered = True
            return await self._repeater.run(
                trip.request, partial(self._attempt, trip), changing=True
            )
        except DidNotRun as absent:
            lost = absent.lost
            failure = did_not_run(call, lost)
        except asyncio.CancelledError:
            if not self._closing:
                raise
            if call.state is State.ADOPTED:
                return call.number  # an equal call's look has found it, and its own went on
            raise self._closed(call) from None
        except GandiError as error:
            failure = error
            raise
        finally:
            if self.recorder is not None:
                self.recorder.over(call, failure)
            if entered:
                self._follow(trip.errand)
            del failure  # its traceback holds this frame
        raise did_not_run(call, lost)

    def _follow(self, errand: Errand) -> None:
        """See to what the call may have begun beyond its own operation."""
        if self._closing:
            self._surplus.drop(errand.call)
        else:
            self._surplus.follow(errand.call, errand.entry.found_surplus)

    def _closed(self, call: Change) -> Exception:
        """What a call is told whose client closes."""
        closed = ClientClosed(sent=False)
        if call.state is State.SENT:
            call.lose(0.0)
        return self._reconciler.unknown(call, closed) if call.state is State.LOST else closed

    async def _attempt(self, trip: Trip, left: float | None) -> Any:
        """Send a changing call once, and find out what became of it if the reply is lost."""
        call = trip.call
        trip.errand.check()
        lost, result = await self._send(trip, left)
        if lost is None:
            return result
        if self._closing or isinstance(lost, ClientClosed):
            call.lose(0.0)
            raise self._reconciler.unknown(call, lost) from lost
        if await self._reconciler.recover(call, lost) is not None:
            if self.recorder is not None and call.yields is None:
                self.recorder.returned(call, None)
            return call.number
        trip.errand.check()
        if isinstance(lost, TransportError | Fault) and may_pass(lost):
            # The settling time has passed since the service asked for a pause.
            asked = lost.retry_after if isinstance(lost, TransportError) else None
            raise DidNotRun(lost, max((asked or 0.0) - self._policy.settle, 0.0))
        raise did_not_run(call, lost)

    async def _send(self, trip: Trip, left: float | None) -> tuple[GandiError | None, Any]:
        """Send it once. Return None with its result, or what came instead of a reply where it may have
        run; raise what proves that it did not.
        """
        call = trip.call
        try:
            result = await self._exchange(trip, left)
        except (TransportError, Fault, ClientClosed) as error:
            if not may_have_run(call, error):
                if call.state is State.SENT:
                    call.did_not_run()
                if isinstance(error, TransportError):
                    trip.errand.check()  # there is no further attempt, and no pause before it
                raise
            return error, None
        recorder = self.recorder
        is_its_own = recorder is None or await recorder.answered(call, result)
        if is_its_own and self._ledger.own(call, result, self._clock()):
            if recorder is not None and call.yields is None:
                recorder.returned(call, result)
            return None, result
        # Another call, which lost its reply, was given this operation: look for that one's.
        return TransportError(f"{call.method}: another call was given its operation"), None

    async def _exchange(self, trip: Trip, left: float | None) -> Any:
        def on_send(now: float) -> None:
            trip.leaves()
            self._ledger.sent(trip.call, now)
            trip.errand.entry.leaves()

        # The reply is kept in no local variable: it may hold a secret, and a traceback would show it.
        return trip.convert(
            await self._session.call(
                trip.request,
                timeout=left,
                ready=trip,
                on_send=on_send,
                on_refused=trip.call.did_not_run,
            )
        )
