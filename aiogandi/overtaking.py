"""A second attempt beside one that hangs, for what many calls wait for: logins, and look-ups.

A request that gets no answer may be on its way to a service that is slow, or may be lost. So the first
attempt keeps its time, and another one is made beside it: if the service is back meanwhile, that one is
answered at once, while the first would hang until its time-out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, Generic, Protocol, Self, TypeVar

from aiogandi.cancellation import cancel
from aiogandi.errors import ServerFault, TransportError

HANGS: Final = 5.0
"""Seconds after it has left, for which a request may go without an answer before it is overtaken. It is
the same after an outage of an hour: a service that is back is noticed so soon."""


class Sendable(Protocol):
    """A request that keeps account of how it fares."""

    def again(self) -> Self:
        """The same, with an account of its own."""


Result = TypeVar("Result")
Sent = TypeVar("Sent", bound=Sendable)
Send = Callable[[Sent, Callable[[], None]], Coroutine[Any, Any, Result]]
"""Sends a request once. It calls what it is given whenever the request leaves: what stands in line does
not hang."""


async def overtaking(request: Sent, send: Send[Sent, Result]) -> Result:
    """What the first attempt to *send* a request brings, or another one that is answered while the first
    one hangs.

    There are two at most at the same time. A second one that hangs, or fails, is replaced by the next.
    When the first ends, all end. So the account of *request* is that of the first.
    """
    wake = asyncio.Event()
    first = latest = _Racer(request, send, wake)
    try:
        while True:
            await wake.wait()
            wake.clear()
            if first.task.done():
                return first.task.result()
            if latest.has_answer():
                return latest.task.result()
            if latest.hangs:
                if latest is not first:
                    await cancel([latest.task])
                latest = _Racer(request.again(), send, wake)
    finally:
        for racer in (first, latest):
            racer.unset()
        await cancel([first.task, latest.task])


class _Racer(Generic[Result]):
    """One attempt in a task of its own, which sets *wake* when it ends or hangs."""

    def __init__(self, request: Sent, send: Send[Sent, Result], wake: asyncio.Event) -> None:
        self.hangs = False
        """Whether its request left some time ago, and it was not answered. One that failed counts as
        well: the next attempt does not follow at once.
        """
        self._loop = asyncio.get_running_loop()
        self._wake = wake
        self._timer: asyncio.TimerHandle | None = None
        self.task = self._loop.create_task(send(request, self._leaves))
        self.task.add_done_callback(self._ended)

    def has_answer(self) -> bool:
        """Whether it has ended with what the service says of the call, not with trouble on the way."""
        task = self.task
        return (
            task.done()
            and not task.cancelled()
            and not isinstance(task.exception(), TransportError | ServerFault)
        )

    def unset(self) -> None:
        """Do not tell any more that it hangs."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _leaves(self) -> None:
        self.unset()
        self._timer = self._loop.call_later(HANGS, self._hang)

    def _hang(self) -> None:
        self.hangs = True
        self._wake.set()

    def _ended(self, task: asyncio.Task[Result]) -> None:
        if not task.cancelled():
            task.exception()  # perhaps nobody looks at it, because another attempt was answered
        self._wake.set()
