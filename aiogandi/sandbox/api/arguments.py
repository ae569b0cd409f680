"""How a call's arguments are read and checked, with the leniency that real clients need.

The checks follow the documented order: the types of all arguments, then the syntax of all, then
their values. Existence, privileges and state are checked by the books.

PHP sends numbers as strings and an empty struct as an empty array; Perl sends a string of digits as
an int. All three are accepted.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiogandi.models.dates import read_date
from aiogandi.sandbox.books.faults import Cause, ServiceFault, Subject, data_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DEEPEST = 8
"""The deepest nesting of a struct's unknown members (*assumed*)."""

_DIGITS = re.compile(r"[+-]?[0-9]{1,10}")
_DIGITS_OF_AN_ID = re.compile(r"[+-]?[0-9]{1,19}")


class NotOfType(Exception):
    """The value has not the type that the parameter asks for."""


def integer(value: object) -> int:
    """Return *value* as a 32-bit int; a string of digits will do (documented)."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if type(value) is int and -(2**31) <= value < 2**31:
        return value
    raise NotOfType


def identifier(value: object) -> int:
    """Return *value* as an id, which may have 64 bits; a string of digits will do."""
    if isinstance(value, str) and _DIGITS_OF_AN_ID.fullmatch(value):
        value = int(value)
    if type(value) is int and -(2**63) <= value < 2**63:
        return value
    raise NotOfType


def text_value(value: object) -> str:
    """Return *value* as a string; an int becomes its digits (documented)."""
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    raise NotOfType


def boolean(value: object) -> bool:
    """Return *value* as a boolean; 0 and 1, also as strings, will do (*assumed*)."""
    if isinstance(value, bool):
        return value
    if value in (0, 1, "0", "1") and not isinstance(value, float):
        return value in (1, "1")
    raise NotOfType


def date(value: object) -> datetime | str:
    """Return *value* if it is a date or a string, whose syntax `naive_date` checks later."""
    if isinstance(value, datetime | str):
        return value
    raise NotOfType


def naive_date(value: datetime | str) -> datetime:
    """Return *value* as a date in UTC without a zone; a string is read as ISO 8601 (*assumed*). A date
    alone, as the documented sample sends it, is its midnight (*assumed*).

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
    """One parameter.

    *type* converts what was given (`NotOfType`: it cannot); *syntax* takes the result apart
    (ValueError: it is malformed); *value* returns whether the result makes sense.
    """

    name: str
    type: Callable[[object], Any]
    syntax: Callable[[Any], Any] | None = None
    value: Callable[[Any], bool] | None = None

    def typed(self, given: object) -> Any:
        """Return *given* as the parameter's type, or raise a fault."""
        try:
            return self.type(given)
        except NotOfType:
            raise self._fault(Cause.TYPE, given) from None

    def parsed(self, given: Any) -> Any:
        """Return what *given* means, or raise a fault."""
        if self.syntax is None:
            return given
        try:
            return self.syntax(given)
        except ValueError:
            raise self._fault(Cause.SYNTAX, given) from None

    def sensible(self, given: Any) -> Any:
        """Return *given* if it makes sense, or raise a fault."""
        if self.value is None or self.value(given):
            return given
        raise self._fault(Cause.VALUE, given)

    def _fault(self, cause: Cause, given: object) -> ServiceFault:
        reason = f"invalid {cause.name.lower()} for {self.name}"
        return data_fault(Subject.ARGUMENT, cause, reason, self.name, given)


@dataclass(frozen=True, slots=True)
class Struct:
    """A struct with these members, of which some are *required*. *others* is whether unknown members
    are kept as they are; else they are refused.
    """

    name: str
    members: Sequence[Parameter | Struct]
    required: frozenset[str] = frozenset()
    others: bool = False

    def typed(self, given: object) -> Any:
        """Return *given* with its members as their parameters' types, or raise a fault."""
        if given == []:
            given = {}
        if not isinstance(given, dict):
            raise self._fault(Cause.TYPE, "not a struct", given)
        for missing in sorted(self.required.difference(given)):
            raise self._fault(Cause.TYPE, f"{missing} is missing", given)
        known = self._each("typed", given)
        unknown = {name: value for name, value in given.items() if name not in known}
        if unknown and not self.others:
            raise self._fault(Cause.VALUE, "unknown member", next(iter(unknown)))
        if not is_carriable(unknown, DEEPEST):
            raise self._fault(Cause.TYPE, "a value that the service does not know", given)
        return known | unknown

    def parsed(self, given: dict[str, Any]) -> Any:
        """Return *given* with what its members mean, or raise a fault."""
        return given | self._each("parsed", given)

    def sensible(self, given: dict[str, Any]) -> Any:
        """Return *given* if its members make sense, or raise a fault."""
        return given | self._each("sensible", given)

    def _each(self, step: str, given: dict[str, Any]) -> dict[str, Any]:
        return {
            member.name: getattr(member, step)(given[member.name])
            for member in self.members
            if member.name in given
        }

    def _fault(self, cause: Cause, reason: str, given: object) -> ServiceFault:
        return data_fault(Subject.ARGUMENT, cause, f"{self.name}: {reason}", self.name, given)


def is_carriable(value: object, depth: int) -> bool:
    """Return whether a reply could repeat *value*: it holds no nil, no large int, no date with a zone,
    and is nested at most *depth* deep.
    """
    match value:
        case str() | bool() | bytes():
            return True
        case datetime():
            return value.tzinfo is None
        case int():
            return -(2**31) <= value < 2**31
        case float():
            return math.isfinite(value)
        case dict():
            return depth > 0 and all(is_carriable(item, depth - 1) for item in value.values())
        case list():
            return depth > 0 and all(is_carriable(item, depth - 1) for item in value)
        case _:
            return False


def read_arguments(parameters: Sequence[Parameter | Struct], given: Sequence[object]) -> list[Any]:
    """Return the arguments, or raise the fault of the first check that one of them fails."""
    typed = [due.typed(value) for due, value in zip(parameters, given, strict=False)]
    parsed = [due.parsed(value) for due, value in zip(parameters, typed, strict=False)]
    return [due.sensible(value) for due, value in zip(parameters, parsed, strict=False)]
