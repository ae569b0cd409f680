"""`bulk()`: one action over many items, bounded, nothing lost."""

import asyncio
import contextvars
import gc
import tracemalloc
from contextlib import aclosing

import pytest

from aiogandi import InvalidArgument, OperationDetails, OperationFailed, bulk
from aiogandi.transport.rank import BEHIND


async def double(number):
    await asyncio.sleep(0)
    return 2 * number


async def drawn(numbers):
    for number in numbers:
        await asyncio.sleep(0)
        yield number


def others():
    return asyncio.all_tasks() - {asyncio.current_task()}


class Gate:
    """An action that ends when it is let, and knows how many are under way."""

    def __init__(self):
        self.under_way = self.most = self.begun = self.cancelled = 0
        self.doors = {}

    async def __call__(self, item):
        self.begun += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        door = self.doors.setdefault(item, asyncio.Event())
        try:
            await door.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.under_way -= 1
        return item

    def open(self, item):
        self.doors.setdefault(item, asyncio.Event()).set()


@pytest.mark.parametrize("source", [list, iter, drawn])
async def test_every_item_has_an_outcome(source):
    outcomes = [outcome async for outcome in bulk(double, source(range(50)), limit=7)]
    assert sorted(outcome.item for outcome in outcomes) == list(range(50))
    assert all(outcome.ok and outcome.result == 2 * outcome.item for outcome in outcomes)
    assert others() == set()


@pytest.mark.parametrize("source", [list, drawn])
async def test_no_items_give_no_outcomes(source):
    assert [outcome async for outcome in bulk(double, source([]))] == []


async def test_results_come_in_the_order_of_ending():
    gate, seen = Gate(), []
    gate.open(2)
    async for outcome in bulk(gate, range(3)):
        seen.append(outcome.item)
        gate.open({2: 0, 0: 1}.get(outcome.item))
    assert seen == [2, 0, 1]


async def test_a_failing_item_is_an_outcome_and_the_run_goes_on():
    async def divide(number):
        return 1 // number

    outcomes = {o.item: o async for o in bulk(divide, [1, 0, 2], limit=1)}
    assert isinstance(outcomes[0].error, ZeroDivisionError)
    assert not outcomes[0].ok
    assert outcomes[0].result is None
    assert outcomes[1].result == 1
    assert outcomes[2].result == 0


@pytest.mark.parametrize("source", [list, drawn])
@pytest.mark.parametrize("limit", [1, 3, 10])
async def test_the_limit_is_held_and_reached(source, limit):
    gate = Gate()
    outcomes = aiter(bulk(gate, source(range(20)), limit=limit))
    first = asyncio.ensure_future(anext(outcomes))
    for _ in range(100):
        await asyncio.sleep(0)
    assert gate.under_way == limit
    for item in range(20):
        gate.open(item)
    await first
    assert len([outcome async for outcome in outcomes]) == 19
    assert gate.most == limit


@pytest.mark.parametrize("source", [iter, drawn])
async def test_items_are_drawn_as_places_fall_free(source):
    taken = []

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    async def waiting_items():
        for number in items():
            yield number

    gate = Gate()
    outcomes = aiter(bulk(gate, items() if source is iter else waiting_items(), limit=4))
    first = asyncio.ensure_future(anext(outcomes))
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(taken) == 4
    gate.open(0)
    await first
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(taken) == 5
    await outcomes.aclose()


async def test_results_come_while_the_next_item_is_waited_for():
    more = asyncio.Event()

    async def items():
        yield 1
        await more.wait()
        yield 2

    outcomes = aiter(bulk(double, items()))
    assert (await asyncio.wait_for(anext(outcomes), 60)).item == 1
    more.set()
    assert [outcome.item async for outcome in outcomes] == [2]


@pytest.mark.parametrize("source", [list, drawn])
async def test_closing_cancels_what_is_under_way_and_leaves_no_task(source):
    gate = Gate()
    gate.open(0)
    async with aclosing(bulk(gate, source(range(50)), limit=10)) as outcomes:
        async for _ in outcomes:
            break
    assert gate.under_way == 0
    assert gate.cancelled == gate.begun - 1
    assert others() == set()


async def test_a_plain_break_leaves_no_task_either():
    gate = Gate()
    gate.open(0)
    async for _ in bulk(gate, range(50), limit=10):
        break
    for _ in range(5):  # Python closes a generator that was left one turn of the loop later
        await asyncio.sleep(0)
    assert gate.under_way == 0
    assert others() == set()


