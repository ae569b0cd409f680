"""Who waits for which operation, and who is told what became of it."""

from __future__ import annotations

import math
from asyncio import Future
from contextvars import Context, copy_context
from typing import Any

from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import OperationEnded
from aiogandi.models import FINAL, OperationDetails, OperationState
from aiogandi.operations.finding import Finding
from aiogandi.operations.guests import Guest, Told, WatchKey, key_of, keys_of
from aiogandi.operations.operation import Operation
from aiogandi.operations.schedule import Schedule
from aiogandi.operations.trouble import Way


class Watch:
    """An operation that somebody waits for."""

    __slots__ = (
        "contexts",
        "finding",
        "guests",
        "not_ended_at",
        "observers",
        "operation",
        "waiters",
        "way",
    )

    def __init__(self, operation: Operation, now: float, finds: Way) -> None:
        self.operation = operation
        self.not_ended_at = now
        """When it was last known not to have ended, or was taken up."""
        self.contexts: dict[Future[Any], Context] = {}
        """The context variables of each who waits, who came first at the front, where somebody listens to
        events. They leave with their wait: nothing of a request is kept for another one's sake."""
        self.waiters: list[tuple[Future[OperationDetails], Operation]] = []
        # Who wants to see each new state, with the last one that was shown.
        self.observers: list[tuple[Future[None], Operation, OperationState | None]] = []
        self.guests: dict[str, Guest] = {}
        """The other processes that wait for it, where this one polls for them."""
        self.way = Way()
        """What the looks at it meet."""
        self.finding = Finding(finds)
        """What was learned while its id is not known."""

    @property
    def wanted(self) -> bool:
        """Whether anybody still waits, in whatever process."""
        return bool(self.waiters or self.observers or self.guests)

    @property
    def wanted_here(self) -> bool:
        """Whether anybody in this process does."""
        return bool(self.waiters or self.observers)

    @property
    def followed(self) -> bool:
        """Whether anybody wants to see each state."""
        return bool(self.observers) or any(guest.follows for guest in self.guests.values())

    @property
    def acknowledged_at(self) -> float | None:
        """When the service told this client of the operation, as far as those who wait know."""
        started = [each.started for each in self.operations() if each.started is not None]
        return max(started, default=None)

    def operations(self) -> list[Operation]:
        """The operation, as each of those who wait knows it."""
        known = [self.operation, *(each for _, each in self.waiters)]
        known += [each for _, each, _ in self.observers]
        return known + [guest.operation for guest in self.guests.values()]

    def saw(self, details: OperationDetails) -> None:
        """Tell everybody; who waits for the end is woken by it, who watches by any new state."""
        self.operation.saw(details)
        for waiter, operation in self.waiters:
            operation.saw(details)
            if operation.done() and not waiter.done():
                waiter.set_result(details)
        for observer, operation, shown in self.observers:
            operation.saw(details)
            if (operation.state != shown or operation.done()) and not observer.done():
                observer.set_result(None)

    def shows(self, state: OperationState | None) -> bool:
        """Whether a guest that follows each state is yet to be told of this one, as it is from now on."""
        behind = [each for each in self.guests.values() if each.follows and each.shown != state]
        for guest in behind:
            guest.shown = state
        return bool(behind)

    def fail(self, error: Exception) -> None:
        """Every wait for this operation ends with *error*."""
        futures: list[Future[Any]] = [waiter for waiter, _ in self.waiters]
        futures += [observer for observer, *_ in self.observers]
        for future in futures:
            if not future.done():
                future.set_exception(error)


