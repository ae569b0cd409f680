"""Turns to send are spaced out; everything here runs in virtual time."""

import asyncio
from contextlib import suppress
from itertools import pairwise

import pytest

from aiogandi import RateLimit, TransportError, codec
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.transport.rank import Rank
from aiogandi.transport.rate import LONGEST_HOLD, Turns, Unwanted
from aiogandi.transport.request import Request
from tests.transport.takers import Takers
from tests.wire import http


@pytest.mark.parametrize("limit", [RateLimit(30, per=2.0), RateLimit(2, 1), RateLimit(1, 0.5)])
def test_no_window_holds_more_than_the_limit(in_virtual_time, limit):
    async def story():
        line = Takers(limit)
        polls = [asyncio.create_task(line.take(Rank.POLL)) for _ in range(20)]
        logins = [asyncio.create_task(line.take(Rank.LOGIN)) for _ in range(3)]
        await line.take_many(100)
        await asyncio.gather(*polls, *logins)
        return line.all

    times = in_virtual_time(story())
    assert len(times) == 123
    for first, beyond in zip(times, times[limit.calls :], strict=False):
        assert beyond - first >= limit.per - 1e-6


def test_the_limit_is_used_up_to_a_thirtieth(in_virtual_time):
    async def story():
        line = Takers(RateLimit(30, per=2.0))
        await line.take_many(291)
        return line.now()

    assert in_virtual_time(story()) == pytest.approx(20, abs=0.01)


def test_turns_come_in_the_order_of_asking(in_virtual_time):
    async def story():
        turns, order = Turns(RateLimit(10, 1), Emitter()), []

        async def take(number):
            async with turns.turn():
                order.append(number)

        await asyncio.gather(*map(take, range(50)))
        return order

    assert in_virtual_time(story()) == list(range(50))


@pytest.mark.parametrize(("rank", "longest"), [(Rank.POLL, 0.3), (Rank.LOGIN, 0.2)])
def test_a_poll_or_a_login_does_not_stand_behind_a_thousand_calls(in_virtual_time, rank, longest):
    async def story():
        line = Takers(RateLimit(11, per=1.0))
        calls = asyncio.create_task(line.take_many(1000))
        await asyncio.sleep(0.55)
        before = line.now()
        await line.take(rank)
        waited = line.now() - before
        calls.cancel()
        return waited

    assert in_virtual_time(story()) <= longest


def test_while_calls_wait_polls_take_a_tenth_of_the_turns(in_virtual_time):
    async def story():
        line = Takers(RateLimit(11, per=1.0))  # one turn in 0.1 s

        async def poll_for_ever():
            while True:
                await line.take(Rank.POLL)

        polling = asyncio.create_task(poll_for_ever())
        await line.take_many(900)
        polling.cancel()
        return line

    line = in_virtual_time(story())
    polls = line.times[Rank.POLL][3:]  # the first came before the calls had queued up
    assert 90 <= len(polls) <= 100
    assert min(later - sooner for sooner, later in pairwise(polls)) > 0.8


def test_while_no_call_waits_polls_may_use_the_whole_rate(in_virtual_time):
    async def story():
        line = Takers(RateLimit(11, per=1.0))
        for _ in range(11):
            await line.take(Rank.POLL)
        return line.now()

    assert in_virtual_time(story()) == pytest.approx(1.0, abs=0.01)


def test_what_is_no_longer_wanted_uses_up_no_turn(in_virtual_time):
    async def story():
        line = Takers(RateLimit(11, per=1.0))
        await line.take()

        async def take_unwanted():
            with pytest.raises(Unwanted):
                async with line.turns.turn(Rank.CALL, lambda: False):
                    raise AssertionError

        await asyncio.gather(*(take_unwanted() for _ in range(1000)))
        await line.take()
        return line.now()

    assert in_virtual_time(story()) == pytest.approx(0.1, abs=0.002)


def test_a_turn_knows_how_long_it_stood_in_line_also_where_it_never_came(in_virtual_time):
    async def story():
        line, waited = Takers(None), []
        line.turns.hold(5)

        async def stand_in_line(is_wanted):
            turn = line.turns.turn(Rank.CALL, is_wanted)
            with suppress(Unwanted):
                async with turn:
                    pass
            waited.append(turn.waited)

        await asyncio.gather(stand_in_line(lambda: True), stand_in_line(lambda: False))
        await stand_in_line(lambda: True)
        return waited

    assert in_virtual_time(story()) == [pytest.approx(5, abs=0.01)] * 2 + [0]


