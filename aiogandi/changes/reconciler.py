"""What became of a changing call whose reply was lost: looked up at the service, never guessed.

How a call's operation is told from all others
----------------------------------------------
- By its **age**. Ids of operations grow with time (assumed). Before a changing call is sent, the
  newest id is known: from the last minute's replies, or from one ``operation_list``. Only an
  operation with a higher id can be the call's; no clock is compared, neither ours nor the
  service's. So last week's ``vm_start`` of the same VM is never taken for today's.
- By its **parameters**, which ``operation_details`` repeats (assumed): all that it tells must be
  equal to what was sent.
- By its **owner**. Each operation belongs to one local call: to the one whose reply named it, or
  whose lost reply it was found to be. Calls with equal parameters are interchangeable, so if a
  reply names an operation that another such call has been given, its own call goes on to look for
  the other's (which is why the oldest is given first: it is the one that a younger call could not
  be given). Only their passwords can tell them apart, and the service does not repeat those:
  where they differ, nothing is given to anybody while it could be another's.

An empty list proves nothing about a request that is still under way, so it is believed after a
settling time only; and after a second send `surplus` looks at the books again, since the first
request may have run late.
"""

from __future__ import annotations

import asyncio
import logging

from aiogandi.changes.change import Change
from aiogandi.changes.decisions import Undecided, decide
from aiogandi.changes.ledger import Ledger
from aiogandi.changes.lookup import Found, Lookup
from aiogandi.errors import (
    AuthenticationError,
    ClientClosed,
    Fault,
    GandiError,
    OutcomeUnknown,
    TransportError,
)
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import LossResolved, ReplyLost
from aiogandi.models import OperationDetails, OperationState
from aiogandi.settings import Retry

log = logging.getLogger("aiogandi.retries")


class Reconciler:
    """Finds out what became of changing calls, by *lookup*, and enters it in *ledger*."""

    def __init__(self, ledger: Ledger, lookup: Lookup, policy: Retry, events: Emitter) -> None:
        self._ledger = ledger
        self._lookup = lookup
        self._policy = policy
        self._events = events

    async def prepare(self) -> None:
        """Before a changing call: see to it that the newest operation id is known."""
        if self._ledger.is_fresh(_now()):
            return
        try:
            await self._lookup.newest()
        except (ClientClosed, AuthenticationError):
            raise
        except GandiError as error:
            # The call goes on; should its reply be lost, nothing will be taken for its operation.
            log.warning("the newest operation is not known: %s", error)

    async def recover(self, call: Change, lost: TransportError | Fault) -> OperationDetails | None:
        """The operation of a call that may have run, or None: the service has not run it.

        *lost* is what came instead of its reply. Raises `OutcomeUnknown` where neither can be
        established. Whatever comes of it, the call's state says so.
        """
        call.lose()
        if self._events.listening:
            self._events.emit(ReplyLost(call.method, lost))
        if call.yields is None and not _is_cancellation(call):
            raise self.unknown(call, lost) from lost
        settled_at = _now() + self._policy.settle
        pause = self._policy.settle / 4
        while True:
            believed = _now() >= settled_at
            log.info("%s: looking for what became of it: %s", call.method, lost)
            try:
                found = await self._find(call, thorough=believed)
            except (OutcomeUnknown, ClientClosed):
                raise
            except GandiError as error:
                raise self.unknown(call, error) from error
            if found is not None:
                log.info("%s: its reply was lost, operation %d is its own", call.method, found.id)
                self._events.emit(LossResolved(call.method, "adopted", found.id))
                return found
            if believed:
                call.find_absent()
                self._events.emit(LossResolved(call.method, "absent", None))
                return None
            await asyncio.sleep(max(min(pause, settled_at - _now()), 0))
            pause *= 2

    async def _find(self, call: Change, *, thorough: bool) -> OperationDetails | None:
        """Look once; *thorough* does not trust a filter that was never seen to work."""
        if _is_cancellation(call):
            details = await self._lookup.operation(call.arguments["operation_id"])
            if details is None or details.state != OperationState.CANCEL:
                return None
            call.adopt(details)
            return details
        look = await self._lookup.look(call.filter)
        directory = self._lookup.directory
        names = directory.unproven(list(call.filter.get("param", ())))
        found = self._enter(call, look, thorough=thorough)
        if found is not None:
            directory.proven(names)
        elif thorough and names:
            look = await self._lookup.look({"type": call.method})
            found = self._enter(call, look, thorough=True)
        if found is None and thorough and not look.complete:
            raise TransportError("its operation may have been pushed out of operation_list")
        return found

    def _enter(self, call: Change, look: Found, *, thorough: bool) -> OperationDetails | None:
        """Enter in the ledger what a look says of the call; its operation, if that is known."""
        decision = decide(self._ledger, call, look.operations, thorough=thorough)
        if decision is None:
            return None
        if isinstance(decision, Undecided):
            self._ledger.dispute(decision.details)
            raise self._undecided(call, decision.details)
        self._ledger.take(call, decision.details, _now())
        return decision.details

    # -- what cannot be told -------------------------------------------------------------------

    def unknown(self, call: Change, error: Exception) -> OutcomeUnknown:
        """The exception for a call of which nothing can be established."""
        told = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
        where = "" if call.yields is None else f" in operation_list({call.filter})"
        call.give_up()
        self._events.emit(LossResolved(call.method, "unknown", None))
        return OutcomeUnknown(
            f"{call.method}({told}): whether it ran is not known ({error}); it is not sent again."
            f" Look for it{where} before you repeat it",
            call.method,
            status=error.status if isinstance(error, TransportError) else None,
        )

    def _undecided(self, call: Change, details: OperationDetails) -> OutcomeUnknown:
        call.give_up()
        self._events.emit(LossResolved(call.method, "unknown", details.id))
        return OutcomeUnknown(
            f"{call.method}: operation {details.id} may be its own, which cannot be told for sure:"
            " another call differs from it only in its password, or the service tells too little."
            " It is not sent again",
            call.method,
            surplus=[details.id],
        )


def _is_cancellation(call: Change) -> bool:
    """Whether the state of one operation tells what became of the call."""
    return call.method == "operation_cancel" and "operation_id" in call.arguments


def _now() -> float:
    return asyncio.get_running_loop().time()
