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
"""Seconds for which a trouble must have been away before it is told again."""

TOO_MANY: Final = 429
"""The HTTP status by which the service refuses to take a call for now."""


class Notices:
    """Listens to a client, and tells of each kind of trouble in one line, at once.

    A thousand calls that meet the same are one line, whatever calls they are; the next outage, later, is
    another. Where what is under way is waited for, that is a line of its own, since it has no limit.
    """

    def __init__(self, tell: Callable[[str], None], retry: Retry | None = None) -> None:
        self._tell = tell
        self._retry = Retry() if retry is None else retry
        self._met: dict[tuple[type[BaseException | None], int | None, bool], float] = {}
        """When each kind of trouble was met last."""

    def __call__(self, event: Event) -> None:
        """The client tells that this happens."""
        match event:
            case CallRepeated(method=method, error=TransportError() as error):
                self._say(error, f"trying again, for {self._most(method, error)}")
            case PollEnded(error=TransportError() as error):
                until = "in spite of it" if error.status == TOO_MANY else "until it is back"
                self._say(error, f"waiting on, {until}", waits=True)
            case ExchangeEnded(error=None) if self._met:
                now = time.monotonic()
                self._met = {kind: at for kind, at in self._met.items() if now - at < QUIET}

    def _most(self, method: str, error: TransportError) -> str:
        """For how long the call is tried (see `Retry`)."""
        within = f"{self._retry.within:g} s"
        if error.status == TOO_MANY:
            # No attempts are counted. A reading call ends before that time, a change soon after it.
            return f"about {within}"
        # A login is bounded by the time alone, a change by its attempts, a reading call by both.
        attempts = "" if method in LOGIN_CALLS else f" or {self._retry.attempts} attempts"
        return f"{within}{attempts} at most"

    def _say(self, error: TransportError, what_follows: str, *, waits: bool = False) -> None:
        # A service that wants fewer calls is told once: it is there, and no wait is in danger.
        kind = (type(error.__cause__), error.status, waits and error.status != TOO_MANY)
        is_new = kind not in self._met
        self._met[kind] = time.monotonic()
        if is_new:
            self._tell(f"{error}; {what_follows}")
