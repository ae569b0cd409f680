"""Readers of replies: each returns the call's result, or raises `TransportError` for a reply that the
call cannot have.

A reader deletes such a reply before it raises. The reply may repeat a secret, and the reader's frame
is part of the traceback.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from aiogandi.checks import is_number
from aiogandi.errors import unusable
from aiogandi.models import OperatingSystem, ids_from_wire
from aiogandi.models.reading import as_id, as_int, as_str

Result = TypeVar("Result")

_NUMBER = re.compile(r"\s*+[+-]?[0-9]{1,100}+(?:\.[0-9]{0,100}+)?\s*+")


def _reader(
    method: str, due: str, holds: Callable[[Any], bool], convert: Callable[[Any], Result]
) -> Callable[[Any], Result]:
    def read(reply: Any) -> Result:
        if holds(reply):
            return convert(reply)
        problem = unusable(method, reply, due)
        del reply
        raise problem

    return read


def _is_array(reply: Any) -> bool:
    return isinstance(reply, list)


def _is_text(reply: Any) -> bool:
    """Whether it is text, also in base 64."""
    return isinstance(reply, str | bytes) and as_str(reply) is not None


def _is_number(reply: Any) -> bool:
    """Whether it is a number, or the text of one."""
    return is_number(reply) or (isinstance(reply, str) and _NUMBER.fullmatch(reply) is not None)


def _is_id(reply: Any) -> bool:
    return as_id(reply) is not None


def _id(reply: Any) -> int:
    """The id in a reply that is one."""
    return int(as_id(reply) or 0)


def _are_listed(reply: list[Any]) -> bool:
    if not reply:
        return True
    return any(map(_is_id, reply)) and all(_is_id(each) or as_int(each) == 0 for each in reply)


string: Final = _reader("the call", "a string", _is_text, lambda reply: str(as_str(reply)))
"""Also one that was sent in base 64."""

number: Final = _reader("the call", "a number", _is_number, float)

ids: Final = _reader("the call", "an array of ids", _is_array, ids_from_wire)

listed: Final = _reader(
    "operation_list",
    "an array of ids",
    lambda reply: isinstance(reply, list) and _are_listed(reply),
    lambda reply: reply,
)
"""The same as it came, where an id that cannot be read must not be left out: what is not listed counts
as absent. A 0 among other ids is nobody's (assumed)."""

struct: Final = _reader(
    "the call", "a struct", lambda reply: isinstance(reply, Mapping), lambda reply: reply
)

operating_systems: Final = _reader(
    "os_list", "an array of structs", _is_array, OperatingSystem.list_from_wire
)


def number_of(method: str) -> Callable[[Any], int]:
    """A reader for *method*, which returns an id: an operation's, or that of what it creates."""
    return _reader(method, "an id", _is_id, _id)


def nothing(reply: Any) -> None:
    """None for any reply: what ``operation_cancel`` returns on success is assumed, so it is not
    looked at.
    """
    del reply


def anything(reply: Any) -> Any:
    """The reply as it came, for a call of which nothing is known."""
    return reply
