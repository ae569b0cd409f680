"""Tasks that take turns, for tests of who gets one and when."""

import asyncio
from itertools import chain

from aiogandi.instrumentation.emitter import Emitter
from aiogandi.transport.rank import Rank
from aiogandi.transport.rate import Turns


class Takers:
    """Takes turns and writes down when they came."""

    def __init__(self, limit):
        self.turns = Turns(limit, Emitter())
        self.times = {rank: [] for rank in Rank}
        self.begun = asyncio.get_running_loop().time()

    def now(self):
        return asyncio.get_running_loop().time() - self.begun

    async def take(self, rank=Rank.CALL):
        async with self.turns.turn(rank):
            self.times[rank].append(self.now())

    async def take_many(self, number, rank=Rank.CALL):
        await asyncio.gather(*(self.take(rank) for _ in range(number)))

    @property
    def all(self):
        return sorted(chain.from_iterable(self.times.values()))

    @property
    def ranks(self):
        """In the order in which they had their turns."""
        turns = [(time, rank) for rank, times in self.times.items() for time in times]
        return [rank for _, rank in sorted(turns, key=lambda turn: turn[0])]
