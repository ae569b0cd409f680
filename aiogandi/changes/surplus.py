"""What a call that was sent twice may have left behind: looked for, cancelled or told."""

from __future__ import annotations

import asyncio
import logging

from aiogandi.calls.call import Reader
from aiogandi.changes.change import Change
from aiogandi.changes.decisions import left_over
from aiogandi.changes.ledger import Ledger
from aiogandi.changes.lookup import Lookup
from aiogandi.errors import GandiError
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import SurplusFound
from aiogandi.models import OperationDetails, OperationState
from aiogandi.settings import Retry

log = logging.getLogger("aiogandi.retries")


class SurplusSearch:
    """After a call was sent twice, looks for a second operation that it began, and cancels or reports
    that one.
    """

    def __init__(
        self,
        ledger: Ledger,
        lookup: Lookup,
        reader: Reader,
        policy: Retry,
        events: Emitter,
    ) -> None:
        self._ledger = ledger
        self._lookup = lookup
        self._reader = reader
        self._policy = policy
        self._events = events

    async def search(self, call: Change) -> None:
        """After a second send, look for what the first one may have left behind.

        A surplus operation that is PENDING is cancelled; any other is a WARNING and counted.
        """
        if call.sends < 2 or call.yields is None:
            return
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._policy.within
        await asyncio.sleep(self._policy.settle)
        while True:
            try:
                look = await self._lookup.look(call.filter)
            except GandiError as error:
                _not_found_out(call, str(error))
                return
            left = left_over(self._ledger, call, look.operations)
            for details in left.surplus:
                await self._dispose(call, details)
            if not look.complete:
                _not_found_out(call, "operation_list does not reach far enough")
                return
            if not left.waits or loop.time() >= ends_at:
                return
            await asyncio.sleep(max(self._policy.settle / 4, 0.01))

    async def _dispose(self, call: Change, details: OperationDetails) -> None:
        number = details.id
        self._ledger.discard(details, asyncio.get_running_loop().time())
        state = await self._cancelled(number)
        cancelled = state == OperationState.CANCEL
        told = None if state is None else str(state)
        self._events.emit(SurplusFound(call.method, number, told, cancelled))
        if cancelled:
            log.warning("%s: it ran twice; operation %d was cancelled", call.method, number)
            return
        things = (("vm_id", details.vm_id), ("disk_id", details.disk_id))
        log.warning(
            "%s: it ran twice; operation %d (%s, %s) is left over",
            call.method,
            number,
            state,
            " ".join(f"{name}={value}" for name, value in things if value is not None),
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
                # It is repeated after trouble: whether it took effect is looked at afterwards.
                await self._reader.ask("operation_cancel", {"operation_id": number})
            except GandiError as error:
                log.info("operation %d was not cancelled: %s", number, error)
        return state


def _not_found_out(call: Change, reason: str) -> None:
    log.warning(
        "%s: it was sent %d times, and whether a surplus operation runs is not known: %s",
        call.method,
        call.sends,
        reason,
    )
