"""`OperationTracker`: waits for operations, on the watches that one poller looks after."""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from aiogandi import chores
from aiogandi.errors import (
    ClientClosed,
    NotFound,
    OperationTimeout,
    ServerFault,
    TransportError,
)
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.models import OperationDetails, OperationState
from aiogandi.operations.begun import Begun
from aiogandi.operations.creations import CREATIONS
from aiogandi.operations.finding import FINDS
from aiogandi.operations.guests import WatchKey, key_of, keys_of
from aiogandi.operations.operation import Operation
from aiogandi.operations.overtaking import Poll
from aiogandi.operations.poller import Poller
from aiogandi.operations.schedule import Schedule
from aiogandi.operations.sharing import Relay, Sharing
from aiogandi.operations.watch import Watch, Watches, known
from aiogandi.settings import Polling


class Cancel(Protocol):
    """Cancels an operation at the service by its id, once."""

    async def __call__(self, operation_id: int) -> None:
        """Return when the service has cancelled it; its fault where it refuses."""


class OperationTracker:
    """Waits for operations.

    *poll* sends a poll, *cancel* cancels an operation by its id; *admit* raises where no wait may begin,
    and *scope* is entered by what must end with the client; *begun* knows the operations that the client
    began. By *sharing* one process polls for all that share it.
    """

    def __init__(
        self,
        poll: Poll,
        cancel: Cancel,
        admit: Callable[[], None],
        scope: Callable[[], AbstractContextManager[None]],
        polling: Polling,
        events: Emitter,
        begun: Begun,
        sharing: Sharing | None = None,
    ) -> None:
        self._cancel = cancel
        self._admit = admit
        self._scope = scope
        self._interval = polling.interval
        self._sharing = sharing
        self._watches = Watches(Schedule(polling), events, sharing)
        self._poller = Poller(self._watches, poll, polling, begun)
        if sharing is not None:
            sharing.join(Relay(self._watches, self._poller, self))

    async def wait(self, operation: Operation, timeout: float | None) -> OperationDetails:
        """The details with which the operation ends; `OperationTimeout` after *timeout* seconds."""
        self._admit()
        watch = self._take_up(operation)
        waiter: Future[OperationDetails] = asyncio.get_running_loop().create_future()
        entry = (waiter, operation)
        watch.waiters.append(entry)
        self._watches.joins(watch, waiter)
        # Not `asyncio.timeout`: asyncio keeps a timer that was cancelled, and the context in which it
        # was set, until its time.
        timer = None if timeout is None else chores.later(timeout, _expire, waiter)
        try:
            return await waiter
        except _Expired:
            told = _trouble(self._poller.met(watch), is_elsewhere=self._poller.is_elsewhere)
            raise _timed_out(operation, timeout, told) from None
        finally:
            if timer is not None:
                timer.cancel()
            watch.waiters.remove(entry)
            watch.contexts.pop(waiter, None)
            self._drop_unwanted(watch)

    async def next_state(
        self, operation: Operation, shown: OperationState | None
    ) -> OperationState | None:
        """Wait until the operation is in another state than *shown*."""
        self._admit()
        if operation.state is not None and operation.state != shown:
            return operation.state
        watch = self._take_up(operation)
        observer: Future[None] = asyncio.get_running_loop().create_future()
        entry = (observer, operation, shown)
        watch.observers.append(entry)
        self._watches.joins(watch, observer)
        schedule = self._watches.schedule
        if operation.id is not None:
            schedule.follow(operation.id)
        try:
            await observer
        finally:
            watch.observers.remove(entry)
            watch.contexts.pop(observer, None)
            if not watch.followed and operation.id is not None:
                schedule.unfollow(operation.id)
            self._drop_unwanted(watch)
        return operation.state

    async def cancel(self, operation: Operation) -> None:
        """Cancel the operation at the service, after finding its id if need be."""
        with self._scope():
            number = operation.id if operation.id is not None else await self._find(operation)
        await self._cancel(number)
        end = known(operation, OperationState.CANCEL)
        self._cancelled(number, end, keys_of(operation, end))
        operation.saw(end)
        if (watch := self._watches.unfound.get(key_of(operation))) is not None:
            now = asyncio.get_running_loop().time()
            self._watches.ended_unfound(watch, OperationState.CANCEL, now)

    async def cancel_id(self, operation_id: int) -> None:
        """Cancel an operation at the service, and wake who waits for it."""
        await self._cancel(operation_id)
        end = OperationDetails(operation_id, state=OperationState.CANCEL)
        self._cancelled(operation_id, end, [operation_id])

    def _cancelled(
        self, operation_id: int, end: OperationDetails, keys: Sequence[WatchKey]
    ) -> None:
        if operation_id in self._watches.by_id:
            now = asyncio.get_running_loop().time()
            self._watches.ended(operation_id, OperationState.CANCEL, now, now)
        elif self._sharing is not None:  # others may wait for it
            self._sharing.ended(keys, end, 0.0)

    async def _find(self, operation: Operation) -> int:
        """The id of an operation that nobody may be waiting for, in a few tries."""
        problem: Exception = NotFound(0, f"the service lists no operation for {operation!r}")
        kind, thing = operation.type, operation.thing
        if kind not in CREATIONS or thing is None:
            raise problem
        for attempt in range(FINDS):
            if attempt:
                await asyncio.sleep(self._interval)
            try:
                # A wait may have found it meanwhile.
                found = operation.id or await self._poller.creations.find(kind, thing)
            except (TransportError, ServerFault) as error:
                problem = error
            else:
                if found is not None:
                    operation.id = found
                    return found
        raise problem

    async def close(self) -> None:
        """Wake all who wait with `ClientClosed`, and stop polling."""
        self._watches.fail_all(ClientClosed())
        await self._poller.close()
        if self._sharing is not None:
            await self._sharing.close()

    def _take_up(self, operation: Operation) -> Watch:
        watch, is_new = self._watches.take_up(operation, asyncio.get_running_loop().time())
        if is_new and operation.id is None:
            self._poller.find_soon(watch)
        self._poller.wake()
        self._changed(watch)
        return watch

    def _drop_unwanted(self, watch: Watch) -> None:
        self._watches.drop_unwanted(watch)
        if not self._watches.by_id and not self._watches.unfound:
            self._poller.wake()
        self._changed(watch)

    def _changed(self, watch: Watch) -> None:
        """Who waits for this operation has changed, or is about to."""
        if self._sharing is not None:
            self._sharing.changed(key_of(watch.operation))
            if watch.operation.id is not None:
                self._sharing.changed(watch.operation.id)


class _Expired(Exception):
    """A wait took as long as it may."""


def _expire(waiter: Future[OperationDetails]) -> None:
    if not waiter.done():
        waiter.set_exception(_Expired())


def _trouble(met: list[str], *, is_elsewhere: bool) -> str:
    if is_elsewhere:
        return " (another process polls for this one)"
    return f" (polling last met {'; '.join(met)})" if met else ""


def _timed_out(operation: Operation, timeout: float | None, trouble: str) -> OperationTimeout:
    if operation.id is not None:
        again = f"gandi.operation({operation.id}).wait()"
    else:
        thing = "vm_id" if operation.vm_id is not None else "disk_id"
        param = f"param={{{thing!r}: {operation.thing}}}"
        again = f"its id is in gandi.operation_list(type={operation.type!r}, {param})"
    return OperationTimeout(
        f"{operation!r} had not ended after {timeout:g} s{trouble}; it goes on, and can be waited for"
        f" again: {again}",
        operation,
    )
