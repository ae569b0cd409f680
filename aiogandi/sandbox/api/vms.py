"""The calls about VMs.

*Assumed*, where the reference is silent: a call is checked against the VM's state at that moment,
not against the state that it will have when its running operation has ended. An operation that
waited is checked again when its turn comes, and ends in ERROR if the VM's state no longer allows it.
A VM that is being created refuses every other call. A failed creation leaves an ``invalid`` VM
without shares, which can be deleted; a cancelled creation leaves nothing. No VM comes with a disk.
Memory goes by shares, and addresses are made up.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Final

from aiogandi.sandbox.books.faults import Cause, ServiceFault, Subject, data_fault
from aiogandi.sandbox.books.inventory import (
    FIRST_VM,
    Inventory,
    VMRecord,
    vm_obstacle,
)
from aiogandi.sandbox.books.operation import Work
from aiogandi.sandbox.books.operations import Operations, without_passwords

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiogandi.sandbox.books.shares import SharePool

SYSTEMS: Final[Mapping[int, str]] = {
    111: "Debian GNU/Linux 5",
    112: "Ubuntu Server 8.04",
    113: "CentOS 5",
    114: "Fedora 10",
    115: "Mandriva 2009",
}
"""The operating systems by id (*assumed*, but for the 111 of the provider's samples)."""


class VMs:
    """VMs are created, changed and deleted here."""

    def __init__(self, operations: Operations, inventory: Inventory, shares: SharePool) -> None:
        self._operations = operations
        self._inventory = inventory
        self._shares = shares
        self._ids = count(FIRST_VM)

    def create(
        self,
        hostname: str,
        password: str,
        os_id: int,
        shares: int,
        cpu: int,
        specs: Mapping[str, Any],
    ) -> int:
        """``vm_create``: return the VM's id. The VM exists at once, in the state ``being_created``, and
        runs in the end (both *assumed*). *specs* change nothing (*assumed*).
        """
        del password  # nobody can log in to these VMs, and nothing may repeat it
        if os_id not in SYSTEMS:
            raise data_fault(Subject.SYSTEM, Cause.EXISTENCE, "no such system", "os_id", os_id)
        self._shares.take(shares, asked=shares)
        now = self._operations.now
        vm = VMRecord(next(self._ids), hostname, os_id, shares, cpu, created=now, updated=now)
        self._inventory.vms[vm.id] = vm
        params = {
            "hostname": hostname,
            "os_id": os_id,
            "shares": shares,
            "cpu": cpu,
            "specs": without_passwords(specs),
        }
        self._begin("vm_create", vm, _Creation(self._inventory, self._shares, vm), params)
        return vm.id

    def info(self, vm_id: int) -> dict[str, Any]:
        """``vm_info``: return the VM's struct."""
        return self._inventory.vm_struct(self._inventory.vm(vm_id))

    def ids(self) -> list[int]:
        """``vm_list``: return the ids, oldest first (order *assumed*)."""
        return list(self._inventory.vms)

    def disks(self, vm_id: int) -> list[int]:
        """``vm_disk_list``: return the ids of the VM's disks, in the order in which they were attached
        (*assumed*).
        """
        return list(self._inventory.vm(vm_id).disks)

    def update(self, vm_id: int, specs: Mapping[str, Any]) -> int:
        """``vm_update``: return the operation's id. A VM may be updated while it runs, and *specs* must
        hold something (both *assumed*). A password among them shows nowhere.
        """
        vm = self._inventory.vm(vm_id)
        if not specs:
            reason = "nothing to update"
            raise data_fault(Subject.VM, Cause.NOTHING_TO_UPDATE, reason, "vm_id", vm_id)
        if obstacle := vm_obstacle(vm, "running", "halted", "paused"):
            raise obstacle
        work = _Update(self._shares, vm, specs)
        return self._begin("vm_update", vm, work, {"specs": without_passwords(specs)})

    def delete(self, vm_id: int) -> int:
        """``vm_delete``: return the operation's id. Only a halted VM is deleted (documented), or an invalid
        one; its disks stay, unattached (both *assumed*).
        """
        vm = self._in_state(vm_id, "halted", "invalid")
        return self._begin("vm_delete", vm, _Deletion(self._inventory, self._shares, vm))

    def start(self, vm_id: int) -> int:
        """``vm_start``: return the operation's id. It boots a halted VM and unpauses a paused one
        (documented).
        """
        return self._change(vm_id, "vm_start", "running", "halted", "paused")

    def stop(self, vm_id: int) -> int:
        """``vm_stop``: return the operation's id. It shuts a running VM down (documented), or a paused one
        (*assumed*).
        """
        return self._change(vm_id, "vm_stop", "halted", "running", "paused")

    def reboot(self, vm_id: int) -> int:
        """``vm_reboot``: return the operation's id. Only a running VM is rebooted (*assumed*)."""
        return self._change(vm_id, "vm_reboot", "running", "running")

    def _change(self, vm_id: int, kind: str, into: str, *states: str) -> int:
        vm = self._in_state(vm_id, *states)
        return self._begin(kind, vm, _Transition(vm, into, *states))

    def _in_state(self, vm_id: int, *states: str) -> VMRecord:
        vm = self._inventory.vm(vm_id)
        if obstacle := vm_obstacle(vm, *states):
            raise obstacle
        return vm

    def _begin(
        self, kind: str, vm: VMRecord, work: Work, params: Mapping[str, Any] | None = None
    ) -> int:
        params = {**(params or {}), "vm_id": vm.id}
        return self._operations.begin(kind, params, work, ("vm", vm.id))


def systems() -> list[dict[str, Any]]:
    """``os_list``: return the operating systems (fields *assumed*)."""
    return [{"id": os_id, "label": label} for os_id, label in SYSTEMS.items()]


class _Creation(Work):
    def __init__(self, inventory: Inventory, shares: SharePool, vm: VMRecord) -> None:
        self._inventory = inventory
        self._shares = shares
        self._vm = vm

    def done(self, at: float) -> None:
        self._vm.change("running", at)

    def failed(self, at: float) -> None:
        self._shares.give_back(self._vm.shares)
        self._vm.shares = 0
        self._vm.change("invalid", at)

    def cancelled(self, at: float) -> None:
        self.failed(at)
        self._inventory.remove_vm(self._vm)


class _Transition(Work):
    def __init__(self, vm: VMRecord, into: str, *states: str) -> None:
        self._vm = vm
        self._into = into
        self._states = states

    def obstacle(self) -> ServiceFault | None:
        return vm_obstacle(self._vm, *self._states)

    def done(self, at: float) -> None:
        self._vm.change(self._into, at)


class _Deletion(Work):
    def __init__(self, inventory: Inventory, shares: SharePool, vm: VMRecord) -> None:
        self._inventory = inventory
        self._shares = shares
        self._vm = vm

    def obstacle(self) -> ServiceFault | None:
        return vm_obstacle(self._vm, "halted", "invalid")

    def done(self, at: float) -> None:
        del at
        self._shares.give_back(self._vm.shares)
        self._inventory.remove_vm(self._vm)


class _Update(Work):
    """New hostname, shares or cpu for a VM. Additional shares are taken when the call is accepted."""

    def __init__(self, pool: SharePool, vm: VMRecord, specs: Mapping[str, Any]) -> None:
        self._pool = pool
        self._vm = vm
        self._specs = specs
        self._shares: int = specs.get("shares", 0)
        self._taken = 0
        self._reserve()

    def obstacle(self) -> ServiceFault | None:
        if obstacle := vm_obstacle(self._vm, "running", "halted", "paused"):
            return obstacle
        # An update before this one may have changed the shares since the call.
        self._release()
        try:
            self._reserve()
        except ServiceFault as fault:
            return fault
        return None

    def done(self, at: float) -> None:
        vm = self._vm
        if self._shares:
            self._pool.give_back(max(0, vm.shares - self._shares))
            vm.shares = self._shares
        vm.cpu = self._specs.get("cpu", vm.cpu)
        vm.hostname = self._specs.get("hostname", vm.hostname)
        vm.updated = at

    def failed(self, at: float) -> None:
        del at
        self._release()

    def _reserve(self) -> None:
        growth = max(0, self._shares - self._vm.shares)
        self._pool.take(growth, asked=self._shares)
        self._taken = growth

    def _release(self) -> None:
        self._pool.give_back(self._taken)
        self._taken = 0
