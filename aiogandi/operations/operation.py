"""`Operation`, what a caller holds of work at the service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator
from typing import Any, NoReturn, Protocol, cast

from aiogandi.checks import require_time_limit
from aiogandi.errors import OperationCancelled, OperationError, OperationFailed
from aiogandi.models import FINAL, OperationDetails, OperationState


class Tracking(Protocol):
    """What an operation asks of the tracker that watches it."""

    async def wait(self, operation: Operation, timeout: float | None) -> OperationDetails:
        """The details with which *operation* ends; `OperationTimeout` after *timeout* seconds."""

    async def next_state(
        self, operation: Operation, shown: OperationState | None
    ) -> OperationState | None:
        """Wait until *operation* is in another state than *shown*."""

    async def cancel(self, operation: Operation) -> None:
        """Cancel *operation* at the service."""


class Operation:
    """Work that goes on at the service: await it, watch it, cancel it, or leave it alone.

    ``await operation`` returns its `OperationDetails` once it is done. What is known of it:

    - ``id``: None until it is known, since ``vm_create`` and ``disk_create`` return none
      (documented); a wait finds it.
    - ``type``: the call that began it; None for one taken up by its id until it was seen.
    - ``vm_id``, ``disk_id``, ``product_id``: what it works on, where that is known.
    - ``state``: as last seen, None before.
    - ``started``: when its call was answered, in seconds of the loop's clock; None for one taken up
      by its id.

    Nothing is asked of the service while nobody waits. It belongs to its client: `copy` and `pickle` refuse
    it with TypeError. In another process, ``gandi.operation(operation.id)`` takes the work up again.
    """

    __slots__ = (
        "__weakref__",
        "_details",
        "_disk_id",
        "_tracking",
        "_vm_id",
        "id",
        "on_end",
        "product_id",
        "started",
        "state",
        "type",
    )

    def __init__(
        self,
        tracking: Tracking,
        *,
        id: int | None = None,  # noqa: A002 - the API's own word
        type: str | None = None,  # noqa: A002
        vm_id: int | None = None,
        disk_id: int | None = None,
        product_id: int | None = None,
        started: float | None = None,
    ) -> None:
        self._tracking = tracking
        self.started = started
        self._details: OperationDetails | None = None
        self._vm_id = vm_id
        self._disk_id = disk_id
        self.id = id
        self.type = type
        self.product_id = product_id
        self.state: OperationState | None = None
        self.on_end: Callable[[OperationDetails], None] | None = None

    def __repr__(self) -> str:
        things = ("vm_id", "disk_id", "product_id")
        known = [f" {name}={value}" for name in things if (value := getattr(self, name))]
        return f"<{type(self).__name__} {self.id} {self.type}{''.join(known)} {self.state}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{self!r} belongs to its client and is neither copied nor pickled: keep its id, with which"
            " Gandi.operation() takes it up again, in another process too"
        )

    @property
    def vm_id(self) -> int | None:
        """The server that it works on, where that is known."""
        return self._vm_id

    @property
    def disk_id(self) -> int | None:
        """The disk that it works on, where that is known."""
        return self._disk_id

    @property
    def thing(self) -> int | None:
        """The server, or else the disk, that it works on, where that is known."""
        return self._vm_id or self._disk_id

    def done(self) -> bool:
        """Whether it was seen to have ended, well or not. Nothing is asked: it becomes True while somebody
        waits for the operation, and never by itself.
        """
        return self._details is not None

    async def wait(self, timeout: float | None = None) -> OperationDetails:
        """Wait until the operation ends, for *timeout* seconds at most; None or ``math.inf``: as long as
        it takes.

        One that a list showed as DONE has no other fields than ``id``, ``type``, ``state`` and the
        ids of what it worked on; ``operation_details`` has them all.

        Raises `OperationFailed` (ERROR, SUPPORT), `OperationCancelled` (CANCEL),
        `OperationTimeout` (the service goes on: it can be waited for again, here or by its id; the
        message says what polling last met), `NotFound` (or another `DataFault`) if the service does not
        tell of it, `AuthenticationError` if it refuses a login meanwhile, and `ClientClosed`.

        Trouble on the way to the service only delays: both ``operation_details`` and
        ``operation_list`` are asked, and what either shows as ended has ended. Where both meet one and
        the same refusal for ``Polling.give_up`` seconds, that `TransportError` or `Fault` is raised; no
        reply, no connection, HTTP 5xx and 429 are outlasted. `NotFound` is no answer for
        ``Polling.grace`` seconds after this client was told of the operation; for an id from elsewhere
        it is one at once. An operation that failed, but whose details cannot be read, has failed
        without a reason. Cancelling the task that waits ends that wait and nothing else.
        """
        if timeout is not None:
            timeout = require_time_limit("timeout", timeout, zero=True)
        details = self._details
        if details is None:
            details = await self._tracking.wait(self, timeout)
        if details.state == OperationState.DONE:
            return details
        raise end_error(self, details)

    def __await__(self) -> Generator[Any, None, OperationDetails]:
        return self.wait().__await__()

    async def cancel(self) -> None:
        """Cancel it at the service: possible while it is PENDING, `InvalidState` later (both assumed).

        Whoever waits for it is woken at once, with `OperationCancelled`.
        """
        await self._tracking.cancel(self)

    async def __aiter__(self) -> AsyncIterator[OperationState]:
        """Each new state as it is seen; ends with the operation, whichever way it ends."""
        shown: OperationState | None = None
        while not self.done():
            state = await self._tracking.next_state(self, shown)
            if state is not None and state != shown:
                shown = state
                yield state
        if self.state is not None and self.state != shown:
            yield self.state

    def saw(self, details: OperationDetails) -> None:
        """Take over what the service said of it. (The tracker does; nobody else needs to.)"""
        self.state = details.state if details.state is not None else self.state
        self.type = self.type or details.type
        self._vm_id = self._vm_id or details.vm_id
        self._disk_id = self._disk_id or details.disk_id
        self.product_id = self.product_id or details.product_id
        if details.state in FINAL:
            self._details = details
            if self.on_end is not None:
                self.on_end(details)
                self.on_end = None


class VMOperation(Operation):
    """The creation of a server, whose ``vm_id`` the service has told (documented)."""

    __slots__ = ()

    @property
    def vm_id(self) -> int:
        """The server that is created."""
        return cast("int", self._vm_id)


class DiskOperation(Operation):
    """The creation of a disk, whose ``disk_id`` the service has told (documented)."""

    __slots__ = ()

    @property
    def disk_id(self) -> int:
        """The disk that is created."""
        return cast("int", self._disk_id)


def end_error(operation: Operation, details: OperationDetails) -> OperationError:
    """The exception for an operation that ended in another state than DONE."""
    name = f"operation {operation.id} ({operation.type})"
    if details.state == OperationState.CANCEL:
        return OperationCancelled(f"{name} was cancelled", operation, details)
    reason = details.last_error or "the service gives no reason"
    if details.state == OperationState.SUPPORT:
        reason = f"the provider's people must step in: {reason}"
    return OperationFailed(f"{name} ended in {details.state}: {reason}", operation, details)
