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
from dataclasses import replace
from typing import Final

from aiogandi.changes.ages import Ages
from aiogandi.changes.change import Change, State
from aiogandi.changes.decisions import Adopt, Undecided, decide
from aiogandi.changes.ledger import Ledger
from aiogandi.changes.lookup import Found, Lookup
from aiogandi.errors import (
    AuthenticationError,
    ClientClosed,
    GandiError,
    OutcomeUnknown,
    TransportError,
)
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import LossResolved, ReplyLost
from aiogandi.models import OperationDetails, OperationState
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
    ) -> None:
        self._ledger = ledger
        self._lookup = lookup
        self._ages = Ages(ledger, lookup, clock)
        self._policy = policy
        self._events = events
        self._clock = clock
        self._woken: dict[Change, asyncio.Event] = {}
        """Set when another call's look has found what this one looks for."""
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
        if self._events.listening:
            self._events.emit(ReplyLost(call.method, lost))
        if call.yields is None and not _is_cancellation(call):
            raise self.unknown(call, lost) from lost
        self._woken[call] = asyncio.Event()
        try:
            decision = await self._find_out(call, lost)
        except GandiError as error:
            if call.adopted is None:
                raise self.unknown(call, error) from error
        else:
            if decision is not None:
                raise self._undecided(call, decision.candidates)
        finally:
            del self._woken[call]
        if call.adopted is not None:
            log.info(
                "%s: its reply was lost, operation %d is its own", call.method, call.adopted.id
            )
            self._events.emit(LossResolved(call.method, "adopted", call.adopted.id))
            return call.adopted
        call.find_absent()
        self._events.emit(LossResolved(call.method, "absent", None))
        return None

    async def _find_out(self, call: Change, lost: GandiError) -> Undecided | None:
        """Look until the call's patience has ended, or longer where time may tell. It is adopted, or
        absent, or undecided.
        """
        # By the loop's clock: a wall clock that is set forward must not end the patience.
        clock = asyncio.get_running_loop().time
        ends_at = call.patience_ends + self._policy.within
        pause = self._policy.settle / 4
        while _is_lost(call):
            began = clock()
            believed = began >= call.patience_ends
            log.info("%s: looking for what became of it: %s", call.method, lost)
            decision = await self._look(call, believed=believed, final=began >= ends_at)
            if not _is_lost(call):
                return None  # it, or somebody else, has found what it began
            waits = isinstance(decision, Undecided) and decision.may_clear and began < ends_at
            if believed and not waits:
                return decision
            ends = ends_at if believed else call.patience_ends
            await self._sleep(call, min(pause, ends - clock()))
            pause = min(pause * 2, LONGEST_PAUSE)
        return None

    async def _sleep(self, call: Change, seconds: float) -> None:
        """Wait, but no longer than until another call's look has found this one's operation."""
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await self._woken[call].wait()
        except TimeoutError:
            return

    async def _look(self, call: Change, *, believed: bool, final: bool) -> Undecided | None:
        """Look once, and enter what that says. A look that is *believed* is by type alone, because a
        service may not know the filter, or may have stored another name than was sent.
        """
        if _is_cancellation(call):
            return await self._look_whether_cancelled(call, final=final)
        if not (believed or self._ledger.habits.grows):
            return None  # nothing could be given to it
        if believed:
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
        if not _is_lost(call):
            return None  # another call's look has found it meanwhile
        undecided = self._enter(call, look, believed=believed, final=final)
        if undecided is not None and undecided.proof and await self._learn_folding(call.method):
            if not _is_lost(call):
                return None
            undecided = self._enter(call, look, believed=believed, final=final)
        if believed and _is_lost(call) and not look.complete:
            if undecided is None:
                raise TransportError("its operation may have been pushed out of operation_list")
            undecided = replace(undecided, may_clear=False)  # the next look would show no more
        return undecided

    async def _look_whether_cancelled(self, call: Change, *, final: bool) -> Undecided | None:
        number = call.arguments["operation_id"]
        details = await self._lookup.operation(number)
        if details is None or details.state is None:
            if final:
                raise TransportError(f"the service does not tell the state of operation {number}")
            return Undecided((number,), may_clear=True)
        if details.state == OperationState.CANCEL:
            call.adopt(details)
        return None

    def _enter(self, call: Change, look: Found, *, believed: bool, final: bool) -> Undecided | None:
        """Enter in the ledger what a look says of the call, and of those that are served before it."""
        decision = decide(
            self._ledger,
            call,
            look.operations,
            believed=believed,
            unread=look.unread,
            final=final,
        )
        if not isinstance(decision, Adopt):
            return decision
        for served, details in decision.pairs:
            self._ledger.take(served, details, self._clock())
            if served in self._woken:
                self._woken[served].set()
        return None

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
        told = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
        where = "" if call.yields is None else f" in operation_list({call.filter})"
        call.give_up()
        self._events.emit(LossResolved(call.method, "unknown", None))
        return OutcomeUnknown(
            f"{call.method}({told}): whether it ran is not known ({error}){_sends(call)}; it is not sent"
            f" again. Look for it{where} before you repeat it",
            call.method,
            status=error.status if isinstance(error, TransportError) else None,
        )

    def _undecided(self, call: Change, candidates: Collection[int]) -> OutcomeUnknown:
        call.give_up(candidates)
        self._ledger.dispute(call, candidates)
        first = min(candidates, default=None)
        self._events.emit(LossResolved(call.method, "unknown", first))
        why = (
            "ids of operations were seen not to grow on this service, so that age proves nothing"
            if first is None or not self._ledger.habits.grows
            else "another call may have begun it, or the service tells too little, or in another form"
        )
        which = "" if first is None else f" may own {_operations(candidates)} or none:"
        return OutcomeUnknown(
            f"{call.method}{which} which cannot be told for sure ({why}){_sends(call)}. It is not sent"
            " again",
            call.method,
            candidates=candidates,
            surplus=sorted(candidates)[1:] if call.sends > 1 else (),
        )


def _operations(numbers: Collection[int]) -> str:
    listed = ", ".join(map(str, sorted(numbers)))
    return f"operation {listed}" if len(numbers) == 1 else f"one of operations {listed}"


def _sends(call: Change) -> str:
    """How often it was sent, and so may have run, where that is more than once."""
    return f". It was sent {call.sends} times" if call.sends > 1 else ""


def _is_lost(call: Change) -> bool:
    """Whether nobody has found yet what became of it. Another call's look may find it at any time."""
    return call.state is State.LOST


def _is_cancellation(call: Change) -> bool:
    """Whether the state of one operation tells what became of the call."""
    return call.method == "operation_cancel" and "operation_id" in call.arguments
