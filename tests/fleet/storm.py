"""Lives of servers as the items of a fleet, whose workers are killed and started again, for the storm in the suite and
for who plays it by hand.

By hand, ten seeds of full size, with a line for each; and what becomes of a worker that is stopped for a while, and of items
that end the process they run in::

    python -m tests.fleet.storm 1-10
    python -m tests.fleet.storm stopped
    python -m tests.fleet.storm poison
"""

import asyncio
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from aiogandi.cancellation import cancel
from aiogandi.fleet.books.books import Books
from aiogandi.fleet.fleet import Fleet
from aiogandi.sandbox import Sandbox
from tests.fleet import life
from tests.hub.lives import DURATIONS, PLACES, STEPS, Storm, Victim, trouble_of
from tests.hub.stores import StoreServer
from tests.simulation.__main__ import seeds_of
from tests.waiting import until

COMMAND = ("aiogandi", "worker", "tests.fleet.life:fleet", "--verbose", "--limit")

LIVES = 300
WORKERS = 4
LIMIT = 10
PAUSE = 20, 60
"""Operations that begin between two kills, from and to."""

AWAY = 0.5
"""Seconds for which the store is away when it is started again."""

STOPPED = 30.0
"""Seconds for which a worker is stopped."""

DEATHS = 3
"""Workers that an item may end before it runs alone, at most."""

WITHIN = 900.0
"""Seconds within which all must have happened."""

POISON = (life.DIES_AT_ONCE, life.DIES_LATER)

OTHERS = {
    "stopped": {"kills": 0, "restarts": False, "stopped": STOPPED, "lives": 600},
    "poison": {"kills": 0, "restarts": False, "poison": POISON, "lives": 100},
}
"""What is played by name."""

DRAINS = 30.0
"""Seconds within which a worker that has nothing to do has ended when it is told to."""


@dataclass
class FleetStorm(Storm):
    """What became of the items. *ended*: how many ends of items stand in the fleet's books; *codes*: with which codes
    the workers ended; *log*: what they logged; *processor*: seconds of processor time that they and the store took.
    """

    poison: tuple = ()
    is_over: bool = False
    ended: int = 0
    restarts: int = 0
    codes: Counter = field(default_factory=Counter)
    log: str = ""
    processor: float = 0.0

    @property
    def operations(self):
        left_over = [disk["id"] for disk in self._left_over]
        return [
            each
            for each in self.sandbox.operations
            if each["type"] != "disk_create" or each["params"].get("disk_id") not in left_over
        ]

    @property
    def disks(self):
        return [disk for disk in self.sandbox.disks if disk not in self._left_over]

    @property
    def _left_over(self):
        return [disk for disk in self.sandbox.disks if disk["name"] == life.LEFT_OVER]

    @property
    def done(self):
        return {str(outcome.item): outcome.result for outcome in self.outcomes if outcome.item >= 0}

    def of_the_outcomes(self):
        deaths = -signal.SIGKILL
        return (
            ("outcomes", Counter(each.item for each in self.outcomes), Counter(self.items)),
            ("ends in the fleet's books", self.ended, len(self.items)),
            ("failed", {each.item for each in self.outcomes if not each.ok}, set(self.poison)),
            ("disks of who dies later", len(self._left_over), self.poison.count(life.DIES_LATER)),
            ("further deaths", self.codes[deaths] - self.kills > DEATHS * len(self.poison), False),
            # One that begins while the store is away ends with 1.
            ("codes", set(self.codes) - {deaths, 0, 1 if self.restarts else 0}, set()),
            ("errors", [each for each in self.told if "ERROR" in each or "Traceback" in each], []),
        )

    @property
    def told(self):
        """What workers warn of, and not what items print."""
        lines = self.log.splitlines()
        return [line for line in lines if not line.startswith("[") and " INFO " not in line]

    @property
    def items(self):
        """All of them."""
        return [*self.poison, *range(self.lives)]


class Hand(Victim):
    """A worker of the fleet."""

    @property
    def is_through(self):
        return self._storm.is_over or super().is_through

    def _hear(self, line):
        if line.startswith(b"["):  # else the command itself says something
            super()._hear(line)


class Crew:
    """So many workers: each is started again when it ends, until the storm is over."""

    def __init__(self, storm, store, limit, log):
        self._storm = storm
        self._limit = limit
        self._log = log
        self._env = {"STORM_STORE": store.url, "STORM_SANDBOX": storm.sandbox.url}
        self.hands = {}

    async def keep(self, place):
        """See to it that there is one at this place."""
        while not self._storm.is_over:
            hand = self.hands[place] = await Hand.running(
                *(self._storm, "-m", *COMMAND, self._limit),
                env=self._env,
                stderr=self._log,
            )
            await hand.end()
            self._storm.codes[hand.process.returncode] += 1

    def at_work(self):
        """The places of those that live lives."""
        return [place for place, each in self.hands.items() if each.is_at_work]

    async def strike(self, lots, kills, pause):
        """Kill one after the other, so often, or until the storm is over."""
        while not self._storm.is_over and (kills is None or self._storm.kills < kills):
            await until(lambda: self._storm.is_over or self.at_work())
            if not (places := self.at_work()):
                break
            hand = self.hands[lots.choice(places)]
            if await hand.goes_on(lots.randint(*pause)):
                await asyncio.sleep(lots.uniform(0, 0.1))
                await hand.kill()

    async def stop(self, seconds):
        """Stop one of them for so many *seconds*, when a third of all is done."""
        ends = self._storm.lives * len(STEPS) / 3
        await until(lambda: self._storm.begun >= ends and self.at_work(), within=WITHIN)
        process = self.hands[self.at_work()[0]].process
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        process.send_signal(signal.SIGCONT)

    def tell(self, number):
        """Send a signal to all."""
        for hand in self.hands.values():
            if hand.process.returncode is None:
                hand.process.send_signal(number)


