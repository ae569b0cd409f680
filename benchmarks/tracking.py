"""Waiting for 1 to 10,000 operations at once: requests for each, and how late an end is noticed.

Operations begin together and take 48 to 72 service seconds, at random. A client's first wave knows
nothing of how long they take; in its second it has learned. Time is sped up, and the polling with
it, by no more than leaves both processes time to spare. When an operation ended is known from the
sandbox's books, not from its dates, which have whole seconds.

The peers' plans of requests (`benchmarks.plans`) are computed for the operations of our own first
wave. The plainest is also run, as long as one process can send what it asks for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Final

from benchmarks.measure import percentile
from benchmarks.plans import PLANS
from benchmarks.report import Curve, Figure, Report, Table
from benchmarks.servers import sandbox
from benchmarks.waves import Wave, client, memory_each, plain_wave, wave

SPEEDS: Final[Mapping[int, float]] = {1: 20, 10: 20, 100: 20, 300: 20, 3_000: 10, 10_000: 10}
"""Service seconds in a real one, by the number of operations."""

HURRIED: Final = 2.0
"""How much faster it goes in a smoke run."""

MEMORY_SPEED: Final = 1.0
"""Nothing ends while memory is measured."""

FIRST: Final = "aiogandi, first wave"
LEARNED: Final = "aiogandi, durations learned"
PLAIN: Final = "one request each and second, run"
PLAIN_AT_MOST: Final = 100

BUDGET_AT: Final = 300
REPEATS: Final = 2
"""Pairs of waves where the budget is; elsewhere one."""

BUDGETS: Final = {FIRST: 0.45, LEARNED: 0.30}
LATEST: Final = 1.5
MEMORY: Final = 3.0
LONGEST_BLOCK: Final = 10.0

Waves = Mapping[str, Mapping[int, Wave]]


def run(*, quick: bool, growth: bool) -> Report:
    """Run the waves, one number of operations after the other."""
    report = Report("tracking", "Operations of about 60 s, waited for at once on one client.")
    sizes = (10, BUDGET_AT) if quick else tuple(SPEEDS)
    waves: dict[str, dict[int, Wave]] = {FIRST: {}, LEARNED: {}, PLAIN: {}}
    for size in sizes:
        repeats = REPEATS if size == BUDGET_AT and not quick else 1
        speed = SPEEDS[size] * (HURRIED if quick else 1)
        for name, one in asyncio.run(_waves(size, speed, repeats)).items():
            waves[name][size] = one
    for name, plan in PLANS.items():
        waves[name] = {size: plan(one.took) for size, one in waves[FIRST].items()}
    report.tables += [
        _table("Requests for each operation", waves, sizes, lambda one: one.requests_each),
        _table("Noticed late, median, s", waves, sizes, lambda one: median(one.late)),
        _table("Noticed late, 99th, s", waves, sizes, lambda one: percentile(one.late, 99)),
    ]
    memory = asyncio.run(_memory(sizes[-1])) / 1024
    ours = {name: waves[name] for name in BUDGETS}
    report.tables += [
        _table("Longest block of the loop, ms", ours, sizes, lambda one: one.block * 1e3),
        _table("Longest garbage collection, ms", ours, sizes, lambda one: one.collector * 1e3),
    ]
    for name, budget in BUDGETS.items():
        at_budget = waves[name][BUDGET_AT]
        report.figures += [
            Figure(f"{name}: requests each at 300", at_budget.requests_each, "≤", budget),
            Figure(f"{name}: 99th late at 300", percentile(at_budget.late, 99), "≤", LATEST, "s"),
        ]
    worst = max(one.block for by_size in ours.values() for one in by_size.values()) * 1e3
    report.figures += [
        Figure(f"memory for each of {sizes[-1]:,}", memory, "≤", MEMORY, "KiB"),
        Figure("longest block of the loop (collector apart)", worst, "≤", LONGEST_BLOCK, "ms"),
    ]
    if growth:
        report.curves += _curves(waves)
    return report


async def _waves(size: int, speed: float, repeats: int) -> dict[str, Wave]:
    """A new client for each repeat, and two waves of each."""
    first: list[Wave] = []
    learned: list[Wave] = []
    waves: dict[str, Wave] = {}
    with sandbox(speed=speed, vms=size) as server:
        for _ in range(repeats):
            async with client(server, speed) as gandi:
                first.append(await wave(server, gandi, size, speed))
                learned.append(await wave(server, gandi, size, speed))
        if size <= PLAIN_AT_MOST:
            async with client(server, speed) as gandi:
                waves[PLAIN] = await plain_wave(server, gandi, size, speed)
    return waves | {FIRST: Wave.joined(first), LEARNED: Wave.joined(learned)}


async def _memory(size: int) -> float:
    with sandbox(speed=MEMORY_SPEED, vms=size) as server:
        async with client(server, MEMORY_SPEED) as gandi:
            return await memory_each(server, gandi, size)


def _table(
    title: str, waves: Waves, sizes: Sequence[int], figure: Callable[[Wave], float]
) -> Table:
    rows = [
        [name, *(figure(by_size[size]) if size in by_size else None for size in sizes)]
        for name, by_size in waves.items()
    ]
    return Table(title, ["operations at once", *(f"{size:,}" for size in sizes)], rows)


def _curves(waves: Waves) -> list[Curve]:
    requests = {
        name: [(size, one.requests_each) for size, one in by_size.items()]
        for name, by_size in waves.items()
        if name != PLAIN
    }
    late = {
        name: [(size, percentile(one.late, 99)) for size, one in by_size.items()]
        for name, by_size in waves.items()
        if name != PLAIN
    }
    work = "operations at once"
    return [
        Curve("tracking: requests", work, "requests for each operation", requests),
        Curve("tracking: notice", work, "late, 99th percentile, service s", late),
    ]
