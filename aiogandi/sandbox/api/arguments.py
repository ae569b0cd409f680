"""How a call's arguments are read and checked, with the leniency that real clients need.

The checks follow the documented order: type, syntax, value; existence, privileges and state are
checked by the books. Each step is taken for all arguments before the next one (*assumed*).

The provider's samples in PHP send numbers as strings (documented). Accepted as well, because real
clients send them, are an empty array for an empty struct (PHP) and an int for a string of digits
(Perl): both *assumed*.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from aiogandi.codec import DateAsSent, IllTyped
from aiogandi.models.dates import read_date
from aiogandi.sandbox.books.faults import (
    Cause,
    ServiceFault,
    Subject,
    base64_text,
    data_fault,
    date_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_DIGITS = re.compile(r"[+-]?[0-9]{1,10}")
_DIGITS_OF_AN_ID = re.compile(r"[+-]?[0-9]{1,19}")


TYPED_BY_LOOK: Final = frozenset(
    {"int", "i1", "i2", "i4", "i8", "double", "float", "boolean", "dateTime.iso8601"}
)
"""The types that a sender may give to a text because it looks like one of their values (*assumed*, but for
Perl's ints): ``12345e678`` is a password, and too large for a double.
"""


class NotOfType(Exception):
    """The value has not the type that the parameter asks for."""


def integer(value: object) -> int:
    """Return *value* as a 32-bit int (*assumed*); a string of digits will do (documented)."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    return _within(31, value)


def identifier(value: object) -> int:
    """Return *value* as an id, which may have 64 bits; a string of digits will do."""
    if isinstance(value, str) and _DIGITS_OF_AN_ID.fullmatch(value):
        value = int(value)
    return _within(63, value)


def _within(bits: int, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and -(2**bits) <= value < 2**bits:
        return int(value)  # the codec's own kind of int keeps its text, which is of no use here
    raise NotOfType


def text_value(value: object) -> str:
    """Return *value* as a string. What a sender typed by its look becomes the text that it stands for
    (*assumed*): an int, a double and a date their text as it was sent, also where it is no value of its
    type; base 64 its text in UTF-8, a boolean ``1`` or ``0``.
    """
    match value:
        case str():
            return value
        case bool():
            return f"{value:d}"
        case IllTyped() if value.kind in TYPED_BY_LOOK:
            return value.text
        case int() | float() | DateAsSent():
            return str(value)
        case datetime() if value.tzinfo is None:
            return date_text(value)
        case bytes():
            return _decoded(value)
    raise NotOfType


def _decoded(value: bytes) -> str:
    text = base64_text(value)
    if text is None:
        raise NotOfType
    return text


def boolean(value: object) -> bool:
    """Return *value* as a boolean; 0 and 1, also as strings, will do (*assumed*)."""
    if isinstance(value, bool):
        return value
    if value in (0, 1, "0", "1") and not isinstance(value, float):
        return value in (1, "1")
    raise NotOfType


def date(value: object) -> datetime | str:
    """Return *value* if it is a date or a string, whose syntax `naive_date` checks later. An int is its
    digits: ``20060101``, sent by its look; base 64 its text (both *assumed*).
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, bytes):
        return _decoded(value)
    if isinstance(value, datetime | str):
        return value
    raise NotOfType


def naive_date(value: datetime | str) -> datetime:
    """Return *value* as a date in UTC without a zone; a string is read as ISO 8601 (*assumed*), with or
    without dashes, seconds and a zone. A date alone, as the documented sample sends it, is its midnight
    (*assumed*).

    Raise ValueError for another string, and for a date outside the calendar.
    """
    if isinstance(value, str):
        read = read_date(value)
        if read is None:
            raise ValueError(value)
        value = read
    if value.tzinfo is None:
        return value
    try:
        return value.astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise ValueError(value) from error


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter, and the *subject* of the faults that refuse it.

    *type* converts what was given (`NotOfType`: it cannot); *syntax* takes the result apart
    (ValueError: it is *malformed*); *value* returns why the result makes no sense, or None. A fault
    repeats what was given (documented), and not what was made of it.
    """

    name: str
    subject: Subject
    type: Callable[[object], Any]
    syntax: Callable[[Any], Any] | None = None
    value: Callable[[Any], Cause | None] | None = None
    malformed: Cause = Cause.SYNTAX

    def typed(self, given: object) -> Any:
        """Return *given* as the parameter's type, or raise a fault."""
        try:
            return self.type(given)
        except NotOfType:
            raise self._fault(Cause.TYPE, "invalid type", given) from None

    def parsed(self, typed: Any, given: object) -> Any:
        """Return what *typed*, which was *given*, means, or raise a fault."""
        if self.syntax is None:
            return typed
        try:
            return self.syntax(typed)
        except ValueError:
            raise self._fault(self.malformed, "invalid syntax", given) from None

    def sensible(self, parsed: Any, given: object) -> Any:
        """Return *parsed*, which was *given*, if it makes sense, or raise a fault."""
        cause = None if self.value is None else self.value(parsed)
        if cause is None:
            return parsed
        raise self._fault(cause, "invalid value", given)

    def missing(self) -> ServiceFault:
        """Return the fault that the parameter, which is required, was not given."""
        return data_fault(self.subject, Cause.EXPECTED, f"{self.name} is missing", self.name, None)

    def _fault(self, cause: Cause, what: str, given: object) -> ServiceFault:
        return data_fault(self.subject, cause, f"{what} for {self.name}", self.name, given)


@dataclass(frozen=True, slots=True)
class Struct:
    """A struct with these members, of which some are *required*. It has no others: an unknown key is
    refused (*assumed*), and the fault repeats the key and not its value, which may be a password.
    """

    name: str
    members: Sequence[Parameter | Struct]
    required: frozenset[str] = frozenset()

    def typed(self, given: object) -> Any:
        """Return *given* with its members as their parameters' types, or raise a fault."""
        if given == []:
            given = {}
        if not isinstance(given, dict):
            reason = f"invalid type for {self.name}"
            raise data_fault(Subject.STRUCT, Cause.TYPE, reason, self.name, given)
        for member in self.members:
            if member.name in self.required and member.name not in given:
                raise member.missing()
        known = {
            member.name: member.typed(given[member.name])
            for member in self.members
            if member.name in given
        }
        for key in given:
            if key not in known:
                reason = f"unexpected key in {self.name}"
                raise data_fault(Subject.KEY, Cause.UNEXPECTED, reason, self.name, key)
        return known

    def parsed(self, typed: dict[str, Any], given: Any) -> Any:
        """Return *typed*, which was *given*, with what its members mean, or raise a fault."""
        return self._each("parsed", typed, given)

    def sensible(self, parsed: dict[str, Any], given: Any) -> Any:
        """Return *parsed*, which was *given*, if its members make sense, or raise a fault."""
        return self._each("sensible", parsed, given)

    def missing(self) -> ServiceFault:
        """Return the fault that the struct, which is required, was not given."""
        return data_fault(
            Subject.STRUCT, Cause.EXPECTED, f"{self.name} is missing", self.name, None
        )

    def _each(self, step: str, read: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        return {
            member.name: getattr(member, step)(read[member.name], given[member.name])
            for member in self.members
            if member.name in read
        }


def read_arguments(parameters: Sequence[Parameter | Struct], given: Sequence[object]) -> list[Any]:
    """Return the arguments, or raise the fault of the first check that one of them fails."""
    typed = [due.typed(sent) for due, sent in zip(parameters, given, strict=False)]
    parsed = [due.parsed(*each) for due, *each in zip(parameters, typed, given, strict=False)]
    return [due.sensible(*each) for due, *each in zip(parameters, parsed, given, strict=False)]
