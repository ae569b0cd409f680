"""Work that ends with the client: nobody else's cancellation is touched."""

import asyncio

import pytest

from aiogandi import ClientClosed
from aiogandi.cancellation import Lifetime, cancel


@pytest.fixture
def lifetime():
    return Lifetime()


async def inside(lifetime, work=None):
    with lifetime.scope():
        return await (work or asyncio.get_running_loop().create_future())


async def begun(coroutine):
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(0)
    return task


async def test_a_call_under_way_is_woken(lifetime):
    calls = [await begun(inside(lifetime)) for _ in range(3)]
    lifetime.end()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [ClientClosed] * 3
    assert not any(call.cancelled() or call.cancelling() for call in calls)
    assert not lifetime.inside


async def test_no_call_begins_after_the_end(lifetime):
    lifetime.end()
    with pytest.raises(ClientClosed):
        await inside(lifetime)


async def test_a_call_that_ended_in_time_is_left_alone(lifetime):
    assert await inside(lifetime, asyncio.sleep(0, "result")) == "result"
    assert not lifetime.inside
    lifetime.end()
    await asyncio.sleep(0)


async def test_ending_twice_wakes_once(lifetime):
    call = await begun(inside(lifetime))
    lifetime.end()
    lifetime.end()
    with pytest.raises(ClientClosed):
        await call


async def test_the_owners_cancellation_stays_one(lifetime):
    call = await begun(inside(lifetime))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert not lifetime.inside


@pytest.mark.parametrize("first", ["end", "cancel"])
async def test_the_owners_cancellation_wins_over_the_end(lifetime, first):
    call = await begun(inside(lifetime))
    steps = [lifetime.end, call.cancel]
    for step in steps if first == "end" else steps[::-1]:
        step()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_timeout_around_a_call_is_a_timeout(lifetime):
    async def impatient():
        async with asyncio.timeout(0.01):
            await inside(lifetime)

    with pytest.raises(TimeoutError):
        await impatient()


async def test_a_timeout_around_a_call_that_is_woken_does_not_fire(lifetime):
    async def patient():
        async with asyncio.timeout(60):
            await inside(lifetime)

    call = await begun(patient())
    lifetime.end()
    with pytest.raises(ClientClosed):
        await call


async def test_a_woken_call_fails_its_task_group_and_no_more(lifetime):
    async def group():
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(inside(lifetime))
            tasks.create_task(asyncio.sleep(10))

    call = await begun(group())
    await asyncio.sleep(0)
    lifetime.end()
    with pytest.raises(ExceptionGroup) as caught:
        await call
    assert [type(error) for error in caught.value.exceptions] == [ClientClosed]


async def test_what_a_call_makes_of_the_interruption_is_its_own(lifetime):
    async def stubborn():
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            return "saved"

    async def failing():
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            raise OSError("while cleaning up") from None

    saved, failed = (
        await begun(inside(lifetime, stubborn())),
        await begun(inside(lifetime, failing())),
    )
    lifetime.end()
    assert await saved == "saved"
    assert not saved.cancelling()
    with pytest.raises(OSError, match="while cleaning up"):
        await failed


async def test_a_task_may_go_on_after_it_was_woken(lifetime):
    async def going_on():
        try:
            await inside(lifetime)
        except ClientClosed:
            await asyncio.sleep(0.001)
            return "went on"

    call = await begun(going_on())
    lifetime.end()
    assert await call == "went on"


async def test_cancelling_tasks_waits_until_each_has_ended_whichever_way():
    async def failing():
        try:
            await asyncio.sleep(10)
        finally:
            raise OSError("while cleaning up")

    async def stubborn():
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            await asyncio.sleep(0.001)

    tasks = [await begun(failing()), await begun(stubborn()), await begun(asyncio.sleep(10))]
    await cancel(tasks)
    assert [task.done() for task in tasks] == [True] * 3
    assert isinstance(tasks[0].exception(), OSError)
    assert tasks[2].cancelled()
    await cancel([])
