"""How one member of a struct is read: as the type that is asked for, or None where it has another.

Some habits of XML-RPC services are forgiven: numbers and dates that were sent as text, numbers that
were sent as doubles, and text that was sent as a number or in base 64. Nothing else is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from aiogandi.models.dates import read_date
from aiogandi.models.states import OperationState
from aiogandi.redaction import conceal, redact

_INTEGER = re.compile(r"\s*([+-]?[0-9]{1,19})(?:\.0*+)?\s*")

LARGEST_ID: Final = 2**63 - 1
"""The largest number that is an id: it must be possible to ask for it."""


def as_int(value: Any) -> int | None:
    """A whole number: 5, 5.0, "5" or "5.0"; no boolean."""
    if type(value) is int:
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and (found := _INTEGER.fullmatch(value)):
        return int(found[1])
    return None


def as_id(value: Any) -> int | None:
    """A whole number that names a thing; the service writes 0 for "none" (assumed)."""
    number = value if type(value) is int else as_int(value)
    return number if number is not None and 0 < number <= LARGEST_ID else None


def as_str(value: Any) -> str | None:
    """Text, also from base 64 (UTF-8), or a number as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return _decoded(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _decoded(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def as_date(value: Any) -> datetime | None:
    """A date, without a time zone; also one that was sent as text, or as base 64 of it."""
    if isinstance(value, datetime):
        return value
    text = _decoded(value) if isinstance(value, bytes) else value
    return read_date(text) if isinstance(text, str) else None


def as_ids(value: Any) -> tuple[int, ...] | None:
    """An array's ids, each once, in the order in which they came; its other items are left out."""
    if not isinstance(value, list | tuple):
        return None
    ids = [number for number in map(as_id, value) if number is not None]
    return tuple(ids if len(set(ids)) == len(ids) else dict.fromkeys(ids))


def as_strs(value: Any) -> tuple[str, ...] | None:
    """An array's texts; its other items are left out."""
    if not isinstance(value, list | tuple):
        return None
    return tuple([text for text in map(as_str, value) if text is not None])


def as_struct(value: Any) -> Mapping[str, Any] | None:
    """A struct."""
    return value if isinstance(value, Mapping) else None


def as_state(value: Any) -> OperationState | None:
    """An operation's state, known or not."""
    text = _decoded(value) if isinstance(value, bytes) else value
    return OperationState(text) if isinstance(text, str) and text else None


def as_params(value: Any) -> Mapping[str, Any] | None:
    """A struct of arguments. A password among them is not expected (assumed), and is not shown."""
    return conceal(value) if isinstance(value, Mapping) else None


def as_redacted(value: Any) -> str | None:
    """Text in which the service may repeat a password, which is blanked."""
    text = as_str(value)
    return None if text is None else redact(text)


def ids_from_wire(value: Any) -> list[int]:
    """The ids in an array of the service, each once, in the order in which they came.

    What is no id is left out, a 0 for example; anything but an array gives an empty list.
    """
    return list(as_ids(value) or ())


def entries_from_wire(value: Any) -> list[int]:
    """The same with as many entries as the service sent, so that a full list can be told: an id that was
    listed twice stands there twice, and 0 for what is no id.
    """
    return [as_id(item) or 0 for item in value] if isinstance(value, list | tuple) else []
