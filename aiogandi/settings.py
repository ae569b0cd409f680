"""The client's settings, as small frozen values. Every length of time is in seconds."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final

from aiogandi.errors import InvalidArgument

_SHOWN: Final = 200  # characters of a wrong value


def require(holds: bool, name: str, value: object, allowed: str) -> None:
    """Raise `InvalidArgument` that names the setting and what is allowed, unless *holds*."""
    if not holds:
        try:
            shown = repr(value)
        except ValueError:  # an int of more than 4,300 digits
            shown = f"<a huge {type(value).__name__}>"
        raise InvalidArgument(f"{name}={shown:.{_SHOWN}}: {allowed}")


def is_number(value: object) -> bool:
    """Whether *value* is an int or float that is finite as a float, and no bool."""
    limit = sys.float_info.max
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and -limit <= value <= limit
    )


def is_count(value: object) -> bool:
    """Whether *value* is an int, and no bool."""
    return isinstance(value, int) and not isinstance(value, bool)


def require_seconds(name: str, value: object, *, zero: bool = False) -> None:
    """Raise `InvalidArgument` unless *value* is a positive number (or zero, where *zero*)."""
    holds = is_number(value) and (value >= 0 if zero else value > 0)  # type: ignore[operator]
    require(holds, name, value, "a number of seconds, 0 or more" if zero else "seconds, above 0")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most *calls* requests in any *per* seconds, evenly spaced.

    The service allowed 30 in 2 seconds from one address (assumed, from its next version).
    """

    calls: int
    per: float

    def __post_init__(self) -> None:
        require(is_count(self.calls) and self.calls > 0, "calls", self.calls, "an int, 1 or more")
        require_seconds("per", self.per)


@dataclass(frozen=True, slots=True)
class Retry:
    """How long a call is tried.

    *attempts* sends of one call at most, *within* seconds for all of them; *settle* seconds after
    a lost reply until an empty list of operations is believed.
    """

    attempts: int = 5
    within: float = 60.0
    settle: float = 3.0

    def __post_init__(self) -> None:
        holds = is_count(self.attempts) and self.attempts > 0
        require(holds, "attempts", self.attempts, "an int, 1 or more")
        require_seconds("within", self.within, zero=True)
        require_seconds("settle", self.settle, zero=True)


@dataclass(frozen=True, slots=True)
class Polling:
    """How operations are watched.

    *interval*: how many seconds after it ended an operation is noticed while things move.
    *max_interval*: how slow, in seconds, the poller may get while nothing is due.
    """

    interval: float = 1.0
    max_interval: float = 10.0

    def __post_init__(self) -> None:
        require_seconds("interval", self.interval)
        holds = is_number(self.max_interval) and self.max_interval >= self.interval
        require(holds, "max_interval", self.max_interval, "seconds, interval or more")

    def backoff(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row."""
        return min(self.interval * 2.0 ** min(failures, 16), self.max_interval)
