"""Work that others can end: how a task is woken, wherever it waits, and told why."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, ClassVar


class Interruption:
    """A context manager around a piece of one task's work, which `interrupt` ends with *error*.

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
        """It can be interrupted from now on. What this raises, entering raises."""
        raise NotImplementedError

    def ends(self) -> None:
        """It is over."""
        raise NotImplementedError

    def interrupt(self) -> None:
        """Wake the task, once."""
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
        # Cancelled by its owner as well? Then that wins.
        if self.task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise self.error from None
