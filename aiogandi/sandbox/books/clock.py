"""The service's clock: service seconds, which pass faster or slower than real ones."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable


# freezegun puts fakes in the place of the time module's functions, `time.monotonic` among them, also
# in the modules that imported them. It knows neither this function nor what a partial holds. Windows has
# no other clock: there the package must have been imported before time was frozen.
_monotonic: Final = (
    partial(time.clock_gettime, time.CLOCK_MONOTONIC)
    if hasattr(time, "CLOCK_MONOTONIC")
    else partial(time.monotonic)
)


def real_seconds() -> float:
    """Return the seconds of `time.monotonic`, which pass here where a test has frozen time, too."""
    return _monotonic()


class ServiceClock:
    """Counts service seconds from 0 and turns them into the service's dates.

    *speed* service seconds pass in one real second; *real* returns real seconds, as `real_seconds`
    does. The first date is that of the machine, or the one at which a test has frozen it. The clock never goes back, so what is queued by its time stays in order.
    Only the dates can be moved either way (`set_date`).
    """

    def __init__(self, speed: float, real: Callable[[], float]) -> None:
        self._speed = speed
        self._real = real
        self._began = real()
        self._skipped = 0.0
        self._zero = _utc_now()

    def now(self) -> float:
        """Return the service seconds since the clock was made."""
        return (self._real() - self._began) * self._speed + self._skipped

    def advance(self, seconds: float) -> None:
        """Let *seconds* service seconds pass at once."""
        self._skipped += seconds

    def set_date(self, date: datetime) -> None:
        """Make *date* (naive, UTC) the date of this moment. The dates of past moments move along."""
        self._zero += date.replace(microsecond=0) - self.date(self.now())

    def date(self, moment: float) -> datetime:
        """Return the date of *moment* as the wire has it: naive, UTC, whole seconds."""
        try:
            return self._zero + timedelta(seconds=int(moment))
        except OverflowError:  # years of service time pass quickly at a high speed
            return datetime.max.replace(microsecond=0)  # noqa: DTZ901 - the wire has no zone

    def moment(self, date: datetime) -> float:
        """Return the first moment of the whole second *date* (naive, UTC)."""
        return (date - self._zero).total_seconds()


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0, tzinfo=None)
