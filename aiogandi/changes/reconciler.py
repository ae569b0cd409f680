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
settling time only; and after a second send the books are looked at again, since the first request
may have run late. A surplus operation that is still PENDING is cancelled, any other is reported.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from aiogandi.calls.call import Change
from aiogandi.changes.ledger import THINGS, Ledger, number_of
from aiogandi.changes.lookup import Look, Lookup
from aiogandi.errors import (
    ClientClosed,
    DataFault,
    GandiError,
    OutcomeUnknown,
    ServerFault,
    TransportError,
)
from aiogandi.models import OperationDetails, OperationState
from aiogandi.settings import Retry

log = logging.getLogger("aiogandi.retries")


class Reconciler:
    """Finds out what became of changing calls. *ask* sends a reading call by name."""

    def __init__(
        self, ask: Callable[..., Awaitable[Any]], policy: Retry, tally: Counter[str]
    ) -> None:
        self._ask = ask
        self._policy = policy
        self._tally = tally
        self.ledger = Ledger()
        self._lookup = Lookup(ask, self.ledger)

    async def prepare(self) -> None:
        """Before a changing call: see to it that the newest operation id is known."""
        if self.ledger.is_fresh():
            return
        try:
            await self._lookup.newest()
        except ClientClosed:
            raise
        except GandiError as error:
            # The call goes on; should its reply be lost, nothing will be taken for its operation.
            log.warning("the newest operation is not known: %s", error)

    async def close(self) -> None:
        """Stop looking."""
        await self._lookup.close()

    async def recover(self, call: Change, lost: Exception) -> OperationDetails | None:
        """The operation of a call that may have run, or None: the service has not run it.

        Raises `OutcomeUnknown` where neither can be established.
        """
        if call.yields is None and call.method != "operation_cancel":
            raise self.unknown(call, lost) from lost
        loop = asyncio.get_running_loop()
        settled_at = loop.time() + self._policy.settle
        pause = self._policy.settle / 4
        while True:
            began = loop.time()
            believed = began >= settled_at
            log.info("%s: looking for what became of it: %s", call.method, lost)
            try:
                found = await self.find(call, thorough=believed)
            except (TransportError, DataFault, ServerFault) as error:
                if isinstance(error, OutcomeUnknown):
                    raise
                raise self.unknown(call, error) from error
            if found is not None or believed:
                return found
            await asyncio.sleep(max(min(pause, settled_at - loop.time()), 0))
            pause *= 2

    async def find(self, call: Change, *, thorough: bool = False) -> OperationDetails | None:
        """Look once; *thorough* does not trust a filter that was never seen to work."""
        if call.method == "operation_cancel":
            details = await self._lookup.operation(call.arguments["operation_id"])
            cancelled = details is not None and details.state == OperationState.CANCEL
            return details if cancelled else None
        look = await self._lookup.look(call.filter)
        names = self._lookup.unproven(list(call.filter.get("param", ())))
        found = self._claim(call, look, thorough=thorough)
        if found is not None:
            self._lookup.proven(names)
        elif thorough and names:
            look = await self._lookup.look({"type": call.method})
            found = self._claim(call, look, thorough=True)
        if found is None and thorough and not look.complete:
            raise TransportError("its operation may have been pushed out of operation_list")
        return found

    def _claim(self, call: Change, look: Look, *, thorough: bool) -> OperationDetails | None:
        """The oldest operation that is this call's, made its own.

        What may be this call's, but cannot be told for sure, is waited for until *thorough*.
        """
        for details in sorted(look.found, key=number_of):
            fits = self.ledger.fits(call, details)
            if fits is False:
                continue
            if fits and not self.ledger.disputed(call, details):
                self.ledger.take(call, details)
                return details
            if thorough:
                self.ledger.dispute(details)
                raise self._undecided(call, details)
        return None

    # -- what is left over ---------------------------------------------------------------------

    async def sift(self, call: Change) -> None:
        """After a second send: look for what the first one may have left behind.

        A surplus operation that is PENDING is cancelled; any other is a WARNING and counted.
        """
        if call.sends < 2 or call.yields is None:
            return
        call.settled = True
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._policy.within
        await asyncio.sleep(self._policy.settle)
        while True:
            try:
                look = await self._lookup.look(call.filter)
            except GandiError as error:
                self._not_sifted(call, str(error))
                return
            left = [details for details in look.found if self.ledger.fits(call, details)]
            rivals = {number_of(details): self.ledger.rivals(call, details) for details in left}
            for details in left:
                if not rivals[number_of(details)]:
                    await self._dispose(call, details)
            if not look.complete:
                self._not_sifted(call, "operation_list does not reach far enough")
                return
            # What may still be another call's is for that call to find, first.
            waits = any(map(self.ledger.waits_for, rivals.values()))
            if not waits or loop.time() >= ends_at:
                return
            await asyncio.sleep(max(self._policy.settle / 4, 0.01))

    async def _dispose(self, call: Change, details: OperationDetails) -> None:
        number = number_of(details)
        self.ledger.discard(details)
        state = await self._cancelled(number)
        things = " ".join(f"{n}={v}" for n in THINGS if (v := getattr(details, n)) is not None)
        if state == OperationState.CANCEL:
            self._tally["surplus_cancelled"] += 1
            log.warning("%s: it ran twice; operation %d was cancelled", call.method, number)
        else:
            self._tally["surplus"] += 1
            log.warning(
                "%s: it ran twice; operation %d (%s, %s) is left over",
                call.method,
                number,
                state,
                things,
            )

    async def _cancelled(self, number: int) -> OperationState | None:
        """Cancel an operation if it is PENDING; the state that it is in then, if that is known."""
        state: OperationState | None = None
        for cancel in (True, False):
            try:
                current = await self._lookup.operation(number)
                state = current.state if current is not None else None
                if state != OperationState.PENDING or not cancel:
                    break
                # Sent again if its reply is lost: whether it took effect is looked at afterwards.
                await self._ask("operation_cancel", operation_id=number)
            except GandiError as error:
                log.info("operation %d was not cancelled: %s", number, error)
        return state

    @staticmethod
    def _not_sifted(call: Change, reason: str) -> None:
        log.warning(
            "%s: it was sent %d times, and whether a surplus operation runs is not known: %s",
            call.method,
            call.sends,
            reason,
        )

    def unknown(self, call: Change, error: Exception) -> OutcomeUnknown:
        """The exception for a call of which nothing can be established."""
        self._tally["unknown"] += 1
        told = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
        where = "" if call.yields is None else f" in operation_list({call.filter})"
        return OutcomeUnknown(
            f"{call.method}({told}): whether it ran is not known ({error}); it is not sent again."
            f" Look for it{where} before you repeat it",
            call.method,
            status=getattr(error, "status", None),
        )

    def _undecided(self, call: Change, details: OperationDetails) -> OutcomeUnknown:
        self._tally["unknown"] += 1
        return OutcomeUnknown(
            f"{call.method}: operation {details.id} may be its own, which cannot be told for sure:"
            " another call differs from it only in its password, or the service tells too little."
            " It is not sent again",
            call.method,
            surplus=[number_of(details)],
        )
