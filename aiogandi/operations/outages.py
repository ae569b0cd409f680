"""Whether the service answers polls, on either way, and how slowly to ask while it does not."""

from __future__ import annotations

from aiogandi.settings import Polling


class Outages:
    """Counts the polls that fail, for lists and for looks.

    Pauses grow with what comes back, a refused connection or an error, and never with silence. Times are
    seconds of any monotonic clock, given by the caller.
    """

    def __init__(self, polling: Polling) -> None:
        self._polling = polling
        self._looks_fail = False
        self._failures = 0  # on both ways in a row, silence apart
        self.lists_failed = 0
        """Ticks in a row in which no list was answered."""
        self._lists_again_at = 0.0
        self.is_silent = False
        """Whether the last poll brought nothing at all."""

    def begin(self) -> None:
        """Forget what was met before: polling begins anew."""
        self._looks_fail = False
        self._failures = self.lists_failed = 0
        self.is_silent = False

    @property
    def is_everywhere(self) -> bool:
        """Whether neither lists nor looks are answered."""
        return self._looks_fail and self.lists_failed > 0

    def list_failed(self, now: float, *, silent: bool) -> None:
        """No list of a tick was answered."""
        self.lists_failed += 1
        self._lists_again_at = now + self._polling.backoff(self.lists_failed)
        self._failed(silent=silent)

    def look_failed(self, *, silent: bool) -> None:
        """A look told nothing."""
        self._looks_fail = True
        self._failed(silent=silent)

    def list_answered(self) -> None:
        """A list was answered."""
        self.lists_failed = 0
        self._answered()

    def look_answered(self) -> None:
        """A look was answered."""
        if self.is_everywhere:  # lists may be answered again, too
            self._lists_again_at = 0.0
        self._looks_fail = False
        self._answered()

    def lists_are_due(self, now: float) -> bool:
        """Whether to ask for lists: less often where they fail and looks are answered."""
        return not self.lists_failed or self._looks_fail or now >= self._lists_again_at

    def pause(self, usual: float) -> float:
        """Seconds until the next tick, which without trouble were the *usual* ones."""
        if self.is_silent:
            return self._polling.interval
        if self.lists_failed and self._failures > 1:
            return max(usual, self._polling.backoff(self._failures))
        return usual

    def _failed(self, *, silent: bool) -> None:
        self.is_silent = silent
        self._failures += not silent

    def _answered(self) -> None:
        self._failures = 0
        self.is_silent = False
