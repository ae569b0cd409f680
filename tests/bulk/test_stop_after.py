"""`bulk(stop_after=)`: after so many failures, no further item is drawn."""

import asyncio

import pytest

from aiogandi import InvalidArgument, bulk


async def fail_odd(number):
    await asyncio.sleep(0)
    if number % 2:
        raise ValueError(number)
    return number


async def drawn(numbers):
    for number in numbers:
        await asyncio.sleep(0)
        yield number


@pytest.mark.parametrize("source", [list, drawn])
@pytest.mark.parametrize(("most", "last"), [(1, 1), (2, 3), (3, 5), (None, 9), (100, 9)])
async def test_no_item_is_drawn_after_so_many_failures(source, most, last):
    work = bulk(fail_odd, source(range(10)), limit=1, stop_after=most)
    assert [outcome.item async for outcome in work] == list(range(last + 1))


async def test_what_is_under_way_is_not_ended_by_it():
    gate = asyncio.Event()

    async def action(number):
        if number == 0:
            raise ValueError(number)
        await gate.wait()
        return number

    work = bulk(action, range(100), limit=5, stop_after=1)
    first = await anext(work)
    assert (first.item, first.ok) == (0, False)
    gate.set()
    assert [(outcome.item, outcome.ok) async for outcome in work] == [
        (number, True) for number in range(1, 5)
    ]


@pytest.mark.parametrize("most", [0, -1, 1.5, "1", True])
async def test_it_is_a_number_of_failures(most):
    with pytest.raises(InvalidArgument, match="stop_after"):
        await anext(bulk(fail_odd, [1], stop_after=most))
