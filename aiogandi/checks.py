"""What a value must be, for the client's arguments and settings and for the sandbox's.

Each ``require…`` raises `InvalidArgument`, which names the value and says what is allowed. All but
`require_text` also show the value; a value that may be a password is checked with `require_text`.
"""

from __future__ import annotations

import math
import operator
import sys
from typing import Final, TypeGuard, cast

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


def as_count(value: object) -> int | None:
    """Return *value* as a plain int where it is a whole number: an int, or what another library has for
    one (it has `__index__`), ``numpy.int64(5)`` say. A bool is none, nor is ``5.0``, ``"5"`` or what cannot
    say which number it is: None.
    """
    if isinstance(value, bool):
        return None
    try:
        return int(operator.index(value))  # type: ignore[arg-type]  # it is what is tried
    except (TypeError, ValueError, ArithmeticError):
        return None


def require(holds: bool, name: str, value: object, allowed: str) -> None:
    """Raise `InvalidArgument` unless *holds*.

    >>> require(False, "cpu", -1, "an int, 1 or more")
    Traceback (most recent call last):
    aiogandi.errors.InvalidArgument: cpu=-1: an int, 1 or more
    """
    if not holds:
        raise refusal(name, value, allowed)


def refusal(name: str, value: object, allowed: str) -> InvalidArgument:
    """The error that shows *value* and says what is *allowed*."""
    return InvalidArgument(f"{name}={_shown(value)}: {allowed}")


def require_text(name: str, value: object) -> str:
    """Return *value* if it is a string with something but white space in it.

    The value may be a password: neither the message nor this frame's locals hold it.
    """
    if isinstance(value, str) and str.strip(value):
        return value
    kind = f"a {type(value).__name__}"
    if isinstance(value, str):
        kind = "a string of blanks alone" if value else "an empty string"
    del value
    raise InvalidArgument(f"{name} is {kind}; allowed is a string with something in it")


def require_count(name: str, value: object, lowest: int, highest: int | None = None) -> int:
    """Return *value* as a plain int if it is a whole number (see `as_count`) from *lowest* to *highest*
    (None: no end).
    """
    count = as_count(value)
    if count is not None and lowest <= count and (highest is None or count <= highest):
        return count
    allowed = f"{lowest} or more" if highest is None else f"from {lowest} to {highest}"
    raise refusal(name, value, f"an int, {allowed}")


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


def require_time_limit(
    name: str, value: object, *, zero: bool = False, longest: float | None = None
) -> float | None:
    """Return *value*, seconds as in `require_seconds`; None, which is no limit, for ``math.inf``."""
    if value == math.inf:
        return None
    require_seconds(name, value, zero=zero, longest=longest)
    return cast("float", value)


def _is_positive(value: object, *, zero: bool) -> TypeGuard[int | float]:
    return is_number(value) and (value >= 0 if zero else value > 0)


def _shown(value: object) -> str:
    try:
        return f"{value!r:.{LONGEST_SHOWN}}"
    except ValueError:  # Python refuses to print an int of more than 4,300 digits
        return f"<a huge {type(value).__name__}>"
