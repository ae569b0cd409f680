"""The simulation's loop: no time is waited for, nothing hangs unseen, and one order of events."""

import asyncio

import pytest

from tests.simulation import loop as loops


def test_an_hour_passes_at_once_and_the_clock_knows_of_it():
    async def story(loop):
        began = loop.time()
        await asyncio.sleep(3600)
        return loop.time() - began

    assert loops.run(story) == pytest.approx(3600, abs=0.01)


def test_a_leap_of_the_clock_is_time_that_nobody_was_awake_for():
    async def story(loop):
        began, awake = loop.time(), loop.awake()
        loop.leap(500)
        await asyncio.sleep(1)
        return loop.time() - began, loop.awake() - awake

    assert loops.run(story) == (pytest.approx(501, abs=0.01), pytest.approx(1, abs=0.01))


def test_what_nothing_can_wake_is_told_with_where_it_waits():
    async def waits_for_ever():
        await asyncio.Event().wait()

    with pytest.raises(loops.Deadlock, match=r"waits_for_ever > Event\.wait"):
        loops.run(lambda _: waits_for_ever())


def test_a_circle_of_ready_tasks_is_told():
    async def turns():
        while True:  # noqa: ASYNC110 - the fault itself
            await asyncio.sleep(0)

    with pytest.raises(loops.Deadlock, match="circle"):
        loops.run(lambda _: turns())


def test_a_set_of_tasks_has_one_order():
    async def story(loop):
        tasks = [loop.create_task(asyncio.sleep(0)) for _ in range(50)]
        await asyncio.wait(tasks)
        return list(set(tasks)) == tasks

    assert loops.run(story)
