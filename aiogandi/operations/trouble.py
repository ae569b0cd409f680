"""What polling meets on each way to learn of an operation, and whether it will pass."""

from __future__ import annotations

from typing import Final

from aiogandi.errors import Fault, GandiError, TransportError

TOO_MANY: Final = 429
"""The HTTP status with which the service asks for a pause."""

SERVER_ERRORS: Final = 500
"""HTTP statuses from here on are the server's own trouble, which passes."""


GAP: Final = 180.0
"""Seconds without a question that count as trouble at most. A machine that slept for an hour between two
answers knows nothing of that hour."""


class Way:
    """One way to learn of operations: their lists, say, or the details of one of them.

    ``error`` is what it met last, None where it was answered. Times are seconds of any monotonic clock,
    given by the caller.
    """

    __slots__ = ("_failed_at", "_lasted", "error")

    def __init__(self) -> None:
        self.error: GandiError | None = None
        self._failed_at = 0.0
        self._lasted = 0.0

    def answered(self) -> None:
        """The service told what it was asked for."""
        self.error = None

    def failed(self, error: GandiError, now: float) -> None:
        """The service did not."""
        if self.error is None or refusal_of(self.error) != refusal_of(error):
            self._lasted = 0.0
        else:
            self._lasted = self.lasted(now)
        self._failed_at = now
        self.error = error

    def lasted(self, now: float) -> float:
        """For how many seconds it has met one and the same lasting refusal; 0 for trouble that passes."""
        if self.error is None or refusal_of(self.error) is None:
            return 0.0
        return self._lasted + min(now - self._failed_at, GAP)


def refusal_of(error: GandiError) -> tuple[type[GandiError], int] | None:
    """What stands for an answer that will be the same next time; None for trouble that passes: no
    connection, no reply, HTTP 429 or 5xx.

    The texts of two equal answers may differ, in a date or a request's number, so they do not count.
    """
    match error:
        case Fault():
            return type(error), error.code
        case TransportError(status=int(status)) if status < SERVER_ERRORS and status != TOO_MANY:
            return None if isinstance(error.__cause__, TimeoutError) else (type(error), status)
        case _:
            return None
