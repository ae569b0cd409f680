"""What a value must be, for the client's arguments and settings and for the sandbox's.

Each ``require…`` raises `InvalidArgument`, which names the value and says what is allowed. All but
`require_text` also show the value; a value that may be a password is checked with `require_text`.
"""

from __future__ import annotations

import sys
from typing import Final, TypeGuard

from aiogandi.errors import InvalidArgument

LONGEST_SHOWN: Final = 200
"""Characters of a wrong value that a message shows."""


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether *value* is an int or a float (no bool) that is finite as a float."""
    limit = sys.float_info.max
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and -limit <= value <= limit
    )


def is_count(value: object) -> TypeGuard[int]:
    """Return whether *value* is an int and no bool."""
    return isinstance(value, int) and not isinstance(value, bool)


def require(holds: bool, name: str, value: object, allowed: str) -> None:
    """Raise `InvalidArgument` unless *holds*.

    >>> require(False, "cpu", -1, "an int, 1 or more")
    Traceback (most recent call last):
    aiogandi.errors.InvalidArgument: cpu=-1: an int, 1 or more
    """
    if not holds:
        raise InvalidArgument(f"{name}={_shown(value)}: {allowed}")


def require_text(name: str, value: object) -> str:
    """Return *value* if it is a string with something but white space in it.

    The value may be a password: neither the message nor this frame's locals hold it.
    """
    if isinstance(value, str) and str.strip(value):
        return value
    kind = "an empty string" if isinstance(value, str) else f"a {type(value).__name__}"
    del value
    raise InvalidArgument(f"{name} is {kind}; allowed is a string with something in it")


def require_count(name: str, value: object, lowest: int, highest: int | None = None) -> None:
    """Raise `InvalidArgument` unless *value* is an int from *lowest* to *highest* (None: no end)."""
    holds = is_count(value) and lowest <= value and (highest is None or value <= highest)
    allowed = f"{lowest} or more" if highest is None else f"from {lowest} to {highest}"
    require(holds, name, value, f"an int, {allowed}")


def require_number(name: str, value: object, *, zero: bool = False) -> None:
    """Raise `InvalidArgument` unless *value* is a finite number above 0 (or 0, with *zero*)."""
    allowed = "a number, 0 or more" if zero else "a number above 0"
    require(_is_positive(value, zero=zero), name, value, allowed)


def require_seconds(
    name: str, value: object, *, zero: bool = False, longest: float | None = None
) -> None:
    """Raise `InvalidArgument` unless *value* is a number of seconds: above 0 (or 0, with *zero*),
    and at most *longest* (None: no limit).
    """
    bound = "0 or more" if zero else "above 0"
    limit = "" if longest is None else f", at most {longest:.15g}"
    holds = _is_positive(value, zero=zero) and (longest is None or value <= longest)
    require(holds, name, value, f"seconds, {bound}{limit}")


def _is_positive(value: object, *, zero: bool) -> TypeGuard[int | float]:
    return is_number(value) and (value >= 0 if zero else value > 0)


def _shown(value: object) -> str:
    try:
        return f"{value!r:.{LONGEST_SHOWN}}"
    except ValueError:  # Python refuses to print an int of more than 4,300 digits
        return f"<a huge {type(value).__name__}>"
