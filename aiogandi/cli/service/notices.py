"""What is said while the service cannot be reached, so that nobody waits in silence."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from aiogandi.errors import LOGIN_CALLS, TransportError
from aiogandi.instrumentation.events import CallRepeated, Event, ExchangeEnded, PollEnded
from aiogandi.settings import Retry

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET: Final = 60.0
"""Seconds for which the same trouble is not told again, at least; and again only if it went away."""


class Notices:
    """Listens to a client, and tells of each kind of trouble in one line, at once.

    A thousand calls that meet the same are one line; the next outage, later, is another.
    """

    def __init__(self, tell: Callable[[str], None], retry: Retry | None = None) -> None:
        self._tell = tell
        self._retry = Retry() if retry is None else retry
        self._told: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """The client tells that this happens."""
        match event:
            case CallRepeated(method=method, error=TransportError() as error):
                # A login is bounded by the time alone, a change by its attempts, a reading call by both.
                most = f"{self._retry.within:g} s"
                if method not in LOGIN_CALLS:
                    most += f" or {self._retry.attempts} attempts"
                self._say(error, f"trying again, for {most} at most")
            case PollEnded(error=TransportError() as error):
                self._say(error, "waiting on, until it is back")
            case ExchangeEnded(error=None) if self._told:
                now = time.monotonic()
                self._told = {kind: at for kind, at in self._told.items() if now - at < QUIET}

    def _say(self, error: TransportError, what_follows: str) -> None:
        kind = f"{type(error.__cause__).__name__} {error.status} {what_follows}"
        if kind not in self._told:
            self._told[kind] = time.monotonic()
            self._tell(f"{error}; {what_follows}")
