"""Who goes first when turns are scarce, and what becomes of the turns of those who go away."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, suppress

import pytest

from aiogandi import RateLimit
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.transport.rank import Rank, behind
from aiogandi.transport.rate import CONNECTIONS, RESERVED, SHARE, Turns, Unwanted
from tests.growth import min_growth
from tests.transport.takers import Takers
from tests.virtual_time import run_in_virtual_time

DEFAULT = RateLimit(30, per=2.0)
TENTHS = RateLimit(11, per=1.0)
"""One turn in 0.1 s."""


def test_they_go_by_rank(in_virtual_time):
    async def story():
        line = Takers(TENTHS)
        await line.take(Rank.POLL)
        await asyncio.gather(*(line.take(rank) for rank in reversed(Rank)))
        return line.ranks[1:]

    assert in_virtual_time(story()) == list(Rank)


@pytest.mark.parametrize("others", [{Rank.LOGIN}, {Rank.CALL}, {Rank.LOOKUP, Rank.CALL}])
@pytest.mark.parametrize("rank", [Rank.BULK, Rank.POLL])
def test_who_comes_last_gets_one_turn_in_ten_and_no_more(in_virtual_time, others, rank):
    async def story():
        line = Takers(TENTHS)
        tasks = [asyncio.create_task(line.take_many(500, each)) for each in {*others, rank}]
        await asyncio.sleep(40.05)
        for task in tasks:
            task.cancel()
        return Counter(line.ranks)

    assert in_virtual_time(story())[rank] == pytest.approx(400 / SHARE, abs=1)


def test_whoever_waits_nobody_is_left_out(in_virtual_time):
    async def story():
        line = Takers(TENTHS)
        tasks = [asyncio.create_task(line.take_many(500, rank)) for rank in Rank]
        await asyncio.sleep(40.05)
        for task in tasks:
            task.cancel()
        return Counter(line.ranks)

    shares = in_virtual_time(story())
    assert [shares[rank] for rank in Rank] == pytest.approx([240, 40, 40, 40, 40], abs=4)


def test_calls_inside_behind_are_bulk_also_those_of_tasks_begun_there(in_virtual_time):
    async def story():
        line, order = Takers(TENTHS), []

        async def call(name):
            async with line.turns.turn():
                order.append(name)

        await line.take()
        with behind():
            first = asyncio.create_task(call("behind"))
        await asyncio.sleep(0.01)
        await asyncio.gather(first, call("a call"))
        return order

    assert in_virtual_time(story()) == ["a call", "behind"]


def test_beside_a_bulk_a_single_call_waits_three_tenths_of_a_second_at_most(in_virtual_time):
    """It was 7.5 s at the 99th percentile, when it stood in line behind the bulk's hundred calls."""

    async def story():
        line, loop, waits = Takers(DEFAULT), asyncio.get_running_loop(), []

        async def bulk():
            with behind():
                while True:
                    async with line.turns.turn():
                        await asyncio.sleep(0.2)

        async def poll():
            while True:
                await line.take(Rank.POLL)

        others = [asyncio.create_task(bulk()) for _ in range(100)] + [asyncio.create_task(poll())]
        for number in range(300):
            await asyncio.sleep(0.5 + number % 7 / 10)
            began = loop.time()
            async with line.turns.turn():
                waits.append(loop.time() - began)
        for task in others:
            task.cancel()
        return sorted(waits)[297]

    assert in_virtual_time(story()) <= 0.3


def test_a_single_call_needs_no_place_of_a_bulk_that_hangs(in_virtual_time):
    async def story():
        line, under_way = Takers(None), 0

        async def hang(rank):
            nonlocal under_way
            async with line.turns.turn(rank):
                under_way += 1
                await asyncio.sleep(100)

        bulk = [asyncio.create_task(hang(Rank.BULK)) for _ in range(CONNECTIONS)]
        await asyncio.sleep(1)
        assert under_way == CONNECTIONS - RESERVED
        await line.take()
        calls = [asyncio.create_task(hang(Rank.CALL)) for _ in range(CONNECTIONS)]
        await asyncio.sleep(1)
        assert under_way == CONNECTIONS
        await line.take(Rank.LOOKUP)
        assert line.now() == pytest.approx(2, abs=0.01)
        await asyncio.gather(*bulk, *calls)

    in_virtual_time(story())


