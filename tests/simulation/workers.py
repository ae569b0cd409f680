"""What callers do in one life of a process that shares a hub and has no journal."""

import asyncio
from dataclasses import dataclass, field
from random import Random

from tests.simulation import loop as loops
from tests.simulation.callers import Callers
from tests.simulation.judge import BROKE, ENDLESS, LEFT
from tests.simulation.scenes import Shift

BOUND = 9000.0
"""Seconds after which all scenes of a life have ended, or something hangs."""

KINDS = (
    *("equal_disks", "equal_disks", "equal_disks", "equal_vms", "equal_vms", "equal_reboots"),
    *("life", "power", "reads", "second_thoughts", "impatient", "left_bulk"),
)


@dataclass(slots=True, eq=False)
class Machines:
    """The servers that all processes know."""

    running: list = field(default_factory=list)
    halted: list = field(default_factory=list)

    @classmethod
    def of(cls, world):
        made = cls(
            [world.a_vm(f"old-{n}", "running") for n in range(4)],
            [world.a_vm(f"off-{n}", "halted") for n in range(4)],
        )
        for vm in made.running:
            world.rebooted_last_week(vm)
        return made


class Worker(Shift):
    """The callers of one life. Those of other processes ask for things of the same names."""

    crowds = (1, 2, 3, 6)

    def __init__(self, world, number, books, gandi, process, machines, calls):
        Callers.__init__(self, world, number, books, gandi)
        self._calls = calls
        self.series = 0
        self.process = process
        self.running = machines.running
        self.halted = machines.halted

    def name(self, rng):
        """One of a few: most calls are equal to one of another process."""
        return rng.choice(("web-01", "web-02", "WEB-02", "w-é", super().name(rng)))

    def scenes(self):
        rng = Random(f"worker {self.day.seed} {self.number}")
        return [
            self.loop.create_task(self.scene(kind, Random(f"{self.day.seed} {self.number} {n}")))
            for n, kind in enumerate(rng.sample(KINDS, rng.randint(2, 6)))
        ]

    async def main(self):
        """Play all scenes to their end."""
        async with self.gandi:
            scenes = self.scenes()
            try:
                _, left = await asyncio.wait(scenes, timeout=BOUND)
                for task in sorted(left, key=hash):
                    self._complain(ENDLESS, loops.whereabouts(task))
                await asyncio.sleep(200 * (self.day.leaving > 0))  # for those whose callers went
            finally:
                for task in scenes:
                    task.cancel()
        await asyncio.wait(scenes)
        for task in scenes:
            if not task.cancelled() and task.exception() is not None:
                self._complain(BROKE, f"{task.exception()!r}")
        await asyncio.sleep(0.001)
        for task in self.process.tasks():
            if task is not asyncio.current_task():
                self._complain(LEFT, loops.whereabouts(task))

    def _complain(self, kind, text):
        if self.process.lives:
            self.books.complaints.append((kind, f"process {self.number}: {text}"))
