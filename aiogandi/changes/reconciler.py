"""What became of a changing call whose reply was lost: looked up at the service, never guessed.

How a call's operation is told from all others
----------------------------------------------
- By its **age**. Ids of operations grow with time (assumed). Before a changing call is sent, the
  newest id is known: from the last minute's replies, or from one ``operation_list``. Only an
  operation with a higher id can be the call's; no clock is compared, neither ours nor the
  service's. So last week's ``vm_start`` of the same VM is never taken for today's. `ages` compares
  ids with the service's dates before anything follows from them. Where ids were seen not to grow,
  age proves nothing: nothing is given to anybody, and nothing is absent.
- By its **parameters**, which ``operation_details`` repeats (assumed): all that it tells must be
  equal to what was sent. Equality is no proof of absence, though, because a service may store a name
  in lower case, or cut it. What looks like the call in such a form keeps it from being sent again; it
  is given to the call only where this service was seen to do so and no other client is about.
- By its **owner**. Each operation belongs to one local call: to the one whose reply named it, or
  whose lost reply it was found to be. Calls with equal parameters are interchangeable, so if a
  reply names an operation that another such call has been given, its own call goes on to look for
  the other's. `decisions` says who is given what. Only their passwords can tell such calls apart,
  and the service does not repeat those: where they differ, nothing is given to anybody while it
  could be another's.

An empty list proves nothing about a request that is still under way, so it is believed after a
settling time only, and only where it shows every operation of the call's type. `surplus` looks at
the books again afterwards, since a request may run even later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from typing import Final

from aiogandi.changes.adoption import Adoption, is_lost
from aiogandi.changes.ages import Ages
from aiogandi.changes.cancelling import is_cancellation, look_whether_cancelled
from aiogandi.changes.change import Change
from aiogandi.changes.decisions import Undecided
from aiogandi.changes.ledger import Ledger
from aiogandi.changes.lookup import Lookup
from aiogandi.changes.recorder import Recorder
from aiogandi.changes.state import State
from aiogandi.changes.told import cannot_be_told, nothing_is_known
from aiogandi.errors import (
    AuthenticationError,
    ClientClosed,
    GandiError,
    OutcomeUnknown,
    TransportError,
)
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import LossResolved, ReplyLost
from aiogandi.models import OperationDetails
from aiogandi.settings import Retry

log = logging.getLogger("aiogandi.retries")

LONGEST_PAUSE: Final = 10.0
"""Seconds between two looks for one call at most."""


class Reconciler:
    """Finds out what became of changing calls, by *lookup*, and enters it in *ledger*."""

    def __init__(
        self,
        ledger: Ledger,
        lookup: Lookup,
        policy: Retry,
        events: Emitter,
        clock: Callable[[], float],
        recorder: Recorder | None,
    ) -> None:
        self._ledger = ledger
        self._lookup = lookup
        self._ages = Ages(ledger, lookup, clock)
        self._policy = policy
        self._events = events
        self._clock = clock
        self._recorder = recorder
        self._adoption = Adoption(ledger, recorder, clock)
        self._warned: str | None = None
        """Why the newest operation is not known, as it was told last; None since it was known."""

    def is_prepared(self) -> bool:
        """Whether the newest operation id is known well enough to send a changing call."""
        return self._ledger.is_fresh(self._clock())

    async def prepare(self) -> bool:
        """Before a changing call: see to it that the newest operation id is known. Return whether it
        is.
        """
        if self.is_prepared():
            return True
        try:
            await self._lookup.newest()
        except (ClientClosed, AuthenticationError):
            raise
        except GandiError as error:
            # The call goes on; should its reply be lost, nothing will be taken for its operation.
            told = str(error)
            level = logging.DEBUG if told == self._warned else logging.WARNING
            log.log(level, "the newest operation is not known: %s", told)
            self._warned = told
            return False
        self._warned = None
        return True

    async def recover(self, call: Change, lost: GandiError) -> OperationDetails | None:
        """The operation of a call that may have run, or None: the service has not run it.

        *lost* is what came instead of its reply. Raises `OutcomeUnknown` where neither can be
        established. Whatever comes of it, the call's state says so.
        """
        call.lose(asyncio.get_running_loop().time() + self._policy.settle)
        return await self._find(call, lost)

    async def recall(self, call: Change, settle: float) -> OperationDetails | None:
        """The same, for a call of a process that has ended, and may be run *settle* seconds from now."""
        settle = max(settle, self._policy.settle)
        call.reopen(asyncio.get_running_loop().time() + settle)
        lost = TransportError(
            f"{call.method}: the process that made it has ended", method=call.method
        )
        return await self._find(call, lost)

    async def _find(self, call: Change, lost: GandiError) -> OperationDetails | None:
        if self._recorder is not None:
            self._recorder.lost(call)
        if self._events.listening:
            self._events.emit(ReplyLost(call.method, lost))
        if call.yields is None and not is_cancellation(call):
            raise self.unknown(call, lost) from lost
        try:
            decision = await self._find_out(call, lost)
            await self._adoption.settle(call, State.ABSENT if decision is None else State.UNKNOWN)
        except GandiError as error:
            with suppress(GandiError):  # the sender writes it as well, and warns where it cannot
                await self._adoption.settle(call, State.UNKNOWN)
            if is_lost(call):
                raise self.unknown(call, error) from error
        else:
            if is_lost(call) and decision is not None:
                raise self._undecided(call, decision.candidates)
        if is_lost(call):
            call.find_absent()
        if call.adopted is None:
            self._events.emit(LossResolved(call.method, "absent", None))
            return None
        log.info("%s: its reply was lost, operation %d is its own", call.method, call.adopted.id)
        self._events.emit(LossResolved(call.method, "adopted", call.adopted.id))
        return call.adopted

    async def _find_out(self, call: Change, lost: GandiError) -> Undecided | None:
        """Look until the call's patience has ended, or longer where time may tell. It is adopted, or
        absent, or undecided.
        """
        # By the loop's clock: a wall clock that is set forward must not end the patience.
        clock = asyncio.get_running_loop().time
        ends_at = call.patience_ends + self._policy.within
        pause = self._policy.settle / 4
        with self._adoption.waiting(call) as woken:
            while is_lost(call):
                began = clock()
                believed = began >= call.patience_ends
                log.info("%s: looking for what became of it: %s", call.method, lost)
                decision = await self._look(call, believed=believed, final=began >= ends_at)
                if not is_lost(call):
                    return None  # it, or somebody else, has found what it began
                waits = isinstance(decision, Undecided) and decision.may_clear and began < ends_at
                if believed and not waits:
                    return decision
                ends = ends_at if believed else call.patience_ends
                await _sleep(woken, min(pause, ends - clock()))
                pause = min(pause * 2, LONGEST_PAUSE)
        return None

    async def _look(self, call: Change, *, believed: bool, final: bool) -> Undecided | None:
        """Look once, and enter what that says. A look that is *believed* is by type alone, because a
        service may not know the filter, or may have stored another name than was sent.
        """
        if is_cancellation(call):
            return await look_whether_cancelled(self._lookup, call, final=final)
        if not (believed or self._ledger.habits.grows):
            return None  # nothing could be given to it
        if believed:
            if self._recorder is not None:
                await self._recorder.elsewhere.see(())  # how far the look goes back depends on them
            look = await self._lookup.look({"type": call.method}, whole=True)
        else:
            try:
                async with asyncio.timeout_at(call.patience_ends):
                    look = await self._lookup.look(call.filter)
            except (TimeoutError, GandiError) as error:
                # The service may not bear the filter. The look that counts needs none.
                log.info("%s: looking by %s has failed: %s", call.method, call.filter, error)
                return None
        look = await self._ages.checked(call, look, believed=believed)
        if not is_lost(call):
            return None  # another call's look has found it meanwhile
        undecided = await self._adoption.enter(call, look, believed=believed, final=final)
        if undecided is not None and undecided.proof and await self._learn_folding(call.method):
            undecided = await self._adoption.enter(call, look, believed=believed, final=final)
        if believed and is_lost(call) and not look.complete:
            if undecided is None:
                raise TransportError("its operation may have been pushed out of operation_list")
            undecided = replace(undecided, may_clear=False)  # the next look would show no more
        return undecided

    async def _learn_folding(self, method: str) -> bool:
        """Look at the operation of a call that was answered: does this service store names in another
        form? Return whether that was seen.
        """
        witness = self._ledger.habits.witness(method)
        if witness is None:
            return False
        call, number = witness
        details = await self._lookup.of_answer(call, number)
        if details is not None:
            self._ledger.habits.saw(details, call)
        return method in self._ledger.habits.folds

    # -- what cannot be told -------------------------------------------------------------------

    def unknown(self, call: Change, error: Exception) -> OutcomeUnknown:
        """The exception for a lost call of which nothing can be established."""
        call.give_up()
        self._events.emit(LossResolved(call.method, "unknown", None))
        return nothing_is_known(call, error)

    def _undecided(self, call: Change, candidates: Collection[int]) -> OutcomeUnknown:
        call.give_up(candidates)
        self._ledger.dispute(call, candidates)
        first = min(candidates, default=None)
        self._events.emit(LossResolved(call.method, "unknown", first))
        return cannot_be_told(call, candidates, grows=self._ledger.habits.grows)


async def _sleep(woken: asyncio.Event, seconds: float) -> None:
    """Wait, but no longer than until another call's look has found this one's operation."""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await woken.wait()
    except TimeoutError:
        return
