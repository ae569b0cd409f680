"""Turns of several processes where the service holds them, a process dies, or the store is slow or away."""

import asyncio
import sys
import time
from itertools import pairwise

import pytest

from aiogandi import RateLimit, TransportError, WrongLoop
from aiogandi.hub.redis_hub import RedisHub
from aiogandi.hub.store import Store
from aiogandi.transport.rank import Rank
from tests.hub.slow_way import SlowWay
from tests.hub.turns.takers import Member, grouping, most_in, together
from tests.waiting import until

LIMIT = RateLimit(41, per=1.0)
"""One turn in 25 ms."""

SLOW = RateLimit(21, per=1.0)


@pytest.fixture
async def slow_way():
    """Makes ways to a store whose answers take so many seconds longer: ``slow_way(url, 0.1)``."""
    ways = []

    async def make(url, seconds):
        ways.append(SlowWay(url, seconds))
        return await ways[-1].open()

    yield make
    for each in ways:
        await each.close()


@pytest.fixture
async def members_at(prefix, slow_way):
    """Makes so many members of a group at a store, and closes them: ``members_at(url, 3)``."""
    async with grouping() as group:

        async def make(url, number, limit=LIMIT, deadline=0.5, **settings):
            stores = [RedisHub(url, prefix=prefix, deadline=deadline).store for _ in range(number)]
            return await group(stores, limit, **settings)

        yield make


async def refuse(member, retry_after):
    """The service answers a request with 429."""
    with pytest.raises(TransportError):
        async with member.turns.turn():
            raise TransportError("slow down", status=429, retry_after=retry_after)


async def test_a_hold_that_one_meets_slows_all_and_then_they_go_one_by_one(
    members_at, shared_store
):
    busy = await members_at(shared_store, 4)
    for each in busy[1:]:
        each.be_busy()
    await until(lambda: len(together(busy)) >= 10)
    await refuse(busy[0], 0.6)
    ends = asyncio.get_running_loop().time() + 0.6
    before = len(together(busy))
    await until(lambda: len(together(busy)) >= before + 20)
    times = together(busy)
    assert len([each for each in times[before:] if each < ends - 0.05]) <= 2  # under way
    assert most_in(times[before:], LIMIT.per) <= LIMIT.calls
    assert times[before + 12] - ends >= 0.2


async def test_a_hold_is_over_when_it_was_said_to_be(members_at, shared_store):
    holder, other = await members_at(shared_store, 2)
    await refuse(holder, 0.3)
    began = asyncio.get_running_loop().time()
    await asyncio.gather(holder.take(), other.take())
    assert asyncio.get_running_loop().time() - began < 0.3 + 0.3


async def test_a_process_that_is_killed_costs_one_turn(members_at, shared_store, prefix):
    busy = await members_at(shared_store, 1)
    words = [shared_store, LIMIT.calls, LIMIT.per, "group", time.time(), 60, "CALL", prefix]
    program = [sys.executable, "-m", "tests.hub.turns.figures", "work", *map(str, words)]
    process = await asyncio.create_subprocess_exec(*program)
    try:
        busy[0].be_busy()
        async with asyncio.timeout(30):
            while await busy[0].store.command("HLEN", f"{prefix}:takers:group") < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    finally:
        process.kill()
        await process.wait()
    killed, before = asyncio.get_running_loop().time(), len(busy[0].all)
    await until(lambda: len(busy[0].all) >= before + 20)
    assert busy[0].all[before + 19] - killed < 1.0  # without it, half a second


async def test_a_member_that_closes_gives_back_what_it_reserved(members_at, shared_store):
    calls, bulk, other = await members_at(shared_store, 3, RateLimit(6, per=1.0))
    calls.be_busy()
    bulk.be_busy(Rank.BULK)
    await until(lambda: bulk.all)
    await asyncio.sleep(0.1)  # its next one is reserved, two seconds later
    await bulk.stop()
    await bulk.pacer.close()
    names = await other.store.command("HKEYS", f"{other.store.prefix}:takers:group")
    assert [name for name in names if name.decode().startswith(bulk.store.process)] == []


# -- the loop, and the store, are slow ---------------------------------------------------------


async def test_turns_that_were_missed_are_not_used_all_at_once(members_at, shared_store):
    busy = await members_at(shared_store, 5, SLOW, deadline=20)
    for each in busy:
        each.be_busy()
    await until(lambda: len(together(busy)) >= 6)
    time.sleep(0.5)  # noqa: ASYNC251 - nothing of this process runs, the store does
    before = len(together(busy))
    await until(lambda: len(together(busy)) >= before + 8)
    times = together(busy)[before:]
    assert sum(later - sooner < 0.01 for sooner, later in pairwise(times)) <= 1
    assert times[7] - times[0] >= 0.25


