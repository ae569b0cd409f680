"""An event loop whose timers cost no time: where nothing but a timer is due, time moves on to it.

A scheduling pause of the machine does not count as time either. So a test on this loop, which may
last hours of its own time, holds on a loaded machine.
"""

import asyncio
import selectors

from tests import loops

_LEAP = 1.0
_GRACE = 0.001
"""Before time leaps by more than `_LEAP` seconds, what was sent has so many real seconds to get from
one socket to the other. (It nearly always is there at once.)"""


def run_in_virtual_time(coroutine):
    """Run the coroutine on such a loop, and return its result."""
    with asyncio.Runner(loop_factory=_VirtualTime) as runner:
        return runner.run(coroutine)


class _Skipping(selectors.DefaultSelector):
    """Waits for nothing but the network."""

    skipped = 0.0

    def select(self, timeout=None):
        self.skipped += 1e-6  # no clock stands still, and some code would wait for it for ever
        ready = super().select(0)
        if not ready and timeout is None:
            return super().select(1)
        if not ready and timeout > 0:
            if timeout > _LEAP and len(self.get_map()) > 1:  # more than the loop's own
                ready = super().select(_GRACE)
            if not ready:
                self.skipped += timeout
        return ready


class _VirtualTime(asyncio.SelectorEventLoop):
    def __init__(self):
        self._skipping = _Skipping()
        super().__init__(self._skipping)
        if loops.task_options:
            self.set_task_factory(_make_task)

    def time(self):
        return 1000 + self._skipping.skipped


def _make_task(loop, coroutine, **settings):
    return asyncio.Task(coroutine, loop=loop, **settings, **loops.task_options)
