"""What a journal costs: the time of a bulk run, the loop, the processor, and a file that has grown old.

A client with a journal and one without take turns on one sandbox. Beside them stands what SQLite itself
takes for the same rows in the same groups: one thread, nothing but statements and commits.

The bulk run's time is sped up, and the disk's is not: what that takes counts as many times more. One call at
a time pays two commits of its own, each synced, which is most of what it costs; only the others share them.
Old files are read as they lie in the machine's cache. The processor's time is that of all threads of the
client's process; the sandbox has its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from aiogandi import Gandi, Journal, Polling, RateLimit, bulk
from benchmarks.bare import bare_commits, old_file, opened
from benchmarks.bulk import HURRIED, OPERATION, RATE, SPEED
from benchmarks.measure import LoopWatch, Samples, alternate
from benchmarks.report import Figure, Report, Table
from benchmarks.servers import LOGIN, PASSWORD, Server, sandbox

WITHOUT: Final = "without a journal"
WITH: Final = "with a journal"
BARE: Final = "SQLite's bare group commit, same rows"

TASKS: Final = 32
AT_ONCE: Final = 1_000
PAST: Final = 1_000_000

MORE_TIME: Final = 1.05
MORE_PROCESSOR: Final = 1.30
LONGER_BLOCK: Final = 1.0
OPENING: Final = 0.2
MEMORY: Final = 4.0

SAMPLE_SPEED: Final = 100.0
"""Of the sandbox where nobody waits for its operations."""


def run(*, quick: bool, growth: bool) -> Report:
    """Measure each of them, in turns."""
    del growth
    report = Report("journal", "Changing calls with a journal and without.")
    _bulk(report, quick=quick)
    with _clients() as (runner, clients):
        _processor(report, runner, clients, quick=quick)
        _loop(report, runner, clients, quick=quick)
    _old(report, quick=quick)
    return report


# -- a bulk run under the service's rate -------------------------------------------------------


def _bulk(report: Report, *, quick: bool) -> None:
    vms, rounds, speed = (30, 1, HURRIED) if quick else (200, 3, SPEED)
    samples = alternate(
        {
            WITHOUT: lambda: asyncio.run(_provision(vms, speed, journal=False)),
            WITH: lambda: asyncio.run(_provision(vms, speed, journal=True)),
        },
        rounds,
    )
    limit = 2 * vms / RATE + OPERATION
    report.tables.append(
        Table(
            f"bulk() creates {vms} VMs at {RATE:g} requests a second, service seconds",
            ["client", "seconds", "of the limit"],
            [
                [name, samples.median(name), samples.median(name) / limit]
                for name in (WITHOUT, WITH)
            ],
        )
    )
    report.figures.append(
        Figure("a bulk run, with of without", samples.ratio(WITH, WITHOUT), "≤", MORE_TIME)
    )


async def _provision(vms: int, speed: float, *, journal: bool) -> float:
    """Service seconds for a run of so many VMs, durable where there is a *journal*."""
    async with AsyncExitStack() as stack:
        server = stack.enter_context(sandbox(speed=speed, durations="usual"))
        books = None
        if journal:
            folder = stack.enter_context(TemporaryDirectory())
            books = await stack.enter_async_context(Journal(Path(folder) / "runs.db"))
        gandi = await stack.enter_async_context(
            Gandi(
                LOGIN,
                PASSWORD,
                url=server.url,
                rate_limit=RateLimit(int(RATE * speed), per=1.0),
                polling=Polling(interval=1 / speed, max_interval=10 / speed),
                journal=books,
            )
        )
        names = [f"web-{number:05d}" for number in range(vms)]
        durable = None if books is None else books.run("benchmark")
        started = time.monotonic()
        async for outcome in bulk(
            lambda name: gandi.vm_create(name, "password", 111, 1, 1),
            names,
            limit=vms,
            run=durable,
        ):
            if outcome.error is not None:
                raise outcome.error
        return (time.monotonic() - started) * speed


# -- calls without a rate ----------------------------------------------------------------------


Call = Callable[[], Awaitable[object]]


@contextmanager
def _clients() -> Iterator[tuple[asyncio.Runner, dict[str, Call]]]:
    """A changing call of a client without a journal, and of one with, each made once already."""
    with (
        sandbox(speed=SAMPLE_SPEED, durations="usual") as server,
        TemporaryDirectory() as folder,
        asyncio.Runner() as runner,
    ):
        stack = AsyncExitStack()
        clients = runner.run(_open(stack, server, Path(folder) / "calls.db"))
        try:
            yield runner, clients
        finally:
            runner.run(stack.aclose())


async def _open(stack: AsyncExitStack, server: Server, path: Path) -> dict[str, Call]:
    def call_of(gandi: Gandi) -> Call:
        return lambda: gandi.vm_create("web", "password", 111, 1, 1)

    calls: dict[str, Call] = {}
    for name in (WITHOUT, WITH):
        journal = await stack.enter_async_context(Journal(path)) if name == WITH else None
        gandi = Gandi(LOGIN, PASSWORD, url=server.url, rate_limit=None, journal=journal)
        calls[name] = call_of(await stack.enter_async_context(gandi))
        await calls[name]()
    return calls


def _processor(
    report: Report, runner: asyncio.Runner, calls: dict[str, Call], *, quick: bool
) -> None:
    most, rounds = (64, 2) if quick else (640, 9)
    by_tasks: dict[int, Samples] = {}
    for tasks in (TASKS, 1):
        number = most if tasks > 1 else most // 4  # they take their time
        contestants = {
            name: _processor_time(runner, call, tasks, number) for name, call in calls.items()
        }
        contestants[BARE] = _bare(tasks, number)
        by_tasks[tasks] = alternate(contestants, rounds)
    rows = [
        [name, *(by_tasks[tasks].median(name) * 1e6 for tasks in (TASKS, 1))]
        for name in (WITHOUT, WITH, BARE)
    ]
    rows.append(
        ["with of without", *(by_tasks[tasks].ratio(WITH, WITHOUT) for tasks in (TASKS, 1))]
    )
    report.tables.append(
        Table(
            "Processor time of one vm_create without a rate limit, all threads, µs",
            ["client", f"{TASKS} at a time", "one at a time"],
            rows,
        )
    )
    report.figures.append(
        Figure(
            f"processor time, {TASKS} at a time, with of without",
            *(by_tasks[TASKS].ratio(WITH, WITHOUT), "≤", MORE_PROCESSOR),
        )
    )


def _bare(group: int, number: int) -> Callable[[], float]:
    return lambda: bare_commits(number, group)


def _processor_time(
    runner: asyncio.Runner, call: Call, tasks: int, number: int
) -> Callable[[], float]:
    """A round of so many calls, as processor seconds for each, of all threads."""

    async def work() -> float:
        places = iter(range(number))

        async def take_turns() -> None:
            for _ in places:
                await call()

        started = time.process_time()
        async with asyncio.TaskGroup() as group:
            for _ in range(tasks):
                group.create_task(take_turns())
        return (time.process_time() - started) / number

    return lambda: runner.run(work())


def _loop(report: Report, runner: asyncio.Runner, calls: dict[str, Call], *, quick: bool) -> None:
    number, rounds = (100, 2) if quick else (AT_ONCE, 5)
    samples = alternate(
        {name: _longest_block(runner, call, number) for name, call in calls.items()}, rounds
    )
    report.tables.append(
        Table(
            f"Longest block of the loop, {number:,} calls at once, ms",
            ["client", "median", "longest"],
            [
                [name, samples.median(name) * 1e3, max(samples.rounds[name]) * 1e3]
                for name in (WITHOUT, WITH)
            ],
        )
    )
    longer = (samples.median(WITH) - samples.median(WITHOUT)) * 1e3
    report.figures.append(
        Figure("the loop is blocked longer with a journal by", longer, "≤", LONGER_BLOCK, "ms")
    )


def _longest_block(runner: asyncio.Runner, call: Call, number: int) -> Callable[[], float]:
    async def work() -> float:
        async with LoopWatch() as watch, asyncio.TaskGroup() as group:
            for _ in range(number):
                group.create_task(_once(call))
        return watch.longest

    return lambda: runner.run(work())


async def _once(call: Call) -> None:
    await call()


# -- a file that has grown old -----------------------------------------------------------------


def _old(report: Report, *, quick: bool) -> None:
    sizes = (0, 10_000) if quick else (0, 10_000, PAST)
    with TemporaryDirectory() as folder:
        seen = {size: opened(old_file(Path(folder) / f"{size}.db", size)) for size in sizes}
    report.tables.append(
        Table(
            "Opening a journal, and entering it with a first client",
            [
                "past calls",
                "opening, ms",
                "entering, ms",
                "one key found, ms",
                "memory, MiB",
            ],
            [
                [
                    f"{size:,}",
                    one.opening * 1e3,
                    one.entering * 1e3,
                    one.finding * 1e3,
                    one.memory,
                ]
                for size, one in seen.items()
            ],
        )
    )
    last, first = seen[sizes[-1]], seen[0]
    report.figures += [
        Figure(
            f"opening with {sizes[-1]:,} past calls",
            last.opening + last.entering,
            "≤",
            OPENING,
            "s",
        ),
        Figure(
            "memory beyond that of an empty one", last.memory - first.memory, "≤", MEMORY, "MiB"
        ),
    ]
