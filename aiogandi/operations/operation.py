"""`Operation`, what a caller holds of work at the service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from typing import TYPE_CHECKING, Any

from aiogandi.checks import require_seconds
from aiogandi.errors import OperationCancelled, OperationError, OperationFailed
from aiogandi.models import OperationDetails, OperationState

if TYPE_CHECKING:
    from aiogandi.operations.tracker import OperationTracker


class Operation:
    """Work that goes on at the service: await it, watch it, cancel it, or leave it alone.

    ``await operation`` returns its `OperationDetails` once it is done. What is known of it:

    - ``id``: None until it is known, since ``vm_create`` and ``disk_create`` return none
      (documented); a wait finds it.
    - ``type``: the call that began it; None for one taken up by its id until it was seen.
    - ``vm_id``, ``disk_id``, ``product_id``: what it works on, where that is known.
    - ``state``: as last seen, None before.

    Nothing is asked of the service while nobody waits.
    """

    __slots__ = (
        "__weakref__",
        "_details",
        "_started",
        "_tracker",
        "disk_id",
        "id",
        "product_id",
        "state",
        "type",
        "vm_id",
    )

    def __init__(
        self,
        tracker: OperationTracker,
        *,
        id: int | None = None,  # noqa: A002 - the API's own word
        type: str | None = None,  # noqa: A002
        vm_id: int | None = None,
        disk_id: int | None = None,
        product_id: int | None = None,
        started: float | None = None,
    ) -> None:
        self._tracker = tracker
        self._started = started  # on the loop's clock; None where that is not known
        self._details: OperationDetails | None = None
        self.id = id
        self.type = type
        self.vm_id = vm_id
        self.disk_id = disk_id
        self.product_id = product_id
        self.state: OperationState | None = None

    def __repr__(self) -> str:
        things = ("vm_id", "disk_id", "product_id")
        known = [f" {name}={value}" for name in things if (value := getattr(self, name))]
        return f"<Operation {self.id} {self.type}{''.join(known)} {self.state}>"

    def done(self) -> bool:
        """Whether it was seen to have ended, well or not."""
        return self._details is not None

    async def wait(self, timeout: float | None = None) -> OperationDetails:
        """Wait until the operation ends, for *timeout* seconds at most; None: as long as it takes.

        One that a list showed as DONE has no other fields than ``id``, ``type``, ``state`` and the
        ids of what it worked on; ``operation_details`` has them all.

        Raises `OperationFailed` (ERROR, SUPPORT), `OperationCancelled` (CANCEL),
        `OperationTimeout` (the service goes on: it can be waited for again, here or by its id),
        `NotFound` (or another `DataFault`) if the service does not tell of it, `AuthenticationError`
        if it refuses a login meanwhile, and `ClientClosed`. Trouble on the way to the service only
        delays. Cancelling the task that waits ends that wait and nothing else.
        """
        if timeout is not None:
            require_seconds("timeout", timeout, zero=True)
        details = self._details
        if details is None:
            details = await self._tracker.wait(self, timeout)
        if details.state == OperationState.DONE:
            return details
        raise failure(self, details)

    def __await__(self) -> Generator[Any, None, OperationDetails]:
        return self.wait().__await__()

    async def cancel(self) -> None:
        """Cancel it at the service: possible while it is PENDING (assumed), `InvalidState` later.

        Whoever waits for it is woken at once, with `OperationCancelled`.
        """
        await self._tracker.cancel(self)

    async def __aiter__(self) -> AsyncIterator[OperationState]:
        """Each new state as it is seen; ends with the operation, whichever way it ends."""
        shown: OperationState | None = None
        while not self.done():
            state = await self._tracker.next_state(self, shown)
            if state is not None and state != shown:
                shown = state
                yield state
        if self.state is not None and self.state != shown:
            yield self.state

    def _saw(self, details: OperationDetails) -> None:
        """Take over what the service said."""
        self.state = details.state if details.state is not None else self.state
        self.type = self.type or details.type
        self.vm_id = self.vm_id or details.vm_id
        self.disk_id = self.disk_id or details.disk_id
        self.product_id = self.product_id or details.product_id
        if details.state is not None and details.state.final:
            self._details = details


def failure(operation: Operation, details: OperationDetails) -> OperationError:
    """The exception for an operation that ended in another state than DONE."""
    name = f"operation {operation.id} ({operation.type})"
    if details.state == OperationState.CANCEL:
        return OperationCancelled(f"{name} was cancelled", operation, details)
    reason = details.last_error or "the service gives no reason"
    if details.state == OperationState.SUPPORT:
        reason = f"the provider's people must step in: {reason}"
    return OperationFailed(f"{name} ended in {details.state}: {reason}", operation, details)
