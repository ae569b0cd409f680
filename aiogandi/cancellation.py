"""Work that others can end: with the client, at a deadline, or by cancelling its task.

Entering an `Interruption` lets another part of the client wake the task that is inside it, wherever
that task waits. `Lifetime` does so for every call when the client closes; `Deadlines` does so for an
exchange that takes too long.

`Deadlines` keeps one timer for all exchanges. aiohttp (or ``asyncio.timeout``) would set one for each
and take it away again, which costs 3 % of a whole call (measured), though nearly every exchange ends
long before its time. That is what makes it worth a class of its own.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection
from types import TracebackType
from typing import Any, ClassVar

from aiogandi import chores
from aiogandi.errors import ClientClosed
from aiogandi.home import Home


class Interruption:
    """A context manager around a piece of a task's work, which `interrupt` ends with `error`.

    It cancels the task and turns that cancellation into the error, as ``asyncio.timeout`` does:
    there is no state, from the rate limit to a half-read reply, that it cannot be woken from.
    Whoever may interrupt it is told of it by `begins` and `ends`.
    """

    __slots__ = ("_cancelling", "interrupted", "task")

    error: ClassVar[type[Exception]]
    task: asyncio.Task[Any]

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a call is made from inside a task")
        self.task = task
        self.interrupted = False
        self._cancelling = task.cancelling()
        self.begins()

    def begins(self) -> None:
        """Register this block, so that `interrupt` can reach it. An exception raised here is raised
        by the ``with`` statement.
        """
        raise NotImplementedError

    def ends(self) -> None:
        """Take the registration back: the block has ended."""
        raise NotImplementedError

    def interrupt(self) -> None:
        """Wake the task. A second call changes nothing."""
        if not self.interrupted:
            self.interrupted = True
            self.task.cancel()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.ends()
        if not self.interrupted:
            return
        # Where the task's owner has cancelled it as well, the task stays cancelled.
        if self.task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise self.error from None


class Deadlines:
    """Ends blocks that take too long with `TimeoutError`.

    The one timer is set to the earliest deadline. A block that ends in time leaves the timer alone:
    when it rings too early, it is set again.
    """

    __slots__ = ("_due", "_loop", "_timer")

    def __init__(self) -> None:
        self._due: dict[Deadline, float] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float) -> Deadline:
        """A context manager around a block that may take so many *seconds*."""
        return Deadline(self, seconds)

    def close(self) -> None:
        """Cancel the timer, unless a block still depends on it."""
        if not self._due:
            self._unset()

    def add(self, deadline: Deadline, seconds: float) -> None:
        """Give the block of *deadline* so many *seconds* from now on; infinitely many need no timer."""
        if seconds == math.inf:
            return
        loop = deadline.task.get_loop()
        when = self._due[deadline] = loop.time() + seconds
        if self._timer is None or when < self._timer.when() or loop is not self._loop:
            self._set(loop, when)

    def restart(self, deadline: Deadline, seconds: float) -> None:
        """Give a block so many *seconds* again, unless it has ended."""
        if deadline in self._due:
            self.add(deadline, seconds)

    def remove(self, deadline: Deadline) -> None:
        """Forget a block that has ended."""
        self._due.pop(deadline, None)

    def _unset(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self, loop: asyncio.AbstractEventLoop, when: float) -> None:
        self._unset()
        self._loop = loop
        self._timer = chores.later(when - loop.time(), self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for deadline, when in self._due.items():
            if when <= now:
                deadline.interrupt()
        left = [when for deadline, when in self._due.items() if not deadline.interrupted]
        if left:
            self._set(loop, min(left))


class Deadline(Interruption):
    """One block with a limited time, see `Deadlines.within`."""

    __slots__ = ("_deadlines", "_seconds")

    error = TimeoutError

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        self._deadlines = deadlines
        self._seconds = seconds

    def begins(self) -> None:
        self._deadlines.add(self, self._seconds)

    def restart(self) -> None:
        """Give the block its whole time again from now on, unless it has ended."""
        self._deadlines.restart(self, self._seconds)

    def ends(self) -> None:
        self._deadlines.remove(self)


class Lifetime:
    """Lets calls begin, in the client's one event loop and until the client closes. Knows the tasks that
    are inside a call, and wakes them when it closes.
    """

    __slots__ = ("closed", "home", "inside")

    def __init__(self) -> None:
        self.closed = False
        self.home = Home()
        self.inside: set[Scope] = set()

    def admit(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Let a call begin. `ClientClosed` after the end, `WrongLoop` where *loop*, or without it the
        one that runs here, is not the client's.
        """
        if self.closed:
            raise ClientClosed
        self.home.require(loop)

    def scope(self) -> Scope:
        """A context manager around one call; entering it is refused as by `admit`."""
        self.home.require_process()  # a forked process has no current task to enter it with
        return Scope(self)

    def end(self) -> None:
        """Wake every call with `ClientClosed`, now and from now on."""
        self.closed = True
        if self.home.is_gone():
            return  # its tasks are dead: there is nobody to wake
        for scope in self.inside:
            scope.interrupt()


class Scope(Interruption):
    """One call of one task, see `Lifetime.scope`."""

    __slots__ = ("_lifetime",)

    error = ClientClosed

    def __init__(self, lifetime: Lifetime) -> None:
        self._lifetime = lifetime

    def begins(self) -> None:
        self._lifetime.admit(self.task.get_loop())
        self._lifetime.inside.add(self)

    def ends(self) -> None:
        self._lifetime.inside.discard(self)


async def cancel(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel the tasks, and wait until each has ended, whichever way."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
