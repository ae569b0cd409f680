"""A thousand tasks whose session is lost again and again: one login each time, shared by all.

A burst of calls, one from each task, takes turns with a burst during which the service forgets the
session. How much a loss delays a call is the median, over all losses, of how much later it comes
than the call of the same rank in the calm bursts. One login may delay it, and one exchange: the one
in which it was refused. Under a rate limit a refusal also uses up a turn, and the login another, so
calls that merely wait for theirs must not be refused. Logins are made slow (`LOGIN`), so that a
call which waits for two of them stands out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Final

from aiogandi import Gandi, RateLimit
from benchmarks.report import Cell, Curve, Figure, Report, Table
from benchmarks.servers import Server, sandbox

LOGIN: Final = 0.3
"""Seconds that a login takes."""

VM_ID: Final = 10_001


@dataclass(frozen=True, slots=True)
class Scenario:
    """So many tasks and losses, and how much of a burst is answered when the session is lost."""

    name: str
    tasks: int
    losses: int
    rate_limit: RateLimit | None = None
    answered: float = 0.0


FULL: Final = (
    Scenario("lost between calls", 1_000, 10),
    Scenario("lost while calls are under way", 1_000, 5, answered=0.3),
    # Few tasks: each turn comes a little late, and a long queue adds that up.
    Scenario("lost, 200 calls a second allowed", 80, 9, RateLimit(20, per=0.1), answered=0.3),
)
QUICK: Final = (
    Scenario("lost between calls", 200, 2),
    Scenario("lost, 200 calls a second allowed", 50, 1, RateLimit(20, per=0.1), answered=0.3),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What a scenario came to. Times are in seconds; *refused* is for each loss; *exchange* is with
    the turns that a refusal costs.
    """

    logins: int
    refused: float
    login: float
    exchange: float
    delay: float

    @property
    def of_allowed(self) -> float:
        """The longest delay, as a part of one login and one exchange."""
        return self.delay / (self.login + self.exchange)


def run(*, quick: bool, growth: bool) -> Report:
    """Play the scenarios."""
    report = Report("session", "Tasks that lose their common session: logins, and calls' delays.")
    rows: list[list[Cell]] = []
    for scenario in QUICK if quick else FULL:
        result = asyncio.run(_play(scenario))
        rows.append(
            [
                scenario.name,
                scenario.tasks,
                scenario.losses,
                result.logins,
                result.refused,
                result.delay,
                result.login + result.exchange,
            ]
        )
        report.figures += [
            Figure(f"{scenario.name}: logins", result.logins, "=", scenario.losses + 1),
            Figure(
                f"{scenario.name}: longest delay, of a login and an exchange",
                result.of_allowed,
                "≤",
                1.0,
            ),
        ]
    columns = ["session", "tasks", "losses", "logins", "refused calls for each loss"]
    columns += ["longest delay s", "a login and an exchange s"]
    report.tables.append(Table("", columns, rows))
    if growth:
        report.curves.append(_growth(quick=quick))
    return report


async def _play(scenario: Scenario) -> Result:
    with sandbox(vms=1) as server:
        server.tell("slow_logins", LOGIN)
        async with Gandi(
            "AA1234-GANDI", "mypassword", url=server.url, rate_limit=scenario.rate_limit
        ) as gandi:
            started = time.monotonic()
            await gandi.vm_info(VM_ID)
            login = time.monotonic() - started
            started = time.monotonic()
            await gandi.vm_info(VM_ID)
            single = time.monotonic() - started
            await _burst(gandi, scenario.tasks)  # opens the connections
            calm: list[list[float]] = []
            lossy: list[list[float]] = []
            refused = 0
            for _ in range(scenario.losses):
                calm.append(await _burst(gandi, scenario.tasks))
                before = _refused(server)
                lossy.append(await _burst_with_loss(gandi, server, scenario))
                refused += _refused(server) - before
            logins = server.tell("calls")["login"]
    usual = [median(ranked) for ranked in zip(*calm, strict=True)]
    with_loss = [median(ranked) for ranked in zip(*lossy, strict=True)]
    delay = max(late - due for late, due in zip(with_loss, usual, strict=True))
    if scenario.rate_limit is None:
        exchange = usual[-1]  # among a thousand, it takes what the slowest of a burst takes
    else:
        exchange = single + 4 * scenario.rate_limit.per / scenario.rate_limit.calls
    return Result(logins, refused / scenario.losses, login, exchange, delay)


def _refused(server: Server) -> int:
    calls: int = server.tell("calls")["vm_info"]
    return calls - int(server.tell("executed")["vm_info"])


async def _burst_with_loss(gandi: Gandi, server: Server, scenario: Scenario) -> list[float]:
    if not scenario.answered:
        server.tell("expire")
        return await _burst(gandi, scenario.tasks)
    at = int(scenario.tasks * scenario.answered)

    def lose(answered: int) -> None:
        if answered == at:
            server.tell("expire")

    return await _burst(gandi, scenario.tasks, lose)


async def _burst(
    gandi: Gandi, tasks: int, answered: Callable[[int], None] | None = None
) -> list[float]:
    """One call from each task at once: seconds until each has its answer, the first one first."""
    times: list[float] = []
    began = time.monotonic()

    async def call() -> None:
        await gandi.vm_info(VM_ID)
        times.append(time.monotonic() - began)
        if answered is not None:
            answered(len(times))

    async with asyncio.TaskGroup() as group:
        for _ in range(tasks):
            group.create_task(call())
    return times


def _growth(*, quick: bool) -> Curve:
    ours: list[tuple[float, float]] = []
    allowed: list[tuple[float, float]] = []
    for tasks in (10, 100) if quick else (10, 100, 1_000, 10_000):
        result = asyncio.run(_play(Scenario("", tasks, 2)))
        ours.append((tasks, result.delay))
        allowed.append((tasks, result.login + result.exchange))
    lines = {"aiogandi": ours, "limit: a login and an exchange": allowed}
    return Curve("a lost session", "tasks", "longest delay, seconds", lines)
