"""Work of the client's own: in nobody's context, and begun before any of it is done."""

import asyncio
import contextvars
import sys

import pytest

from aiogandi import chores

who = contextvars.ContextVar("who", default="nobody")


async def test_work_and_its_end_have_an_empty_context():
    told = []

    async def work():
        told.append(who.get())
        await asyncio.sleep(0)
        told.append(who.get())
        return 5

    who.set("somebody")
    task = chores.begin(work, lambda task: told.append((who.get(), task.result())))
    assert await task == 5
    await asyncio.sleep(0)
    assert told == ["nobody", "nobody", ("nobody", 5)]


async def test_a_timer_has_an_empty_context():
    who.set("somebody")
    told = asyncio.get_running_loop().create_future()
    chores.later(0, lambda value: told.set_result((value, who.get())), "value")
    assert await told == ("value", "nobody")


def an_old_factory(loop, coroutine):
    """As task factories were before they were given further arguments."""
    return asyncio.Task(coroutine, loop=loop)


@pytest.mark.parametrize(
    "factory",
    [
        None,
        an_old_factory,
        pytest.param(
            getattr(asyncio, "eager_task_factory", None),
            marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="new in Python 3.12"),
        ),
    ],
    ids=["none", "old", "eager"],
)
def test_no_work_is_done_before_it_was_begun(factory):
    done = []

    async def work():
        done.append(who.get())

    async def begin():
        asyncio.get_running_loop().set_task_factory(factory)
        who.set("somebody")
        task = chores.begin(work)
        assert done == []
        await task
        assert done == ["nobody"]

    asyncio.run(begin())


async def test_work_that_is_cancelled_before_it_is_done_is_not_missed():
    async def work():
        raise AssertionError("it was cancelled")

    task = chores.begin(work)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
