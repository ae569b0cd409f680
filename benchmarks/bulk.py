"""A thousand VMs under the service's rate limit, with time sped up.

Two requests are due for each VM: the one that creates it, and one to learn which operation is its
own (``vm_create`` does not say). At the limited rate these take their time, and the last operation
takes its own: that is the limit which the total is compared with. (One that sends all creations
first may even stay below it: its last operation runs while the others are being found.)
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from aiogandi import Gandi, Polling, RateLimit, bulk
from benchmarks.report import Curve, Figure, Report, Table
from benchmarks.servers import sandbox

RATE: Final = 15.0
"""Requests in a service second: 30 in 2 seconds."""

OPERATION: Final = 60.0
"""Service seconds that the sandbox takes to create a VM, unless it is told otherwise."""

SPEED: Final = 6.0
"""Service seconds in a real one. Turns come a millisecond or two late, for the event loop's timers
do: at the service's own pace that costs one turn in fifty, at this one already one in ten."""

HURRIED: Final = 15.0
"""The same where a figure means less: in a smoke run, and for the ten thousand of the curve."""

WANTED: Final = 1.10


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to, in service seconds and requests."""

    vms: int
    seconds: float
    limit: float
    requests: int
    polls: int

    @property
    def of_limit(self) -> float:
        """How long it took, in limits."""
        return self.seconds / self.limit


def run(*, quick: bool, growth: bool) -> Report:
    """Create them, several times."""
    vms, rounds, speed = (60, 1, HURRIED) if quick else (1_000, 2, SPEED)
    report = Report(
        "bulk",
        f"bulk() creates VMs under {RATE:g} requests a second (time sped up {speed:g} times).",
    )
    results = [asyncio.run(_create(vms, speed)) for _ in range(rounds)]
    report.tables.append(_table(results))
    report.figures.append(
        Figure("total time, in limits", median(r.of_limit for r in results), "≤", WANTED)
    )
    if growth:
        report.curves.append(_growth(results, quick=quick))
    return report


def _table(results: Sequence[Result]) -> Table:
    columns = ["VMs", "service seconds", "limit", "of the limit", "requests", "of which polls"]
    rows = [
        [r.vms, r.seconds, r.limit, r.of_limit, r.requests, r.polls]
        for r in sorted(results, key=lambda result: result.of_limit)
    ]
    return Table("Each round", columns, rows)


async def _create(vms: int, speed: float) -> Result:
    rate_limit = RateLimit(int(RATE * speed), per=1.0)
    polling = Polling(interval=1 / speed, max_interval=10 / speed)
    with sandbox(speed=speed, durations="usual") as server:
        async with Gandi(
            "AA1234-GANDI",
            "mypassword",
            url=server.url,
            rate_limit=rate_limit,
            polling=polling,
        ) as gandi:
            names = [f"web-{number:05d}" for number in range(vms)]
            started = time.monotonic()
            # As many at a time as there are: what is under way is bounded by the rate already.
            async for outcome in bulk(
                lambda name: gandi.vm_create(name, "password", 111, 1, 1), names, limit=vms
            ):
                if outcome.error is not None:
                    raise outcome.error
            seconds = (time.monotonic() - started) * speed
            stats = gandi.stats
    limit = 2 * vms / RATE + OPERATION
    return Result(vms, seconds, limit, stats.requests, stats.polls)


def _growth(measured: Sequence[Result], *, quick: bool) -> Curve:
    work = {10: HURRIED} if quick else {10: SPEED, 100: SPEED, 10_000: HURRIED}
    results = [asyncio.run(_create(vms, speed)) for vms, speed in work.items()]
    results = sorted([*results, measured[0]], key=lambda result: result.vms)
    lines = {
        "aiogandi": [(result.vms, result.seconds) for result in results],
        "limit: two requests each, one operation": [(r.vms, r.limit) for r in results],
    }
    return Curve("create VMs", "VMs", "service seconds", lines)
