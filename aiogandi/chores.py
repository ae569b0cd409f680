"""Work of the client's own: tasks and timers that belong to none of its callers.

asyncio gives every task and every timer a copy of the context variables of whoever happens to begin
it. A login that all calls share would then be told in the span of one request, and the timer that
renews the session would keep that request's objects alive for twelve hours. So this work begins with
an empty context. What is done for one caller alone, such as its changing call, has that caller's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVar, TypeVarTuple

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


def begin(
    work: Callable[[], Coroutine[Any, Any, Result]],
    on_end: Callable[[asyncio.Task[Result]], object] | None = None,
) -> asyncio.Task[Result]:
    """Do *work* in a task; *on_end* is called when that has ended, in an empty context as well.

    No part of the work is done before the loop's next turn, also where the program's task factory runs
    the first step of a task at once: whoever begins it can note first that it is under way.
    """
    context = Context()
    # Inside the context, because not every task factory takes one as an argument.
    task = context.run(asyncio.get_running_loop().create_task, _in_the_next_turn(work))
    if on_end is not None:
        task.add_done_callback(on_end, context=context)
    return task


async def _in_the_next_turn(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    await asyncio.sleep(0)
    return await work()


class SharedTasks:
    """Tasks that several may wait for, by `asyncio.shield`, and that go on whichever of them is cancelled. Their
    errors are told to whoever still waits; nobody may.
    """

    def __init__(self) -> None:
        self.under_way: set[asyncio.Task[Any]] = set()

    def begin(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> asyncio.Task[Result]:
        """Do *work* in a task, as `begin` does."""
        task = begin(work, self._ended)
        self.under_way.add(task)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.under_way.discard(task)
        if not task.cancelled():
            task.exception()  # seen, so that asyncio does not complain where nobody waits


def later(
    seconds: float, callback: Callable[[*Arguments], object], *args: *Arguments
) -> asyncio.TimerHandle:
    """Call *callback* with *args* after so many *seconds*."""
    return asyncio.get_running_loop().call_later(seconds, callback, *args, context=Context())
