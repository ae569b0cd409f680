"""Reads the scalars of a call, so that nothing is lost of what its sender wrote.

Many senders type a value by its look: a password ``0123`` comes as ``<int>0123</int>``, and ``1.10`` as a
double. So where the text of a number or a date is not the usual one of its value, `str` of it gives the
text as it came. A text that is no value of its type is `IllTyped`, and no error: who reads the arguments
knows which of them it is, whether a text will do there, and answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, SupportsIndex, TypeVar

from aiogandi.codec.scalars import HUGE_INT, INTS, SCALARS, MalformedMessage

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IllTyped:
    """A scalar whose *text* is no value of the type *kind*, ``<int>abc</int>`` say. *kind* is an element of
    XML-RPC, or None: another, which is no type at all. The text may be a password: no `repr` shows it.
    """

    kind: str | None
    text: str = field(repr=False)


class IntAsSent(int):
    """An int whose text was another than its digits: ``0123``, ``+5``, or with spaces around it."""

    text = ""

    def __str__(self) -> str:
        return self.text


class FloatAsSent(float):
    """A float whose text was another than Python's: ``1.10``, ``4``, ``1e5``."""

    text = ""

    def __str__(self) -> str:
        return self.text


class DateAsSent(datetime):
    """A date whose text was another than the wire's usual one: ``2006-01-01``, ``20060101T24:00:00``."""

    text = ""

    def __str__(self) -> str:
        return self.text or super().__str__()  # a date that was reckoned from it has none

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return (*super().__reduce_ex__(protocol), self.__dict__)  # a copy keeps the text


def _int(text: str) -> int:
    number = _read_int(text)
    if int.__repr__(number) == text:
        return number
    sent = IntAsSent(number)
    sent.text = text
    return sent


def _float(text: str) -> float:
    number = _read_float(text)
    if not math.isfinite(number):
        raise MalformedMessage("a double that is no finite number")
    if float.__repr__(number) == text:
        return number
    sent = FloatAsSent(number)
    sent.text = text
    return sent


def _date(text: str) -> datetime:
    date = _read_date(text)
    if date.isoformat().replace("-", "") == text:
        return date
    sent = DateAsSent.combine(date.date(), date.timetz())
    sent.text = text
    return sent


_read_int: Final[Callable[[str], int]] = SCALARS["int"]
_read_float: Final[Callable[[str], float]] = SCALARS["double"]
_read_date: Final[Callable[[str], datetime]] = SCALARS["dateTime.iso8601"]


def _or_ill_typed(kind: str, read: Callable[[str], T]) -> Callable[[str], T | IllTyped]:
    def reader(text: str) -> T | IllTyped:
        try:
            return read(text)
        except MalformedMessage:
            return IllTyped(kind, text)

    return reader


def of_unknown_type(text: str) -> IllTyped:
    """What stands for a scalar of a type that XML-RPC does not have."""
    return IllTyped(None, text)


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    **SCALARS,
    **dict.fromkeys(INTS, _int),
    **dict.fromkeys(("double", "float"), _float),
    "dateTime.iso8601": _date,
}

ARGUMENTS: Final[dict[str, Callable[[str], Any]]] = {
    kind: _or_ill_typed("int" if kind == HUGE_INT else kind, read)
    for kind, read in _READERS.items()
}
"""The reader of each type of XML-RPC, none of which raises."""
