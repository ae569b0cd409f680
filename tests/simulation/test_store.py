"""The store in memory, as the processes see it that share it."""

import asyncio
from random import Random

import pytest

from aiogandi import HubError
from aiogandi.hub.scripts import Script
from tests.simulation import loop as loops
from tests.simulation.processes import Process, ProcessLoop, bury
from tests.simulation.shared import SimulatedHub
from tests.simulation.store import MemoryStore, Spell

ADD = Script.of("add", "return redis.call('RPUSH', name('list'), ARGV[2])")
READ = Script.of("read", "return redis.call('LRANGE', name('list'), 0, -1)")
TELL = Script.of("tell", "tell('word', ARGV[2], ARGV[3])")


class Machine:
    """A store, and processes that share it."""

    def __init__(self, loop, *spells):
        self.loop = loop
        self.store = MemoryStore(loop, lambda: 1.8e9 + loop.time(), Random(1), list(spells))
        self.processes = []

    def process(self, fatal=None):
        """A process, and its store."""
        number = len(self.processes)
        process = Process(self.loop, Random(number), fatal)
        self.processes.append(process)
        with self.loop.running(process):
            hub = SimulatedHub(self.store, process, number, self.loop.time, lease=5, deadline=1)
            hub.store.join()
        return process, hub.store

    async def run(self, process, main):
        """What *main* returns, as a part of the process; None where that is killed."""
        task = process.begin(main)
        await process.ended()
        return task.result() if task.done() else None

    async def read(self):
        """The list, as another process sees it."""
        process, store = self.process()

        async def main():
            try:
                return [each.decode() for each in await store.run(READ)]
            finally:
                await store.leave()

        return await self.run(process, main())


def play(story, *spells):
    """The result of *story*, which is given a machine."""

    async def main(loop):
        machine = Machine(loop, *spells)
        result = await story(machine)
        await bury(loop, machine.processes)
        return result

    return loops.run(main, ProcessLoop)


def adding(store, *words):
    async def main():
        for word in words:
            await store.run(ADD, word)
        await store.leave()

    return main()


@pytest.mark.parametrize(
    ("fatal", "there"), [(("write", 2), ["a"]), (("written", 2), ["a", "b"]), (None, ["a", "b"])]
)
def test_a_process_is_killed_before_or_after_the_store_has_done_what_it_asked(fatal, there):
    async def story(machine):
        process, store = machine.process(fatal)
        await machine.run(process, adding(store, "a", "b"))
        return await machine.read()

    assert play(story) == there


def test_a_process_that_is_killed_is_told_to_be_gone_within_the_lease():
    async def story(machine):
        killed, its_store = machine.process()
        lives, store = machine.process()
        gone = machine.loop.create_future()
        store.hear("gone", "", lambda name: gone.set_result((name, machine.loop.time())))

        async def stays():
            await its_store.begun()
            await asyncio.sleep(1000)

        async def watches():
            await store.begun()
            told = await gone
            await store.leave()
            return told

        killed.begin(stays())
        machine.loop.call_later(20, killed.kill)
        began = machine.loop.time()
        name, when = await machine.run(lives, watches())
        return name == its_store.process, when - began - 20

    is_it, after = play(story)

    assert is_it
    assert 0 < after <= 5


@pytest.mark.parametrize(
    ("kind", "later", "there"),
    [
        ("refused", [], ["a"]),
        ("silent", [], ["a"]),
        ("read-only", [], ["a"]),
        ("deaf", ["b"], ["a", "b"]),
        ("frozen", [], ["a", "b"]),
    ],
)
def test_what_becomes_of_an_exchange_in_a_bad_time(kind, later, there):
    """*later* is what stands there beside ``a`` while it lasts, *there* what stands there afterwards."""

    async def story(machine):
        process, store = machine.process()

        async def main():
            await store.run(ADD, "a")
            await asyncio.sleep(1005.001 - machine.loop.time())  # before a beat finds it out
            with pytest.raises(HubError):
                await store.run(ADD, "b")
            held = machine.store.commands(b"LRANGE", b"aiogandi:list", b"1", b"-1")
            await store.back()
            told = await store.run(READ)
            await store.leave()
            return [each.decode() for each in held], [each.decode() for each in told]

        return await machine.run(process, main())

    assert play(story, Spell(1005, 1030, kind)) == (later, there)


def test_an_emptied_store_is_another_one():
    async def story(machine):
        process, store = machine.process()

        async def main():
            await store.run(ADD, "a")
            machine.store.empty()
            with pytest.raises(HubError, match="emptied"):
                await store.run(ADD, "b")
            await store.back()
            await store.run(ADD, "c")
            generation = store.generation
            await store.leave()
            return generation

        return await machine.run(process, main()), await machine.read()

    assert play(story) == (1, ["c"])


def test_news_are_heard_by_those_who_wait_for_them():
    async def story(machine):
        (one, first), (other, second) = machine.process(), machine.process()
        heard = []
        second.hear("word", "a", heard.append)

        async def speaks():
            await asyncio.sleep(7.3)
            for about in "ab":
                await first.run(TELL, about, f"of {about}")
            await first.leave()

        async def listens():
            await second.begun()
            await asyncio.sleep(7.4)
            await second.leave()

        await asyncio.gather(machine.run(one, speaks()), machine.run(other, listens()))
        return heard

    assert play(story) == ["of a"]


def test_a_frozen_process_goes_on_when_it_is_thawed():
    async def story(machine):
        process, store = machine.process()
        machine.loop.call_later(3, process.freeze, 30)
        seen = []

        async def main():
            await store.begun()
            for _ in range(3):
                await asyncio.sleep(2)
                seen.append(round(machine.loop.time() - loops.START))
            await store.run(ADD, "a")
            await store.leave()

        await machine.run(process, main())
        return seen, await machine.read()

    assert play(story) == ([2, 33, 35], ["a"])
