"""The API's calls: what answers each of them.

*Assumed*, where the reference is silent: an unknown method is the fault 501640. The type, syntax and
value of the arguments are checked before the session: privileges come later in the documented order of
checks, and a session is one of them (*assumed*).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from aiogandi.sandbox.api.signatures import SIGNATURES
from aiogandi.sandbox.api.vms import systems
from aiogandi.sandbox.books.faults import Cause, Subject, data_fault
from aiogandi.sandbox.books.operation_log import Criteria

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from aiogandi.sandbox.api.disks import Disks
    from aiogandi.sandbox.api.products import Products
    from aiogandi.sandbox.api.vms import VMs
    from aiogandi.sandbox.books.account import Account
    from aiogandi.sandbox.books.clock import ServiceClock
    from aiogandi.sandbox.books.operations import Operations
    from aiogandi.sandbox.books.sessions import Sessions


class Calls:
    """Executes calls. Each but ``login`` needs a session as its first argument."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        account: Account,
        products: Products,
        machines: VMs,
        disks: Disks,
        operations: Operations,
        clock: ServiceClock,
    ) -> None:
        def operation_list(filter: Mapping[str, Any] | None = None) -> list[int]:  # noqa: A002 - its name
            return operations.find(criteria(filter or {}, clock))

        answers: dict[str, Callable[..., Any]] = {
            "su": sessions.su,
            "account_currency": account.currency,
            "account_balance": account.balance,
            "hosting_account_info": account.info,
            "hosting_account_product_add": products.add,
            "hosting_account_product_renew": products.renew,
            "hosting_account_product_remove": products.remove,
            "hosting_account_product_update": products.update,
            "vm_create": machines.create,
            "vm_info": machines.info,
            "vm_list": machines.ids,
            "vm_update": machines.update,
            "vm_delete": machines.delete,
            "vm_start": machines.start,
            "vm_stop": machines.stop,
            "vm_reboot": machines.reboot,
            "vm_disk_list": machines.disks,
            "disk_create": disks.create,
            "disk_info": disks.info,
            "disk_list": disks.ids,
            "disk_delete": disks.delete,
            "disk_attach": disks.attach,
            "disk_detach": disks.detach,
            "operation_list": operation_list,
            "operation_details": operations.details,
            "operation_cancel": operations.cancel,
            "os_list": systems,
        }
        self._sessions = sessions
        self._calls = {method: (SIGNATURES[method], answer) for method, answer in answers.items()}

    def execute(self, method: str, given: Sequence[object]) -> Any:
        """Return the call's result, or raise its `ServiceFault`."""
        if method == "login":
            return self._sessions.login(*SIGNATURES[method].read(method, given))
        call = self._calls.get(method)
        if call is None:
            raise data_fault(Subject.METHOD, Cause.EXISTENCE, "no such method", "method", method)
        signature, answer = call
        session, *arguments = signature.read(method, given)
        self._sessions.admit(session)
        return answer(*arguments)


def criteria(given: Mapping[str, Any], clock: ServiceClock) -> Criteria:
    """Return what the filter of ``operation_list`` asks for. A date of the filter means its whole
    second (*assumed*).
    """

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