async def test_a_store_that_answers_later_than_a_turn_lasts_still_gives_some(
    members_at, shared_store, slow_way
):
    (member,) = await members_at(await slow_way(shared_store, 0.1), 1)
    member.be_busy()
    await until(lambda: len(member.all) >= 5, within=5)
    assert most_in(member.all, LIMIT.per) <= LIMIT.calls


async def test_slow_answers_do_not_disturb_the_distance(members_at, shared_store, slow_way):
    (far,) = await members_at(await slow_way(shared_store, 0.02), 1, SLOW)
    (near,) = await members_at(shared_store, 1, SLOW)
    for each in (far, near):
        each.be_busy()
    await until(lambda: len(together([far, near])) >= 30)
    assert most_in(together([far, near]), SLOW.per) <= SLOW.calls


class Elsewhere(Store):
    """The store of a program that uses it in another loop."""

    async def run(self, script, *arguments):
        raise WrongLoop("it is at home elsewhere")


async def test_whoever_is_next_is_told_why_no_turn_can_be_asked_for():
    member = Member(Elsewhere("redis://127.0.0.1:1/0", "the hub", "test", 5, 2), LIMIT)
    for _ in range(2):
        with pytest.raises(WrongLoop, match="elsewhere"):
            await member.take()
    await member.close()


# -- the store is away -------------------------------------------------------------------------


async def test_while_the_store_is_away_each_goes_on_with_its_share(members_at, store_server):
    server = store_server()
    pair = await members_at(server.url, 2, alone_share=0.25)
    for each in pair:
        each.be_busy()
    await until(lambda: len(together(pair)) >= 10)
    server.kill()
    await until(lambda: all(each.store.is_away for each in pair))
    before = [len(each.all) for each in pair]
    for each, number in zip(pair, before, strict=True):
        await until(lambda each=each, number=number: len(each.all) >= number + 6)
        times = each.all[number:]
        assert most_in(times, LIMIT.per) <= 11
    server.start()
    await until(lambda: not any(each.store.is_away for each in pair))
    before = len(together(pair))
    await until(lambda: len(together(pair)) >= before + 30)
    times = together(pair)[before:]
    assert times[-1] - times[9] < 0.25 * len(times[10:]) / 8  # twice as fast as by themselves


async def test_processes_that_notice_it_together_do_not_all_send_together(members_at, store_server):
    server = store_server()
    many = await members_at(server.url, 8, SLOW)
    await asyncio.gather(*(each.take() for each in many))
    await asyncio.sleep(0.5)  # a tenth of the rate is one in half a second
    server.kill()
    await until(lambda: all(each.store.is_away for each in many))
    await asyncio.gather(*(each.take() for each in many))
    times = together(many)[8:]
    assert times[-1] - times[0] > 0.05


async def test_no_turn_waits_for_a_store_that_does_not_answer_longer_than_its_deadline(
    members_at, store_server
):
    server = store_server()
    (member,) = await members_at(server.url, 1)
    await member.take()
    server.freeze()
    began = asyncio.get_running_loop().time()
    await member.take()
    assert asyncio.get_running_loop().time() - began < 0.5 + 0.5
    server.thaw()
    await until(lambda: not member.store.is_away)


async def test_a_client_that_begins_while_the_store_is_away_has_turns(members_at, store_server):
    server = store_server()
    (first,) = await members_at(server.url, 1)
    server.kill()
    await first.take()
    assert first.store.is_away
    second = Member(first.store, LIMIT)
    await second.take_many(3)
    await second.close()


async def test_a_store_that_was_emptied_gives_turns_as_before(members_at, store_server):
    server = store_server()
    pair = await members_at(server.url, 2)
    for each in pair:
        each.be_busy()
    await until(lambda: len(together(pair)) >= 10)
    await pair[0].store.command("FLUSHALL")
    await until(lambda: all(each.store.generation for each in pair))
    before = len(together(pair))
    await until(lambda: len(together(pair)) >= before + 20)


async def test_a_limit_that_is_lifted_asks_the_store_no_more(members_at, shared_store):
    (member,) = await members_at(shared_store, 1)
    await member.take_many(3)
    waiting = asyncio.create_task(member.take_many(100))
    await asyncio.sleep(0)
    member.turns.lift()
    await waiting
    asked = member.store.exchanges["turn-reserve"]
    await member.take_many(10)
    assert member.store.exchanges["turn-reserve"] == asked
    assert member.store.on_away == member.store.on_back == []


async def test_what_stands_in_the_store_ends_by_itself(members_at, shared_store):
    (member,) = await members_at(shared_store, 1)
    await member.take()
    for name in ("turns", "takers"):
        left = await member.store.command("TTL", f"{member.store.prefix}:{name}:group")
        assert 500 < left < 700
