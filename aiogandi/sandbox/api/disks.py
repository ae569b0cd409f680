"""The calls about disks.

*Assumed*, where the reference is silent: a disk can be attached to one VM at a time, which is
running, halted or paused, and detached in the same states. A disk whose creation fails is removed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import count
from typing import TYPE_CHECKING, Any

from aiogandi.sandbox.books.faults import Cause, ServiceFault, Subject, data_fault
from aiogandi.sandbox.books.inventory import (
    FIRST_DISK,
    DiskRecord,
    Inventory,
    VMRecord,
    disk_obstacle,
    vm_obstacle,
)
from aiogandi.sandbox.books.operation import Work
from aiogandi.sandbox.books.operations import Operations, without_passwords

if TYPE_CHECKING:
    from collections.abc import Mapping


class Disks:
    """Disks are created, attached, detached and deleted here."""

    def __init__(self, operations: Operations, inventory: Inventory) -> None:
        self._operations = operations
        self._inventory = inventory
        self._ids = count(FIRST_DISK)

    def create(self, specs: Mapping[str, Any]) -> int:
        """``disk_create``: return the disk's id. The disk exists at once, in the state
        ``being_created`` (*assumed*). Any number of disks may have the same name, and none costs
        anything (both *assumed*).

        *specs* are ``size`` in MB, ``name`` and ``fstype`` (documented); ``fstype`` is ext3 when it is
        not given (*assumed*).
        """
        disk = DiskRecord(
            next(self._ids),
            specs["name"],
            specs["size"],
            specs.get("fstype", "ext3"),
            created=self._operations.now,
        )
        self._inventory.disks[disk.id] = disk
        self._operations.begin(
            "disk_create",
            {"specs": without_passwords(specs), "disk_id": disk.id},
            _Creation(self._inventory, disk),
            ("disk", disk.id),
        )
        return disk.id

    def info(self, disk_id: int) -> dict[str, Any]:
        """``disk_info``: return the disk's struct."""
        return self._inventory.disk_struct(self._inventory.disk(disk_id))

    def ids(self) -> list[int]:
        """``disk_list``: return the ids, oldest first (order *assumed*)."""
        return list(self._inventory.disks)

    def delete(self, disk_id: int) -> int:
        """``disk_delete``: return the operation's id. Only an unattached disk is deleted (documented)."""
        disk = self._inventory.disk(disk_id)
        if obstacle := disk_obstacle(disk, "created"):
            raise obstacle
        work = _Deletion(self._inventory, disk)
        return self._operations.begin("disk_delete", {"disk_id": disk_id}, work, ("disk", disk_id))

    def attach(self, vm_id: int, disk_id: int) -> int:
        """``disk_attach``: return the operation's id (argument order *assumed*)."""
        vm, disk = self._inventory.vm(vm_id), self._inventory.disk(disk_id)
        return self._begin("disk_attach", _Attachment(self._inventory, vm, disk))

    def detach(self, vm_id: int, disk_id: int) -> int:
        """``disk_detach``: return the operation's id (argument order *assumed*)."""
        vm, disk = self._inventory.vm(vm_id), self._inventory.disk(disk_id)
        return self._begin("disk_detach", _Detachment(self._inventory, vm, disk))

    def _begin(self, kind: str, work: _Link) -> int:
        vm, disk = work.vm, work.disk
        if obstacle := work.obstacle():
            raise obstacle
        params = {"vm_id": vm.id, "disk_id": disk.id}
        return self._operations.begin(kind, params, work, ("vm", vm.id), ("disk", disk.id))


class _Creation(Work):
    def __init__(self, inventory: Inventory, disk: DiskRecord) -> None:
        self._inventory = inventory
        self._disk = disk

    def done(self, at: float) -> None:
        del at
        self._disk.state = "created"

    def failed(self, at: float) -> None:
        del at
        self._inventory.remove_disk(self._disk)


class _Deletion(Work):
    def __init__(self, inventory: Inventory, disk: DiskRecord) -> None:
        self._inventory = inventory
        self._disk = disk

    def obstacle(self) -> ServiceFault | None:
        return disk_obstacle(self._disk, "created")

    def done(self, at: float) -> None:
        del at
        self._inventory.remove_disk(self._disk)


class _Link(Work, ABC):
    """What attaching and detaching have in common: both work on the VM and on the disk."""

    def __init__(self, inventory: Inventory, vm: VMRecord, disk: DiskRecord) -> None:
        self.inventory = inventory
        self.vm = vm
        self.disk = disk

    @abstractmethod
    def disk_obstacle(self) -> ServiceFault | None: ...

    def obstacle(self) -> ServiceFault | None:
        return vm_obstacle(self.vm, "running", "halted", "paused") or self.disk_obstacle()


class _Attachment(_Link):
    def disk_obstacle(self) -> ServiceFault | None:
        return disk_obstacle(self.disk, "created")

    def done(self, at: float) -> None:
        del at
        self.inventory.attach(self.vm, self.disk)


class _Detachment(_Link):
    def disk_obstacle(self) -> ServiceFault | None:
        if obstacle := disk_obstacle(self.disk, "attached"):
            return obstacle
        if self.disk.vm_id != self.vm.id:
            reason = f"disk is attached to VM {self.disk.vm_id}"
            return data_fault(Subject.DISK, Cause.UNATTACHED, reason, "disk_id", self.disk.id)
        return None

    def done(self, at: float) -> None:
        del at
        self.inventory.detach(self.disk)
