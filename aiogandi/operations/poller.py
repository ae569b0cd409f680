"""`Poller`: one task that asks for all operations, as long as somebody waits for one.

It asks ``operation_list`` and ``operation_details`` (and, where the service lists no operation for a
new server or disk, ``vm_info`` and ``disk_info``); `Schedule` decides when and what. A tick asks for
lists. Looks at single operations and finds of those whose id is not known go on beside it, a few at
a time, so that none of the three waits for another. What looks and finds make of the answers stands in
`learning`.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import math
from collections.abc import Coroutine
from typing import Any, Final

from aiogandi import chores
from aiogandi.cancellation import cancel
from aiogandi.errors import ClientClosed, GandiError
from aiogandi.faults import refuses_call
from aiogandi.models import FINAL, OperationState
from aiogandi.operations.begun import Begun
from aiogandi.operations.creations import Creations
from aiogandi.operations.directory import Directory
from aiogandi.operations.learning import Learning
from aiogandi.operations.overtaking import Overtaking, Poll, is_silence
from aiogandi.operations.watch import Watch, Watches
from aiogandi.settings import Polling

log = logging.getLogger("aiogandi.tracker")

JOBS_AT_ONCE: Final = 4
"""So many operations are looked at, or looked for, at the same time; one while nothing comes back."""

BREATH: Final = 200
"""After telling so many ends, the poller gives the event loop a turn."""


class Poller:
    """Asks by *poll* for what is watched, and tells *watches* what it learns."""

    def __init__(self, watches: Watches, poll: Poll, polling: Polling, begun: Begun) -> None:
        self._watches = watches
        self._schedule = watches.schedule
        self._polls = Overtaking(poll)
        self._directory = Directory(self._polls)
        self.creations = Creations(self._directory)
        self.learning = Learning(watches, self._directory, self.creations, polling, begun)
        self._complete_at = dict.fromkeys(
            FINAL, -math.inf
        )  # when a list of each state was complete
        self._to_find: list[tuple[float, int, Watch]] = []  # a heap, by when each is due
        self._order = itertools.count()
        self._finds_next = False  # looks and finds take turns
        self._jobs: set[asyncio.Task[None]] = set()
        self._tick: asyncio.Task[None] | None = None
        self._error: BaseException | None = None
        self._event = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self.is_elsewhere = False
        """Whether another process polls for this one."""

    def allow(self, *, here: bool) -> None:
        """Poll, or leave it to another process."""
        if here and self.is_elsewhere:
            self._schedule.resume()
        self.is_elsewhere = not here
        self.wake()

    def wake(self) -> None:
        """Look again at what is due; start polling if somebody waits."""
        self._event.set()
        if self._task is None and not self._closed and self._is_needed():
            self._error = None
            self._task = chores.begin(self._poll, self._stopped)

    def find_soon(self, watch: Watch) -> None:
        """Look for the id of this watch's operation, at the next chance."""
        self._find_at(0.0, watch)

    def met(self, watch: Watch) -> list[str]:
        """What stands in the way of learning of an operation, as far as polling here has met it."""
        if self.is_elsewhere:
            return []
        return [str(error) for error in self.learning.met(watch)] or self._polls.unanswered()

    async def close(self) -> None:
        """Stop polling."""
        self._closed = True
        if (task := self._task) is not None:
            await cancel([task])

    # -- the task ------------------------------------------------------------------------------

    def _is_needed(self) -> bool:
        return not self.is_elsewhere and bool(self._watches.by_id or self._watches.unfound)

    async def _poll(self) -> None:
        loop = asyncio.get_running_loop()
        ticked = loop.time()
        pause = math.inf
        self._schedule.begin()
        self.learning.begin()
        self._to_find.clear()  # finds that were under way when polling ended are made again
        for watch in self._watches.unfound.values():
            self.find_soon(watch)
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
            tick = [self._tick] if self._tick else []
            await cancel([*self._jobs, *tick, *self._polls.end()])

    def _stopped(self, poller: asyncio.Task[None]) -> None:
        self._task = None
        if poller.cancelled():
            return
        if (error := poller.exception()) is not None:
            self._error = None
            if not isinstance(error, ClientClosed):
                # This is a fault in our code. A wait that breaks is better than one that never ends.
                log.error("the poller broke", exc_info=error)
            told = error if isinstance(error, Exception) else RuntimeError(repr(error))
            self._watches.fail_all(told)
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
        """Begin looks and finds while there are places. Returns when to call this again."""
        places = 1 if self.learning.is_silent else JOBS_AT_ONCE
        while len(self._jobs) < places:
            if now < self.learning.resume_at:
                return self.learning.resume_at
            if (job := self._next_job(now)) is None:
                break
            self._jobs.add(self._start(job))
        if len(self._jobs) >= places:
            return math.inf  # a job that ends wakes the poller
        find_due = self._to_find[0][0] if self._to_find else math.inf
        return max(min(find_due, self._schedule.look_due(now)), now)

    def _next_job(self, now: float) -> Coroutine[Any, Any, None] | None:
        self._finds_next = not self._finds_next
        while self._to_find and not self._to_find[0][2].wanted:
            heapq.heappop(self._to_find)
        ready = bool(self._to_find) and self._to_find[0][0] <= now
        if not (ready and self._finds_next) and (id_ := self._schedule.next_look(now)) is not None:
            return self.learning.look(id_)
        if ready:
            return self._find(heapq.heappop(self._to_find)[2])
        return None

    async def _find(self, watch: Watch) -> None:
        pause = await self.learning.find(watch)
        if pause is not None:
            self._find_at(asyncio.get_running_loop().time() + pause, watch)

    def _find_at(self, when: float, watch: Watch) -> None:
        heapq.heappush(self._to_find, (when, next(self._order), watch))

    # -- lists ---------------------------------------------------------------------------------

    async def _ask_for_lists(self, now: float) -> None:
        states = self._schedule.tick(now)
        met = await asyncio.gather(*(self._sweep(state, now) for state in states))
        errors = [error for error in met if error is not None]
        if len(errors) < len(states):
            self._schedule.lists_answered()
            self.learning.lists_answered()
        elif errors:
            now = asyncio.get_running_loop().time()
            self.learning.lists_failed(errors[0], now)
            if not any(map(refuses_call, errors)):
                self._schedule.lists_failed(now, silent=all(map(is_silence, errors)))

    async def _sweep(self, state: OperationState, asked: float) -> GandiError | None:
        """Ask for the operations in a final state; returns what went wrong."""
        loop = asyncio.get_running_loop()
        try:
            swept = await self._directory.carry_out(self._schedule.sweep(state))
        except GandiError as error:
            if refuses_call(error):  # the service refuses this list itself
                self._schedule.lists_refused(loop.time())
            self.learning.delayed(error)
            return error
        believed = self._schedule.reported(swept.ours, state)
        for number, operation_id in enumerate(believed, 1):
            self._watches.ended(operation_id, state, loop.time(), self._complete_at[state])
            if number % BREATH == 0:
                await asyncio.sleep(0)
        if swept.complete:
            self._complete_at[state] = asked
        return None