def test_a_cancelled_waiter_loses_nothing(in_virtual_time):
    async def story():
        line = Takers(RateLimit(11, per=1.0))
        tasks = [asyncio.create_task(line.take()) for _ in range(100)]
        tasks += [asyncio.create_task(line.take(Rank.POLL)) for _ in range(10)]
        await asyncio.sleep(0.05)
        for task in tasks[1::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return line

    line = in_virtual_time(story())
    assert [len(line.times[rank]) for rank in (Rank.CALL, Rank.POLL)] == [50, 5]
    # 55 turns, and the first is at 0.
    assert max(line.all) == pytest.approx(5.4, abs=0.01)


def test_a_hold_stops_everybody_also_the_one_that_is_next(in_virtual_time):
    async def story():
        line = Takers(RateLimit(11, per=1.0))
        tasks = [asyncio.create_task(line.take(rank)) for rank in (*Rank, *Rank, *Rank)]
        await asyncio.sleep(0.25)
        line.turns.hold(5)
        await asyncio.gather(*tasks)
        return line.all

    times = in_virtual_time(story())
    assert sum(time < 0.25 for time in times) == 3
    assert not [time for time in times if 0.25 < time < 5.25]
    assert min(later - sooner for sooner, later in pairwise(times)) > 0.099


@pytest.mark.parametrize("rank", Rank)
def test_a_hold_stops_also_who_has_no_limit(in_virtual_time, rank):
    async def story():
        line = Takers(None)
        await line.take(rank)
        assert line.now() == 0
        line.turns.hold(5)
        line.turns.hold(2)
        await asyncio.gather(line.take(rank), line.take(rank))
        return line.now()

    assert in_virtual_time(story()) == pytest.approx(5, abs=0.01)


def test_a_hold_that_is_renewed_while_one_waits_is_respected(in_virtual_time):
    async def story():
        line = Takers(None)
        line.turns.hold(5)
        waiting = asyncio.create_task(line.take())
        await asyncio.sleep(4)
        line.turns.hold(5)
        await waiting
        return line.now()

    assert in_virtual_time(story()) == pytest.approx(9, abs=0.01)


def test_no_hold_is_longer_than_a_minute(in_virtual_time):
    async def story():
        line = Takers(None)
        line.turns.hold(10_000_000)
        await line.take()
        return line.now()

    assert in_virtual_time(story()) == pytest.approx(LONGEST_HOLD, abs=0.01)


def test_who_comes_at_the_end_of_a_hold_does_not_pass_those_who_wait(in_virtual_time):
    order = []

    async def call(turns, name):
        async with turns.turn():
            order.append(name)

    async def story():
        turns = Turns(None, Emitter())
        turns.hold(5)
        waiting = [asyncio.create_task(call(turns, number)) for number in range(3)]
        asyncio.get_running_loop().call_later(
            5, lambda: waiting.append(asyncio.create_task(call(turns, "late")))
        )
        await asyncio.sleep(6)
        await asyncio.gather(*waiting)

    in_virtual_time(story())
    assert order == [0, 1, 2, "late"]


# -- a limit that is lifted --------------------------------------------------------------------


def test_a_limit_that_is_lifted_holds_nobody_any_more(in_virtual_time):
    async def story():
        line = Takers(RateLimit(2, per=10.0))
        waiting = asyncio.create_task(line.take_many(50))
        await asyncio.sleep(15)
        assert line.all == pytest.approx([0, 10], abs=0.1)
        line.turns.lift()
        line.turns.lift()
        await waiting
        await line.take_many(50)
        return line.all

    times = in_virtual_time(story())
    assert len(times) == 100
    assert times[2:] == pytest.approx([15] * 98, abs=0.1)


def test_a_limit_that_is_lifted_while_the_service_asks_for_a_pause_leaves_the_pause(
    in_virtual_time,
):
    async def story():
        line = Takers(RateLimit(2, per=10.0))
        waiting = asyncio.create_task(line.take_many(5))
        await asyncio.sleep(1)
        line.turns.hold(30)
        line.turns.lift()
        await waiting
        return line.all

    assert in_virtual_time(story()) == pytest.approx([0, 31, 31, 31, 31], abs=0.1)


async def replies(transport_to, raw_server, *headers, status="200 OK"):
    """How often the limit was lifted by the reply to one call."""
    url, _ = await raw_server(http(codec.encode_response(1), status, *headers))
    lifted = []
    transport = transport_to(url, lift=lambda: lifted.append(1))
    with suppress(TransportError):
        await transport.exchange(Request.of("x", {}))
    return len(lifted)


async def test_a_reply_that_says_that_there_is_no_limit_lifts_it(transport_to, raw_server):
    say = "aiogandi-rate-limit: none"
    assert await replies(transport_to, raw_server, say) == 1
    assert await replies(transport_to, raw_server, say, status="500 Oh") == 1
    assert await replies(transport_to, raw_server) == 0
    assert await replies(transport_to, raw_server, "Aiogandi-Rate-Limit: 30") == 0
    assert await replies(transport_to, raw_server, "X-Rate-Limit: none") == 0
