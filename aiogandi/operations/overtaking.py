"""Polls that hang are overtaken by others, so that the service's return is noticed soon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from aiogandi.errors import Fault, TransportError

REPLY_WITHIN: Final = 5.0
"""Seconds after which a poll that has left is overtaken, unless the service is known to be slower."""

LATEST: Final = 10.0
"""The same for the slowest service. After an outage its return is noticed little later than this."""

SLOWER: Final = 4.0
"""A poll is overtaken after so many times as long as the last reply to its method took, in these bounds."""

MARGIN: Final = 1.5
"""Where that reply took long, a poll is listened to for so many times as long, though it is overtaken."""

LATE_AT_MOST: Final = 4
"""Polls that were overtaken, and are heard all the same if they are answered after all."""

WORTH_TELLING: Final = 1.0
"""Seconds after which it is worth telling that a poll has had no reply."""


class Poll(Protocol):
    """Sends a poll: its method, and its arguments by name. *on_send* is called when it leaves."""

    async def __call__(
        self, method: str, arguments: Mapping[str, Any], *, on_send: Callable[[float], None]
    ) -> Any:
        """The service's answer, or a `GandiError`."""


class Overtaking:
    """Sends polls by *poll*, and overtakes those that hang. It is a directory's `Ask`.

    A poll that is not answered in time fails, so that whoever asked can ask again. Silence never makes
    this time longer, only replies that came late do: after an outage, however long, the next poll
    leaves soon. What was given up goes on until the client's own time-out. If its reply comes, the next
    who asks the same gets it, and the polls of its method are listened to for longer, until one is given
    up: so a service that takes 20 seconds for each reply is heard, too. Even then a second poll leaves
    beside one that hangs, for the service may have become quick, or have come back.
    """

    def __init__(self, poll: Poll) -> None:
        self._poll = poll
        # How long the last reply to each method took, until a poll of it is given up.
        self._took: dict[str, float] = {}
        self._sent: set[_Sent] = set()
        self._late: dict[tuple[str, str], _Sent] = {}

    async def __call__(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """The service's answer, or a `GandiError`; see `is_silence` for that of a poll that hangs."""
        question = method, repr(arguments)
        late = self._late.pop(question, None)
        first = latest = self._send(method, arguments)
        polls = [first] if late is None else [late, first]
        try:
            while True:
                awaited = [latest.overdue, *(sent.task for sent in polls)]
                await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
                for sent in polls:
                    if sent.is_heard():
                        return sent.task.result()
                if latest.task.done():
                    return latest.task.result()  # it raises: there was no connection, say
                # Where the late one has failed, the fresh one may still be answered.
                polls = [sent for sent in polls if not sent.task.done()]
                if not latest.overdue.done():
                    continue
                if first.age() >= MARGIN * self._took.get(method, 0.0):
                    self._took.pop(method, None)
                    self._keep(question, polls.pop(0))
                    raise _silence(method, first.age())
                if len(polls) > 1:
                    polls.pop().task.cancel()
                latest = self._send(method, arguments)
                polls.append(latest)
        finally:
            latest.stop()
            for sent in polls:
                sent.task.cancel()

    def unanswered(self) -> list[str]:
        """What has had no reply for more than a moment, in words."""
        now = asyncio.get_running_loop().time()
        lasted = {sent.method: now - sent.left for sent in self._sent if sent.left is not None}
        return [
            f"{method}: no reply for {seconds:.1f} s"
            for method, seconds in lasted.items()
            if seconds > WORTH_TELLING
        ]

    def end(self) -> list[asyncio.Task[Any]]:
        """Nobody asks any more. Returns the polls under way, which are to be cancelled."""
        self._late.clear()
        return [sent.task for sent in self._sent]

    def _send(self, method: str, arguments: Mapping[str, Any]) -> _Sent:
        overdue = min(max(REPLY_WITHIN, SLOWER * self._took.get(method, 0.0)), LATEST)
        sent = _Sent(method, overdue)
        sent.task = sent.loop.create_task(self._poll(method, arguments, on_send=sent.leaves))
        self._sent.add(sent)
        sent.task.add_done_callback(lambda _: self._ended(sent))
        return sent

    def _ended(self, sent: _Sent) -> None:
        self._sent.discard(sent)
        if sent.is_heard():
            self._took[sent.method] = sent.age()

    def _keep(self, question: tuple[str, str], sent: _Sent) -> None:
        """Hear *sent* when *question* is asked again. There is room for a few, so those go first that
        have ended without anybody asking.
        """
        if len(self._late) >= LATE_AT_MOST:
            left = [(asked, other) for asked, other in self._late.items() if not other.task.done()]
            self._late = dict(left)
        if len(self._late) < LATE_AT_MOST:
            self._late[question] = sent
        else:
            sent.task.cancel()


class _Sent:
    """A poll that was sent. ``overdue`` is done when it has been away for *within* seconds; time in
    line, or during a login, does not count.
    """

    __slots__ = ("_timer", "_within", "left", "loop", "method", "overdue", "task")

    task: asyncio.Task[Any]

    def __init__(self, method: str, within: float) -> None:
        self.method = method
        self._within = within
        self.loop = asyncio.get_running_loop()
        self.overdue: asyncio.Future[None] = self.loop.create_future()
        self.left: float | None = None
        """When it left, on the loop's clock."""
        self._timer: asyncio.TimerHandle | None = None

    def leaves(self, _: float) -> None:
        """It leaves, perhaps once more: with a new session, say."""
        self.stop()
        self.left = self.loop.time()
        self._timer = self.loop.call_later(self._within, self._is_overdue)

    def age(self) -> float:
        """For how many seconds it has been away."""
        return 0.0 if self.left is None else self.loop.time() - self.left

    def stop(self) -> None:
        """Nobody waits for it any more."""
        if self._timer is not None:
            self._timer.cancel()

    def is_heard(self) -> bool:
        """Whether the service has said something: what was asked for, or why not. (A task's error is
        looked at in any case: the event loop reports those that nobody looks at.)
        """
        if not self.task.done() or self.task.cancelled():
            return False
        error = self.task.exception()
        return (
            error is None
            or isinstance(error, Fault)
            or (
                isinstance(error, TransportError)
                and error.status is not None
                and not is_silence(error)
            )
        )

    def _is_overdue(self) -> None:
        if not self.overdue.done():
            self.overdue.set_result(None)


def is_silence(error: BaseException) -> bool:
    """Whether *error* says that nothing came in time, not even a refusal."""
    return isinstance(error, TransportError) and isinstance(error.__cause__, TimeoutError)


def _silence(method: str, seconds: float) -> TransportError:
    told = TransportError(f"{method}: no reply within {seconds:.0f} s", method=method)
    told.__cause__ = TimeoutError()
    return told
