"""An event loop without a network and without waiting: where nothing is ready, its clock moves on to
the next timer. One seed gives one order of events, in every process and on every machine.
"""

import asyncio
import itertools

from tests import loops

TICK = 1e-6
"""Seconds of one turn: no clock stands still, and some code may wait until it has moved on."""

MOST_TURNS = 100_000
"""So many turns one after the other, in which nothing waits for time, are a circle."""

START = 1000.0
"""Where the loop's clock begins. Nothing may take it for the world's."""


class Deadlock(Exception):
    """Somebody waits, and nothing can wake anybody any more."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """Runs what is ready, and lets no time pass but by its timers."""

    def __init__(self):
        super().__init__()
        self._selector = self  # what asyncio's loop asks for events of the network
        self._now = START
        self._turns = 0
        self.leapt = 0.0
        """Seconds of the clock that nobody was awake for."""
        self.errors = []
        """What nobody has caught, as asyncio tells it."""
        numbers = itertools.count()
        self.set_task_factory(
            lambda _, coro, **more: _Task(
                next(numbers), coro, loop=self, **more, **loops.task_options
            )
        )
        self.set_exception_handler(lambda _, context: self.errors.append(told(context)))

    def time(self):
        return self._now

    def awake(self):
        """The clock without the time that the machine slept."""
        return self._now - self.leapt

    def leap(self, seconds):
        """Move the clock on at once, as some machines do that wake from sleep."""
        self._now += seconds
        self.leapt += seconds

    def select(self, timeout):
        """Asked by asyncio before each turn: how long it has nothing to do."""
        if timeout is None:
            raise Deadlock("; ".join(map(whereabouts, sorted(asyncio.all_tasks(self), key=hash))))
        self._now += max(timeout, TICK)
        self._turns = self._turns + 1 if timeout <= 0 else 0
        if self._turns > MOST_TURNS:
            self._turns = 0
            raise Deadlock(f"a circle of tasks that are always ready, at {self._now:.2f}")
        return ()

    def _process_events(self, event_list):
        """There are none."""

    def _write_to_self(self):
        """No other thread has to wake this one."""


class _Task(asyncio.Task):
    """A task whose place in a set does not depend on its address in memory."""

    def __init__(self, number, coro, **more):
        self._number = number
        super().__init__(coro, **more)

    def __hash__(self):
        return self._number


def whereabouts(task):
    """Where a task waits, from its own function inwards."""
    frames = []
    awaited = task.get_coro()
    while awaited is not None:
        frames.append(getattr(awaited, "__qualname__", type(awaited).__name__))
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "ag_await", None)
    return " > ".join(frames)


def told(context):
    """One line of what asyncio's exception handler is given."""
    error = context.get("exception")
    return context["message"] + (f": {error!r}" if error is not None else "")


def run(main, make_loop=SimulatedLoop):
    """Run the coroutine that *main* makes of the loop, and return its result."""
    loop = make_loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main(loop))
