"""What type checkers know of the models. This file is checked, never run."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_type

from aiogandi import (
    VM,
    Disk,
    HostingAccount,
    OperatingSystem,
    OperationDetails,
    OperationState,
    Product,
)


def ids(vm: VM, disk: Disk, system: OperatingSystem, details: OperationDetails) -> None:
    assert_type(vm.id, int)
    assert_type(disk.id, int)
    assert_type(system.id, int)
    assert_type(details.id, int)


def ids_that_may_be_missing(product: Product, account: HostingAccount, disk: Disk) -> None:
    assert_type(product.id, int | None)
    assert_type(account.id, int | None)
    assert_type(disk.vm_id, int | None)


def other_fields(vm: VM, account: HostingAccount, details: OperationDetails) -> None:
    assert_type(vm.hostname, str | None)
    assert_type(vm.disks, tuple[int, ...] | None)
    assert_type(vm.date_created, datetime | None)
    assert_type(account.products, tuple[Product, ...] | None)
    assert_type(details.state, OperationState | None)
    assert_type(details.params, Mapping[str, Any] | None)


def what_was_sent(vm: VM) -> None:
    assert_type(vm.raw, Mapping[str, Any])
    assert_type(vm.to_dict(), dict[str, Any])


def made_by_hand() -> None:
    assert_type(VM(5, "web-01", shares=4), VM)
    assert_type(VM(id=5, raw={"color": "blue"}), VM)
    VM()  # type: ignore[call-arg]
    OperatingSystem(label="Debian")  # type: ignore[call-arg]


def frozen(vm: VM) -> None:
    vm.shares = 5  # type: ignore[misc]


def states(state: OperationState) -> None:
    assert_type(state.final, bool)
    assert_type(OperationState("DONE") is OperationState.DONE, bool)