def test_the_lookups_of_a_thousand_creations_are_not_stuck_in_line(in_virtual_time):
    async def story():
        line = Takers(DEFAULT)
        calls = asyncio.create_task(line.take_many(1000))
        await asyncio.sleep(3)
        before = line.now()
        await line.take_many(20, Rank.LOOKUP)
        calls.cancel()
        return line.now() - before

    assert in_virtual_time(story()) <= 21 * 2 / 29 * SHARE / (SHARE - 1) + 0.1


# -- those who go ----------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [TENTHS, None])
def test_whoever_is_cancelled_at_its_very_turn_loses_nothing(in_virtual_time, limit):
    """In each tick between the timer's ring and the use of the turn."""

    async def story(ticks):
        line = Takers(limit)
        if limit is None:
            line.turns.hold(0.1)
        else:
            await line.take()
        first, second = (asyncio.create_task(line.take()) for _ in range(2))
        await asyncio.sleep(0.1 - 5e-5)
        while line.now() < 0.1:  # noqa: ASYNC110 - the tests are about single ticks
            await asyncio.sleep(0)
        for _ in range(ticks):
            await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        went = not first.cancelled()
        await second
        return went, line.now()

    seen = [in_virtual_time(story(ticks)) for ticks in range(6)]
    assert {went for went, _ in seen} == {True, False}
    for went, time in seen:
        assert time == pytest.approx(0.2 if went and limit else 0.1, abs=0.001)


def test_what_is_entered_again_has_kept_its_place(in_virtual_time):
    async def story():
        line, order = Takers(TENTHS), []
        await line.take()
        is_ready = False
        turn = line.turns.turn(is_wanted=lambda: is_ready)

        async def call(name, turn):
            with suppress(Unwanted):
                async with turn:
                    order.append(name)

        others = [asyncio.create_task(call(number, line.turns.turn())) for number in range(2)]
        first = asyncio.create_task(call("first", turn))
        await asyncio.sleep(0)
        late = [asyncio.create_task(call(number, line.turns.turn())) for number in (2, 3)]
        await first
        is_ready = True
        await call("again", turn)
        await asyncio.gather(*others, *late)
        return order

    assert in_virtual_time(story()) == [0, 1, 2, "again", 3]


@pytest.mark.parametrize("leaving", [False, True])
def test_the_cost_grows_with_the_number_of_those_who_wait_and_leave(leaving):
    def work(number):
        async def story():
            line = Takers(RateLimit(1_000_000, per=0.001))
            line.turns.hold(1)
            tasks = [asyncio.create_task(line.take()) for _ in range(number)]
            await asyncio.sleep(0.5)
            if leaving:
                for task in tasks[: -number // 10]:
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert len(line.all) == (number // 10 if leaving else number)

        run_in_virtual_time(story())

    assert min_growth(work, 1_000, 8_000) <= 16


@pytest.mark.parametrize("more", [0, 1, 5])
def test_one_who_is_cancelled_as_a_place_becomes_free_is_passed_over(in_virtual_time, more):
    """It has not left the line yet, because its task has not run since."""

    async def story():
        turns = Turns(None, Emitter())

        async def take():
            async with turns.turn(Rank.CALL):
                return asyncio.get_running_loop().time()

        async with AsyncExitStack() as others:
            for _ in range(CONNECTIONS - 1):
                await others.enter_async_context(turns.turn(Rank.CALL))
            async with turns.turn(Rank.CALL):
                leaving = asyncio.create_task(take())
                staying = [asyncio.create_task(take()) for _ in range(more)]
                await asyncio.sleep(0)
                leaving.cancel()
            await asyncio.gather(*staying)
            with suppress(asyncio.CancelledError):
                await leaving
            await take()

    in_virtual_time(story())
