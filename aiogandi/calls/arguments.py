"""Arguments are checked before anything is sent: what is wrong, and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from aiogandi.checks import is_count, require
from aiogandi.errors import InvalidArgument

STATES: Final = ("ALL", "PENDING", "RUN", "ERROR", "CANCEL", "DONE")
"""The states that ``operation_list`` filters by (documented)."""

LARGEST: Final = 2**31 - 1
"""What the wire's ints can hold."""

_POSITIVE = f"an int, from 1 to {LARGEST}"
_METHOD = re.compile(r"[A-Za-z0-9_.:/]+")
_DURATION = re.compile(r"[1-9][0-9]{0,3}[my]")
_DIGITS = re.compile(r"[0-9]{1,10}")


def positive(name: str, value: Any) -> int:
    """An int of 1 or more: an id, a quantity, a number of shares or processors."""
    require(is_count(value) and 0 < value <= LARGEST, name, value, _POSITIVE)
    return int(value)


def text(name: str, value: Any) -> str:
    """A string that says something."""
    if isinstance(value, str) and str.strip(value):
        return value
    kind = "an empty string" if isinstance(value, str) else f"a {type(value).__name__}"
    del value  # it may be a password, and this frame is part of the traceback
    raise InvalidArgument(f"{name} is {kind}; allowed is a string with something in it")


def method(value: Any) -> str:
    """A method's name, of the characters that XML-RPC allows."""
    name = text("method", value)
    holds = _METHOD.fullmatch(name) is not None
    require(holds, "method", value, "letters, digits and the characters _ . : /")
    return name


def hostname(value: Any) -> str:
    """A server's name, which holds no white space and 255 characters at most."""
    name = text("hostname", value)
    holds = len(name) <= 255 and not any(character.isspace() for character in name)
    require(holds, "hostname", value, "a name without spaces, of 255 characters at most")
    return name


def duration(value: Any) -> str:
    """How long a product lasts: so many months or years, ``1m`` or ``2y`` (the form ``1m`` is
    documented, ``y`` is assumed).
    """
    holds = isinstance(value, str) and _DURATION.fullmatch(value) is not None
    require(holds, "duration", value, "a number and m (months) or y (years), like '1m'")
    return str(value)


def specs(value: Any, *, required: bool) -> dict[str, Any]:
    """The struct of further specifications, by name; sizes and numbers in it are positive."""
    if value is None and not required:
        return {}
    holds = isinstance(value, Mapping) and all(isinstance(key, str) for key in value)
    if not holds:
        raise InvalidArgument(
            f"specs is {'no struct with names' if isinstance(value, Mapping) else type(value).__name__}"
            "; allowed is a mapping of names to values"
        )
    require(bool(value) or not required, "specs", value, "at least one specification")
    for name in ("size", "shares", "cpu", "memory"):
        number = value.get(name)
        if isinstance(number, str) and _DIGITS.fullmatch(number):
            number = int(number)
        if number is not None:
            positive(f"specs[{name!r}]", number)
    return dict(value)


def filters(
    *,
    type: str | None,  # noqa: A002 - the API's own word
    state: str | None,
    param: Mapping[str, Any] | None,
    **dates: datetime | None,
) -> dict[str, Any]:
    """The filter of ``operation_list``, of what is not None."""
    result: dict[str, Any] = {}
    if type is not None:
        result["type"] = text("type", type)
    if state is not None:
        require(state in STATES, "state", state, f"one of {', '.join(STATES)}")
        result["state"] = str(state)
    for name, date in dates.items():
        if date is not None:
            require(isinstance(date, datetime), name, date, "a datetime")
            result[name] = date
    if param is not None:
        holds = isinstance(param, Mapping) and all(isinstance(key, str) for key in param)
        require(holds, "param", param, "a mapping of names to values")
        result["param"] = dict(param)
    return result
