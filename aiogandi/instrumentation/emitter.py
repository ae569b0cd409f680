"""The one place where events are counted and listeners are called."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import Context

from aiogandi.instrumentation.events import CallBegan, Event, ExchangeBegan, PollBegan
from aiogandi.instrumentation.stats import Counts

log = logging.getLogger("aiogandi.events")


class Emitter:
    """Counts what happens, and hands it to *listener* where there is one.

    The listener is called at once, in the task in which the event happens, with that task's context
    variables: those of whoever made the call. An operation's end has those of the first who waits for
    it, and what belongs to nobody's call, a login or a poll, has none. The listener must not block. An
    exception that it raises is logged and goes no further:
    whoever looks on cannot break a call.

    Events that no counter needs are made only where `listening` is true, so that they cost no more
    than that test where nobody listens.
    """

    __slots__ = ("_calls", "_listener", "counts", "listening")

    def __init__(self, listener: Callable[[Event], None] | None = None) -> None:
        self._listener = listener
        self.listening = listener is not None
        self.counts = Counts()
        self._calls = 0

    def emit(self, event: Event, context: Context | None = None) -> None:
        """Count *event* and tell it, in *context* where it belongs to another task than this one."""
        self.counts.add(event)
        if self._listener is None:
            return
        try:
            if context is None:
                self._listener(event)
            else:
                context.run(self._listener, event)
        except Exception:
            log.exception("on_event raised for %r", event)

    def exchange_began(self, method: str) -> int:
        """Count a request and tell that it is sent; return its number."""
        self.counts.requests += 1
        if self.listening:
            self.emit(ExchangeBegan(method, self.counts.requests))
        return self.counts.requests

    def poll_began(self, method: str) -> int:
        """Count a poll and tell that it begins; return its number."""
        self.counts.polls += 1
        if self.listening:
            self.emit(PollBegan(method, self.counts.polls))
        return self.counts.polls

    def call_began(
        self, method: str, vm_id: int | None, disk_id: int | None, operation_id: int | None
    ) -> int:
        """Tell that a caller makes a call; return its number."""
        self._calls += 1
        self.emit(CallBegan(method, self._calls, vm_id, disk_id, operation_id))
        return self._calls
