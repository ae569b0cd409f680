"""A bulk run whose process is killed again and again: for the crash test and for who runs it by hand.

By hand, twenty seeds of ten kills each, with a table of where they hit::

    python -m tests.journals.crashes 1-20
"""

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from aiogandi.journals.journal import Journal
from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.trouble import Delay, DropReply
from tests.journals.places import CHANGING, PLACES, places
from tests.journals.provision import names
from tests.processes import unmeasured
from tests.simulation.__main__ import seeds_of
from tests.waiting import until

PROGRAM = Path(__file__).with_name("provision.py")
REPOSITORY = PROGRAM.parents[2]

ITEMS = 60
LIMIT = 30
KILLS = 10

MOST = 12
"""Requests for an item, about: between two kills there are as many as would let the run be through in time."""

DURATIONS = {"vm_create": 0.1, "disk_create": 0.05, "disk_attach": 0.02}
"""Not a quick clock: the service's dates have whole seconds, and many operations begin within one."""


@dataclass
class Crashes:
    """What became of a run: *hit* counts the items at each place, for all kills together; *struck* counts
    the kills that found one there at least.
    """

    sandbox: Sandbox
    path: Path
    items: int
    kills: int = 0
    hit: Counter = field(default_factory=Counter)
    struck: Counter = field(default_factory=Counter)
    done: dict = field(default_factory=dict)
    printed: list = field(default_factory=list)

    @property
    def complaints(self):
        """What is not as it was meant: each thing once, and nothing else."""
        meant = [names(number) for number in range(self.items)]
        servers = {vm["id"]: vm["hostname"] for vm in self.sandbox.vms}
        pairs = [(servers.get(disk["vm_id"]), disk["name"]) for disk in self.sandbox.disks]
        told = {int(key): servers.get(vm_id) for key, vm_id in self.done.items()}
        for what, seen, wanted in (
            ("servers", Counter(servers.values()), Counter(server for server, _ in meant)),
            ("disks of servers", Counter(pairs), Counter(meant)),
            ("results", told, {number: server for number, (server, _) in enumerate(meant)}),
            ("servers of results", len(set(self.done.values())), self.items),
            ("operations", len(self.sandbox.operations), 3 * self.items),
            ("printed", self.printed, ["through 0"]),
        ):
            if seen != wanted:
                yield f"{what}: {seen} instead of {wanted}"


class Victim:
    """A process that runs the program, until it is killed."""

    def __init__(self, sandbox, path, process):
        self.process = process
        self._sandbox = sandbox
        self._path = path

    @classmethod
    async def started(cls, sandbox, path, items, *more):
        """Start the program. *more* are its further arguments."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, PROGRAM, sandbox.url, path, str(items), *map(str, more)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=REPOSITORY,
            env=unmeasured() | {"PYTHONPATH": str(REPOSITORY)},
        )
        return cls(sandbox, path, process)

    def strike(self):
        """Kill it. Nothing is executed between that and the look into the books, because this loop serves."""
        self.process.kill()
        self.look()

    def look(self):
        """Note what was executed by now."""
        self._executed, self._operations = Counter(self._sandbox.executed), self._sandbox.operations

    async def places(self):
        """Where it was with its items, when it is dead."""
        await self.process.communicate()
        await asyncio.sleep(0.02)  # what had left is here by now
        calls, executed = self._sandbox.calls, self._executed
        left = {method: calls[method] - executed[method] for method in CHANGING}
        return places(self._path, self._operations, left)


async def through(sandbox, path, items, *more):
    """Let it run to its end, and return what it has printed."""
    process = (await Victim.started(sandbox, path, items, *more)).process
    printed, failure = await process.communicate()
    assert process.returncode == 0, failure.decode()
    return printed.decode().splitlines()


async def results(sandbox, path):
    """The result of each item of the run, from the journal."""
    async with Journal(path) as journal, sandbox.client(journal=journal):
        outcomes = journal.run("release").outcomes()
        return {outcome.key: outcome.result async for outcome in outcomes}


async def crash(seed, kills, folder, items=ITEMS):
    """Kill the run at so many random moments, run it until it is through, and return what became of it."""
    lots = random.Random(seed)
    path = Path(folder, f"{seed}.db")

    def trouble(method):
        if method not in CHANGING:
            return None
        if lots.random() < 0.2:
            return DropReply()
        return Delay(lots.uniform(0, 0.05)) if lots.random() < 0.4 else None

    async with Sandbox(durations=DURATIONS) as sandbox:
        sandbox.interfere = trouble
        crashes = Crashes(sandbox, path, items)
        while crashes.kills < kills:
            victim = await Victim.started(sandbox, path, items, LIMIT)
            # So many requests on, so that a busy machine only takes longer; and a moment later.
            ends = sandbox.calls.total() + lots.randint(1, MOST * items // kills)
            await until(lambda ends=ends: sandbox.calls.total() >= ends)
            await asyncio.sleep(lots.uniform(0, 0.1))
            victim.strike()
            found = await victim.places()
            crashes.kills += 1
            crashes.hit.update(found)
            crashes.struck.update(found.keys())
        crashes.printed = await through(sandbox, path, items, LIMIT)
        crashes.done = await results(sandbox, path)
    return crashes


def main(words):
    """Play the seeds, and print where the kills hit; the exit code says whether all is well."""
    began = time.monotonic()
    hit, struck, kills, failed = Counter(), Counter(), 0, []
    for seed in seeds_of(words):
        with tempfile.TemporaryDirectory() as folder:
            crashes = asyncio.run(crash(seed, KILLS, folder))
        complaints = list(crashes.complaints)
        print(f"seed {seed}:", *(complaints or ["as it was meant"]), flush=True)  # noqa: T201
        failed += [seed] if complaints else []
        kills += crashes.kills
        hit.update(crashes.hit)
        struck.update(crashes.struck)
    print(f"{'where it was':<30} {'items':>8} {'kills':>8}")  # noqa: T201
    for place in PLACES:
        print(f"{place:<30} {hit[place]:>8} {struck[place]:>8}")  # noqa: T201
    print(f"{kills} kills, {time.monotonic() - began:.0f} seconds")  # noqa: T201
    print(f"seeds with complaints: {' '.join(map(str, failed)) or 'none'}")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
