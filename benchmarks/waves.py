"""Waves of operations on a sped-up sandbox: who waits for them, and what that took."""

from __future__ import annotations

import asyncio
import gc
import math
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aiogandi import Gandi, Operation, Polling
from benchmarks.measure import LoopWatch
from benchmarks.servers import Server

CHUNK: Final = 25
"""Operations that are begun at one moment: beginning them must not block the loop."""

BEGUN_A_SECOND: Final = 250
"""Operations that are begun in a service second. All are under way before the first one ends; and
``operation_list``, which holds 300, can be continued by dates, which have whole seconds."""

KIND: Final = "vm_reboot"


@dataclass(frozen=True, slots=True)
class Wave:
    """What waiting for some operations came to.

    *took* and *late* are service seconds by operation: how long it ran, how much later than its end
    it was noticed. *block* is the longest block of the event loop, and *collector* the longest
    pause for Python's garbage collector, in real seconds.
    """

    requests: int
    took: Sequence[float]
    late: Sequence[float]
    block: float = 0.0
    collector: float = 0.0

    @property
    def requests_each(self) -> float:
        """Requests for each operation."""
        return self.requests / len(self.late)

    @classmethod
    def joined(cls, waves: Sequence[Wave]) -> Wave:
        """The operations of several waves as one."""
        return cls(
            sum(wave.requests for wave in waves),
            [took for wave in waves for took in wave.took],
            [late for wave in waves for late in wave.late],
            max(wave.block for wave in waves),
            max(wave.collector for wave in waves),
        )


def client(server: Server, speed: float) -> Gandi:
    """A client whose polling is sped up as the service's time is."""
    return Gandi(
        "AA1234-GANDI",
        "mypassword",
        url=server.url,
        rate_limit=None,
        polling=Polling(interval=1 / speed, max_interval=10 / speed),
    )


async def wave(server: Server, gandi: Gandi, size: int, speed: float) -> Wave:
    """Wait for so many operations with the client's tracker."""
    return await _wave(server, gandi, size, speed, Operation.wait)


async def plain_wave(server: Server, gandi: Gandi, size: int, speed: float) -> Wave:
    """Wait for each with a request of its own, every service second."""

    async def wait(operation: Operation) -> None:
        state = None
        while state != "DONE":
            await asyncio.sleep(1 / speed)
            state = (await gandi.operation_details(operation.id or 0)).state

    return await _wave(server, gandi, size, speed, wait)


async def _wave(
    server: Server,
    gandi: Gandi,
    size: int,
    speed: float,
    wait: Callable[[Operation], Awaitable[object]],
) -> Wave:
    noticed: dict[int, float] = {}
    begun: dict[int, float] = {}

    async def follow(operation: Operation) -> None:
        await wait(operation)
        noticed[operation.id or 0] = time.monotonic()

    await gandi.account_currency()  # the login is nobody's request
    before = gandi.stats.requests
    async with LoopWatch() as watch, asyncio.TaskGroup() as group:
        async for operation in _begun(server, gandi, size, speed):
            begun[operation.id or 0] = time.monotonic()
            group.create_task(follow(operation))
    requests = gandi.stats.requests - before
    ends = server.tell("ends")
    return Wave(
        requests,
        [(ends[id_] - began) * speed for id_, began in begun.items()],
        [(at - ends[id_]) * speed for id_, at in noticed.items()],
        watch.longest,
        watch.collector,
    )


async def _begun(server: Server, gandi: Gandi, size: int, speed: float) -> AsyncIterator[Operation]:
    """Operations as the client gives them to who begins them, but begun past the wire: ten thousand
    calls would take longer than the first of the operations.
    """
    tracker = gandi._tracker  # noqa: SLF001
    loop = asyncio.get_running_loop()
    began = loop.time()
    for offset in range(0, size, CHUNK):
        await asyncio.sleep(began + offset / BEGUN_A_SECOND / speed - loop.time())
        pairs: Iterable[tuple[int, int]] = server.tell("begin", min(CHUNK, size - offset), offset)
        started = loop.time()
        for id_, vm_id in pairs:
            yield Operation(tracker, id=id_, type=KIND, vm_id=vm_id, started=started)


async def memory_each(server: Server, gandi: Gandi, size: int) -> float:
    """Bytes for each of so many operations while they are waited for, all told: the `Operation`,
    the task that waits for it, and what the tracker keeps.
    """
    await gandi.account_currency()
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    tasks = [
        asyncio.create_task(operation.wait())
        async for operation in _begun(server, gandi, size, math.inf)
    ]
    await asyncio.sleep(0.1)  # all have begun to wait
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return (after - before) / size
