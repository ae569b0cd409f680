"""The API's calls: name, parameters, and what answers them.

*Assumed*, where the reference is silent: an unknown method is 500140, a wrong number of arguments
500110; the form of the arguments (type, syntax, value) is checked before the session, because that
is the documented order (the session is a privilege) and nothing is looked up for it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiogandi.sandbox.api.arguments import (
    Parameter,
    Struct,
    boolean,
    date,
    integer,
    naive_date,
    read,
    text,
)
from aiogandi.sandbox.api.disks import FILE_SYSTEMS, Disks
from aiogandi.sandbox.api.vms import VMs, systems
from aiogandi.sandbox.books.account import ONLY_PRODUCT, Account, Duration
from aiogandi.sandbox.books.faults import Cause, Subject, data_fault
from aiogandi.sandbox.books.operation_log import Criteria
from aiogandi.sandbox.books.operations import STATES, Operations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from aiogandi.sandbox.books.clock import ServiceClock
    from aiogandi.sandbox.books.sessions import Sessions

SHORTEST_PASSWORD: Final = 8
"""Characters of a VM's password at least: the documented refusal of ``123456`` is one for its
value, and its length is the likeliest reason (*assumed*).
"""

LARGEST_DISK: Final = 2**21
"""MB (*assumed*)."""

MOST_CPUS: Final = 64
"""(*assumed*)"""

MOST_SHARES: Final = 1_000_000
"""In one call (*assumed*)."""

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


LOGIN: Final = Parameter("login", text)
PASSWORD: Final = Parameter("password", text)
SAFE: Final = Parameter("safe", boolean)
SESSION: Final = Parameter("session", text)
HANDLE: Final = Parameter("handle", text)
HOSTNAME: Final = Parameter("hostname", text, syntax=_hostname)
VM_PASSWORD: Final = Parameter(
    "password", text, value=lambda given: SHORTEST_PASSWORD <= len(given) <= 255
)
OS_ID: Final = Parameter("os_id", integer)
SHARES: Final = Parameter("shares", integer, value=_between(1, MOST_SHARES))
CPU: Final = Parameter("cpu", integer, value=_between(1, MOST_CPUS))
VM_ID: Final = Parameter("vm_id", integer)
DISK_ID: Final = Parameter("disk_id", integer)
PRODUCT_ID: Final = Parameter("product_id", integer)
OPERATION_ID: Final = Parameter("operation_id", integer)
PRODUCT_NAME: Final = Parameter("product_name", text, value=lambda given: given == ONLY_PRODUCT)
QUANTITY: Final = Parameter("quantity", integer, value=_between(1, MOST_SHARES))
DURATION: Final = Parameter("duration", text, syntax=Duration.parse, value=Duration.is_sold)
CREATE_SPECS: Final = Struct("specs", (), others=True)
UPDATE_SPECS: Final = Struct("specs", (HOSTNAME, VM_PASSWORD, SHARES, CPU), others=True)
DISK_SPECS: Final = Struct(
    "specs",
    (
        Parameter("size", integer, value=_between(1, LARGEST_DISK)),
        Parameter("name", text, syntax=_disk_name),
        Parameter("fstype", text, value=FILE_SYSTEMS.__contains__),
    ),
    required=frozenset({"size", "name"}),
    others=True,
)
FILTER: Final = Struct(
    "filter",
    (
        Parameter("type", text),
        Parameter("state", text, value={"ALL", *STATES}.__contains__),
        Parameter("created_after", date, syntax=naive_date),
        Parameter("created_before", date, syntax=naive_date),
        Parameter("updated_after", date, syntax=naive_date),
        Parameter("updated_before", date, syntax=naive_date),
        Struct("param", (), others=True),
    ),
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call: *answer* is called with what *parameters* have read; *optional* of them, at the
    end, may be left out.
    """

    answer: Callable[..., Any]
    parameters: Sequence[Parameter | Struct]
    optional: int = 0

    def read(self, method: str, given: Sequence[object]) -> list[Any]:
        """The arguments of *method*, or the fault that they are too few, too many or malformed."""
        most = len(self.parameters)
        if not most - self.optional <= len(given) <= most:
            reason = f"{method} takes {most} arguments, of which {self.optional} can be left out"
            raise data_fault(Subject.ARGUMENT, Cause.TYPE, reason, "arguments", len(given))
        return read(self.parameters, given)


