"""What a value must be: one place for the client's arguments and settings and for the sandbox's."""

from __future__ import annotations

import sys
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
