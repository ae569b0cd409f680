"""How other clients wait for operations, as plans of requests.

Each is computed for operations that begin together at 0 and take so many seconds, on a service that
answers at once: how many requests it sends, and how late it notices each end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from benchmarks.waves import Wave

Plan = Callable[[Sequence[float]], Wave]


def one_each(every: float) -> Plan:
    """A request for each operation, every so many seconds."""

    def plan(took: Sequence[float]) -> Wave:
        looks = [math.ceil(seconds / every) for seconds in took]
        return Wave(sum(looks), took, _late(took, looks, every))

    return plan


def batched(every: float, size: int) -> Plan:
    """A request for every so many operations that still run, every so many seconds."""

    def plan(took: Sequence[float]) -> Wave:
        looks = [math.ceil(seconds / every) for seconds in took]
        running = [sum(last >= tick for last in looks) for tick in range(1, max(looks) + 1)]
        requests = sum(math.ceil(number / size) for number in running)
        return Wave(requests, took, _late(took, looks, every))

    return plan


def _late(took: Sequence[float], looks: Sequence[int], every: float) -> list[float]:
    return [number * every - seconds for number, seconds in zip(looks, took, strict=True)]


PLANS: Final[Mapping[str, Plan]] = {
    "one request each and second": one_each(1.0),
    "one request each, every 20 s": one_each(20.0),
    "25 ids in one request, every second": batched(1.0, 25),
}
"""As a known command-line client, a known library and the best cloud client have it."""