class Calls:
    """Every call that the service knows, on these books."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        account: Account,
        machines: VMs,
        disks: Disks,
        operations: Operations,
        clock: ServiceClock,
    ) -> None:
        def call(
            answer: Callable[..., Any], *parameters: Parameter | Struct, optional: int = 0
        ) -> Call:
            return Call(answer, (SESSION, *parameters), optional)

        def operation_list(filter: Mapping[str, Any] | None = None) -> list[int]:  # noqa: A002 - its name
            return operations.find(criteria(filter or {}, clock))

        self._admit = sessions.admit
        self._login = Call(sessions.login, (LOGIN, PASSWORD, SAFE), optional=1)
        shop = "hosting_account_product"
        self._calls: Mapping[str, Call] = {
            "su": call(sessions.su, HANDLE),
            "account_currency": call(account.currency),
            "account_balance": call(account.balance),
            "hosting_account_info": call(account.info),
            f"{shop}_add": call(account.product_add, PRODUCT_NAME, QUANTITY, DURATION),
            f"{shop}_renew": call(account.product_renew, PRODUCT_ID, DURATION),
            f"{shop}_remove": call(account.product_remove, PRODUCT_ID),
            f"{shop}_update": call(account.product_update, PRODUCT_ID, QUANTITY),
            "vm_create": call(
                machines.create, HOSTNAME, VM_PASSWORD, OS_ID, SHARES, CPU, CREATE_SPECS, optional=1
            ),
            "vm_info": call(machines.info, VM_ID),
            "vm_list": call(machines.ids),
            "vm_update": call(machines.update, VM_ID, UPDATE_SPECS),
            "vm_delete": call(machines.delete, VM_ID),
            "vm_start": call(machines.start, VM_ID),
            "vm_stop": call(machines.stop, VM_ID),
            "vm_reboot": call(machines.reboot, VM_ID),
            "vm_disk_list": call(machines.disks, VM_ID),
            "disk_create": call(disks.create, DISK_SPECS),
            "disk_info": call(disks.info, DISK_ID),
            "disk_list": call(disks.ids),
            "disk_delete": call(disks.delete, DISK_ID),
            "disk_attach": call(disks.attach, VM_ID, DISK_ID),
            "disk_detach": call(disks.detach, VM_ID, DISK_ID),
            "operation_list": call(operation_list, FILTER, optional=1),
            "operation_details": call(operations.details, OPERATION_ID),
            "operation_cancel": call(operations.cancel, OPERATION_ID),
            "os_list": call(systems),
        }

    def execute(self, method: str, given: Sequence[object]) -> Any:
        """The call's result, or its `ServiceFault`."""
        if method == "login":
            return self._login.answer(*self._login.read(method, given))
        call = self._calls.get(method)
        if call is None:
            raise data_fault(Subject.ARGUMENT, Cause.EXISTENCE, "no such method", "method", method)
        session, *arguments = call.read(method, given)
        self._admit(session)
        return call.answer(*arguments)


def criteria(given: Mapping[str, Any], clock: ServiceClock) -> Criteria:
    """What `operation_list` asks for; its times include the seconds that they name (*assumed*)."""

    def span(event: str) -> tuple[float, float]:
        after: datetime | None = given.get(f"{event}_after")
        before: datetime | None = given.get(f"{event}_before")
        return (
            -math.inf if after is None else clock.moment(after),
            math.inf if before is None else clock.moment(before) + 1,
        )

    state = given.get("state", "ALL")
    return Criteria(
        type=given.get("type"),
        state=None if state == "ALL" else state,
        created=span("created"),
        updated=span("updated"),
        params=given.get("param", {}),
    )
