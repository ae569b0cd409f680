"""The model of processes and their journal: a killed one does nothing more, and holds nothing."""

import asyncio
from random import Random

import pytest

from aiogandi.changes.journal import HeldElsewhere, Intent
from aiogandi.changes.state import State
from tests.simulation import loop as loops
from tests.simulation.disk import Disk, DiskStorage
from tests.simulation.processes import Process, ProcessLoop, bury

INTENT = Intent("vm_reboot", {"vm_id": 5}, (), "id", 1, 10, 0.0, 30.0, 3.0)


def play(story):
    """The result of *story*, which is given the loop."""
    return loops.run(story, ProcessLoop)


class Program:
    """One process with its part in the journal on a *disk*."""

    def __init__(self, loop, disk, fatal=None):
        self.process = Process(loop, Random(1), fatal)
        self._storage = DiskStorage(disk, self.process, loop.time)

    async def enter(self):
        await self._storage.open()
        self.journal, _ = await self._storage.enter("account", "somebody")
        return self


def test_of_a_killed_process_no_task_goes_on_and_no_handler_runs():
    seen = []

    async def child():
        try:
            await asyncio.sleep(5)
            seen.append("child")
        finally:
            seen.append("finally")

    async def main():
        task = asyncio.get_running_loop().create_task(child())
        await asyncio.sleep(1)
        seen.append("before")
        await asyncio.wait([task])
        seen.append("after")

    async def story(loop):
        process = Process(loop, Random(1))
        process.begin(main())
        loop.call_later(2, process.kill)
        await process.ended()
        await asyncio.sleep(100)
        told = list(seen)
        await bury(loop, [process])
        return told

    assert play(story) == ["before"]


def test_others_go_on_and_what_they_schedule_is_theirs():
    async def main(seen):
        for number in range(3):
            await asyncio.sleep(1)
            seen.append(number)

    async def story(loop):
        first, second = [], []
        killed, lives = Process(loop, Random(1)), Process(loop, Random(1))
        killed.begin(main(first))
        lives.begin(main(second))
        loop.call_later(1.5, killed.kill)
        await lives.ended()
        await bury(loop, [killed])
        return first, second

    assert play(story) == ([0], [0, 1, 2])


@pytest.mark.parametrize(("fatal", "calls"), [(("write", 2), 0), (("written", 2), 1), (None, 1)])
def test_it_is_killed_before_or_after_something_is_on_the_disk(fatal, calls):
    async def story(loop):
        disk = Disk(Random(1))
        program = Program(loop, disk, fatal)

        async def main():
            await program.enter()
            await program.journal.intend(INTENT)

        program.process.begin(main())
        await program.process.ended()
        [count] = disk.connection.execute("SELECT count(*) FROM calls").fetchone()
        await bury(loop, [program.process])
        return program.process.lives, count

    assert play(story) == (fatal is None, calls)


def test_what_a_process_holds_is_free_when_it_is_killed():
    async def story(loop):
        disk = Disk(Random(1))
        one = await Program(loop, disk).enter()
        other = await Program(loop, disk).enter()
        first = await one.journal.hold(("key",))
        while_it_lives = await other.journal.hold(("key",))
        one.process.kill()
        one.journal.let_go(first.number)  # it cannot do this any more
        after = await other.journal.hold(("key",))
        one.journal.let_go(first.number)
        return while_it_lives, after, await one_more(loop, disk)

    async def one_more(loop, disk):
        return await (await Program(loop, disk).enter()).journal.hold(("key",))

    while_it_lives, after, then = play(story)

    assert isinstance(while_it_lives, HeldElsewhere)
    assert after.number == 1
    assert isinstance(then, HeldElsewhere)


@pytest.mark.parametrize(
    ("settled", "known"),
    [
        (State.ABSENT, "unknown"),
        (State.ABSENT, "adopted"),
        (State.UNKNOWN, "adopted"),
        (State.UNKNOWN, "absent"),
        (State.LOST, "adopted"),
    ],
)
def test_what_is_known_of_a_call_by_now_stays(settled, known):
    """A person may say what became of a call of an unknown outcome while another process looks for it, and
    either may find out first.
    """
    is_news = known == "unknown"

    async def story(loop):
        disk = Disk(Random(1))
        journal = (await Program(loop, disk).enter()).journal
        number = await journal.intend(INTENT)
        await journal.settle(number, State.UNKNOWN)
        if known == "adopted":
            await journal.claim(number, [("id", 11)], State.ADOPTED, {"id": 11})
        if known == "absent":
            await journal.settle(number, State.ABSENT)
        if settled is State.LOST:
            await journal.lose(number, 5.0)
        else:
            assert await journal.settle(number, settled) is is_news
        return (await journal.read(number)).state

    assert play(story) == (settled if is_news else known)
