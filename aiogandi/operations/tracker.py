"""`OperationTracker`: who waits for which operation, and who is told what became of it."""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

from aiogandi.errors import (
    ClientClosed,
    NotFound,
    OperationTimeout,
    ServerFault,
    TransportError,
)
from aiogandi.models import OperationDetails, OperationState
from aiogandi.operations.operation import Operation
from aiogandi.operations.poller import FINDS, Poller
from aiogandi.operations.schedule import Schedule
from aiogandi.settings import Polling


class Watch:
    """An operation that somebody waits for."""

    __slots__ = ("finds", "observers", "operation", "waiters")

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.waiters: list[tuple[Future[OperationDetails], Operation]] = []
        # Who wants to see each new state, with the last one that was shown.
        self.observers: list[tuple[Future[None], Operation, OperationState | None]] = []
        self.finds = 0

    @property
    def wanted(self) -> bool:
        return bool(self.waiters or self.observers)

    def saw(self, details: OperationDetails) -> None:
        """Tell everybody; who waits for the end is woken by it, who watches by any new state."""
        self.operation._saw(details)
        for waiter, operation in self.waiters:
            operation._saw(details)
            if operation.done() and not waiter.done():
                waiter.set_result(details)
        for observer, operation, shown in self.observers:
            operation._saw(details)
            if (operation.state != shown or operation.done()) and not observer.done():
                observer.set_result(None)

    def fail(self, error: Exception) -> None:
        futures: list[Future[Any]] = [waiter for waiter, _ in self.waiters]
        futures += [observer for observer, *_ in self.observers]
        for future in futures:
            if not future.done():
                future.set_exception(error)


