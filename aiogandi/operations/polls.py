"""One poll: how long it may take, and what an outage means for the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from aiogandi.errors import TransportError
from aiogandi.models import OperationDetails, OperationState, ids_from_wire
from aiogandi.operations.operation import Operation
from aiogandi.settings import Polling

PATIENCE: Final = 5.0
"""Seconds a poll may take before it is given up and asked again; more where the service is slow."""

CANDIDATES: Final = 3
"""Operations that are looked at where the service does not filter by parameter."""

_INFO: Final = {"vm_create": ("vm_info", "vm_id"), "disk_create": ("disk_info", "disk_id")}


class Polls:
    """Sends polls by *send*: a method, its arguments and a ``timeout``."""

    def __init__(self, send: Callable[..., Awaitable[Any]], polling: Polling) -> None:
        self._send = send
        self._polling = polling
        self._patience = PATIENCE
        self._failures = 0  # in a row
        self.resume_at = 0.0
        """When the next one is worth sending, on the loop's clock: later in an outage."""

    async def ids(self, filters: dict[str, Any]) -> list[int]:
        """The operations that match."""
        return ids_from_wire(await self._ask("operation_list", filters))

    async def details(self, operation_id: int) -> OperationDetails:
        """What the service says of one operation."""
        reply = await self._ask("operation_details", operation_id)
        return replace(OperationDetails.from_wire(reply, id=operation_id), id=operation_id)

    async def find(self, operation: Operation) -> int | None:
        """The id of the operation that creates this VM or disk; None where none is listed."""
        _, name = _INFO[operation.type or ""]
        thing = operation.vm_id or operation.disk_id
        filters = {"type": operation.type, "param": {name: thing}}
        ids = await self.ids(filters)
        if len(ids) <= 1:
            return ids[0] if ids else None
        # The service does not filter by parameter: ours is among its latest of this type.
        for operation_id in ids[:CANDIDATES]:
            details = await self.details(operation_id)
            if thing in (details.vm_id, details.disk_id):
                return operation_id
        return None

    async def state_of_thing(self, operation: Operation) -> OperationState:
        """The service has no operation for it: judge by the state of the VM or disk (assumed)."""
        info, _ = _INFO[operation.type or ""]
        thing = await self._ask(info, operation.vm_id or operation.disk_id)
        match thing.get("state") if isinstance(thing, dict) else None:
            case None | "being_created":
                return OperationState.RUN
            case "invalid" | "deleted":
                return OperationState.ERROR
            case _:
                return OperationState.DONE

    async def _ask(self, method: str, *args: Any) -> Any:
        loop = asyncio.get_running_loop()
        asked = loop.time()
        try:
            reply = await self._send(method, *args, timeout=self._patience)
        except TransportError as error:
            if isinstance(error.__cause__, TimeoutError):
                self._patience *= 2  # a service that is merely slow must not be given up for ever
            # In an outage, those who wait do not each find out for themselves.
            self.resume_at = loop.time() + self._polling.backoff(self._failures)
            self._failures += 1
            raise
        self._failures = 0
        self.resume_at = 0.0
        self._patience = max(PATIENCE, 4 * (loop.time() - asked))
        return reply
