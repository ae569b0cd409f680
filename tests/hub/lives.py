"""Lives of servers in processes that share a store and are killed again and again: for the storm in the suite
and for who plays it by hand.

By hand, twenty seeds of full size, with a line for each::

    python -m tests.hub.lives 1-20
"""

import asyncio
import json
import random
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.trouble import Delay, DropReply
from tests.hub.life import SETTINGS, STEPS, hub_at
from tests.hub.stores import StoreServer
from tests.processes import unmeasured
from tests.simulation.__main__ import seeds_of
from tests.waiting import until

PROGRAM = Path(__file__).with_name("life.py")
REPOSITORY = PROGRAM.parents[2]

LIVES = 300
WORKERS = 4
LIMIT = 10
PAUSE = 20, 60
"""Operations that begin between two kills, from and to: those of some seconds. A busy machine only takes longer."""

LOST = 0.2
"""The share of changing calls whose replies are lost."""

DURATIONS = {
    "vm_create": 0.1,
    "disk_create": 0.05,
    "disk_attach": 0.02,
    "vm_stop": 0.03,
    "vm_delete": 0.05,
    "disk_delete": 0.02,
}
"""Not a quick clock: the service's dates have whole seconds, and many operations begin within one."""

PLACES = {
    "CallBegan": "before the send",
    "ExchangeBegan": "between send and answer",
    "ExchangeEnded": "between answer and outcome",
    "ReplyLost": "in reconciliation",
    "LossResolved": "between answer and outcome",
    "CallEnded": "between calls",
    "OperationBegan": "in a wait",
    "OperationEnded": "between calls",
}
"""Where a life is after what has happened to it last."""


@dataclass
class Storm:
    """What became of the lives. *hit* counts them by where a kill found them."""

    sandbox: Sandbox
    lives: int
    kills: int = 0
    hit: Counter = field(default_factory=Counter)
    surplus: int = 0
    failed: list = field(default_factory=list)
    through: list = field(default_factory=list)
    outcomes: list = field(default_factory=list)
    seconds: float = 0.0

    @property
    def begun(self):
        """How many operations have begun."""
        return sum(self.sandbox.executed[step] for step in STEPS)

    @property
    def operations(self):
        """Those in the sandbox's books that lives should account for."""
        return self.sandbox.operations

    @property
    def disks(self):
        """The disks that lives have left over."""
        return self.sandbox.disks

    @property
    def done(self):
        """The ids of the server and the disk of each life that has an outcome, by what it is called; None for those that
        failed.
        """
        return {outcome.key: outcome.result for outcome in self.outcomes}

    @property
    def complaints(self):
        """What is not as it was meant: each thing once, and nothing left over."""
        for what, seen, wanted in (*self.of_the_books(), *self.of_the_outcomes()):
            if seen != wanted:
                yield f"{what}: {seen} instead of {wanted}"

    def of_the_books(self):
        """What stands in the sandbox's books, and should."""
        meant = Counter(
            happened
            for vm_id, disk_id in filter(None, self.done.values())
            for happened in [
                *(("vm_create", vm_id, None), ("disk_create", None, disk_id)),
                *(("disk_attach", vm_id, disk_id), ("vm_stop", vm_id, None)),
                *(("vm_delete", vm_id, None), ("disk_delete", None, disk_id)),
            ]
        )
        happened = Counter(
            (each["type"], each["params"].get("vm_id"), each["params"].get("disk_id"))
            for each in self.operations
        )
        types = Counter(each["type"] for each in self.operations)
        states = {each["state"] for each in self.operations}
        return (
            ("servers left over", self.sandbox.vms, []),
            ("disks left over", self.disks, []),
            ("operations", dict(types), dict.fromkeys(STEPS, self.lives)),
            ("states", states, {"DONE"}),
            ("happened, not meant", +(happened - meant), Counter()),
            ("meant, not happened", +(meant - happened), Counter()),
        )

    def of_the_outcomes(self):
        """What was said of the lives, and should be."""
        return (
            ("outcomes", len(self.outcomes), self.lives),
            ("lives", set(self.done), set(map(str, range(self.lives)))),
            ("not done", [each for each in self.outcomes if each.state != "done"], []),
            ("failed", self.failed, []),
            ("through", set(self.through), {0}),
        )


