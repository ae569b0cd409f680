"""How things are measured: alternating rounds, medians and ratios, and how long a loop was blocked.

Absolute numbers mean nothing on a shared machine. So contestants take turns within one run, and
what is compared is the median of the rounds' own ratios: a slow moment slows both of a round.
"""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median, quantiles
from typing import Final, Self

TICK: Final = 0.001
"""Seconds between two looks at whether the loop is free."""


class Samples:
    """What each contestant's rounds gave, by its name; round *n* of all was at about one time."""

    def __init__(self, rounds: Mapping[str, Sequence[float]]) -> None:
        self.rounds = {name: list(values) for name, values in rounds.items()}

    def median(self, name: str) -> float:
        """The median of a contestant's rounds."""
        return median(self.rounds[name])

    def ratio(self, name: str, other: str) -> float:
        """The median of *name* / *other*, round by round."""
        pairs = zip(self.rounds[name], self.rounds[other], strict=True)
        return median(one / two for one, two in pairs)


def alternate(contestants: Mapping[str, Callable[[], float]], rounds: int) -> Samples:
    """Let the contestants take turns; each returns its own measure of one round."""
    names = list(contestants)
    taken: dict[str, list[float]] = {name: [] for name in names}
    order = random.Random(0)
    for _ in range(rounds):
        # Shuffled: whoever runs after a certain one may profit or suffer from it.
        for name in order.sample(names, len(names)):
            gc.collect()
            taken[name].append(contestants[name]())
    return Samples(taken)


def cpu_seconds(work: Callable[[], object], times: int) -> float:
    """Seconds of processor time for one call of *work*: what other processes do is left out."""
    started = time.thread_time()
    for _ in range(times):
        work()
    return (time.thread_time() - started) / times


def times_for(work: Callable[[], object], seconds: float) -> int:
    """How often *work* can be done in about so many seconds."""
    work()  # the first one pays for caches
    return max(1, int(seconds / max(cpu_seconds(work, 3), 1e-7)))


def percentile(values: Sequence[float], percent: int) -> float:
    """The value below which so many per cent of *values* lie."""
    if len(values) < 2:
        return values[0]
    return quantiles(values, n=100, method="inclusive")[percent - 1]


class LoopWatch:
    """For how long the event loop was blocked at most, in seconds, within an ``async with``.

    A ticker that comes late was held up by the loop's other work or by other processes. The
    processor time that this thread took meanwhile tells them apart, so a block counts for the
    shorter of both. Python's garbage collector goes through everything that the process holds,
    whoever made it: `longest` is without its pauses, `collector` is the longest of them.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self.collector = 0.0
        self._collecting = 0.0
        self._began = 0.0

    async def __aenter__(self) -> Self:
        gc.callbacks.append(self._collected)
        self._task = asyncio.create_task(self._tick())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await asyncio.sleep(TICK)
        self._task.cancel()
        await asyncio.wait([self._task])
        gc.callbacks.remove(self._collected)

    def _collected(self, phase: str, info: object) -> None:
        del info
        now = time.thread_time()
        if phase == "start":
            self._began = now
        else:
            self._collecting += now - self._began
            self.collector = max(self.collector, now - self._began)

    async def _tick(self) -> None:
        while True:
            wall, cpu, collecting = time.monotonic(), time.thread_time(), self._collecting
            await asyncio.sleep(TICK)
            late = time.monotonic() - wall - TICK
            busy = min(late, time.thread_time() - cpu)
            self.longest = max(self.longest, busy - (self._collecting - collecting))
