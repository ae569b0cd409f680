"""The end of a client's life: whatever a call waits for at that moment, `ClientClosed` wakes it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from types import TracebackType
from typing import Any

from aiogandi.errors import ClientClosed


class Lifetime:
    """Knows the tasks that are inside a call, and gets them out when the client closes."""

    __slots__ = ("closed", "inside")

    def __init__(self) -> None:
        self.closed = False
        self.inside: set[Scope] = set()

    def scope(self) -> Scope:
        """A context manager around one call; entering it after the end is `ClientClosed`."""
        return Scope(self)

    def end(self) -> None:
        """Wake every call with `ClientClosed`, now and from now on."""
        self.closed = True
        for scope in self.inside:
            scope.interrupt()


class Scope:
    """One call of one task.

    It cancels the task and turns that cancellation into `ClientClosed`, as ``asyncio.timeout`` does
    for its `TimeoutError`: there is no state, from the rate limit to a half-read reply, that such a
    call cannot be woken from.
    """

    __slots__ = ("_cancelling", "_interrupted", "_lifetime", "_task")

    def __init__(self, lifetime: Lifetime) -> None:
        self._lifetime = lifetime
        self._interrupted = False

    def __enter__(self) -> None:
        if self._lifetime.closed:
            raise ClientClosed
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a call is made from inside a task")
        self._task = task
        self._cancelling = task.cancelling()
        self._lifetime.inside.add(self)

    def interrupt(self) -> None:
        """Wake the task, once."""
        if not self._interrupted:
            self._interrupted = True
            self._task.cancel()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lifetime.inside.discard(self)
        if not self._interrupted:
            return
        # Cancelled by its owner as well? Then that wins.
        if self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise ClientClosed from None


async def cancel(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel the tasks, and wait until each has ended, whichever way."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
