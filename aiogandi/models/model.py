"""What all models have in common.

This file must not have ``from __future__ import annotations``: dataclasses in other files would get
`InitVar` as text, which they cannot resolve.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import InitVar, dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import Any, Self, TypeVar

from aiogandi.models.reading import as_struct
from aiogandi.redaction import Secret, conceal, redact

_NAMES_A_SECRET = re.compile("password|session", re.IGNORECASE)

Read = TypeVar("Read", bound="Model")


def member(reader: Callable[[Any], Any], *, hashed: bool = True) -> Any:
    """A dataclass field that *reader* reads, and that is None where the service sent nothing."""
    return field(default=None, hash=hashed, metadata={"read": reader})


@dataclass(frozen=True, slots=True)
class _Sent:
    """Gives every model's constructor the argument ``raw``, which is stored but is no field."""

    raw: InitVar[Mapping[str, Any] | None] = field(default=None, kw_only=True)

    def __post_init__(self, raw: Mapping[str, Any] | None) -> None:
        # A plain dict, typed as a Mapping: a read-only proxy could neither be pickled nor copied.
        object.__setattr__(self, "raw", {} if raw is None else raw)


class Model(_Sent):
    """The base of all models: reads each dataclass field from the member of the same name."""

    # Not in `_Sent`: there the name is taken by the default of the constructor's argument.
    __slots__ = ("raw",)
    raw: Mapping[str, Any]

    @classmethod
    def _plan(cls) -> list[tuple[str, Callable[[Any], Any], Callable[[Any, Any], None]]]:
        return _plan(cls)  # type: ignore[arg-type]  # mypy takes instances' __hash__ for the class's

    @classmethod
    def _of(
        cls, members: Mapping[str, Any], raw: Mapping[str, Any], number: int | None = None
    ) -> Self:
        """The model of *members*; *number* is the id of one that has no readable id of its own."""
        # The slots are filled past the frozen constructor, which takes nearly twice as long (measured).
        model = cls.__new__(cls)
        for name, reader, fill in _plan(cls):  # type: ignore[arg-type]  # as above
            fill(model, reader(members.get(name)))
        _fill_raw(model, raw)
        if number is not None and model.id is None:  # type: ignore[attr-defined]  # it has one
            cls.id.__set__(model, number)  # type: ignore[attr-defined]
        return model

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, as values that `json.dumps` takes; ``raw`` is left out.

        Dates become ISO 8601 text, tuples lists, models within this one dicts, states strings, and
        bytes text in base 64. Passwords read ``***``.

        >>> VM(5, "web-01", disks=(7, 8)).to_dict()["disks"]
        [7, 8]
        """
        return {name: as_json(getattr(self, name)) for name, *_ in self._plan()}

    def portable(self) -> dict[str, Any]:
        """What the service sent, or else the fields, as the wire had them: without passwords, and such
        that ``from_wire`` makes an equal model of it, in another process too.
        """
        if self.raw:
            raw: dict[str, Any] = _blanked(conceal(self.raw))
            return raw
        fields = {name: getattr(self, name) for name, *_ in self._plan()}
        return {name: _as_sent(value) for name, value in fields.items() if value is not None}

    def _values(self) -> list[Any]:
        return [getattr(self, name) for name, *_ in self._plan()]

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickle goes to disks and other machines: no password that the service has sent goes along.
        return _rebuilt, (type(self), self._values(), _blanked(conceal(self.raw)))

    def __copy__(self) -> Self:
        return _rebuilt(type(self), self._values(), self.raw)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return _rebuilt(type(self), deepcopy(self._values(), memo), deepcopy(self.raw, memo))


def _rebuilt(model: type[Read], values: list[Any], raw: Mapping[str, Any]) -> Read:
    """The model that was pickled or copied."""
    return model(*values, raw=raw)


def _blanked(value: Any) -> Any:
    """*value* with the passwords blanked that its texts name, as the service's messages do."""
    match value:
        case Secret():
            return value
        case str():
            # `redact` cuts long texts, so only those that name a secret pass through it.
            return redact(value) if _NAMES_A_SECRET.search(value) else value
        case Mapping():
            return {key: _blanked(item) for key, item in value.items()}
        case list():
            return [_blanked(item) for item in value]
        case _:
            return value


_fill_raw = Model.__dict__["raw"].__set__


@cache
def _plan(
    model: type[Model],
) -> list[tuple[str, Callable[[Any], Any], Callable[[Any, Any], None]]]:
    """Each field's name, how it is read, and how its slot is filled."""
    return [
        (each.name, each.metadata["read"], model.__dict__[each.name].__set__)
        for each in fields(model)
    ]


def _as_sent(value: Any) -> Any:
    """A field's value as the wire had it."""
    if isinstance(value, tuple):
        return [each.portable() if isinstance(each, Model) else each for each in value]
    return conceal(value) if isinstance(value, Mapping) else value


def as_json(value: Any) -> Any:
    """*value* as `json.dumps` takes it."""
    match value:
        case Model():
            return value.to_dict()
        case datetime():
            return value.isoformat()
        case str():
            return str(value)
        case bytes():
            return b64encode(value).decode("ascii")
        case Mapping():
            return {str(key): as_json(item) for key, item in value.items()}
        case list() | tuple():
            return [as_json(item) for item in value]
        case _:
            return value


class AskedById(Model):
    """A model that answers a question about one thing, whose id the caller gave."""

    __slots__ = ()

    @classmethod
    def from_wire(cls, struct: Any, *, id: int) -> Self:  # noqa: A002 - the field's own name
        """The model of what the service sent about the thing *id*.

        Anything but a struct gives a model in which only ``id`` is known.
        """
        raw = struct if isinstance(struct, Mapping) else {}
        return cls._of(raw, raw, id)


class AskedWithoutId(Model):
    """A model that answers a question without an id: its own may be missing."""

    __slots__ = ()

    @classmethod
    def from_wire(cls, struct: Any) -> Self:
        """The model of what the service sent; anything but a struct gives one without values."""
        raw = as_struct(struct) or {}
        return cls._of(raw, raw)
