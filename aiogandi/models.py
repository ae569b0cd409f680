"""What the service tells about things: frozen dataclasses that never break on odd data.

Each attribute is a field of the service's struct (names assumed, borrowed from the next version of
the same API) and is None where the service sent nothing of its kind: a field that is missing, or
whose value cannot be read as its type. ``raw`` holds everything that was sent, as it was sent.
Equality and ``repr`` are by the attributes; ``raw`` is left out of both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, Self

from aiogandi.redaction import conceal, redact

_INTEGER = re.compile(r"\s*-?[0-9]{1,18}\s*")


LISTED: Final = 300
"""Ids that one ``operation_list`` holds at most (documented)."""


class OperationState(StrEnum):
    """An operation's state (documented, but for SUPPORT), or an unknown one under its own name.

    ``OperationState("WAIT")`` works for any name; what is not known counts as under way.
    """

    PENDING = "PENDING"
    RUN = "RUN"
    DONE = "DONE"
    ERROR = "ERROR"
    CANCEL = "CANCEL"
    SUPPORT = "SUPPORT"

    @classmethod
    def _missing_(cls, value: object) -> OperationState | None:
        if not isinstance(value, str):
            return None
        # Not registered with the class: what a service may send is without bound, and the class
        # would keep every name for ever.
        unknown = str.__new__(cls, value)
        unknown._name_ = value
        unknown._value_ = value
        return unknown

    @property
    def final(self) -> bool:
        """Whether the service will not go on by itself."""
        return self in FINAL


FINAL = frozenset(
    {
        OperationState.DONE,
        OperationState.ERROR,
        OperationState.CANCEL,
        OperationState.SUPPORT,
    }
)
"""The states in which a wait ends; SUPPORT because people must step in (assumed)."""


def _int(value: Any) -> int | None:
    if type(value) is int:
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return None


def _id(value: Any) -> int | None:
    # The service writes 0 for "none" (assumed).
    return _int(value) or None


def _str(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    # A name of digits that was sent as a number.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _date(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _ids(value: Any) -> tuple[int, ...] | None:
    if not isinstance(value, list | tuple):
        return None
    return tuple([number for number in map(_int, value) if number is not None])


def _strs(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list | tuple):
        return None
    return tuple([text for text in map(_str, value) if text is not None])


def _state(value: Any) -> OperationState | None:
    return OperationState(value) if isinstance(value, str) and value else None


def _struct(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None


def _params(value: Any) -> Mapping[str, Any] | None:
    # A password among them is not expected (assumed), and would not be shown.
    return conceal(value) if isinstance(value, Mapping) else None


def _error(value: Any) -> str | None:
    text = _str(value)
    return None if text is None else redact(text)


def _products(value: Any) -> tuple[Product, ...] | None:
    if not isinstance(value, list | tuple):
        return None
    return tuple(Product.from_wire(item) for item in value)


def _read(read: Callable[[Any], Any], *, hashed: bool = True) -> Any:
    return field(default=None, hash=hashed, metadata={"read": read})


class _Model:
    """Reads each dataclass field from the struct's member of the same name."""

    __slots__ = ()

    @classmethod
    def from_wire(cls, struct: Any) -> Self:
        """The model of what the service sent; anything but a struct gives one of Nones."""
        raw = _struct(struct) or {}
        return cls._of(raw, raw)

    @classmethod
    def _of(cls, members: Mapping[str, Any], raw: Mapping[str, Any]) -> Self:
        values = [read(members.get(name)) for name, read in _plan(cls)]  # type: ignore[arg-type]
        return cls(*values, raw)  # type: ignore[call-arg]  # each model is a dataclass


@cache
def _plan(model: type[_Model]) -> list[tuple[str, Callable[[Any], Any]]]:
    """How each field but ``raw``, the last, is read."""
    *attributes, _ = fields(model)  # type: ignore[arg-type]
    return [(attribute.name, attribute.metadata["read"]) for attribute in attributes]


def _raw() -> Any:
    # A plain dict, typed as a Mapping: a read-only proxy could neither be pickled nor copied.
    return field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class VM(_Model):
    """A server. ``memory`` is in MB; ``disks`` are disk ids; ``state`` is one of being_created,
    running, halted, paused, locked, invalid, deleted (assumed), or what else the service says.
    """

    id: int | None = _read(_int)
    hostname: str | None = _read(_str)
    state: str | None = _read(_str)
    os_id: int | None = _read(_int)
    shares: int | None = _read(_int)
    cpu: int | None = _read(_int)
    memory: int | None = _read(_int)
    disks: tuple[int, ...] | None = _read(_ids)
    ips: tuple[str, ...] | None = _read(_strs)
    date_created: datetime | None = _read(_date)
    date_updated: datetime | None = _read(_date)
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True, slots=True)
class Disk(_Model):
    """A disk. ``size`` is in MB; ``state`` is being_created, created, attached or deleted
    (assumed); ``vm_id`` is None for an unattached disk.
    """

    id: int | None = _read(_int)
    name: str | None = _read(_str)
    size: int | None = _read(_int)
    fstype: str | None = _read(_str)
    state: str | None = _read(_str)
    vm_id: int | None = _read(_id)
    date_created: datetime | None = _read(_date)
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True, slots=True)
class Product(_Model):
    """A hosting product, for example shares: so many until ``date_end``."""

    id: int | None = _read(_int)
    product_name: str | None = _read(_str)
    quantity: int | None = _read(_int)
    date_end: datetime | None = _read(_date)
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True, slots=True)
class HostingAccount(_Model):
    """The hosting account: how many ``shares`` there are, and how many are in use."""

    id: int | None = _read(_int)
    handle: str | None = _read(_str)
    shares: int | None = _read(_int)
    used_shares: int | None = _read(_int)
    products: tuple[Product, ...] | None = _read(_products)
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True, slots=True)
class OperatingSystem(_Model):
    """An operating system that a VM can be created with: ``id`` is vm_create's ``os_id``."""

    id: int | None = _read(_int)
    label: str | None = _read(_str)
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True, slots=True)
class OperationDetails(_Model):
    """What the service says of an operation.

    ``params`` are the call's arguments by name, and the ids of what the operation works on, which
    ``vm_id``, ``disk_id`` and ``product_id`` repeat. ``last_error`` says why it failed, with the
    values of passwords blanked. Dates are the service's own clock.
    """

    id: int | None = _read(_int)
    type: str | None = _read(_str)
    state: OperationState | None = _read(_state)
    date_created: datetime | None = _read(_date)
    date_updated: datetime | None = _read(_date)
    params: Mapping[str, Any] | None = _read(_params, hashed=False)
    last_error: str | None = _read(_error)
    vm_id: int | None = _read(_id)
    disk_id: int | None = _read(_id)
    product_id: int | None = _read(_id)
    raw: Mapping[str, Any] = _raw()

    @classmethod
    def from_wire(cls, struct: Any) -> OperationDetails:
        """The model of what the service sent: the ids may stand in ``params``, and the state may be
        called ``step``.
        """
        raw = _struct(struct) or {}
        params = _struct(raw.get("params")) or {}
        found = {k: params[k] for k in ("vm_id", "disk_id", "product_id") if k in params}
        if "step" in raw:
            found["state"] = raw["step"]
        return cls._of({**found, **raw}, raw)


def ids_from_wire(value: Any) -> list[int]:
    """The ids in an array of the service; what is no id is left out, no array gives none."""
    return list(_ids(value) or ())
