"""Check the arguments of the API's calls before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from aiogandi.checks import as_count, require, require_count, require_text
from aiogandi.errors import InvalidArgument
from aiogandi.models import LARGEST_ID

FILTER_STATES: Final = ("ALL", "PENDING", "RUN", "ERROR", "CANCEL", "DONE")
"""The states that ``operation_list`` filters by (documented)."""

LARGEST: Final = 2**31 - 1
"""The largest quantity: the service's ints have 32 bits (assumed)."""

_METHOD = re.compile(r"[A-Za-z0-9_.:/]+")
_DURATION = re.compile(r"[1-9][0-9]{0,3}[my]")
_DIGITS = re.compile(r"[0-9]{1,10}")


def positive(name: str, value: Any) -> int:
    """Return *value*, as a plain int, if it is a whole number of 1 or more: a quantity, a number of shares
    or processors.
    """
    return require_count(name, value, 1, LARGEST)


def identifier(name: str, value: Any) -> int:
    """Return *value*, as a plain int, if it is an id: a whole number of 1 or more, of 64 bits at most.
    Whatever the service gave as an id can be given back to it, also as another library's number.
    """
    if type(value) is int and 0 < value <= LARGEST_ID:
        return value
    return require_count(name, value, 1, LARGEST_ID)


def text(name: str, value: Any) -> str:
    """Return *value* if it is a string with something in it."""
    try:
        return require_text(name, value)
    finally:
        del value  # it may be a password, and this frame is part of an error's traceback


def method(value: Any) -> str:
    """Return *value* if it is a method's name, of the characters that XML-RPC allows."""
    name = text("method", value)
    holds = _METHOD.fullmatch(name) is not None
    require(holds, "method", value, "letters, digits and the characters _ . : /")
    return name


def hostname(value: Any) -> str:
    """Return *value* if it is a server's name: no white space, 255 characters at most (assumed, and wide:
    the service decides).
    """
    name = text("hostname", value)
    holds = len(name) <= 255 and not any(character.isspace() for character in name)
    require(holds, "hostname", value, "a name without spaces, of 255 characters at most")
    return name


def duration(value: Any) -> str:
    """Return *value* if it is a product's duration: a number of months or years, like ``1m`` or
    ``2y`` (the form ``1m`` is documented, ``y`` is assumed).
    """
    holds = isinstance(value, str) and _DURATION.fullmatch(value) is not None
    require(holds, "duration", value, "a number and m (months) or y (years), like '1m'")
    return str(value)


def specs(value: Any, *, required: bool) -> dict[str, Any]:
    """Return the struct of specifications as a dict, whole numbers in it as plain ints. None is an empty
    one, unless it is *required*; the sizes and numbers in it must be positive. Which keys there are is
    for the service to say.
    """
    if value is None and not required:
        return {}
    _require_struct("specs", value)
    require(bool(value) or not required, "specs", value, "at least one specification")
    for name in ("size", "shares", "cpu", "memory"):
        number = value.get(name)
        if isinstance(number, str) and _DIGITS.fullmatch(number):
            number = int(number)
        if number is not None:
            positive(f"specs[{name!r}]", number)
    return _with_plain_ints(value)


def filters(
    *,
    type: str | None,  # noqa: A002 - the API's own word
    state: str | None,
    param: Mapping[str, Any] | None,
    **dates: datetime | None,
) -> dict[str, Any]:
    """Return the filter of ``operation_list`` as a dict of those arguments that are not None, whole
    numbers in *param* as plain ints.
    """
    result: dict[str, Any] = {}
    if type is not None:
        result["type"] = text("type", type)
    if state is not None:
        require(state in FILTER_STATES, "state", state, f"one of {', '.join(FILTER_STATES)}")
        result["state"] = str(state)
    for name, date in dates.items():
        if date is not None:
            require(isinstance(date, datetime), name, date, "a datetime")
            result[name] = date
    if param is not None:
        _require_struct("param", param)
        result["param"] = _with_plain_ints(param)
    return result


def _with_plain_ints(struct: Mapping[str, Any]) -> dict[str, Any]:
    """*struct* as a dict, in which whole numbers of other libraries are ints, as the service tells them."""
    return {
        name: value if (number := as_count(value)) is None else number
        for name, value in struct.items()
    }


def _require_struct(name: str, value: object) -> None:
    """Raise `InvalidArgument` unless *value* is a mapping with strings as keys. The message does not
    show it, because there may be a password in it.
    """
    if not isinstance(value, Mapping):
        kind = f"a {type(value).__name__}"
    elif not all(isinstance(key, str) for key in value):
        kind = "a mapping with keys that are no strings"
    else:
        return
    raise InvalidArgument(f"{name} is {kind}; allowed is a mapping of names to values")
