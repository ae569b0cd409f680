"""Processes have their turns one after another, and who goes first goes first in all of them."""

import asyncio
import statistics

import pytest

from aiogandi import RateLimit
from aiogandi.transport.rank import Rank
from tests.hub.turns.takers import Member, count, grouping, most_in, together
from tests.waiting import until

LIMIT = RateLimit(41, per=1.0)
"""One turn in 25 ms."""

SLOW = RateLimit(21, per=1.0)


@pytest.fixture
async def members(make_hub):
    """Makes so many members of one group, and closes them: ``members(3)``."""
    async with grouping() as group:

        async def make(number, limit=LIMIT, **settings):
            return await group([make_hub().store for _ in range(number)], limit, **settings)

        yield make


@pytest.mark.parametrize("number", [1, 4])
async def test_no_window_holds_more_than_the_limit_and_most_of_it_is_used(members, number):
    busy = await members(number)
    for each in busy:
        each.be_busy()
    await asyncio.sleep(2)
    times = together(busy)
    assert most_in(times, LIMIT.per) <= LIMIT.calls
    assert len(times) >= 0.5 * 80  # a loaded machine meets some of them too late


async def test_it_goes_round_robin_between_processes_however_many_wait_in_each(members):
    busy = await members(4)
    for number, each in enumerate(busy):
        each.be_busy(takers=1 + 10 * number)
    await until(lambda: len(together(busy)) >= 60)
    served = [len(each.all) for each in busy]
    assert max(served) - min(served) <= 4


async def test_a_turn_costs_one_round_trip(members):
    busy = await members(4)
    for each in busy:
        each.be_busy()
    await until(lambda: len(together(busy)) >= 60)
    trips = sum(each.store.exchanges["turn-reserve"] for each in busy)
    assert trips <= 1.25 * len(together(busy)) + 4  # one is asked for by each when this ends


async def test_a_call_that_nobody_competes_with_goes_at_once(members):
    (alone,) = await members(1, SLOW)
    loop, waits = asyncio.get_running_loop(), []
    for _ in range(5):
        began = loop.time()
        await alone.take()
        waits.append(loop.time() - began)
        await asyncio.sleep(0.1)
    assert statistics.median(waits) < 0.03


async def test_clients_of_one_process_are_members_of_their_own(make_hub):
    store = make_hub().store
    pair = [Member(store, LIMIT) for _ in range(2)]
    for each in pair:
        each.be_busy()
    await until(lambda: len(together(pair)) >= 45)
    for each in pair:
        await each.close()
    assert most_in(together(pair), LIMIT.per) <= LIMIT.calls
    assert abs(len(pair[0].all) - len(pair[1].all)) <= 4


async def test_the_slowest_limit_counts_for_all(members):
    (slow,) = await members(1, RateLimit(11, per=1.0))
    (fast,) = await members(1)
    await slow.take()
    fast.be_busy()
    await asyncio.sleep(1)
    assert len(fast.all) <= 11


async def test_groups_have_their_own_turns(members):
    (slow,) = await members(1, RateLimit(11, per=1.0), group="another")
    (fast,) = await members(1)
    await slow.take()
    fast.be_busy()
    await until(lambda: len(fast.all) >= 20, within=1.5)


# -- classes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [Rank.BULK, Rank.POLL])
async def test_who_comes_last_gets_one_turn_in_ten_of_all(members, rank):
    calls, last = await members(2), await members(2)
    for each in calls:
        each.be_busy()
    await until(lambda: len(together(calls)) >= 5)
    for each in last:
        each.be_busy(rank)
    await until(lambda: len(together([*calls, *last])) >= 85)
    assert 5 <= count(last, rank) <= 13


async def test_when_nobody_better_waits_any_more_the_others_have_all_turns_at_once(members):
    (calls,), bulk = await members(1, SLOW), await members(3, SLOW)
    some = asyncio.create_task(calls.take_many(25))
    await until(lambda: calls.all)
    for each in bulk:
        each.be_busy(Rank.BULK)
    await some
    loop, before = asyncio.get_running_loop(), count(bulk, Rank.BULK)
    assert before <= 4
    ended = loop.time()
    await until(lambda: count(bulk, Rank.BULK) >= before + 6)
    assert loop.time() - ended < 9 * 0.05


@pytest.mark.parametrize("is_beside", [False, True])
async def test_a_single_call_does_not_stand_behind_the_bulks_of_all(members, is_beside):
    bulk, (web,) = await members(8, SLOW), await members(1, SLOW)
    web = bulk[0] if is_beside else web
    for each in bulk:
        each.be_busy(Rank.BULK)
    await until(lambda: len(together(bulk)) >= 10)
    loop, waits = asyncio.get_running_loop(), []
    for _ in range(7):
        began = loop.time()
        await web.take()
        waits.append(loop.time() - began)
        await asyncio.sleep(0.1)
    assert statistics.median(waits) < 4 * 0.05  # it would be eight
    assert most_in(together({*bulk, web}), SLOW.per) <= SLOW.calls


async def test_calls_that_come_one_by_one_leave_one_turn_in_ten_to_a_bulk(members):
    (bulk,), calls = await members(1), await members(3)
    bulk.be_busy(Rank.BULK)
    for each in calls:
        each.be_busy(takers=1)
    await until(lambda: len(together([bulk, *calls])) >= 60)
    assert len(bulk.all) >= 4


async def test_polling_has_its_share_of_the_turns_of_all_beside_the_calls_of_its_own_process(
    members,
):
    busy = await members(4)
    for each in busy:
        each.be_busy()
    busy[0].be_busy(Rank.POLL, takers=1)
    await until(lambda: len(together(busy)) >= 85)
    assert 5 <= count(busy, Rank.POLL) <= 12


async def test_a_login_needs_no_turn_that_is_reserved_for_much_later(members):
    (calls,), (both,) = await members(1, SLOW), await members(1, SLOW)
    calls.be_busy()
    await until(lambda: calls.all)
    both.be_busy(Rank.BULK)
    await until(lambda: both.all)
    await asyncio.sleep(0.1)  # its next one is reserved, ten turns later
    loop = asyncio.get_running_loop()
    began = loop.time()
    await both.take(Rank.LOGIN)
    assert loop.time() - began < 5 * 0.05