class Watches:
    """All operations that are waited for, and the schedule by which they are looked at.

    *told* tells other processes what becomes of them. Times are seconds of the loop's clock, given by the
    caller.
    """

    def __init__(self, schedule: Schedule, events: Emitter, told: Told | None = None) -> None:
        self.schedule = schedule
        self._events = events
        self.told = told
        self.by_id: dict[int, Watch] = {}
        self.unfound: dict[tuple[str | None, int | None], Watch] = {}
        """Those whose id is not known, by `key_of` their operation."""
        self.finds = Way()
        """What their finds meet that ask a list."""

    # -- who is waited for ---------------------------------------------------------------------

    def take_up(self, operation: Operation, now: float) -> tuple[Watch, bool]:
        """The watch of *operation*, and whether it is a new one."""
        if operation.id is None:
            key = key_of(operation)
            watch = self.unfound.get(key)
            if watch is not None:
                return watch, False
            watch = self.unfound[key] = Watch(operation, now, self.finds)
            return watch, True
        watch = self.by_id.get(operation.id)
        if watch is not None:
            return watch, False
        watch = Watch(operation, now, self.finds)
        self._add(operation.id, watch, now)
        return watch, True

    def joins(self, watch: Watch, future: Future[Any]) -> None:
        """The current task waits for *future*: what becomes of the operation is told in its context,
        unless another one was here first.
        """
        if self._events.listening:
            watch.contexts[future] = copy_context()

    def drop_unwanted(self, watch: Watch) -> None:
        """Forget *watch* if nobody waits for it any more."""
        if watch.wanted:
            return
        operation = watch.operation
        if self.unfound.get(key_of(operation)) is watch:
            del self.unfound[key_of(operation)]
        elif operation.id is not None:
            # By now it may be another's watch, of the same operation.
            current = self.by_id.get(operation.id)
            if current is not None and not current.wanted:
                del self.by_id[operation.id]
                self.schedule.drop(operation.id)

    def _add(self, operation_id: int, watch: Watch, now: float) -> None:
        self.by_id[operation_id] = watch
        operation = watch.operation
        self.schedule.watch(operation_id, operation.type, now, operation.started)

    # -- what was learned ----------------------------------------------------------------------

    def saw(self, operation_id: int, details: OperationDetails, now: float) -> None:
        """The service tells this of an operation."""
        if (watch := self.by_id.get(operation_id)) is None:
            return
        if details.state not in FINAL:
            if details.state is not None:
                watch.not_ended_at = now
            watch.saw(details)
            self._tell_state(operation_id, watch, details)
            return
        del self.by_id[operation_id]
        self.schedule.ended(operation_id, now)
        self._end(watch, details, operation_id, now)

    def ended(
        self, operation_id: int, state: OperationState, now: float, listed: float = -math.inf
    ) -> None:
        """The operation is in this final state, and nothing else is known of it. *listed* is when the
        list of that state was complete and did not show it.
        """
        if (watch := self.by_id.get(operation_id)) is not None:
            watch.not_ended_at = max(watch.not_ended_at, listed)
            self.saw(operation_id, known(watch.operation, state), now)

    def ended_unfound(self, watch: Watch, state: OperationState, now: float) -> None:
        """An operation whose id is not known is in this state."""
        details = known(watch.operation, state)
        if state not in FINAL:
            watch.not_ended_at = now
            watch.saw(details)
            self._tell_state(key_of(watch.operation), watch, details)
            return
        if self.unfound.pop(key_of(watch.operation), None) is not None:
            self._end(watch, details, None, now)

    def _tell_state(self, key: WatchKey, watch: Watch, details: OperationDetails) -> None:
        if self.told is not None and details.state is not None and watch.shows(details.state):
            self.told.saw(key, details)

    def _end(
        self, watch: Watch, details: OperationDetails, operation_id: int | None, now: float
    ) -> None:
        if self._events.listening and (watch.wanted_here or not watch.guests):
            started = watch.operation.started
            self._events.emit(
                OperationEnded(
                    watch.operation.type or details.type,
                    operation_id,
                    watch.operation.vm_id or details.vm_id,
                    watch.operation.disk_id or details.disk_id,
                    str(details.state),
                    None if started is None else now - started,
                    now - watch.not_ended_at,
                ),
                next(iter(watch.contexts.values()), None),
            )
        watch.saw(details)
        if self.told is not None:
            self.told.ended(keys_of(watch.operation, details), details, now - watch.not_ended_at)

    def fail(self, operation_id: int, error: Exception) -> None:
        """The service refuses to tell of this operation: that wait alone fails."""
        if (watch := self.by_id.pop(operation_id, None)) is not None:
            self.schedule.drop(operation_id)
            self._fail(operation_id, watch, error)

    def _fail(self, key: WatchKey, watch: Watch, error: Exception) -> None:
        watch.fail(error)
        if self.told is not None and watch.guests:
            self.told.failed(key, list(watch.guests), error)

    def fail_all(self, error: Exception) -> None:
        """Every wait of this process fails."""
        for watch in (*self.by_id.values(), *self.unfound.values()):
            watch.fail(error)
        if self.told is not None:
            self.told.gives_up()

    def found(self, watch: Watch, operation_id: int, now: float) -> None:
        """The id of an operation that had none is known."""
        operation = watch.operation
        key = key_of(operation)
        if self.unfound.get(key) is watch:
            del self.unfound[key]
        operation.id = operation_id
        if self.told is not None:
            self.told.changed(key)
            self.told.changed(operation_id)
            if watch.guests:
                self.told.found(key, operation_id)
        if not watch.wanted:
            return
        existing = self.by_id.get(operation_id)
        if existing is None:
            self._add(operation_id, watch, now)
        else:  # somebody waits for it by its id
            existing.waiters.extend(watch.waiters)
            existing.observers.extend(watch.observers)
            existing.contexts.update(watch.contexts)
            existing.guests.update(watch.guests)
            watch.waiters, watch.observers = existing.waiters, existing.observers
            watch.contexts, watch.guests = existing.contexts, existing.guests
        if watch.followed:
            self.schedule.follow(operation_id)
        if watch.finding.was_delayed:
            self.schedule.look_soon(operation_id)

    def missing(self, watch: Watch, error: Exception) -> None:
        """The service does not know the server or disk that an operation was to create."""
        key = key_of(watch.operation)
        self.unfound.pop(key, None)
        self._fail(key, watch, error)


def known(operation: Operation, state: OperationState) -> OperationDetails:
    """What is known of an operation in *state* without asking for it. Its id is 0 where the service
    lists no operation for what was created.
    """
    return OperationDetails(
        id=operation.id or 0,
        type=operation.type,
        state=state,
        vm_id=operation.vm_id,
        disk_id=operation.disk_id,
        product_id=operation.product_id,
    )