async def test_an_exception_in_the_loop_body_cancels_what_is_under_way():
    gate = Gate()
    gate.open(0)
    with pytest.raises(LookupError):
        async with aclosing(bulk(gate, range(50), limit=10)) as outcomes:
            async for _ in outcomes:
                raise LookupError
    assert gate.under_way == 0
    assert others() == set()


async def test_cancelling_the_run_cancels_and_awaits_what_is_under_way():
    gate = Gate()

    async def run():
        return [outcome async for outcome in bulk(gate, range(50), limit=10)]

    task = asyncio.create_task(run())
    for _ in range(5):
        await asyncio.sleep(0)
    assert gate.under_way == 10
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gate.cancelled == 10
    assert others() == set()


async def test_an_action_that_is_slow_to_be_cancelled_is_waited_for():
    ended = []

    async def slow(item):
        try:
            await asyncio.sleep(30)
        finally:
            await asyncio.sleep(0.01)
            ended.append(item)

    async def quick_or_slow(item):
        return item if item == 0 else await slow(item)

    async with aclosing(bulk(quick_or_slow, range(4))) as outcomes:
        async for _ in outcomes:
            break
    assert sorted(ended) == [1, 2, 3]


@pytest.mark.parametrize("waits", [False, True])
async def test_an_exception_of_the_items_is_raised_after_what_was_under_way(waits):
    def items():
        yield from range(5)
        raise LookupError("the source broke")

    async def waiting_items():
        for item in items():
            yield item

    seen = []
    with pytest.raises(LookupError, match="the source broke"):
        async for outcome in bulk(double, waiting_items() if waits else items(), limit=3):
            seen.append(outcome.item)  # noqa: PERF401 - what came before the error counts
    assert sorted(seen) == list(range(5))
    assert others() == set()


async def test_places_are_filled_while_the_loop_body_takes_its_time():
    gate = Gate()
    for item in range(5):
        gate.open(item)
    async for _ in bulk(gate, range(100), limit=5):
        await asyncio.sleep(0.01)
        # Five outcomes may wait for the loop, and five more items are under way.
        assert 9 <= gate.begun <= 12
        assert gate.under_way == 5
        break


async def test_an_async_source_that_is_left_early_is_closed():
    closed = []

    async def items():
        try:
            for number in range(100):
                yield number
        finally:
            closed.append(True)

    async with aclosing(bulk(double, items(), limit=3)) as outcomes:
        async for _ in outcomes:
            break
    assert closed == [True]


async def test_an_operation_is_waited_for(gandi, gandi_sandbox):
    async def create(number):
        return await gandi.vm_create(f"web-{number}", "s3cret-pw", 111, 1, 1)

    gandi_sandbox.fail_operation("vm_create", message="no room")
    outcomes = [outcome async for outcome in bulk(create, range(10))]
    good = [outcome.result for outcome in outcomes if outcome.ok]
    assert len(good) == 9
    assert all(isinstance(details, OperationDetails) for details in good)
    [bad] = [outcome.error for outcome in outcomes if not outcome.ok]
    assert isinstance(bad, OperationFailed)


async def test_ten_thousand_items_take_memory_for_the_limit():
    async def nothing(item):
        await asyncio.sleep(0)

    async def peak(number):
        gc.collect()
        tracemalloc.start()
        async for _ in bulk(nothing, (number for number in range(number)), limit=10):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    await peak(100)
    assert await peak(10_000) < 2 * await peak(100) + 50_000


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, None])
async def test_a_limit_that_is_no_count_is_refused(limit):
    with pytest.raises(InvalidArgument, match="limit"):
        await anext(aiter(bulk(double, [1], limit=limit)))


async def test_items_that_are_no_iterable_are_refused():
    with pytest.raises(InvalidArgument, match="items"):
        await anext(aiter(bulk(double, 5)))


async def test_drawing_an_item_has_the_loops_own_context():
    seen = []

    async def items():
        for number in range(20):
            seen.append((BEHIND.get(), who.get()))
            await asyncio.sleep(0)
            yield number

    async def act(number):
        assert (BEHIND.get(), who.get()) == (True, "the loop")
        who.set("an action")
        for _ in range(10):  # the places are taken: the next item is drawn when an action ends
            await asyncio.sleep(0)

    who = contextvars.ContextVar("who")
    who.set("the loop")
    outcomes = [outcome async for outcome in bulk(act, items(), limit=3)]
    assert [outcome.error for outcome in outcomes] == [None] * 20
    assert set(seen) == {(False, "the loop")}
