"""Waits whose store goes away, comes back or is emptied: no end is missed, and one polls as soon as it can."""

import asyncio

import pytest

from tests.hub.watches.watchers import processes, waiting
from tests.waiting import until

QUICK = {"lease": 0.5, "deadline": 0.3}


@pytest.fixture
async def start(enter, prefix):
    """Starts processes on a store of the test's own."""
    return lambda server, number, **settings: enter(
        processes(server.url, prefix, number, **{**QUICK, **settings})
    )


async def settled(every):
    """Return when one of these polls, and all others know it."""
    await until(lambda: sorted(each.sharing.role.value for each in every)[-1:] == ["leads"])
    await until(lambda: [each.leads for each in every].count(True) == 1)
    await until(lambda: [each.follows for each in every].count(True) == len(every) - 1)


async def test_while_the_store_is_away_each_polls_for_itself_and_then_one_again(
    store_server, start
):
    server = store_server()
    service, every = await start(server, 3)
    first, second, third = (service.begin() for _ in every)
    waits = [
        await waiting(each.operation(number))
        for each, number in zip(every, (first, second, third), strict=True)
    ]
    await settled(every)

    server.freeze()
    await until(lambda: all(each.is_alone for each in every))
    asked = [each.polls for each in every]
    await until(lambda: all(each.polls > n for each, n in zip(every, asked, strict=True)))
    service.end(second)
    assert (await waits[1]).id == second
    again = service.begin()
    waits[1] = await waiting(every[1].operation(again))

    server.thaw()
    await settled(every)
    service.end(first)
    service.end(again)
    service.end(third)
    assert [end.id for end in await asyncio.gather(*waits)] == [first, again, third]


async def test_a_wait_that_begins_while_the_store_is_away_is_polled_for_at_once(
    store_server, start
):
    server = store_server()
    server.freeze()
    service, (only,) = await start(server, 1)
    number = service.begin()
    wait = await waiting(only.operation(number))
    await until(lambda: only.polls > 0)
    service.end(number)
    assert (await wait).id == number
    server.thaw()


async def test_the_one_that_polled_and_has_closed_meanwhile_polls_no_more_in_a_process_that_goes_on(
    store_server, start
):
    server = store_server()
    service, (one,) = await start(server, 1)
    number, twin = service.begin(), one.twin()
    await waiting(twin.operation(number))
    await until(lambda: twin.leads)
    wait = await waiting(one.operation(number))
    await until(lambda: one.follows)

    server.freeze()
    await until(lambda: one.is_alone)
    await twin.leave()
    server.thaw()
    await until(lambda: one.leads)
    service.end(number)
    assert (await wait).id == number


async def test_after_the_store_was_emptied_all_is_told_again(store_server, start):
    server = store_server()
    service, every = await start(server, 3)
    numbers = [service.begin() for _ in range(30)]
    waits = [await waiting(every[at % 3].operation(n)) for at, n in enumerate(numbers)]
    await settled(every)

    server.kill()
    server.empty()
    for number in numbers[:10]:
        service.end(number)
    server.start()
    await asyncio.gather(*waits[:10])
    await settled(every)
    for number in numbers[10:]:
        service.end(number)
    ends = await asyncio.gather(*waits)
    assert [end.id for end in ends] == numbers


async def test_many_watches_are_told_in_few_exchanges(store_server, start):
    service, (first, second) = await start(store_server(), 2, lease=60.0)
    await waiting(first.operation(service.begin()))
    await until(lambda: first.leads)
    numbers = [service.begin() for _ in range(250)]
    waits = asyncio.gather(*(second.operation(number).wait() for number in numbers))
    await until(lambda: second.follows)
    for number in numbers:
        service.end(number)
    await waits
    assert second.polls == 0
    assert second.store.exchanges["watch-tell"] < 10
    assert first.store.exchanges["watch-tell"] < 30