class OperationTracker:
    """Waits for operations.

    *ask* sends a poll: a method, its arguments and a ``timeout``. *cancel* cancels an operation by
    its id; *scope* is entered by what must end with the client.
    """

    def __init__(
        self,
        ask: Callable[..., Awaitable[Any]],
        cancel: Callable[[int], Awaitable[None]],
        scope: Callable[[], AbstractContextManager[None]],
        polling: Polling,
    ) -> None:
        self._cancel = cancel
        self._scope = scope
        self._interval = polling.interval
        self.schedule = Schedule(polling)
        self.watches: dict[int, Watch] = {}
        self.unfound: dict[tuple[str | None, int | None], Watch] = {}
        self._poller = Poller(self, ask, polling)
        self._closed = False

    async def wait(self, operation: Operation, timeout: float | None) -> OperationDetails:
        """The details with which the operation ends; `OperationTimeout` after *timeout* seconds."""
        watch = self._take_up(operation)
        waiter: Future[OperationDetails] = asyncio.get_running_loop().create_future()
        entry = (waiter, operation)
        watch.waiters.append(entry)
        try:
            async with asyncio.timeout(timeout) as deadline:
                return await waiter
        except TimeoutError:
            if not deadline.expired():
                raise
        finally:
            watch.waiters.remove(entry)
            self._drop_unwanted(watch)
        raise _timed_out(operation, timeout)

    async def next_state(
        self, operation: Operation, shown: OperationState | None
    ) -> OperationState | None:
        """Wait until the operation is in another state than *shown*."""
        if operation.state is not None and operation.state != shown:
            return operation.state
        watch = self._take_up(operation)
        observer: Future[None] = asyncio.get_running_loop().create_future()
        entry = (observer, operation, shown)
        watch.observers.append(entry)
        if operation.id is not None:
            self.schedule.follow(operation.id)
        try:
            await observer
        finally:
            watch.observers.remove(entry)
            if not watch.observers and operation.id is not None:
                self.schedule.unfollow(operation.id)
            self._drop_unwanted(watch)
        return operation.state

    async def cancel(self, operation: Operation) -> None:
        """Cancel the operation at the service, after finding its id if need be."""
        with self._scope():
            number = operation.id if operation.id is not None else await self._find(operation)
        await self._cancel(number)
        cancelled = self.known(operation, OperationState.CANCEL)
        operation._saw(cancelled)
        if (watch := self.unfound.pop(key_of(operation), None)) is not None:
            watch.saw(cancelled)

    async def _find(self, operation: Operation) -> int:
        """The id of an operation that nobody may be waiting for, in a few tries."""
        problem: Exception = NotFound(0, f"the service lists no operation for {operation!r}")
        for attempt in range(FINDS):
            if attempt:
                await asyncio.sleep(self._interval)
            try:
                # A wait may have found it meanwhile.
                number = operation.id or await self._poller.polls.find(operation)
            except (TransportError, ServerFault) as error:
                problem = error
            else:
                if number is not None:
                    operation.id = number
                    return number
        raise problem

    def cancelled(self, operation_id: int) -> None:
        """The service has cancelled it at our request: wake who waits."""
        if (watch := self.watches.get(operation_id)) is not None:
            self.end(operation_id, self.known(watch.operation, OperationState.CANCEL))

    async def close(self) -> None:
        """Wake all who wait with `ClientClosed`, and stop polling."""
        self._closed = True
        self.fail_all(ClientClosed())
        await self._poller.close()

    # -- what the poller tells -----------------------------------------------------------------

    @staticmethod
    def known(operation: Operation, state: OperationState) -> OperationDetails:
        """What is known of an operation without asking for it."""
        return OperationDetails(
            id=operation.id or 0,
            type=operation.type,
            state=state,
            vm_id=operation.vm_id,
            disk_id=operation.disk_id,
            product_id=operation.product_id,
        )

    def end(self, operation_id: int, details: OperationDetails) -> None:
        """The operation is in a final state."""
        watch = self.watches.pop(operation_id)
        self.schedule.ended(operation_id, asyncio.get_running_loop().time())
        watch.saw(details)

    def fail(self, operation_id: int, error: Exception) -> None:
        """The service refuses to tell of this operation: that wait alone fails."""
        if (watch := self.watches.pop(operation_id, None)) is not None:
            self.schedule.drop(operation_id)
            watch.fail(error)

    def fail_all(self, error: Exception) -> None:
        """Every wait fails."""
        for watch in (*self.watches.values(), *self.unfound.values()):
            watch.fail(error)

    def found(self, watch: Watch, operation_id: int) -> None:
        """The id of an operation that had none is known."""
        operation = watch.operation
        if self.unfound.get(key_of(operation)) is watch:
            del self.unfound[key_of(operation)]
        operation.id = operation_id
        if not watch.wanted:
            return
        existing = self.watches.get(operation_id)
        if existing is None:
            self._watch(operation_id, watch)
        else:  # somebody waits for it by its id
            existing.waiters.extend(watch.waiters)
            existing.observers.extend(watch.observers)
            watch.waiters, watch.observers = existing.waiters, existing.observers
        if watch.observers:
            self.schedule.follow(operation_id)

    def missing(self, watch: Watch, error: Exception) -> None:
        """The service does not know the VM or disk that an operation was to create."""
        self.unfound.pop(key_of(watch.operation), None)
        watch.fail(error)

    # -- who is waited for ---------------------------------------------------------------------

    def _take_up(self, operation: Operation) -> Watch:
        if self._closed:
            raise ClientClosed
        if operation.id is None:
            watch = self.unfound.get(key_of(operation))
            if watch is None:
                watch = self.unfound[key_of(operation)] = Watch(operation)
                self._poller.find_soon(watch)
        else:
            watch = self.watches.get(operation.id) or self._watch(operation.id, Watch(operation))
        self._poller.wake()
        return watch

    def _watch(self, operation_id: int, watch: Watch) -> Watch:
        self.watches[operation_id] = watch
        operation = watch.operation
        now = asyncio.get_running_loop().time()
        self.schedule.watch(operation_id, operation.type, now, operation._started)
        return watch

    def _drop_unwanted(self, watch: Watch) -> None:
        if watch.wanted:
            return
        operation = watch.operation
        if self.unfound.get(key_of(operation)) is watch:
            del self.unfound[key_of(operation)]
        elif operation.id is not None:
            # By now it may be another's watch, of the same operation.
            current = self.watches.get(operation.id)
            if current is not None and not current.wanted:
                del self.watches[operation.id]
                self.schedule.drop(operation.id)
        if not self.watches and not self.unfound:
            self._poller.wake()


def key_of(operation: Operation) -> tuple[str | None, int | None]:
    """What stands for an operation whose id is not known."""
    return operation.type, operation.vm_id or operation.disk_id


def _timed_out(operation: Operation, timeout: float | None) -> OperationTimeout:
    if operation.id is not None:
        again = f"gandi.operation({operation.id}).wait()"
    else:
        thing = "vm_id" if operation.vm_id is not None else "disk_id"
        number = operation.vm_id or operation.disk_id
        param = f"param={{{thing!r}: {number}}}"
        again = f"its id is in gandi.operation_list(type={operation.type!r}, {param})"
    return OperationTimeout(
        f"{operation!r} had not ended after {timeout:g} s; it goes on, and can be waited for again:"
        f" {again}",
        operation,
    )