async def restart(storm, store, lots):
    """Kill the store somewhere in the middle, and start it again with its data."""
    ends = lots.uniform(0.3, 0.7) * storm.lives * len(STEPS)
    await until(lambda: storm.begun >= ends, within=WITHIN)
    store.kill()
    await asyncio.sleep(AWAY)
    await asyncio.to_thread(store.start)
    storm.restarts += 1


async def storm(
    seed,
    lives=LIVES,
    workers=WORKERS,
    kills=None,
    pause=PAUSE,
    limit=LIMIT,
    restarts=True,
    stopped=0.0,
    poison=(),
):
    """Let so many workers live the lives, and kill one after the other until all have their outcomes, or so many
    *kills*; return what became of it. With *restarts* the store is started again in the middle, and with
    *stopped* a worker is stopped for so many seconds. *poison* are further items.
    """
    lots = random.Random(seed)
    began, processor = time.monotonic(), _processor()
    store = StoreServer(appendonly="yes").start()
    try:
        async with Sandbox(durations=DURATIONS) as sandbox:
            sandbox.interfere = trouble_of(lots)
            result = FleetStorm(sandbox, lives, poison=poison)
            with tempfile.TemporaryFile() as log:
                crew = Crew(result, store, limit, log)
                troubles = [crew.strike(lots, kills, pause)]
                troubles += [restart(result, store, lots)] if restarts else []
                troubles += [crew.stop(stopped)] if stopped else []
                await _play(result, store, crew, workers, troubles)
                log.seek(0)
                result.log = log.read().decode()
            result.seconds = time.monotonic() - began
    finally:
        store.close()
    result.processor = _processor() - processor
    return result


def _processor():
    """The seconds of processor time of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def _play(result, store, crew, workers, troubles):
    fleet = Fleet(life.hub_at(store.url))
    fleet.action(life.provision)
    await fleet.submit(life.provision, result.items, run="lives")
    keeping = [asyncio.create_task(crew.keep(place)) for place in range(workers)]
    striking, *others = troubling = [asyncio.create_task(trouble) for trouble in troubles]

    async def watch():
        async for outcome in fleet.run("lives"):
            result.outcomes.append(outcome)
        await asyncio.gather(*others)

    try:
        with suppress(TimeoutError):  # what has not happened by then is told
            await asyncio.wait_for(watch(), WITHIN)
        result.is_over = True
        await striking
        crew.tell(signal.SIGTERM)
        await asyncio.wait(keeping, timeout=DRAINS)
    finally:
        result.is_over = True
        await cancel(troubling)
        crew.tell(signal.SIGKILL)
        await asyncio.gather(*keeping)
    result.ended = await _ended(fleet)


async def _ended(fleet):
    """How many ends of items stand in the fleet's books."""
    books, number = Books(fleet.hub.store), 0
    async with books.at_hand():
        while looked_at := (await books.outcomes("lives", number)).looked_at:
            number += looked_at
    return number


def main(words):
    """Play what is named, and print a line for each; the exit code says whether all is well."""
    plays = [(word, OTHERS[word]) for word in words if word in OTHERS]
    plays += [(seed, {}) for seed in seeds_of(word for word in words if word not in OTHERS)]
    places = list(dict.fromkeys(PLACES.values()))
    columns = (
        *("seed", "kills", *places, "store restarts", "requests", "surplus", "outcomes", "failed"),
        *("seconds", "of processors", "books"),
    )
    print(f"| {' | '.join(columns)} |")  # noqa: T201
    print(f"| {' | '.join('--:' for _ in columns)} |", flush=True)  # noqa: T201
    harmed = []
    for name, settings in plays:
        result = asyncio.run(storm(name, **settings))
        complaints = list(result.complaints)
        harmed += [name] if complaints else []
        bad = [each for each in result.outcomes if not each.ok]
        cells = [name, result.kills, *(result.hit[place] for place in places), result.restarts]
        cells += [result.sandbox.calls.total(), result.surplus, len(result.outcomes), len(bad)]
        cells += [f"{result.seconds:.0f}", f"{result.processor:.0f}"]
        cells += ["HARMED" if complaints else "exact"]
        print(f"| {' | '.join(map(str, cells))} |", flush=True)  # noqa: T201
        for complaint in complaints:
            print(complaint, flush=True)  # noqa: T201
        for each in bad:
            print(f"failed: {each.item}: {each.error}", flush=True)  # noqa: T201
        if settings or complaints:
            print(*result.told, sep="\n", flush=True)  # noqa: T201
        if complaints:
            kept = Path(tempfile.gettempdir(), f"fleet-storm-{name}.log")
            kept.write_text(result.log)
            print(f"all that was logged: {kept}", flush=True)  # noqa: T201
    print(f"with complaints: {' '.join(map(str, harmed)) or 'none'}")  # noqa: T201
    return 1 if harmed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["1-10"]))
