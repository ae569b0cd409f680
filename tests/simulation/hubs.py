"""Plays a day on which several processes share one store, and hands its books to the judge."""

import asyncio
import itertools
from random import Random

from tests.simulation.crashes import LIFE_BOUND, Programs
from tests.simulation.desk import Desk
from tests.simulation.hub_judge import HubJudge, SharedJudge
from tests.simulation.hub_plans import JOURNAL, hub_plan_of
from tests.simulation.judge import BROKE, ENDLESS
from tests.simulation.mortal import MortalGandi
from tests.simulation.processes import Process, ProcessLoop, bury
from tests.simulation.runs import judged
from tests.simulation.shared import SharedDisk, SimulatedHub
from tests.simulation.store import MemoryStore
from tests.simulation.workers import Machines, Worker


def run(seed, client=MortalGandi, hub=SimulatedHub):
    """Play the day of *seed* with *client* and *hub*; everything follows from the seed."""
    plan = hub_plan_of(seed)
    shared = Shared(plan, hub)

    async def play(world, books):
        await shared.play(world, books, client)

    return judged(
        seed,
        plan.day,
        play,
        shared.judge,
        ProcessLoop,
    )


class Shared:
    """The store of one day, and who works with it."""

    def __init__(self, plan, hub):
        self.plan = plan
        self._hub = hub
        self.store = None
        self.desk = None
        self.cut_off = set()
        """Calls and waits of killed processes that had not ended, or of which they have told nobody."""
        self.heard = []

    async def play(self, world, books, client):
        """Play the day."""
        plan, loop = self.plan, world.loop
        self.store = MemoryStore(
            loop, lambda: world.wall() + plan.clock_off, Random(f"store {plan.day.seed}")
        )
        self.store.spells.extend(plan.spells)
        disk, lease = SharedDisk(self.store), plan.hub["lease"] + plan.hub["deadline"]
        self.desk = Desk(disk, is_kept=not plan.emptied, lease=lease)
        for when in plan.emptied:
            loop.call_at(when, self.store.empty)
        kind = HubPrograms if plan.kind == JOURNAL else Crew
        await kind(self, world, books, client).play()
        world.weather.met.update(self.store.met)
        books.complaints.extend((BROKE, f"in the store: {each}") for each in self.store.faults)

    def hub(self, process, number, wall):
        """The hub of one life."""
        return self._hub(self.store, process, number, wall, **self.plan.hub)

    def freeze(self, process, number):
        """See to it that a process is frozen, if it is to be."""
        if number in self.plan.freezes:
            when, seconds = self.plan.freezes[number]
            with process.loop.running(None):
                process.loop.call_later(when, process.freeze, seconds)

    def note_death(self, number, books):
        """Note what a process was about when it was killed."""
        entries = (*books.calls, *books.waits)
        self.cut_off.update(
            id(each)
            for each in entries
            if getattr(each, "call", each).shift == number
            and (each.ended is None or each.outcome == "gone")
        )

    def judge(self, world, books):
        """Who judges the day."""
        return (SharedJudge if self.plan.kind == JOURNAL else HubJudge)(self, world, books)


class HubPrograms(Programs):
    """The programs of a day, with the hub's journal."""

    def __init__(self, shared, world, books, client):
        super().__init__(world, books, shared.plan.plan, shared.desk, client)
        self._shared = shared

    def _made(self, process, number):
        hub = self._shared.hub(process, number, self._world.wall)
        self._shared.freeze(process, number)
        journal = hub.journal()
        settings = {"on_event": self._shared.heard.append, **self._plan.day.settings}
        gandi = self._client(self._world, process, hub=hub, journal=journal, **settings)
        return gandi, journal


class Crew:
    """The processes of a day without a journal."""

    def __init__(self, shared, world, books, client):
        self._shared = shared
        self._world = world
        self._books = books
        self._client = client
        self._machines = Machines.of(world)
        self._calls = itertools.count()
        self._processes = []

    async def play(self):
        """Play all of them side by side."""
        loop, plan = self._world.loop, self._shared.plan
        await asyncio.gather(*(self._program(n, lives) for n, lives in enumerate(plan.workers)))
        await asyncio.sleep(60)  # what was under way still runs, with nobody there
        # What comes now is no part of the day.
        self._books.complaints.extend((BROKE, each) for each in loop.errors)
        loop.errors.clear()
        await bury(loop, self._processes)

    async def _program(self, number, ends):
        rng = Random(f"program {self._shared.plan.day.seed} {number}")
        for life, end in enumerate(ends):
            await asyncio.sleep(rng.choice((0, 0.01, rng.uniform(0, 5), rng.uniform(0, 60))))
            await self._life(100 * number + life, end)

    async def _life(self, number, end):
        world, shared, books = self._world, self._shared, self._books
        loop, day = world.loop, shared.plan.day
        process = Process(loop, Random(f"process {day.seed} {number}"), end)
        self._processes.append(process)
        heard = []
        with loop.running(process):
            hub = shared.hub(process, number, world.wall)
            shared.freeze(process, number)
            settings = {"on_event": heard.append, **day.settings}
            gandi = self._client(world, process, hub=hub, **settings)
            worker = Worker(world, number, books, gandi, process, self._machines, self._calls)
        process.at_death.append(lambda: shared.note_death(number, books))
        task = process.begin(worker.main())
        if isinstance(end, float):
            loop.call_later(abs(end), process.kill if end > 0 else task.cancel)
        loop.call_later(LIFE_BOUND, self._hangs, process, task)
        await process.ended()
        met = world.weather.met
        name = f"killed: {process.killed_at}" if process.killed_at else "ended by itself"
        met[name] = met.get(name, 0) + 1
        for event in heard:
            worker.heard(event)
        books.closed[number] = loop.time()
        if not process.lives:
            return
        process.at_death.clear()
        if not task.cancelled() and task.exception() is not None:
            books.complaints.append((BROKE, f"{task.exception()!r}"))
        books.pending.extend(gandi.pending())

    def _hangs(self, process, task):
        if process.lives and not task.done():
            self._books.complaints.append((ENDLESS, f"a life of {LIFE_BOUND:.0f} s"))
            process.kill("too long a life")
