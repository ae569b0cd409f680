"""The parameters of every call that the service knows.

Names, order and types are documented, but for ``vm_disk_list``, ``disk_list``, ``disk_attach``,
``disk_detach``, ``operation_details``, ``operation_cancel`` and ``os_list``: there the names of the calls
are, and the rest is *assumed*. *Assumed* as well: an argument too many is the fault 501633, which tells how many
there were, because no parameter names it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiogandi.sandbox.api.arguments import (
    Parameter,
    Struct,
    boolean,
    date,
    identifier,
    integer,
    naive_date,
    read_arguments,
    text_value,
)
from aiogandi.sandbox.books.account import ONLY_PRODUCT, Duration
from aiogandi.sandbox.books.faults import Cause, Subject, data_fault
from aiogandi.sandbox.books.operation import STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

SHORTEST_PASSWORD: Final = 8
"""The fewest characters of a VM's password (*assumed*: the value ``123456`` is refused, documented,
and its length is the likeliest reason).
"""

LONGEST_PASSWORD: Final = 255
"""The most characters of a VM's password (*assumed*)."""

LARGEST_DISK: Final = 2**21
"""MB (*assumed*)."""

FILE_SYSTEMS: Final = frozenset({"ext2", "ext3", "ext4", "reiserfs", "xfs", "swap", "vfat"})
"""What a disk can be formatted with (*assumed*, but for the ext3 of the provider's samples)."""

MOST_CPUS: Final = 64
"""The most processors of a VM (*assumed*)."""

MOST_SHARES: Final = 1_000_000
"""The most shares in one call (*assumed*)."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOSTNAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*", re.ASCII | re.IGNORECASE)


def _hostname(given: str) -> str:
    """Return a name that is made as those of the domain name system are (*assumed*), or raise
    ValueError.
    """
    if _HOSTNAME.fullmatch(given):
        return given
    raise ValueError(given)


def _disk_name(given: str) -> str:
    """Return a name that has something to see, in 64 characters at most (*assumed*), or raise
    ValueError.
    """
    if given.strip() and len(given) <= 64 and given.isprintable():
        return given
    raise ValueError(given)


def _password(given: str) -> Cause | None:
    return None if SHORTEST_PASSWORD <= len(given) <= LONGEST_PASSWORD else Cause.VALUE


def _between(lowest: int, highest: int) -> Callable[[int], Cause | None]:
    return lambda given: None if lowest <= given <= highest else Cause.VALUE


def _among(values: Collection[str]) -> Callable[[str], Cause | None]:
    return lambda given: None if given in values else Cause.VALUE


def _quantity(given: int) -> Cause | None:
    return Cause.NULL if given == 0 else _between(1, MOST_SHARES)(given)


def _period(given: Duration) -> Cause | None:
    if not given.months:
        return Cause.NULL
    return None if given.is_sold() else Cause.VALUE


LOGIN: Final = Parameter("login", Subject.LOGIN, text_value)
PASSWORD: Final = Parameter("password", Subject.PASSWORD, text_value)
SAFE: Final = Parameter("safe", Subject.BOOLEAN, boolean)
SESSION: Final = Parameter("session", Subject.SESSION, text_value)
HANDLE: Final = Parameter("handle", Subject.STRING, text_value)
HOSTNAME: Final = Parameter(
    "hostname", Subject.STRING, text_value, syntax=_hostname, malformed=Cause.HOSTNAME
)
VM_PASSWORD: Final = Parameter("password", Subject.PASSWORD, text_value, value=_password)
OS_ID: Final = Parameter("os_id", Subject.SYSTEM, identifier)
SHARES: Final = Parameter("shares", Subject.VM_SHARES, integer, value=_between(1, MOST_SHARES))
CPU: Final = Parameter("cpu", Subject.INTEGER, integer, value=_between(1, MOST_CPUS))
VM_ID: Final = Parameter("vm_id", Subject.VM, identifier)
DISK_ID: Final = Parameter("disk_id", Subject.DISK, identifier)
PRODUCT_ID: Final = Parameter("product_id", Subject.PRODUCT, identifier)
OPERATION_ID: Final = Parameter("operation_id", Subject.OPERATION, identifier)
PRODUCT_NAME: Final = Parameter(
    "product_name", Subject.PRODUCT, text_value, value=_among({ONLY_PRODUCT})
)
QUANTITY: Final = Parameter("quantity", Subject.QUANTITY, integer, value=_quantity)
DURATION: Final = Parameter(
    "duration", Subject.DURATION, text_value, syntax=Duration.parse, value=_period
)
CREATE_SPECS: Final = Struct("specs", (Parameter("login", Subject.LOGIN, text_value),))
"""The key is that of the provider's samples (documented; what it does is not, and there may have been
others).
"""
UPDATE_SPECS: Final = Struct("specs", (HOSTNAME, VM_PASSWORD, SHARES, CPU))
"""``shares`` is that of the provider's samples (documented), the others are *assumed*."""
DISK_SPECS: Final = Struct(
    "specs",
    (
        Parameter("size", Subject.INTEGER, integer, value=_between(1, LARGEST_DISK)),
        Parameter("name", Subject.STRING, text_value, syntax=_disk_name),
        Parameter("fstype", Subject.STRING, text_value, value=_among(FILE_SYSTEMS)),
    ),
    required=frozenset({"size", "name"}),
)
"""The keys are documented; that two of them are required is *assumed*."""
FILTER: Final = Struct(
    "filter",
    (
        Parameter("type", Subject.OPERATION_TYPE, text_value),
        Parameter("state", Subject.OPERATION_STATE, text_value, value=_among({"ALL", *STATES})),
        Parameter("created_after", Subject.DATE, date, syntax=naive_date),
        Parameter("created_before", Subject.DATE, date, syntax=naive_date),
        Parameter("updated_after", Subject.DATE, date, syntax=naive_date),
        Parameter("updated_before", Subject.DATE, date, syntax=naive_date),
        Struct(
            "param",
            (
                Parameter("domain", Subject.STRING, text_value),
                Parameter("hostname", Subject.STRING, text_value),
                VM_ID,
                DISK_ID,
            ),
        ),
    ),
)
"""Documented, but for the parameters other than ``domain``, which are *assumed*. No operation of
hosting has a domain.
"""


