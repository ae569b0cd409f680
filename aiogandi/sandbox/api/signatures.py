"""The parameters of every call that the service knows.

*Assumed*, where the reference is silent: a wrong number of arguments is the fault 500110.
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
    from collections.abc import Callable, Mapping, Sequence

SHORTEST_PASSWORD: Final = 8
"""The fewest characters of a VM's password (*assumed*: the value ``123456`` is refused, documented,
and its length is the likeliest reason).
"""

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
    if _HOSTNAME.fullmatch(given):
        return given
    raise ValueError(given)


def _disk_name(given: str) -> str:
    if given.strip() and len(given) <= 64 and given.isprintable():
        return given
    raise ValueError(given)


def _between(lowest: int, highest: int) -> Callable[[int], bool]:
    return lambda given: lowest <= given <= highest


LOGIN: Final = Parameter("login", text_value)
PASSWORD: Final = Parameter("password", text_value)
SAFE: Final = Parameter("safe", boolean)
SESSION: Final = Parameter("session", text_value)
HANDLE: Final = Parameter("handle", text_value)
HOSTNAME: Final = Parameter("hostname", text_value, syntax=_hostname)
VM_PASSWORD: Final = Parameter(
    "password", text_value, value=lambda given: SHORTEST_PASSWORD <= len(given) <= 255
)
OS_ID: Final = Parameter("os_id", identifier)
SHARES: Final = Parameter("shares", integer, value=_between(1, MOST_SHARES))
CPU: Final = Parameter("cpu", integer, value=_between(1, MOST_CPUS))
VM_ID: Final = Parameter("vm_id", identifier)
DISK_ID: Final = Parameter("disk_id", identifier)
PRODUCT_ID: Final = Parameter("product_id", identifier)
OPERATION_ID: Final = Parameter("operation_id", identifier)
PRODUCT_NAME: Final = Parameter(
    "product_name", text_value, value=lambda given: given == ONLY_PRODUCT
)
QUANTITY: Final = Parameter("quantity", integer, value=_between(1, MOST_SHARES))
DURATION: Final = Parameter("duration", text_value, syntax=Duration.parse, value=Duration.is_sold)
CREATE_SPECS: Final = Struct("specs", (), others=True)
UPDATE_SPECS: Final = Struct("specs", (HOSTNAME, VM_PASSWORD, SHARES, CPU), others=True)
DISK_SPECS: Final = Struct(
    "specs",
    (
        Parameter("size", integer, value=_between(1, LARGEST_DISK)),
        Parameter("name", text_value, syntax=_disk_name),
        Parameter("fstype", text_value, value=FILE_SYSTEMS.__contains__),
    ),
    required=frozenset({"size", "name"}),
    others=True,
)
FILTER: Final = Struct(
    "filter",
    (
        Parameter("type", text_value),
        Parameter("state", text_value, value={"ALL", *STATES}.__contains__),
        Parameter("created_after", date, syntax=naive_date),
        Parameter("created_before", date, syntax=naive_date),
        Parameter("updated_after", date, syntax=naive_date),
        Parameter("updated_before", date, syntax=naive_date),
        Struct("param", (), others=True),
    ),
)


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
        if not most - self.optional <= len(given) <= most:
            reason = f"{method} takes {most} arguments, of which {self.optional} can be left out"
            raise data_fault(Subject.ARGUMENT, Cause.TYPE, reason, "arguments", len(given))
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
    "vm_create": _with_session(HOSTNAME, VM_PASSWORD, OS_ID, SHARES, CPU, CREATE_SPECS, optional=1),
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
