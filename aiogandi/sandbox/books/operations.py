"""The service's operations: each is PENDING, then RUN, then DONE, ERROR or CANCEL.

The states are documented. *Assumed*: each thing (a VM, a disk, a product) has one operation at a time,
and the next one stays PENDING until those before it have ended. A waiting operation costs no task and no timer. `Operations` keeps a heap
of the moments at which operations are due to end, and `Operations.settle` ends those that are due,
in the order of these moments. An operation that waited for another one starts at the moment at which
the other ended, even when `settle` is called much later.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from aiogandi.sandbox.books.faults import Cause, Subject, data_fault
from aiogandi.sandbox.books.operation import (
    CANCEL,
    DONE,
    ERROR,
    PENDING,
    RUN,
    Fate,
    OperationRecord,
    Work,
)
from aiogandi.sandbox.books.operation_log import Criteria, OperationLog

if TYPE_CHECKING:
    from aiogandi.sandbox.books.clock import ServiceClock


class Operations:
    """Starts operations, keeps their order, and ends them.

    *durations* and *fate_of* are called with the type of each new operation: they return the service
    seconds that it takes, and its `Fate`. *now* is the moment of the last `settle`.
    """

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
        self._queues: dict[Hashable, deque[OperationRecord]] = {}
        self._held: list[OperationRecord] = []
        self.now = clock.now()

    def settle(self) -> None:
        """End all operations that are due by now, in the order in which they became due."""
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
        """Create an operation on *things*, start it if they are free, and return its id."""
        fate = self._fate_of(kind)
        operation = OperationRecord(
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
        """Release all held operations: each starts when its turn comes."""
        held, self._held = self._held, []
        for operation in held:
            operation.held = False
        self._start_all(held, self.now)

    def cancel(self, operation_id: int) -> bool:
        """``operation_cancel``: cancel a PENDING operation and return True. Any other one is refused (all
        *assumed*), also one that ended in ERROR: that such a one "must be modified or cancelled" is
        documented, but not by which call.
        """
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
        """``operation_details``: return the operation's struct (fields *assumed*; so is that ``params``
        repeat the call's arguments, but for passwords). It has a ``last_error`` only after an ERROR.
        """
        return self._struct(self._known(operation_id))

    def find(self, criteria: Criteria) -> list[int]:
        """``operation_list``: return the ids of the last 300 operations that match *criteria* (documented),
        newest first (*assumed*).
        """
        return self._log.find(criteria)

    def all(self) -> Iterator[dict[str, Any]]:
        """Return every operation as `details` does, oldest first."""
        return map(self._struct, self._log)

    def _struct(self, operation: OperationRecord) -> dict[str, Any]:
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

    def _known(self, operation_id: int) -> OperationRecord:
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

    def _start_all(self, candidates: list[OperationRecord], at: float) -> None:
        """Start those *candidates* whose turn has come. One that cannot start ends in ERROR, and the
        next ones in its queues become candidates.
        """
        # A loop and no recursion: callers decide how long a queue gets.
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
                waiting.extend(self._leave(operation, ERROR, at, obstacle.message))

    def _is_first(self, operation: OperationRecord) -> bool:
        return not operation.held and all(
            self._queues[thing][0] is operation for thing in operation.things
        )

    def _end(
        self, operation: OperationRecord, state: str, at: float, error: str | None = None
    ) -> None:
        self._start_all(self._leave(operation, state, at, error), at)

    def _leave(
        self, operation: OperationRecord, state: str, at: float, error: str | None
    ) -> list[OperationRecord]:
        """Give the operation its last state, and return those that now stand first in its queues."""
        self._log.move(operation, state, at)
        operation.last_error = error
        operation.work = Work()  # the old one keeps VMs and disks alive
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
    """Return *value* without the members of structs whose names tell that they are passwords."""
    if isinstance(value, Mapping):
        return {
            name: without_passwords(item)
            for name, item in value.items()
            if "pass" not in name.lower()
        }
    if isinstance(value, list):
        return [without_passwords(item) for item in value]
    return value
