"""Reads the text of an XML-RPC scalar into a Python value.

A text that is no value of its type is `MalformedMessage`.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final


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
    match text.strip():
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


_SPACE: Final = " \t\r\n"  # XML's own

DIGITS = re.compile(r"\s*[0-9]{1,9}\s*")

_DATE = re.compile(
    # The quantifiers are possessive: with others, a hostile text would take minutes.
    r"(\d{4})-?(\d\d)-?(\d\d)[T ](\d\d):?(\d\d):?(\d\d)(?:[.,]\d++)?"
    r"\s*+(?:(Z)|([+-])(\d\d):?(\d\d)?)?",
    re.ASCII,
)


def _datetime(text: str) -> datetime:
    try:
        if len(text) == 17 and text[8] == "T" and text[11] == text[14] == ":":
            return datetime.fromisoformat(text)  # the usual form, read three times as fast
        if found := _DATE.fullmatch(text.strip(_SPACE)):
            *numbers, utc, sign, hours, minutes = found.groups()
            zone = UTC if utc else None
            if sign:
                offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
                zone = timezone(-offset if sign == "-" else offset)
            return datetime(*map(int, numbers), tzinfo=zone)  # type: ignore[misc,arg-type]
    except ValueError:
        pass  # no day of the calendar
    raise MalformedMessage("a bad dateTime.iso8601, which is like 20260131T23:59:59")


INTS: Final = frozenset({"int", "i4", "i8", "i2", "i1"})


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
}
