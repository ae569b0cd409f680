"""Processes that are killed or frozen, all of them on one simulated loop.

Whatever a process does belongs to it, and whatever follows from that: each callback is the process's whose
code has scheduled it. Of a killed process no callback runs any more, so none of its tasks takes a further
step: no handler, no ``finally``. Those of a frozen one run when it is thawed, in their order.
"""

import asyncio
import contextlib
from contextvars import copy_context
from weakref import WeakSet

from tests.simulation.loop import SimulatedLoop

PLACES = ("write", "written", "send", "sent", "reply")
"""Where a process may be killed: before it writes something down and after, before a request leaves, when
it has left, and when its reply has come."""

_made = {}


class ProcessLoop(SimulatedLoop):
    """Runs the callbacks of processes that live."""

    def __init__(self):
        super().__init__()
        self._running = None  # the process whose code runs

    def call_soon(self, callback, *args, context=None):
        context = copy_context() if context is None else context
        return super().call_soon(self._owned(callback, context), *args, context=context)

    def call_at(self, when, callback, *args, context=None):
        context = copy_context() if context is None else context
        return super().call_at(when, self._owned(callback, context), *args, context=context)

    def create_task(self, coro, **more):
        task = super().create_task(coro, **more)
        if self._running is not None:
            self._running.note(task)
        return task

    def run_in_executor(self, executor, func, *args):
        """No thread: what takes long there are keys that are made from passwords. All days have the same
        password and the same salt, so each is made once.
        """
        del executor
        work, *more = (*getattr(func, "args", (func,)), *args)
        if (name := work.__qualname__) not in _made:
            _made[name] = work(*more)
        future = self.create_future()
        self.call_later(0.05, lambda: future.done() or future.set_result(_made[name]))
        return future

    def _owned(self, callback, context):
        return callback if self._running is None else _Turn(self, self._running, callback, context)

    @contextlib.contextmanager
    def running(self, process):
        """What is scheduled here is the process's; with None, nobody's."""
        before, self._running = self._running, process
        try:
            yield
        finally:
            self._running = before


class _Turn:
    """A callback of a process."""

    __slots__ = ("_callback", "_context", "_loop", "_process")

    def __init__(self, loop, process, callback, context):
        self._loop = loop
        self._process = process
        self._callback = callback
        self._context = context

    def __call__(self, *args):
        process = self._process
        if not process.lives:
            process.undone.append((self._callback, args, self._context))
            return
        if process.delayed is not None:
            process.delayed.append((self, args, self._context))
            return
        with self._loop.running(process):
            self._callback(*args)


class Process:
    """One life of a program. It is killed where it comes to the *fatal* place, such as ``("send", 3)``, the
    third time that it is about to send something; or never.
    """

    def __init__(self, loop, rng, fatal=None):
        self.loop = loop
        self.rng = rng
        self.lives = True
        self.is_buried = False
        self.killed_at = None
        self.undone = []
        """What it would have done; kept, because tasks that nothing refers to are closed."""
        self.delayed = None
        """What it will do when it is thawed; None where it is not frozen."""
        self.at_death = []
        self._tasks = WeakSet()
        self._fatal = fatal
        self._came_to = dict.fromkeys(PLACES, 0)
        with loop.running(None):
            self._ended = loop.create_future()

    def begin(self, main):
        """Run the coroutine *main* as the process's program; returns its task."""
        with self.loop.running(self):
            task = self.loop.create_task(main)
            task.add_done_callback(self._end)
        return task

    def note(self, task):
        """Note one of its tasks."""
        self._tasks.add(task)

    def tasks(self):
        """Its tasks that have not ended."""
        return [task for task in asyncio.all_tasks(self.loop) if task in self._tasks]

    @property
    def is_over(self):
        """Whether its program has ended, or it was killed."""
        return self._ended.done()

    async def ended(self):
        """Wait until its program has ended, or it was killed."""
        await asyncio.wait([self._ended])

    def comes_to(self, place):
        """Note that it comes to a place, where it may be killed. Return whether it lives."""
        if self.lives:
            self._came_to[place] += 1
            if self._fatal == (place, self._came_to[place]):
                self.kill(place)
        return self.lives

    async def survives(self, place):
        """Go on only where it is not killed at this place."""
        if not self.comes_to(place) and not self.is_buried:
            await self.loop.create_future()

    def kill(self, place="any time"):
        """Let it do nothing any more."""
        if not self.lives or self._ended.done():
            return
        self.lives = False
        self.killed_at = place
        with self.loop.running(None):
            for action in self.at_death:
                action()
            self._end()

    def freeze(self, seconds):
        """Let it do nothing for so many seconds."""
        if self.lives and self.delayed is None:
            self.delayed = []
            with self.loop.running(None):
                self.loop.call_later(seconds, self._thaw)

    def _thaw(self):
        delayed, self.delayed = self.delayed, None
        for turn, args, context in delayed:
            self.loop.call_soon(turn, *args, context=context)

    def _end(self, task=None):
        with self.loop.running(None):
            if not self._ended.done():
                self._ended.set_result(None)
        if task is not None and not task.cancelled():
            task.exception()  # the day looks at it

    def bury(self):
        """Let what is left of its tasks be taken apart, when nobody looks at it any more."""
        self.is_buried = True
        undone, self.undone = self.undone, []
        for callback, args, context in undone:
            self.loop.call_soon(callback, *args, context=context)


async def bury(loop, processes):
    """Take apart what killed processes have left. None of it is a part of the day."""
    loop.set_exception_handler(lambda *_: None)
    for _ in range(20):
        for process in processes:
            process.bury()
        left = asyncio.all_tasks(loop) - {asyncio.current_task()}
        if not left:
            return
        for task in sorted(left, key=hash):
            task.cancel()
        await asyncio.wait(left, timeout=100)
