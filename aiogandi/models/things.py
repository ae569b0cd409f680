"""Servers, disks, and what the account has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiogandi.models.model import AskedById, AskedWithoutId, Model, member
from aiogandi.models.reading import as_date, as_id, as_ids, as_int, as_str, as_strs, as_struct


def _products(value: Any) -> tuple[Product, ...] | None:
    if not isinstance(value, list | tuple):
        return None
    return tuple(Product.from_wire(item) for item in value)


@dataclass(frozen=True, slots=True)
class VM(AskedById):
    """A server, as ``vm_info`` describes it.

    ``shares`` are the resource shares it takes, ``cpu`` its cores, ``memory`` its memory in MB;
    ``disks`` are ids of disks and ``ips`` addresses as text. ``state`` is one of being_created,
    running, halted, paused, locked, invalid, deleted (assumed), or whatever else the service says.
    Dates have no time zone: they are the service's own clock.
    """

    id: int = field(metadata={"read": as_id})
    hostname: str | None = member(as_str)
    state: str | None = member(as_str)
    os_id: int | None = member(as_id)
    shares: int | None = member(as_int)
    cpu: int | None = member(as_int)
    memory: int | None = member(as_int)
    disks: tuple[int, ...] | None = member(as_ids)
    ips: tuple[str, ...] | None = member(as_strs)
    date_created: datetime | None = member(as_date)
    date_updated: datetime | None = member(as_date)


@dataclass(frozen=True, slots=True)
class Disk(AskedById):
    """A disk, as ``disk_info`` describes it.

    ``size`` is in MB, ``fstype`` the file system's name. ``state`` is being_created, created,
    attached or deleted (assumed). ``vm_id`` is the server that it is attached to, and None for an
    unattached disk. ``date_created`` is the service's own clock.
    """

    id: int = field(metadata={"read": as_id})
    name: str | None = member(as_str)
    size: int | None = member(as_int)
    fstype: str | None = member(as_str)
    state: str | None = member(as_str)
    vm_id: int | None = member(as_id)
    date_created: datetime | None = member(as_date)


@dataclass(frozen=True, slots=True)
class Product(AskedWithoutId):
    """A product that the account has bought: ``quantity`` of ``product_name`` until ``date_end``.

    For example 20 ``shares`` until 2026-12-31 (the service's own clock).
    """

    id: int | None = member(as_id)
    product_name: str | None = member(as_str)
    quantity: int | None = member(as_int)
    date_end: datetime | None = member(as_date)


@dataclass(frozen=True, slots=True)
class HostingAccount(AskedWithoutId):
    """The hosting account: ``shares`` is how many it has, ``used_shares`` how many are in use.

    ``handle`` is the account's name, ``products`` what it has bought.
    """

    id: int | None = member(as_id)
    handle: str | None = member(as_str)
    shares: int | None = member(as_int)
    used_shares: int | None = member(as_int)
    products: tuple[Product, ...] | None = member(_products)


@dataclass(frozen=True, slots=True)
class OperatingSystem(Model):
    """An operating system that a server can be created with.

    ``id`` is what ``vm_create`` takes as ``os_id``, ``label`` the system's name for people.
    """

    id: int = field(metadata={"read": as_id})
    label: str | None = member(as_str)

    @classmethod
    def list_from_wire(cls, value: Any) -> list[OperatingSystem]:
        """The systems in an array of the service, each id once: the first of its kind. What has no id
        cannot be used and is left out.
        """
        structs = [as_struct(item) or {} for item in value]
        first: dict[int, Mapping[str, Any]] = {}
        for struct in structs:
            if (number := as_id(struct.get("id"))) is not None:
                first.setdefault(number, struct)
        return [cls._of(struct, struct) for struct in first.values()]
