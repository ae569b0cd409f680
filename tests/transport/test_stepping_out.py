"""Who has something to do before it leaves does it when its turn comes, and not long before."""

import asyncio

from aiogandi import RateLimit
from aiogandi.transport.line import AWAY
from aiogandi.transport.rank import Rank
from aiogandi.transport.rate import Unwanted
from tests.transport.takers import Takers

WRITING = 0.01
"""Seconds that it takes to be made ready."""


class Writers(Takers):
    """Who takes turns, and has to write something down before."""

    def __init__(self, limit):
        super().__init__(limit)
        self.writers = []
        self.sent = []

    async def write_and_take(self, name, rank=Rank.CALL, takes=WRITING):
        written = False
        turn = self.turns.turn(rank, lambda: written)
        try:
            while True:
                try:
                    async with turn:
                        if not written:
                            raise Unwanted
                        self.sent.append(name)
                        await asyncio.sleep(0)
                        return
                except Unwanted:
                    turn.step_out()
                self.writers.append(name)
                await asyncio.sleep(takes)
                written = True
        finally:
            turn.give_up()

    def begin(self, number, **how):
        return [asyncio.create_task(self.write_and_take(each, **how)) for each in range(number)]


def test_it_is_done_for_those_whose_turns_come_soon(in_virtual_time):
    async def story():
        line = Writers(RateLimit(11, per=1.0))  # a turn in 0.1 s
        tasks = line.begin(300)
        await asyncio.sleep(0.05)
        assert len(line.sent) == 1
        assert line.writers == [*range(AWAY)]
        await asyncio.gather(*tasks)
        assert line.writers == [*range(300)]
        # Of every so many turns one waited for the writing.
        return line.now()

    assert 29.9 <= in_virtual_time(story()) <= 29.9 + 300 / AWAY * 2 * WRITING


def test_without_a_limit_as_well_and_in_their_order(in_virtual_time):
    async def story():
        line = Writers(None)
        tasks = line.begin(300)
        await asyncio.sleep(WRITING / 2)
        assert line.writers == [*range(AWAY)]
        await asyncio.gather(*tasks)
        assert line.writers == [*range(300)]
        assert sorted(line.sent[:AWAY]) == [*range(AWAY)]

    in_virtual_time(story())


def test_those_of_another_rank_do_not_wait_for_it(in_virtual_time):
    async def story():
        line = Writers(RateLimit(11, per=1.0))
        tasks = line.begin(100, rank=Rank.BULK, takes=3600)
        await asyncio.sleep(1)
        began = line.now()
        await line.write_and_take("call")
        for task in tasks:
            task.cancel()
        return line.now() - began

    assert in_virtual_time(story()) <= 0.3


def test_who_gives_up_meanwhile_makes_room(in_virtual_time):
    async def story():
        line = Writers(None)
        hang = line.begin(AWAY, takes=3600)
        await asyncio.sleep(1)
        late = asyncio.create_task(line.write_and_take("late"))
        await asyncio.sleep(1)
        assert "late" not in line.writers
        hang[0].cancel()
        await late

    in_virtual_time(story())
