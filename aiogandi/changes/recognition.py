"""How a changing call's operation is recognised among those that the service lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any, Final
from unicodedata import normalize

from aiogandi.changes.folding import encode, fold
from aiogandi.models import OperationDetails
from aiogandi.models.reading import as_date, as_str
from aiogandi.operations.creations import CREATIONS
from aiogandi.redaction import Secret, secrets_in

FILTERS: Final = ("hostname", "disk_id", "vm_id")
"""Parameters that ``operation_list`` can be asked for (assumed), the most telling first."""

IDS: Final = ("id", "vm_id", "disk_id", "product_id")
"""The names of an operation's id, and of those of what it works on."""

CAN_BE_CUT: Final = 15
"""Characters of the shortest name that a service may have cut."""

_NUMBER = re.compile(r"\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]{1,3})?\s*", re.IGNORECASE)
_BOOLEANS: Final = ("true", "false")


class Likeness(IntEnum):
    """How like a call an operation is, from another one's to its own."""

    DIFFERENT = 0
    """It has another value: "web-02" is not "web-01". It is not this call's."""
    UNTOLD = 1
    """It tells nothing that the call sent: ``{}``. Nobody can say whose it is."""
    CUT = 2
    """A name may have been cut by the service: "a-very-long-hos" of "a-very-long-hostname"."""
    FOLDED = 3
    """A value may have been normalised by the service: "web-01" for "WEB-01", "04" for 4."""
    EXACT = 4
    """It repeats what was sent; a number may have become text: "4" for 4."""


