"""Plays a day on which processes are killed and begun again, with one journal, and hands its books to the
judge.
"""

import asyncio
from random import Random

from aiogandi import Journal
from tests.simulation.desk import Desk
from tests.simulation.disk import Disk, DiskStorage
from tests.simulation.heirs import CrashJudge
from tests.simulation.judge import BROKE, ENDLESS
from tests.simulation.lives import Life
from tests.simulation.mortal import MortalGandi
from tests.simulation.plans import plan_of
from tests.simulation.processes import Process, ProcessLoop, bury
from tests.simulation.runs import judged

LIFE_BOUND = 20000.0
"""Seconds after which a life has ended, or something hangs."""


def run(seed, client=MortalGandi):
    """Play the day of *seed* with *client*; everything follows from the seed."""
    plan = plan_of(seed)
    desk = Desk(Disk(Random(f"disk {seed}"), plan.full))

    async def play(world, books):
        await Programs(world, books, plan, desk, client).play()

    return judged(
        seed, plan.day, play, lambda world, books: CrashJudge(world, books, plan, desk), ProcessLoop
    )


class Programs:
    """The programs of one day, each with its lives."""

    def __init__(self, world, books, plan, desk, client):
        self._world = world
        self._books = books
        self._plan = plan
        self._desk = desk
        self._client = client
        self._processes = []
        for vm in (0, 1, *(order.name for order in plan.orders)):
            desk.vms[vm] = world.a_vm(f"old-{vm}", "running").id
        # The newest by id is the newest by date as well: those of last week have dates in any order.
        world.other_call("vm_reboot")
        newest = list(world.service.works.values())[-1]
        world.service.show(newest, newest.created)

    async def play(self):
        """Play all of them side by side."""
        loop, plan = self._world.loop, self._plan
        await asyncio.gather(*(self._program(n, lives) for n, lives in enumerate(plan.lives)))
        await asyncio.sleep(60)  # what was under way still runs, with nobody there
        # What comes now is no part of the day.
        self._books.complaints.extend((BROKE, each) for each in loop.errors)
        loop.errors.clear()
        await bury(loop, self._processes)

    async def _program(self, number, ends):
        plan = self._plan
        rng = Random(f"program {plan.day.seed} {number}")
        mine = plan.orders
        if not plan.shared:
            mine = plan.orders[number :: len(plan.lives)]
        for life, end in enumerate(ends):
            if end is not None and all(order in self._desk.through for order in plan.orders):
                continue  # there is nothing left to be killed in
            await asyncio.sleep(rng.choice((0, 0.01, rng.uniform(0, 5), rng.uniform(0, 100))))
            await self._life(number, 100 * number + life, end, mine)

    async def _life(self, program, number, end, orders):
        world, plan = self._world, self._plan
        loop = world.loop
        process = Process(loop, Random(f"process {plan.day.seed} {number}"), end)
        self._processes.append(process)
        with loop.running(process):
            gandi, journal = self._made(process, number)
            life = Life(
                world, number, self._books, gandi, journal, process, plan, orders, self._desk
            )
        outside = plan.outside if program == 0 else ()
        recovers = plan.recovers and (program == 0 or not plan.outside)
        task = process.begin(life.main(outside, recovers))
        if isinstance(end, float):
            loop.call_later(abs(end), process.kill if end > 0 else task.cancel)
        loop.call_later(LIFE_BOUND, self._hangs, process, task)
        await process.ended()
        self._met(process)
        if process.lives:
            process.at_death.clear()
            if not task.cancelled() and task.exception() is not None:
                self._books.complaints.append((BROKE, f"{task.exception()!r}"))

    def _made(self, process, number):
        """The client and the journal of one life."""
        del number
        journal = Journal("disk", storage=DiskStorage(self._desk.disk, process, self._world.wall))
        return self._client(
            self._world, process, journal=journal, **self._plan.day.settings
        ), journal

    def _hangs(self, process, task):
        if process.lives and not task.done():
            self._books.complaints.append((ENDLESS, f"a life of {LIFE_BOUND:.0f} s"))
            process.kill("too long a life")

    def _met(self, process):
        met = self._world.weather.met
        name = f"killed: {process.killed_at}" if process.killed_at else "ended by itself"
        met[name] = met.get(name, 0) + 1
