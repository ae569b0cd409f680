"""Bad days: processes freeze and go on, the store goes and comes, waits begin and end at random. In the end
each wait has its end, and nothing is asked any more.
"""

import asyncio
import random

import pytest

from tests.hub.watches.watchers import processes, waiting
from tests.waiting import until


class Day:
    """What happens in one day, by *chance*."""

    def __init__(self, chance, server, service, every):
        self.chance = chance
        self.server = server
        self.service = service
        self.every = every
        self.under_way = []
        self.waits = []

    async def step(self):
        happens = self.chance.choices(
            [self.begin, self.end, self.freeze_or_thaw, self.stop_the_store, self.leave],
            [45, 30, 8, 5, 7],
        )
        await happens[0]()

    async def begin(self):
        how = self.chance.choice(["begun here", "by its id", "a new server"])
        vm_id = self.chance.randrange(10**9)
        kind = "vm_create" if how == "a new server" else "vm_stop"
        number = self.service.begin(kind, vm_id=vm_id)
        self.under_way.append(number)
        for process in self.chance.sample(self.every, self.chance.randint(1, 3)):
            if how == "by its id":
                operation = process.taken_up(number)
            else:
                known = None if how == "a new server" else number
                operation = process.operation(known, kind, vm_id=vm_id)
            self.waits.append((number, await waiting(operation)))

    async def end(self):
        if self.under_way:
            self.service.end(self.under_way.pop(self.chance.randrange(len(self.under_way))))

    async def freeze_or_thaw(self):
        process = self.chance.choice(self.every)
        self.chance.choice([process.freeze, process.thaw])()

    async def stop_the_store(self):
        if self.chance.random() < 0.7:
            self.chance.choice([self.server.freeze, self.server.thaw])()
            return
        self.server.thaw()
        self.server.kill()
        self.server.start()  # empty

    async def leave(self):
        if self.waits:
            self.waits.pop(self.chance.randrange(len(self.waits)))[1].cancel()

    async def evening(self):
        """All goes well again, and what is still waited for ends; every second wait is left."""
        self.server.thaw()
        for process in self.every:
            process.thaw()
        left = set(self.under_way[::2])
        for number, wait in self.waits:
            if number in left:
                wait.cancel()
        for number in set(self.under_way) - left:
            self.service.end(number)
        return [(number, wait) for number, wait in self.waits if number not in left]


@pytest.mark.parametrize("seed", range(2))
async def test_each_wait_has_its_end_and_then_nothing_is_asked(store_server, prefix, seed, caplog):
    caplog.set_level("CRITICAL", "aiogandi.hub")
    chance = random.Random(seed)
    server = store_server()
    async with processes(server.url, prefix, 4, lease=0.4, deadline=0.3) as (service, every):
        day = Day(chance, server, service, every)
        for _ in range(60):
            await day.step()
            await asyncio.sleep(chance.random() * 0.06)
        waits = await day.evening()
        ends = await asyncio.wait_for(asyncio.gather(*(wait for _, wait in waits)), 30)
        assert [end.id for end in ends] == [number for number, _ in waits]

        await until(lambda: not any(each.is_alone for each in every))
        asked = -1
        async with asyncio.timeout(30):
            while service.asked.total() != asked:
                asked = service.asked.total()
                await asyncio.sleep(0.25)  # several times as long as they poll
