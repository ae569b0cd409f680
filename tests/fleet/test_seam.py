"""The seam to another engine: one that only delivers, each item at least once, to processes that die. What makes
an item happen once is that its action runs inside of ``gandi.once(key)``, with the hub's journal.
"""

import asyncio
import json
import random
import signal
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aiogandi import RunOutcome
from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.trouble import DropReply
from tests.hub.life import STEPS
from tests.hub.lives import DURATIONS, LOST, Storm
from tests.hub.stores import StoreServer
from tests.processes import programs
from tests.waiting import until

WORKER = Path(__file__).with_name("seam_worker.py")

ITEMS = 12
TWINS = 4
"""Items that are delivered to two living processes at once."""

AGAIN = 3
"""Items that are delivered once more when they are done."""

WORKERS = 3
KILLS = 3
PAUSE = 6, 14
"""Operations that begin between two kills, from and to."""

LIMIT = 5
"""Items that a process has under way at once."""


class Worker:
    """A process, and the items that it has and has not acknowledged."""

    def __init__(self, process):
        self.process = process
        self.is_ready = False
        self.items = set()

    def takes(self, item):
        """Whether it has room for it."""
        return self.is_ready and item not in self.items and len(self.items) < LIMIT

    def take(self, item):
        """Give it an item."""
        self.items.add(item)
        self.process.stdin.write(f"{item}\n".encode())


class Engine:
    """Delivers items to workers. What a worker had when it died goes to others; nothing else is kept of it."""

    def __init__(self, start, lots):
        self.results = {str(number): [] for number in range(ITEMS)}
        self.delivered = Counter()
        self.through = []
        self._start = start
        self._lots = lots
        self._workers = []
        self._again = set(lots.sample(list(self.results), AGAIN))
        self._queue = []

    @property
    def is_at_work(self):
        """Whether a worker has items."""
        return any(worker.items for worker in self._workers)

    @property
    def is_through(self):
        """Whether all that was delivered is acknowledged."""
        return not self._queue and not self.is_at_work

    @property
    def is_ready(self):
        """Whether all workers are."""
        return all(worker.is_ready for worker in self._workers)

    def begin(self):
        """Deliver all items, some of them twice."""
        self._queue += [*self._lots.sample(list(self.results), TWINS), *self.results]
        self._deliver()

    async def employ(self, group):
        """Start one more worker."""
        worker = Worker(await self._start())
        self._workers.append(worker)
        group.create_task(self._hear(worker))

    async def kill(self, group):
        """Kill a worker that has items, and start one in its place."""
        victim = self._lots.choice([worker for worker in self._workers if worker.items])
        victim.process.kill()
        await self.employ(group)

    def dismiss(self):
        """Let the workers end."""
        for worker in self._workers:
            worker.process.stdin.close()

    async def _hear(self, worker):
        """Note what it acknowledges; when it is no more, take back what it has not."""
        async for line in worker.process.stdout:
            match json.loads(line):
                case ["ready"]:
                    worker.is_ready = True
                case ["done", item, result]:
                    worker.items.remove(item)
                    self.results[item].append(result)
                    if item in self._again:
                        self._again.remove(item)
                        self._queue.append(item)
            self._deliver()
        self._workers.remove(worker)
        failure = await worker.process.stderr.read()
        code = await worker.process.wait()
        assert code in (0, -signal.SIGKILL), failure.decode()
        self.through += [code] if code == 0 else []
        self.delivered["after a kill"] += len(worker.items)
        self._queue.extend(worker.items)
        self._deliver()

    def _deliver(self):
        for item in list(self._queue):
            takers = [worker for worker in self._workers if worker.takes(item)]
            if takers:
                self._queue.remove(item)
                self.delivered["to two at once"] += any(item in w.items for w in self._workers)
                self.delivered["when it was done"] += bool(self.results[item])
                min(takers, key=lambda worker: len(worker.items)).take(item)


async def delivered(seed):
    """Deliver the items while workers are killed; return what became of them, and how they were delivered."""
    lots = random.Random(seed)
    store = StoreServer(appendonly="yes", **{"maxmemory-policy": "noeviction"}).start()
    try:
        async with Sandbox(durations=DURATIONS) as sandbox, programs(WORKER) as start:
            sandbox.interfere = lambda method: (
                DropReply() if method in STEPS and lots.random() < LOST else None
            )
            result = Storm(sandbox, ITEMS)
            engine = Engine(lambda: start(sandbox.url, store.url), lots)
            async with asyncio.TaskGroup() as group:
                for _ in range(WORKERS):
                    await engine.employ(group)
                await until(lambda: engine.is_ready)
                engine.begin()
                while result.kills < KILLS:
                    ends = result.begun + lots.randint(*PAUSE)
                    await until(lambda ends=ends: result.begun >= ends)
                    await asyncio.sleep(lots.uniform(0, 0.1))
                    await until(lambda: engine.is_at_work)
                    await engine.kill(group)
                    result.kills += 1
                await until(lambda: engine.is_through)
                engine.dismiss()
            result.through = engine.through
            result.outcomes = [
                RunOutcome(item, "done", told, None, datetime.now(UTC))
                for item, results in engine.results.items()
                for told in {tuple(each) for each in results}
            ]
            return result, engine.delivered
    finally:
        store.close()


@pytest.mark.usefixtures("untraced")
async def test_what_an_engine_delivers_at_least_once_happens_once_under_its_key():
    result, how = await delivered(seed=1)

    assert list(result.complaints) == []
    assert how["to two at once"] >= TWINS
    assert how["when it was done"] >= AGAIN
    assert how["after a kill"] > 0