@dataclass(frozen=True, slots=True)
class Signature:
    """The *parameters* of one call; the last *optional* of them may be left out."""

    parameters: Sequence[Parameter | Struct]
    optional: int = 0

    def read(self, method: str, given: Sequence[object]) -> list[Any]:
        """Return the arguments of *method*, or raise the fault that they are too few, too many or
        malformed.
        """
        most = len(self.parameters)
        for missing in self.parameters[len(given) : most - self.optional]:
            raise missing.missing()
        if len(given) > most:
            reason = f"{method} takes {most} arguments at most"
            raise data_fault(Subject.METHOD, Cause.UNEXPECTED, reason, "arguments", len(given))
        return read_arguments(self.parameters, given)


def _with_session(*parameters: Parameter | Struct, optional: int = 0) -> Signature:
    return Signature((SESSION, *parameters), optional)


SIGNATURES: Final[Mapping[str, Signature]] = {
    "login": Signature((LOGIN, PASSWORD, SAFE), optional=1),
    "su": _with_session(HANDLE),
    "account_currency": _with_session(),
    "account_balance": _with_session(),
    "hosting_account_info": _with_session(),
    "hosting_account_product_add": _with_session(PRODUCT_NAME, QUANTITY, DURATION),
    "hosting_account_product_renew": _with_session(PRODUCT_ID, DURATION),
    "hosting_account_product_remove": _with_session(PRODUCT_ID),
    "hosting_account_product_update": _with_session(PRODUCT_ID, QUANTITY),
    "vm_create": _with_session(HOSTNAME, VM_PASSWORD, OS_ID, SHARES, CPU, CREATE_SPECS),
    "vm_info": _with_session(VM_ID),
    "vm_list": _with_session(),
    "vm_update": _with_session(VM_ID, UPDATE_SPECS),
    "vm_delete": _with_session(VM_ID),
    "vm_start": _with_session(VM_ID),
    "vm_stop": _with_session(VM_ID),
    "vm_reboot": _with_session(VM_ID),
    "vm_disk_list": _with_session(VM_ID),
    "disk_create": _with_session(DISK_SPECS),
    "disk_info": _with_session(DISK_ID),
    "disk_list": _with_session(),
    "disk_delete": _with_session(DISK_ID),
    "disk_attach": _with_session(VM_ID, DISK_ID),
    "disk_detach": _with_session(VM_ID, DISK_ID),
    "operation_list": _with_session(FILTER, optional=1),
    "operation_details": _with_session(OPERATION_ID),
    "operation_cancel": _with_session(OPERATION_ID),
    "os_list": _with_session(),
}
"""The signature of each call, by its method."""