def filter_for(method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The ``operation_list`` filter that fits the call best."""
    for name in FILTERS:
        if name in arguments:
            return {"type": method, "param": {name: arguments[name]}}
    return {"type": method}


def passwords_of(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """The passwords among the arguments. The service never repeats them, so they cannot be used to
    recognise the call's operation.
    """
    return tuple(secret.reveal() for secret in secrets_in(tuple(arguments.values())))


def compare(
    method: str,
    arguments: Mapping[str, Any],
    details: OperationDetails,
    longest: Mapping[str, int],
) -> Likeness:
    """How like the call the operation is: as its least like argument of those that it tells.

    *longest* is the length of the longest string that was seen from this service in each parameter
    (see `names_in`): what is shorter was not cut.
    """
    if details.type is not None and details.type != method:
        return Likeness.DIFFERENT
    if not arguments:
        return Likeness.EXACT
    params = details.params or {}
    return _least(
        _compare(name, value, params[name], longest)
        for name, value in _comparable(arguments)
        if name in params
    )


def names_in(details: OperationDetails) -> Iterator[tuple[str, int]]:
    """Each string that the service stored for the operation: its parameter's name and its length.

    A string within a struct goes by its member's name, one within a list by the list's.
    """
    for name, value in _strings_in("", details.params or {}):
        yield name, len(value)


def foldable(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the arguments, and of the members of structs among them, that a service which folds names
    would store otherwise: "WEB" is one, "web" is none.
    """
    found: dict[str, Any] = {}
    for name, value in arguments.items():
        if isinstance(value, Mapping):
            if inner := foldable(value):
                found[name] = inner
        elif any(text != fold(text) for _, text in _strings_in(name, value)):
            found[name] = value
    return found


def tells_apart(
    details: OperationDetails, arguments: Mapping[str, Any], others: Mapping[str, Any]
) -> bool:
    """Whether the operation tells just those parameters that *arguments* name, and *others* name other
    ones: a disk with a name is hardly that of a call which gave none, nor the other way round.
    """
    ours, theirs = _names_of(arguments), _names_of(others)
    told = _names_of(details.params or {}) & (ours | theirs)
    return told == ours != theirs


def _names_of(arguments: Mapping[str, Any]) -> set[str]:
    """The names of all values that a service may repeat."""
    return {
        name for name, value in _comparable(arguments) if not isinstance(value, Mapping | Secret)
    }


def _comparable(arguments: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The arguments that an operation's params may repeat: specs may stand among them or within."""
    for name, value in arguments.items():
        if isinstance(value, Mapping):
            yield from ((inner, item) for inner, item in value.items() if inner not in arguments)
        yield name, value


def _strings_in(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every string of *value* but passwords, each with the name it goes by."""
    if isinstance(value, Mapping):
        for inner, item in value.items():
            yield from _strings_in(inner, item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings_in(name, item)
    elif isinstance(value, str) and not isinstance(value, Secret):
        yield name, value


def _least(likenesses: Iterable[Likeness]) -> Likeness:
    """The least of those that are told."""
    told = (likeness for likeness in likenesses if likeness is not Likeness.UNTOLD)
    return min(told, default=Likeness.UNTOLD)


def _compare(name: str, ours: Any, theirs: Any, longest: Mapping[str, int]) -> Likeness:
    """How like *ours*, which was sent as *name*, the stored value is. One of another kind tells
    nothing: it may be ours, spoilt by the service.
    """
    if theirs is None or isinstance(ours, Secret) or isinstance(theirs, Secret):
        return Likeness.UNTOLD
    if isinstance(ours, Mapping):
        if not isinstance(theirs, Mapping):
            return Likeness.UNTOLD
        return _least(
            _compare(inner, item, theirs[inner], longest)
            for inner, item in ours.items()
            if inner in theirs
        )
    if isinstance(ours, list | tuple):
        if not isinstance(theirs, list | tuple):
            return Likeness.UNTOLD
        if len(ours) != len(theirs):
            return Likeness.DIFFERENT
        pairs = zip(ours, theirs, strict=True)
        return _least(_compare(name, *pair, longest) for pair in pairs) if ours else Likeness.EXACT
    return _compare_scalars(ours, theirs, longest.get(name, 0))


def _compare_scalars(ours: Any, theirs: Any, longest: int) -> Likeness:
    if ours == theirs:
        return Likeness.EXACT
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return Likeness.DIFFERENT
    if isinstance(ours, datetime):
        stored = as_date(theirs)
        return _told(stored is not None, Likeness.EXACT if stored == ours else Likeness.DIFFERENT)
    text = as_str(theirs)
    if isinstance(ours, str):
        if isinstance(theirs, int | float):
            # A service that was written for clients without types may repeat text as a number,
            return _compare_number(theirs, ours)
        return _told(text is not None, _compare_strings(ours, text or "", longest))
    if isinstance(ours, int | float):
        # and a number as text.
        readable = text is not None and (_NUMBER.fullmatch(text) or fold(text) in _BOOLEANS)
        return _told(bool(readable), _compare_number(ours, text or ""))
    return _told(
        isinstance(ours, bytes | bytearray) and isinstance(theirs, bytes), Likeness.DIFFERENT
    )


def _told(readable: bool, likeness: Likeness) -> Likeness:
    """*likeness*, unless the stored value is not *readable* as one of the kind that was sent."""
    return likeness if readable else Likeness.UNTOLD


def _compare_number(number: float, text: str) -> Likeness:
    if text == str(number):
        return Likeness.EXACT
    # "true" is True by its fold, "04" is 4 by its value. The value of a float is that of its shortest
    # text: 0.1 is "0.10", though Decimal(0.1) is not.
    value = Decimal(repr(number)) if isinstance(number, float) else number
    same = fold(text) == fold(str(number)) or (_NUMBER.fullmatch(text) and Decimal(text) == value)
    return Likeness.FOLDED if same else Likeness.DIFFERENT


def _compare_strings(ours: str, theirs: str, longest: int) -> Likeness:
    if ours == theirs:
        return Likeness.EXACT  # it came in base 64
    sent, stored = fold(ours), fold(theirs)
    if sent == stored:
        return Likeness.FOLDED
    if len(ours) < CAN_BE_CUT or len(theirs) < longest:
        return Likeness.DIFFERENT
    # A cut may part an accent from its letter, or leave a label that IDNA cannot read.
    begins = normalize("NFD", sent).startswith(normalize("NFD", stored))
    # What was cut may be what IDNA makes of the name; it keeps "ß", or takes it for "ss".
    spellings = (ours.casefold(), encode(sent), encode(ours.lower()))
    begins = begins or any(spelling.startswith(theirs.casefold()) for spelling in spellings)
    return Likeness.CUT if begins else Likeness.DIFFERENT


def folded(value: Any) -> Any:
    """*value* with every string folded, and dicts and lists made into what can be compared."""
    match value:
        case Secret():
            return None
        case str():
            return fold(value)
        case Mapping():
            return tuple(sorted((name, folded(item)) for name, item in value.items()))
        case list() | tuple():
            return tuple(map(folded, value))
    return value


def names_of(details: OperationDetails) -> Iterator[tuple[str, int]]:
    """The names by which an operation may be owned: its id, and that of what it creates."""
    yield "id", details.id
    _, creates = CREATIONS.get(details.type or "", (None, None))
    thing = details.vm_id if creates == "vm_id" else details.disk_id
    if creates is not None and thing is not None:
        yield creates, thing


def ids_of(details: OperationDetails) -> dict[str, int]:
    """All ids that an operation tells, by their names."""
    return {name: number for name in IDS if (number := getattr(details, name)) is not None}