class Victim:
    """A process that lives lives, and where it is with each of them."""

    def __init__(self, process, storm):
        self.process = process
        self.has_begun = False
        self._storm = storm
        self._places = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def started(cls, storm, store, limit, number):
        """One that lives the lives of the hub's storm."""
        return await cls.running(
            storm, *(PROGRAM, storm.sandbox.url, store.url, storm.lives, limit, number)
        )

    @classmethod
    async def running(cls, storm, *words, env=None, stderr=None):
        """One that runs Python with these *words*."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *map(str, words)),
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            cwd=REPOSITORY,
            env=unmeasured() | {"PYTHONPATH": str(REPOSITORY)} | (env or {}),
        )
        return cls(process, storm)

    @property
    def is_at_work(self):
        """Whether it lives lives."""
        return self.has_begun and not self.is_through

    @property
    def is_through(self):
        """Whether it has ended by itself."""
        return self.process.returncode is not None

    async def _read(self):
        async for line in self.process.stdout:
            if not line.endswith(b"\n"):
                break  # it was killed in the middle of it
            self._hear(line)

    def _hear(self, line):
        self.has_begun = True
        match json.loads(line):
            case ["through", failed]:
                self._storm.through.append(failed)
            case ["Failed", *what]:
                self._storm.failed.append(what)
            case ["Lived", number]:
                self._places.pop(number, None)
            case ["SurplusFound", _]:
                self._storm.surplus += 1
            case [event, number] if event in PLACES:
                self._places[number] = PLACES[event]

    async def goes_on(self, number):
        """Wait until all have begun so many more operations, and tell whether it has not ended meanwhile."""
        ends = self._storm.begun + number
        await until(lambda: self._storm.begun >= ends or self.is_through, within=600)
        return not self.is_through

    async def kill(self):
        """Kill it, and note where."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.end()
        if self.process.returncode == -signal.SIGKILL:  # else it was through a moment before
            self._storm.kills += 1
            self._storm.hit.update(self._places.values())

    async def end(self):
        """Wait for its end."""
        await self.process.wait()
        await self._reading


def trouble_of(lots):
    """What happens to the calls of a life: replies are lost, and others are late."""

    def trouble(method):
        if method not in STEPS:
            return None
        if lots.random() < LOST:
            return DropReply()
        return Delay(lots.uniform(0, 0.05)) if lots.random() < 0.4 else None

    return trouble


async def storm(seed, lives=LIVES, workers=WORKERS, kills=None, pause=PAUSE, limit=LIMIT):
    """Let so many processes live the lives, and kill one after the other until they are through, or so many
    *kills*; return what became of it.
    """
    lots = random.Random(seed)
    began = time.monotonic()
    store = StoreServer(appendonly="yes").start()
    try:
        async with Sandbox(durations=DURATIONS) as sandbox:
            sandbox.interfere = trouble_of(lots)
            result = Storm(sandbox, lives)
            victims = [
                await Victim.started(result, store, limit, number) for number in range(workers)
            ]
            try:
                await _strike(result, victims, store, lots, kills, pause, limit)
            finally:
                for victim in victims:
                    if not victim.is_through:
                        victim.process.kill()
                    await victim.end()
            result.outcomes = await _outcomes(sandbox, store)
            result.seconds = time.monotonic() - began
            return result
    finally:
        store.close()


async def _strike(result, victims, store, lots, kills, pause, limit):
    """Kill them and begin them again; at the end let them be through."""
    while kills is None or result.kills < kills:
        await until(
            lambda: any(v.is_at_work for v in victims) or all(v.is_through for v in victims)
        )
        at_work = [number for number, each in enumerate(victims) if each.is_at_work]
        if not at_work:
            break
        number = lots.choice(at_work)
        if await victims[number].goes_on(lots.randint(*pause)):
            await asyncio.sleep(lots.uniform(0, 0.1))
            await victims[number].kill()
            victims[number] = await Victim.started(result, store, limit, number)
    for victim in victims:
        await victim.end()


async def _outcomes(sandbox, store):
    """What became of each life, from the journal."""
    hub = hub_at(store.url)
    async with (
        hub.journal() as journal,
        sandbox.client(hub=hub, journal=journal, **SETTINGS),
    ):
        return [outcome async for outcome in journal.run("lives").outcomes()]


def main(words):
    """Play the seeds, and print a line for each; the exit code says whether all is well."""
    places = list(dict.fromkeys(PLACES.values()))
    columns = ("seed", "kills", *places, "requests", "surplus", "seconds", "books")
    print(f"| {' | '.join(columns)} |")  # noqa: T201
    print(f"| {' | '.join('--:' for _ in columns)} |")  # noqa: T201
    failed = []
    for seed in seeds_of(words):
        result = asyncio.run(storm(seed))
        complaints = list(result.complaints)
        failed += [seed] if complaints else []
        cells = [seed, result.kills, *(result.hit[place] for place in places)]
        cells += [result.sandbox.calls.total(), result.surplus, f"{result.seconds:.0f}"]
        cells.append("HARMED" if complaints else "exact")
        print(f"| {' | '.join(map(str, cells))} |", flush=True)  # noqa: T201
        for complaint in complaints:
            print(complaint, flush=True)  # noqa: T201
    print(f"seeds with complaints: {' '.join(map(str, failed)) or 'none'}")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["1-20"]))
