"""Reads the text of an XML-RPC scalar into a Python value.

A text that is no value of its type is `MalformedMessage`. (How those of calls are read stands in
``arguments``.)
"""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from aiogandi.models.dates import read_date


class MalformedMessage(ValueError):
    """The bytes are not the XML-RPC message that was due."""


# A scalar's reader says what is wrong without the text: it may be a session id in a garbled reply.


def _int(text: str) -> int:
    if "_" not in text and text.isascii():
        try:
            return int(text)
        except ValueError:
            pass
    raise MalformedMessage("a bad int")


def _float(text: str) -> float:
    if "_" not in text and text.isascii():
        try:
            return float(text)
        except ValueError:
            pass
    raise MalformedMessage("a bad double")


def _boolean(text: str) -> bool:
    match text.strip().lower():
        case "1" | "true":
            return True
        case "0" | "false":
            return False
    raise MalformedMessage("a bad boolean")


def _base64(text: str) -> bytes:
    try:
        # Not split and joined: a text of nothing but spaces would take fifty times its memory.
        return a2b_base64(text.encode("ascii").translate(None, b" \t\r\n"), strict_mode=True)
    except ValueError:
        pass
    raise MalformedMessage("bad base64")


def _datetime(text: str) -> datetime:
    if len(text) == 17 and text[8] == "T" and text[11] == text[14] == ":":
        try:
            return datetime.fromisoformat(text)  # the usual form, read three times as fast
        except ValueError:
            pass  # no day of the calendar, or 24:00:00
    if (date := read_date(text)) is not None:
        return date
    raise MalformedMessage("a bad dateTime.iso8601, which is like 20260131T23:59:59")


INTS: Final = frozenset({"int", "i4", "i8", "i2", "i1"})

HUGE_INT: Final = "huge int"
"""What an int goes by that has too many digits to be read. No element has this name: it holds a space."""


def _huge_int(text: str) -> int:
    del text
    raise MalformedMessage("a bad int")


def unknown_type(text: str) -> Any:
    """Refuse a scalar of a type that XML-RPC does not have."""
    del text
    raise MalformedMessage("an unknown element, where a type was due")


def _nil(text: str) -> None:
    if text.strip():
        raise MalformedMessage("a nil that holds something")


SCALARS: Final[dict[str, Callable[[str], Any]]] = {
    "string": str,
    **dict.fromkeys(INTS, _int),
    "double": _float,
    "float": _float,
    "boolean": _boolean,
    "dateTime.iso8601": _datetime,
    "base64": _base64,
    "nil": _nil,
    HUGE_INT: _huge_int,
}


def as_sent(text: str | None) -> str | None:
    """What stands for a scalar that is no value of its type: its text, or None where there is none.

    >>> as_sent("00000000T00:00:00")
    '00000000T00:00:00'
    """
    return text if text and not text.isspace() else None
