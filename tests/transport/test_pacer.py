"""Turns come from a pacer, which may have them from elsewhere; everything here runs in virtual time."""

import asyncio
import math

import pytest

from aiogandi import RateLimit, TransportError
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.transport.pacer import OwnPacer
from aiogandi.transport.rank import Rank
from aiogandi.transport.rate import Turns

TENTHS = RateLimit(11, per=1.0)


class AskingPacer:
    """One that has to ask for each turn: the answer comes later, or never."""

    def __init__(self, seconds=0.1, turns=1):
        self.seconds = seconds
        self.turns = turns
        self.asked = []
        self.held = []
        self.is_lifted = False
        self.waiters = None
        self._is_there = False
        self._answer = None

    def begin(self, waiters):
        self.waiters = waiters

    def pause(self):
        if self._is_there:
            return 0.0
        if self._answer is None:
            self.asked.append(self.waiters.ranks())
            self._answer = asyncio.get_running_loop().call_later(self.seconds, self._come)
        return math.inf

    def _come(self):
        self._answer = None
        self._is_there = True
        self.waiters.look()

    async def take(self):
        assert self._is_there
        self._is_there = False
        return self.turns

    def hold(self, seconds):
        self.held.append(seconds)

    def lift(self):
        self.is_lifted = True


class Taker:
    def __init__(self, pacer):
        self.turns = Turns(TENTHS, Emitter(), pacer=pacer)
        self.ranks = []

    async def take(self, rank=Rank.CALL):
        async with self.turns.turn(rank):
            self.ranks.append(rank)


def test_a_turn_comes_when_the_pacer_says_so_and_each_is_asked_for_once(in_virtual_time):
    async def story():
        pacer = AskingPacer(seconds=0.3)
        taker, loop = Taker(pacer), asyncio.get_running_loop()
        began = loop.time()
        await asyncio.gather(*(taker.take() for _ in range(4)))
        return loop.time() - began, len(pacer.asked)

    took, asked = in_virtual_time(story())
    assert took == pytest.approx(1.2, abs=0.01)
    assert asked == 4


def test_it_is_told_who_waits_and_who_behind_that_one(in_virtual_time):
    async def story():
        pacer = AskingPacer()
        taker = Taker(pacer)
        await asyncio.gather(
            taker.take(Rank.POLL),
            taker.take(Rank.CALL),
            taker.take(Rank.CALL),
            taker.take(Rank.LOGIN),
        )
        return pacer.asked[1:], taker.ranks

    asked, ranks = in_virtual_time(story())
    assert ranks == [Rank.POLL, Rank.LOGIN, Rank.CALL, Rank.CALL]  # it has waited for its share
    assert asked == [(Rank.LOGIN, Rank.CALL), (Rank.CALL, Rank.CALL), (Rank.CALL, None)]


def test_who_comes_later_but_goes_first_has_the_turn_that_was_asked_for_by_others(in_virtual_time):
    async def story():
        taker = Taker(AskingPacer())
        bulk = asyncio.create_task(taker.take(Rank.BULK))
        await asyncio.sleep(0.05)
        await taker.take(Rank.LOGIN)
        await bulk
        return taker.ranks

    assert in_virtual_time(story()) == [Rank.LOGIN, Rank.BULK]


@pytest.mark.parametrize(("turns", "own"), [(1, 10), (2, 5), (5, 2), (100, 2)])
def test_polling_counts_the_turns_of_all_but_leaves_every_other_one_to_the_calls_beside_it(
    in_virtual_time, turns, own
):
    async def story():
        taker = Taker(AskingPacer(turns=turns))
        await taker.take(Rank.POLL)
        calls = [asyncio.create_task(taker.take()) for _ in range(30)]
        polls = [asyncio.create_task(taker.take(Rank.POLL)) for _ in range(3)]
        await asyncio.gather(*calls, *polls)
        return taker.ranks[: 2 * own + 1]

    ranks = in_virtual_time(story())
    assert [number for number, rank in enumerate(ranks) if rank is Rank.POLL] == [0, own, 2 * own]


def test_whoever_goes_away_while_it_is_asked_leaves_the_turn_to_another(in_virtual_time):
    async def story():
        pacer = AskingPacer()
        taker = Taker(pacer)
        first = asyncio.create_task(taker.take())
        await asyncio.sleep(0.05)
        first.cancel()
        await taker.take()
        return len(pacer.asked), taker.ranks

    assert in_virtual_time(story()) == (1, [Rank.CALL])


def test_a_turn_that_is_gone_again_when_its_owner_wakes_up_is_waited_for_anew(in_virtual_time):
    class Fickle(AskingPacer):
        def _come(self):
            super()._come()
            self._is_there = len(self.asked) > 1

    async def story():
        taker = Taker(Fickle())
        await asyncio.gather(taker.take(), taker.take(Rank.BULK))
        return taker.ranks

    assert in_virtual_time(story()) == [Rank.CALL, Rank.BULK]


def test_it_is_told_of_holds(in_virtual_time):
    async def story():
        pacer = AskingPacer()
        taker, loop = Taker(pacer), asyncio.get_running_loop()
        with pytest.raises(TransportError):
            async with taker.turns.turn():
                raise TransportError("slow down", status=429, retry_after=5)
        began = loop.time()
        await taker.take()
        return pacer.held, loop.time() - began

    held, waited = in_virtual_time(story())
    assert held == [5]
    assert waited == pytest.approx(5.1, abs=0.01)


def test_with_the_limit_it_is_lifted_also_for_those_who_wait(in_virtual_time):
    async def story():
        pacer = AskingPacer(seconds=1000)
        taker = Taker(pacer)
        waiting = asyncio.gather(*(taker.take() for _ in range(3)))
        await asyncio.sleep(0.05)
        taker.turns.lift()
        await waiting
        return pacer.is_lifted

    assert in_virtual_time(story())


def test_a_pacer_of_ones_own_has_a_turn_a_gap(in_virtual_time):
    async def story():
        pacer, pauses = OwnPacer(TENTHS), []
        for _ in range(3):
            pauses.append(pacer.pause())
            await asyncio.sleep(pauses[-1])
            assert await pacer.take() == 1
        return pauses

    assert in_virtual_time(story()) == pytest.approx([0, 0.1, 0.1])
