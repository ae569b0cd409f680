"""`OperationTracker`: one poller for all operations that somebody waits for.

It asks ``operation_list`` and ``operation_details`` (and, where the service has no operation for a
new VM or disk, ``vm_info`` and ``disk_info``); `polling.Schedule` decides when and what.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import math
from asyncio import Future
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from aiogandi.errors import (
    ClientClosed,
    DataFault,
    GandiError,
    NotFound,
    OperationTimeout,
    SessionExpired,
    TransportError,
)
from aiogandi.models import OperationDetails, OperationState, ids_from_wire
from aiogandi.operations import Operation
from aiogandi.polling import ListState, Request, Schedule
from aiogandi.settings import Polling

log = logging.getLogger("aiogandi.tracker")

AT_ONCE: Final = 4
"""Operations that are asked for at the same time."""

FIRST_PATIENCE: Final = 5.0
"""Seconds a poll may take before it is given up and asked again; more where the service is slow."""

FINDS: Final = 3
"""Times the operation of a new VM or disk is looked for before its own state must do."""

_INFO: Final = {"vm_create": ("vm_info", "vm_id"), "disk_create": ("disk_info", "disk_id")}


class Watch:
    """An operation that somebody waits for."""

    __slots__ = ("finds", "observers", "operation", "waiters")

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.waiters: list[tuple[Future[OperationDetails], Operation]] = []
        self.observers: list[tuple[Future[None], Operation]] = []
        self.finds = 0

    @property
    def wanted(self) -> bool:
        return bool(self.waiters or self.observers)

    def saw(self, details: OperationDetails) -> None:
        """Tell everybody; who waits for the end is woken by it, who watches by any new state."""
        news = details.state != self.operation.state
        self.operation._saw(details)
        for waiter, operation in self.waiters:
            operation._saw(details)
            if operation.done() and not waiter.done():
                waiter.set_result(details)
        for observer, operation in self.observers:
            operation._saw(details)
            if (news or operation.done()) and not observer.done():
                observer.set_result(None)

    def fail(self, error: Exception) -> None:
        futures: list[Future[Any]] = [future for future, _ in self.waiters]
        futures += [future for future, _ in self.observers]
        for future in futures:
            if not future.done():
                future.set_exception(error)


class OperationTracker:
    """Waits for operations. *ask* sends a poll: a method and its arguments."""

    def __init__(
        self,
        ask: Callable[..., Awaitable[Any]],
        cancel: Callable[[int], Awaitable[None]],
        polling: Polling,
    ) -> None:
        self._ask_service = ask
        self._cancel = cancel
        self._interval = polling.interval
        self._slowest = polling.max_interval
        self._schedule = Schedule(polling)
        self._watches: dict[int, Watch] = {}
        self._unfound: dict[tuple[str | None, int | None], Watch] = {}
        self._to_find: list[tuple[float, int, Watch]] = []  # a heap, by when and in which order
        self._order = itertools.count()
        self._patience = FIRST_PATIENCE
        self._wake = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None
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
        what = f"operation {operation.id} ({operation.type}, vm_id={operation.vm_id}, disk_id={operation.disk_id})"
        raise OperationTimeout(
            f"{what} had not ended after {timeout:g} s, last seen in {operation.state}; it goes on,"
            f" and can be waited for again: gandi.operation({operation.id}).wait()",
            operation,
        )

    async def next_state(
        self, operation: Operation, shown: OperationState | None
    ) -> OperationState | None:
        """Wait until the operation is in another state than *shown*."""
        if operation.state is not None and operation.state != shown:
            return operation.state
        watch = self._take_up(operation)
        observer: Future[None] = asyncio.get_running_loop().create_future()
        entry = (observer, operation)
        watch.observers.append(entry)
        if operation.id is not None:
            self._schedule.follow(operation.id)
        try:
            await observer
        finally:
            watch.observers.remove(entry)
            self._drop_unwanted(watch)
        return operation.state

    async def cancel(self, operation: Operation) -> None:
        """Cancel the operation at the service, after finding its id if need be."""
        if operation.id is None:
            for _ in range(FINDS):
                if found := await self._find(operation):
                    operation.id = found
                    break
                await asyncio.sleep(self._interval)
            else:
                raise NotFound(0, f"the service lists no operation for {operation!r}")
        await self._cancel(operation.id)
        operation._saw(self._known(operation, OperationState.CANCEL))

    def cancelled(self, operation_id: int) -> None:
        """The service has cancelled it at our request: wake who waits."""
        if (watch := self._watches.get(operation_id)) is not None:
            self._end(operation_id, self._known(watch.operation, OperationState.CANCEL))

    async def close(self) -> None:
        """Wake all who wait with `ClientClosed`, and stop polling."""
        self._closed = True
        for watch in (*self._watches.values(), *self._unfound.values()):
            watch.fail(ClientClosed())
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.wait([self._poller])

    # -- who is waited for ---------------------------------------------------------------------

    def _take_up(self, operation: Operation) -> Watch:
        if self._closed:
            raise ClientClosed
        if operation.id is None:
            watch = self._unfound.get(_key(operation))
            if watch is None:
                watch = self._unfound[_key(operation)] = Watch(operation)
                self._find_at(0.0, watch)
        else:
            watch = self._watches.get(operation.id) or self._watch(operation.id, Watch(operation))
        self._wake.set()
        if self._poller is None:
            self._poller = asyncio.get_running_loop().create_task(self._poll())
            self._poller.add_done_callback(self._stopped)
        return watch

    def _watch(self, operation_id: int, watch: Watch) -> Watch:
        self._watches[operation_id] = watch
        operation = watch.operation
        now = asyncio.get_running_loop().time()
        self._schedule.watch(operation_id, operation.type, now, operation._started)
        if watch.observers:
            self._schedule.follow(operation_id)
        return watch

    def _drop_unwanted(self, watch: Watch) -> None:
        if watch.wanted:
            return
        operation = watch.operation
        if self._unfound.get(key := _key(operation)) is watch:
            del self._unfound[key]
        elif operation.id is not None and operation.id in self._watches:
            del self._watches[operation.id]
            self._schedule.drop(operation.id)
        if not self._watches and not self._unfound:
            self._wake.set()

    def _end(self, operation_id: int, details: OperationDetails) -> None:
        watch = self._watches.pop(operation_id)
        self._schedule.ended(operation_id, asyncio.get_running_loop().time())
        watch.saw(details)

    @staticmethod
    def _known(operation: Operation, state: OperationState) -> OperationDetails:
        return OperationDetails(
            id=operation.id,
            type=operation.type,
            state=state,
            vm_id=operation.vm_id,
            disk_id=operation.disk_id,
            product_id=operation.product_id,
        )

    # -- the poller ----------------------------------------------------------------------------

    async def _poll(self) -> None:
        loop = asyncio.get_running_loop()
        ticked = loop.time()
        pause = self._schedule.pause(ticked)
        while self._watches or self._unfound:
            now = loop.time()
            due = ticked + min(pause, self._schedule.pause(now))
            if self._schedule and now >= due:
                ticked = now
                await self._tick()
                pause = self._schedule.pause(loop.time())
                continue
            ready = self._next_find(now)
            if ready <= now:
                await self._find_some(now)
                continue
            if not self._schedule:
                due = ready
            self._wake.clear()
            try:
                async with asyncio.timeout_at(min(due, ready)):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _stopped(self, poller: asyncio.Task[None]) -> None:
        self._poller = None
        if poller.cancelled():
            return
        if (error := poller.exception()) is not None:
            # A fault of ours: better a wait that breaks than one that never ends.
            log.error("the poller broke", exc_info=error)
            for watch in (*self._watches.values(), *self._unfound.values()):
                watch.fail(error if isinstance(error, Exception) else RuntimeError(repr(error)))
        elif self._watches or self._unfound:
            self._poller = asyncio.get_running_loop().create_task(self._poll())
            self._poller.add_done_callback(self._stopped)

    async def _tick(self) -> None:
        plan = self._schedule.plan(asyncio.get_running_loop().time())
        sweeps = await _together(self._sweep(state) for state in plan.states)
        looks = await _at_most(AT_ONCE, (self._look(id_) for id_ in plan.looks))
        if all((*sweeps, *looks)):
            self._schedule.answered()
        else:
            self._schedule.failed()

    async def _sweep(self, state: OperationState) -> bool:
        """Ask for a final state; whether the service answered."""
        plan = self._schedule.sweep(state)
        reply: Any = None
        try:
            while True:
                reply = await self._answer(plan.send(reply))
        except StopIteration as swept:
            ended: set[int] = swept.value
        except DataFault as fault:
            # The service does not know such a list: ask for each operation instead, for a while.
            if not isinstance(fault, SessionExpired):
                self._schedule.lists_refused()
            log.info("polling: %s", fault)
            return False
        except GandiError as error:
            _delayed(error)
            return False
        if state == OperationState.DONE:
            for operation_id in ended & self._watches.keys():
                known = self._known(self._watches[operation_id].operation, state)
                self._end(operation_id, known)
            return True
        # How it ended is known, why it did is not.
        return all(await _at_most(AT_ONCE, (self._look(id_) for id_ in ended)))

    async def _answer(self, request: Request) -> Any:
        if isinstance(request, ListState):
            filters: dict[str, Any] = {"state": str(request.state)}
            if request.updated_after is not None:
                filters["updated_after"] = request.updated_after
            if request.created_before is not None:
                filters["created_before"] = request.created_before
            return ids_from_wire(await self._ask("operation_list", filters))
        try:
            return await self._ask("operation_details", request.id)
        except NotFound:
            return None

    async def _look(self, operation_id: int) -> bool:
        """Look at one operation itself; whether the service answered."""
        if operation_id not in self._watches:
            return True
        try:
            details = OperationDetails.from_wire(await self._ask("operation_details", operation_id))
        except NotFound as fault:
            if (watch := self._watches.pop(operation_id, None)) is not None:
                self._schedule.drop(operation_id)
                watch.fail(fault)
            return True
        except GandiError as error:
            _delayed(error)
            self._schedule.look_soon(operation_id)
            return False
        if (watch := self._watches.get(operation_id)) is not None:
            if details.state is not None and details.state.final:
                self._end(operation_id, details)
            else:
                watch.saw(details)
        return True

    async def _ask(self, method: str, *args: Any) -> Any:
        loop = asyncio.get_running_loop()
        asked = loop.time()
        try:
            reply = await self._ask_service(method, *args, timeout=self._patience)
        except TransportError as error:
            if isinstance(error.__cause__, TimeoutError):
                self._patience *= 2  # a service that is merely slow must not be given up for ever
            raise
        self._patience = max(FIRST_PATIENCE, 4 * (loop.time() - asked))
        return reply

    # -- finding the operation of a new VM or disk ---------------------------------------------

    def _next_find(self, now: float) -> float:
        """When the next one is to be looked for, on the loop's clock."""
        while self._to_find and not self._to_find[0][2].wanted:
            heapq.heappop(self._to_find)
        return max(self._to_find[0][0], now) if self._to_find else math.inf

    def _find_at(self, when: float, watch: Watch) -> None:
        heapq.heappush(self._to_find, (when, next(self._order), watch))

    async def _find_some(self, now: float) -> None:
        ready: list[Watch] = []
        while len(ready) < AT_ONCE and self._next_find(now) <= now:
            ready.append(heapq.heappop(self._to_find)[2])
        await _together(self._find_watch(watch) for watch in ready)

    async def _find_watch(self, watch: Watch) -> bool:
        operation = watch.operation
        found: int | None = None
        try:
            if watch.finds < FINDS:
                found = operation.id or await self._find(operation)
                watch.finds += 1
            else:
                await self._look_at_thing(watch)
        except NotFound as fault:
            watch.fail(fault)
            return True
        except DataFault as fault:
            log.info("polling: %s", fault)
            watch.finds = FINDS
        except GandiError as error:
            _delayed(error)
        if found is not None:
            self._found(watch, found)
        elif watch.wanted and not operation.done():
            # Looked for again, ever more slowly: the service may only ever show the thing itself.
            pause = min(self._interval * (1 + watch.finds / 10), self._slowest)
            self._find_at(asyncio.get_running_loop().time() + pause, watch)
        return True

    async def _find(self, operation: Operation) -> int | None:
        """The id of the operation that creates this VM or disk; None where none is listed."""
        _, name = _INFO[operation.type or ""]
        thing = operation.vm_id or operation.disk_id
        filters = {"type": operation.type, "param": {name: thing}}
        ids = ids_from_wire(await self._ask("operation_list", filters))
        if len(ids) <= 1:
            return ids[0] if ids else None
        # The service does not filter by parameter: ours is among its latest of this type.
        for operation_id in ids[:FINDS]:
            details = OperationDetails.from_wire(await self._ask("operation_details", operation_id))
            if thing in (details.vm_id, details.disk_id):
                return operation_id
        return None

    async def _look_at_thing(self, watch: Watch) -> None:
        """The service has no operation for it: judge by the state of the VM or disk (assumed)."""
        operation = watch.operation
        watch.finds += 1
        info, _ = _INFO[operation.type or ""]
        thing = await self._ask(info, operation.vm_id or operation.disk_id)
        match thing.get("state") if isinstance(thing, dict) else None:
            case None | "being_created":
                state = OperationState.RUN
            case "invalid" | "deleted":
                state = OperationState.ERROR
            case _:
                state = OperationState.DONE
        watch.saw(self._known(operation, state))

    def _found(self, watch: Watch, operation_id: int) -> None:
        operation = watch.operation
        self._unfound.pop(_key(operation), None)
        operation.id = operation_id
        if not watch.wanted:
            return
        existing = self._watches.get(operation_id)
        if existing is None:
            self._watch(operation_id, watch)
        else:  # somebody waits for it by its id
            existing.waiters.extend(watch.waiters)
            existing.observers.extend(watch.observers)
            watch.waiters, watch.observers = existing.waiters, existing.observers


def _key(operation: Operation) -> tuple[str | None, int | None]:
    """What stands for an operation whose id is not known."""
    return operation.type, operation.vm_id or operation.disk_id


def _delayed(error: GandiError) -> None:
    if isinstance(error, ClientClosed):
        raise error
    log.info("polling: %s", error)


async def _together(jobs: Iterable[Awaitable[bool]]) -> list[bool]:
    return list(await asyncio.gather(*jobs))


async def _at_most(limit: int, jobs: Iterable[Awaitable[bool]]) -> list[bool]:
    """Run the jobs, so many at a time."""
    queue = iter(jobs)

    async def work() -> list[bool]:
        return [await job for job in queue]

    done = await asyncio.gather(*(work() for _ in range(limit)))
    return [result for results in done for result in results]
