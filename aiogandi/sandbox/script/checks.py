"""What the sandbox's settings and scripts may be given."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from aiogandi.errors import InvalidArgument
from aiogandi.sandbox.books.durations import DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_SECONDS: Final = 100 * 365 * 86_400.0
"""A hundred years: more is a mistake, and leads out of the calendar."""


def require(holds: bool, name: str, value: object, allowed: str) -> None:
    """Raise `InvalidArgument` that names the setting and what is allowed, unless *holds*."""
    if not holds:
        raise InvalidArgument(f"{name}={value!r}: {allowed}")


def require_text(name: str, value: object) -> None:
    """*value* must be a text that is not empty; it stays unsaid, because it may be a password."""
    if not isinstance(value, str) or not value:
        raise InvalidArgument(f"{name}: a text that is not empty")


def require_count(name: str, value: object, lowest: int, highest: int) -> None:
    """*value* must be an int of this range."""
    holds = isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest
    require(holds, name, value, f"an int from {lowest} to {highest}")


def require_number(name: str, value: object, *, zero: bool = True) -> None:
    """*value* must be a finite number, above 0 or, where *zero*, 0."""
    holds = (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and (value >= 0 if zero else value > 0)
    )
    require(holds, name, value, "a number, 0 or more" if zero else "a number above 0")


def require_seconds(name: str, value: object, *, zero: bool = True) -> None:
    """*value* must be a number of seconds, at most a hundred years."""
    require_number(name, value, zero=zero)
    require(value <= MOST_SECONDS, name, value, "at most a hundred years")  # type: ignore[operator]


def require_operation_type(name: str, value: object) -> None:
    """*value* must be a type of operation that there is."""
    require(value in DEFAULTS, name, value, f"one of {', '.join(DEFAULTS)}")


def require_durations(durations: Mapping[str, float]) -> None:
    """Each must be a number of seconds for a type of operation that there is."""
    for kind, seconds in durations.items():
        require_operation_type("durations", kind)
        require_seconds(f"durations[{kind!r}]", seconds)
