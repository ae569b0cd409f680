"""`Poller`: one task that asks for all operations, as long as somebody waits for one.

It asks ``operation_list`` and ``operation_details`` (and, where the service has no operation for a
new VM or disk, ``vm_info`` and ``disk_info``); `polling.Schedule` decides when and what. A tick
asks for lists. Looks at single operations and finds of those whose id is not known go on beside
it, a few at a time, so that none of the three waits for another.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import math
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from aiogandi.cancellation import cancel
from aiogandi.errors import (
    AuthenticationError,
    ClientClosed,
    DataFault,
    GandiError,
    NotFound,
    refuses_call,
)
from aiogandi.models import OperationState
from aiogandi.operations.polls import Polls
from aiogandi.operations.schedule import ListState, Request
from aiogandi.settings import Polling

if TYPE_CHECKING:
    from aiogandi.operations.tracker import OperationTracker, Watch

log = logging.getLogger("aiogandi.tracker")

AT_ONCE: Final = 4
"""Operations that are looked at or looked for at the same time."""

FINDS: Final = 3
"""Times the operation of a new VM or disk is looked for before its own state must do."""

BREATH: Final = 200
"""Ends that are told before the event loop gets its turn."""


class Poller:
    """Asks by *ask* for what *tracker* watches, and tells it what it learns."""

    def __init__(
        self, tracker: OperationTracker, ask: Callable[..., Awaitable[Any]], polling: Polling
    ) -> None:
        self._tracker = tracker
        self._schedule = tracker.schedule
        self.polls = Polls(ask, polling)
        self._polling = polling
        self._to_find: list[tuple[float, int, Watch]] = []  # a heap, by when and in which order
        self._order = itertools.count()
        self._finds_next = False  # looks and finds take turns
        self._jobs: set[asyncio.Task[None]] = set()
        self._tick: asyncio.Task[None] | None = None
        self._error: BaseException | None = None
        self._event = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def wake(self) -> None:
        """Something has changed; start if need be."""
        self._event.set()
        if self._task is None and not self._closed and self._is_needed():
            self._task = asyncio.get_running_loop().create_task(self._poll())
            self._task.add_done_callback(self._stopped)

    def find_soon(self, watch: Watch) -> None:
        """Look for the id of this one's operation."""
        self._find_at(0.0, watch)

    async def close(self) -> None:
        """Stop."""
        self._closed = True
        if (task := self._task) is not None:
            await cancel([task])

    # -- the task ------------------------------------------------------------------------------

    def _is_needed(self) -> bool:
        return bool(self._tracker.watches or self._tracker.unfound)

    async def _poll(self) -> None:
        loop = asyncio.get_running_loop()
        ticked = loop.time()
        pause = math.inf
        try:
            while self._is_needed():
                now = loop.time()
                due = math.inf
                if self._tick is None and self._schedule:
                    pause = min(pause, self._schedule.pause(now))
                    due = ticked + pause
                if now >= due:
                    ticked, pause = now, math.inf
                    self._tick = self._start(self._ask_for_lists(now))
                    continue
                job_due = self._start_jobs(now)
                self._event.clear()
                if self._error is not None:
                    raise self._error
                until = min(due, job_due)
                try:
                    async with asyncio.timeout_at(None if math.isinf(until) else until):
                        await self._event.wait()
                except TimeoutError:
                    pass
        finally:
            await cancel([*self._jobs, *([self._tick] if self._tick else [])])

    def _stopped(self, poller: asyncio.Task[None]) -> None:
        self._task = None
        if poller.cancelled():
            return
        if (error := poller.exception()) is not None:
            self._error = None
            if not isinstance(error, ClientClosed):
                # A fault of ours: better a wait that breaks than one that never ends.
                log.error("the poller broke", exc_info=error)
            told = error if isinstance(error, Exception) else RuntimeError(repr(error))
            self._tracker.fail_all(told)
        else:
            self.wake()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        job = asyncio.get_running_loop().create_task(work)
        job.add_done_callback(self._ended)
        return job

    def _ended(self, job: asyncio.Task[None]) -> None:
        self._jobs.discard(job)
        if job is self._tick:
            self._tick = None
        if not job.cancelled() and (error := job.exception()) is not None:
            self._error = error
        self._event.set()

    def _start_jobs(self, now: float) -> float:
        """Begin looks and finds while there are places; when there may be more of them to begin."""
        while len(self._jobs) < AT_ONCE:
            if now < self.polls.resume_at:
                return self.polls.resume_at
            if (job := self._next_job(now)) is None:
                break
            self._jobs.add(self._start(job))
        if len(self._jobs) >= AT_ONCE:
            return math.inf  # the end of one says so
        find_due = self._to_find[0][0] if self._to_find else math.inf
        return max(min(find_due, self._schedule.look_due(now)), now)

    def _next_job(self, now: float) -> Coroutine[Any, Any, None] | None:
        self._finds_next = not self._finds_next
        while self._to_find and not self._to_find[0][2].wanted:
            heapq.heappop(self._to_find)
        ready = bool(self._to_find) and self._to_find[0][0] <= now
        if not (ready and self._finds_next) and (id_ := self._schedule.next_look(now)) is not None:
            return self._look(id_)
        if ready:
            return self._find_watch(heapq.heappop(self._to_find)[2])
        return None

    # -- lists ---------------------------------------------------------------------------------

    async def _ask_for_lists(self, now: float) -> None:
        states = self._schedule.tick(now)
        answered = await asyncio.gather(*(self._sweep(state) for state in states))
        if any(answered):
            self._schedule.answered()
        elif states:
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
        except GandiError as error:
            if refuses_call(error):  # the service does not know such a list
                self._schedule.lists_refused(asyncio.get_running_loop().time())
            self._delayed(error)
            return False
        if state != OperationState.DONE:
            # How they ended is known, why they did is not.
            self._schedule.reported(ended)
            return True
        for number, operation_id in enumerate(ended, 1):
            if (watch := self._tracker.watches.get(operation_id)) is not None:
                self._tracker.end(operation_id, self._tracker.known(watch.operation, state))
            if number % BREATH == 0:
                await asyncio.sleep(0)
        return True

    async def _answer(self, request: Request) -> Any:
        if isinstance(request, ListState):
            filters: dict[str, Any] = {"state": str(request.state)}
            if request.updated_after is not None:
                filters["updated_after"] = request.updated_after
            if request.created_before is not None:
                filters["created_before"] = request.created_before
            return await self.polls.ids(filters)
        try:
            return await self.polls.details(request.id)
        except DataFault as fault:
            if refuses_call(fault):
                return None
            raise

    # -- looks ---------------------------------------------------------------------------------

    async def _look(self, operation_id: int) -> None:
        """Look at one operation itself."""
        loop = asyncio.get_running_loop()
        try:
            details = await self.polls.details(operation_id)
        except GandiError as error:
            if refuses_call(error):
                self._tracker.fail(operation_id, error)
                return
            self._delayed(error)
            self._schedule.look_failed(operation_id, loop.time())
            return
        state = details.state
        self._schedule.looked(operation_id, state)
        if (watch := self._tracker.watches.get(operation_id)) is None:
            return
        if state is not None and state.final:
            self._tracker.end(operation_id, details)
        else:
            watch.saw(details)

    def _delayed(self, error: GandiError) -> None:
        """Trouble only delays, unless it is of the kind that does not pass."""
        if isinstance(error, ClientClosed):
            raise error
        if isinstance(error, AuthenticationError):
            self._tracker.fail_all(error)
        log.info("polling: %s", error)

    # -- finds ---------------------------------------------------------------------------------

    def _find_at(self, when: float, watch: Watch) -> None:
        heapq.heappush(self._to_find, (when, next(self._order), watch))

    async def _find_watch(self, watch: Watch) -> None:
        """Look for the id of an operation, or else for the state of what it creates."""
        operation = watch.operation
        found = operation.id
        by_list = watch.finds < FINDS
        try:
            if found is None and by_list:
                found = await self.polls.find(operation)
                watch.finds += 1
            elif found is None:
                watch.finds += 1
                state = await self.polls.state_of_thing(operation)
                watch.saw(self._tracker.known(operation, state))
        except GandiError as error:
            if isinstance(error, NotFound) and not by_list:
                self._tracker.missing(watch, error)
                return
            self._delayed(error)
            if refuses_call(error):
                watch.finds = FINDS  # it has no such list
        if found is not None:
            self._tracker.found(watch, found)
        elif watch.wanted:
            # Looked for again, ever more slowly: the service may only ever show the thing itself.
            pause = min(self._polling.interval * (1 + watch.finds / 10), self._polling.max_interval)
            self._find_at(asyncio.get_running_loop().time() + pause, watch)
