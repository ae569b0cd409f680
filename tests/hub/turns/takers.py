"""Clients that take turns of one group, each as in a process of its own."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import chain

from aiogandi.hub.turns.shared import SharedTurns
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.transport.rank import Rank
from aiogandi.transport.rate import Turns


class Member:
    """One of a group: takes turns and writes down when they came."""

    def __init__(self, store, limit, alone_share=0.1, group="group"):
        self.store = store
        self.pacer = SharedTurns(store, group, limit, alone_share)
        self.turns = Turns(limit, Emitter(), pacer=self.pacer)
        self.times = {rank: [] for rank in Rank}
        self._tasks = []
        store.join()

    async def take(self, rank=Rank.CALL):
        async with self.turns.turn(rank):
            self.times[rank].append(asyncio.get_running_loop().time())

    async def take_many(self, number, rank=Rank.CALL):
        await asyncio.gather(*(self.take(rank) for _ in range(number)))

    def be_busy(self, rank=Rank.CALL, takers=3):
        """Take turns until `stop`."""

        async def take():
            while True:
                await self.take(rank)

        self._tasks += [asyncio.create_task(take()) for _ in range(takers)]

    async def stop(self):
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self):
        await self.stop()
        await self.pacer.close()
        await self.store.leave()

    @property
    def all(self):
        return sorted(chain.from_iterable(self.times.values()))


@asynccontextmanager
async def grouping():
    """Makes members of one group, one at each of some stores: ``await group(stores, limit)``. All are closed in the
    end.
    """
    async with AsyncExitStack() as stack:

        async def group(stores, limit, **settings):
            members = [Member(store, limit, **settings) for store in stores]
            for each in members:
                stack.push_async_callback(each.close)
            for each in members:
                await each.store.begun()
            return members

        yield group


def together(members):
    """When they had turns."""
    return sorted(chain.from_iterable(member.all for member in members))


def count(members, rank):
    """How many turns they had for that rank."""
    return sum(len(member.times[rank]) for member in members)


def most_in(times, seconds):
    """How many turns there were at most in so many seconds."""
    return max(sum(first <= each < first + seconds for each in times) for first in times)
