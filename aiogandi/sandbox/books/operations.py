"""The service's operations: PENDING, RUN, then DONE, ERROR or CANCEL.

One operation at a time for each thing (a VM, a disk, a product): the next waits in PENDING until
those before it have ended. What waits costs nothing: there is no task and no timer, only a heap of
due times, worked off in their order whenever somebody looks (`Operations.settle`). An operation
that waits for another starts at the moment at which the other ended, however late that is noticed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from aiogandi.sandbox.books.faults import Cause, Subject, data_fault
from aiogandi.sandbox.books.operation_log import Criteria, OperationLog

if TYPE_CHECKING:
    from aiogandi.sandbox.books.clock import ServiceClock

PENDING, RUN, DONE, ERROR, CANCEL = STATES = ("PENDING", "RUN", "DONE", "ERROR", "CANCEL")


class Work:
    """What an operation does to the books, at the moment *at* of the service's clock."""

    def obstacle(self) -> str | None:
        """Why it cannot start now that its turn has come, or None."""
        return None

    def done(self, at: float) -> None:
        """It has ended well."""

    def failed(self, at: float) -> None:
        """It has ended in ERROR, or could not start."""

    def cancelled(self, at: float) -> None:
        """It was cancelled before it started."""
        self.failed(at)


@dataclass(frozen=True, slots=True)
class Fate:
    """What the script has in store for one operation: to fail with this text, never to leave RUN,
    to stay PENDING until it is released.
    """

    failure: str | None = None
    stalled: bool = False
    held: bool = False


@dataclass(slots=True, eq=False)
class Operation:
    """One operation. *created* and *updated* are moments, *takes* is in service seconds."""

    id: int
    type: str
    params: dict[str, Any]
    created: float
    updated: float
    takes: float
    work: Work
    fate: Fate
    things: tuple[Hashable, ...]
    held: bool
    state: str = PENDING
    last_error: str | None = None


class Operations:
    """Starts, orders and ends operations; *fate_of* is asked for each new one, by its type."""

    def __init__(
        self,
        clock: ServiceClock,
        durations: Callable[[str], float],
        fate_of: Callable[[str], Fate],
    ) -> None:
        self._clock = clock
        self._durations = durations
        self._fate_of = fate_of
        self._log = OperationLog()
        self._due: list[tuple[float, int]] = []
        self._queues: dict[Hashable, deque[Operation]] = {}
        self._held: list[Operation] = []
        self.now = clock.now()

    def settle(self) -> None:
        """End everything that is due by now, in the order of its due time."""
        self.now = self._clock.now()
        while self._due and self._due[0][0] <= self.now:
            at, operation_id = heappop(self._due)
            operation = self._known(operation_id)
            failure = operation.fate.failure
            if failure is None:
                operation.work.done(at)
                self._end(operation, DONE, at)
            else:
                operation.work.failed(at)
                self._end(operation, ERROR, at, failure)

    def begin(self, kind: str, params: Mapping[str, Any], work: Work, *things: Hashable) -> int:
        """Create an operation on *things* and start it if they are free; returns its id."""
        fate = self._fate_of(kind)
        operation = Operation(
            id=self._log.next_id(),
            type=kind,
            params=dict(params),
            created=self.now,
            updated=self.now,
            takes=self._durations(kind),
            work=work,
            fate=fate,
            things=things,
            held=fate.held,
        )
        self._log.add(operation)
        for thing in things:
            self._queues.setdefault(thing, deque()).append(operation)
        if operation.held:
            self._held.append(operation)
        self._start_all([operation], self.now)
        return operation.id

    def release(self) -> None:
        """Let every held operation go on."""
        held, self._held = self._held, []
        for operation in held:
            operation.held = False
        self._start_all(held, self.now)

    def cancel(self, operation_id: int) -> bool:
        """``operation_cancel``: a PENDING operation only (*assumed*)."""
        operation = self._known(operation_id)
        if operation.state != PENDING:
            reason = f"operation is {operation.state}"
            raise data_fault(Subject.OPERATION, Cause.STATE, reason, "operation_id", operation_id)
        if operation.held:
            self._held.remove(operation)
        operation.work.cancelled(self.now)
        self._end(operation, CANCEL, self.now)
        return True

    def details(self, operation_id: int) -> dict[str, Any]:
        """``operation_details`` (fields *assumed*; ``last_error`` only after an ERROR)."""
        return self._struct(self._known(operation_id))

    def find(self, criteria: Criteria) -> list[int]:
        """``operation_list``."""
        return self._log.find(criteria)

    def all(self) -> Iterator[dict[str, Any]]:
        """Every operation as `details` tells it, oldest first."""
        return map(self._struct, self._log)

    def _struct(self, operation: Operation) -> dict[str, Any]:
        struct = {
            "id": operation.id,
            "type": operation.type,
            "state": operation.state,
            "date_created": self._clock.date(operation.created),
            "date_updated": self._clock.date(operation.updated),
            "params": dict(operation.params),
        }
        if operation.last_error is not None:
            struct["last_error"] = operation.last_error
        return struct

    def _known(self, operation_id: int) -> Operation:
        operation = self._log.get(operation_id)
        if operation is None:
            raise data_fault(
                Subject.OPERATION,
                Cause.EXISTENCE,
                "no such operation",
                "operation_id",
                operation_id,
            )
        return operation

    def _start_all(self, candidates: list[Operation], at: float) -> None:
        """Start those whose turn it is, and whatever may follow one that cannot start."""
        # A queue's length is the caller's: a loop, because recursion would end at 1,000.
        waiting = deque(candidates)
        while waiting:
            operation = waiting.popleft()
            if operation.state != PENDING or not self._is_first(operation):
                continue
            obstacle = operation.work.obstacle()
            if obstacle is None:
                self._log.move(operation, RUN, at)
                if not operation.fate.stalled:
                    heappush(self._due, (at + operation.takes, operation.id))
            else:
                operation.work.failed(at)
                waiting.extend(self._leave(operation, ERROR, at, obstacle))

    def _is_first(self, operation: Operation) -> bool:
        return not operation.held and all(
            self._queues[thing][0] is operation for thing in operation.things
        )

    def _end(self, operation: Operation, state: str, at: float, error: str | None = None) -> None:
        self._start_all(self._leave(operation, state, at, error), at)

    def _leave(
        self, operation: Operation, state: str, at: float, error: str | None
    ) -> list[Operation]:
        """Give the operation its last state; returns those that stand first in its place."""
        self._log.move(operation, state, at)
        operation.last_error = error
        operation.work = Work()  # lets go of the things that it worked on
        next_ones = []
        for thing in operation.things:
            queue = self._queues[thing]
            queue.remove(operation)
            if queue:
                next_ones.append(queue[0])
            else:
                del self._queues[thing]
        return next_ones


def without_passwords(value: Any) -> Any:
    """*value* as an operation's params may show it."""
    if isinstance(value, Mapping):
        return {
            name: without_passwords(item)
            for name, item in value.items()
            if "pass" not in name.lower()
        }
    if isinstance(value, list):
        return [without_passwords(item) for item in value]
    return value
