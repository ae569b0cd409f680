"""Work that a deadline ends, in virtual time: nobody else's cancellation is touched."""

import asyncio
from contextlib import contextmanager

import pytest

from aiogandi.cancellation import Deadlines


@pytest.fixture
def deadlines():
    return Deadlines()


def now():
    return asyncio.get_running_loop().time()


async def work(deadlines, seconds, within):
    """When it ended, in seconds from its beginning, and how."""
    began = now()
    try:
        with deadlines.within(within):
            await asyncio.sleep(seconds)
    except TimeoutError:
        return pytest.approx(now() - began, abs=0.01), "too late"
    return pytest.approx(now() - began, abs=0.01), "in time"


@contextmanager
def watched_timers():
    """The timers that are set on the running loop inside: those that still wait, at any moment."""
    loop = asyncio.get_running_loop()
    call_at, timers = loop.call_at, []

    def watched(when, callback, *arguments, **settings):
        timers.append(call_at(when, callback, *arguments, **settings))
        return timers[-1]

    loop.call_at = watched
    try:
        yield lambda: [timer for timer in timers if not timer.cancelled() and timer.when() > now()]
    finally:
        loop.call_at = call_at


@pytest.mark.parametrize("order", [1, -1])
def test_each_has_its_own_time(in_virtual_time, deadlines, order):
    async def story():
        jobs = [(30, 10), (30, 20), (5, 10), (30, 2), (25, 30), (30, 20)]
        return await asyncio.gather(*(work(deadlines, *job) for job in jobs[::order]))

    assert in_virtual_time(story())[::order] == [
        (10, "too late"),
        (20, "too late"),
        (5, "in time"),
        (2, "too late"),
        (25, "in time"),
        (20, "too late"),
    ]


def test_one_after_the_other_has_its_whole_time(in_virtual_time, deadlines):
    async def story():
        return [await work(deadlines, seconds, 10) for seconds in (9, 9, 11, 9, 11)]

    ends = ["in time", "in time", "too late", "in time", "too late"]
    assert [how for _, how in in_virtual_time(story())] == ends


def test_what_ends_in_time_costs_no_timer_of_its_own(in_virtual_time, deadlines):
    async def story():
        with watched_timers() as timers:
            for _ in range(1000):
                with deadlines.within(30):
                    await asyncio.sleep(0)
            return len(timers())

    assert in_virtual_time(story()) == 1


def test_a_task_that_its_owner_cancels_is_cancelled(in_virtual_time, deadlines):
    async def story():
        task = asyncio.create_task(work(deadlines, 30, 10))
        asyncio.get_running_loop().call_later(10, task.cancel)
        await asyncio.wait([task])
        return task.cancelled()

    assert in_virtual_time(story())


def test_a_timeout_of_the_caller_stays_the_callers(in_virtual_time, deadlines):
    async def story():
        began = now()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await work(deadlines, 30, 10)
        assert not asyncio.current_task().cancelling()
        return now() - began

    assert in_virtual_time(story()) == pytest.approx(5, abs=0.01)


def test_a_task_goes_on_after_its_time_out(in_virtual_time, deadlines):
    async def story():
        results = [await work(deadlines, 30, 1) for _ in range(3)]
        assert not asyncio.current_task().cancelling()
        await asyncio.sleep(60)  # and nothing is left that would end it
        return results

    assert in_virtual_time(story()) == [(1, "too late")] * 3


def test_closing_leaves_no_timer_and_lets_nothing_hang(in_virtual_time, deadlines):
    async def story():
        with watched_timers() as timers:
            with deadlines.within(10):
                pass
            assert len(timers()) == 1
            deadlines.close()
            assert not timers()
        task = asyncio.create_task(work(deadlines, 30, 10))
        await asyncio.sleep(1)
        deadlines.close()
        return await task

    assert in_virtual_time(story()) == (10, "too late")


def test_another_loop_has_a_timer_of_its_own(in_virtual_time, deadlines):
    assert in_virtual_time(work(deadlines, 1, 10)) == (1, "in time")
    assert in_virtual_time(work(deadlines, 30, 20)) == (20, "too late")


def test_there_is_never_more_than_one_timer(in_virtual_time, deadlines):
    async def story():
        with watched_timers() as timers:
            for within in (30, 20, 10, 25):
                with deadlines.within(within):
                    assert len(timers()) == 1
            deadlines.close()
            assert not timers()

    in_virtual_time(story())


def test_what_takes_its_time_to_end_does_not_keep_the_loop_busy(in_virtual_time, deadlines):
    async def story():
        with watched_timers() as timers, pytest.raises(TimeoutError), deadlines.within(10):
            try:
                await asyncio.sleep(30)
            finally:
                await asyncio.sleep(5)
                assert not timers()

    in_virtual_time(story())


def test_a_task_that_was_cancelled_before_can_still_be_too_late(in_virtual_time, deadlines):
    async def stubborn():
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            return await work(deadlines, 30, 10)

    async def story():
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(1)
        task.cancel()
        return await task

    assert in_virtual_time(story()) == (10, "too late")


def test_one_that_is_restarted_has_its_whole_time_again(in_virtual_time, deadlines):
    async def story():
        deadline = deadlines.within(10)
        began = now()
        with pytest.raises(TimeoutError), deadline:
            await asyncio.sleep(8)
            deadline.restart()
            await asyncio.sleep(100)
        assert now() - began == pytest.approx(18, abs=0.01)

    in_virtual_time(story())


def test_one_that_has_ended_is_not_restarted(in_virtual_time, deadlines):
    async def story():
        deadline = deadlines.within(10)
        with deadline:
            await asyncio.sleep(1)
        deadline.restart()
        await asyncio.sleep(100)

    in_virtual_time(story())
