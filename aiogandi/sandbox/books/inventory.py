"""The VMs and disks that there are, and which disk is attached to which VM.

All fields of both structs are *assumed*, as reference and tests have them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from aiogandi.sandbox.books.faults import Cause, ServiceFault, Subject, data_fault

if TYPE_CHECKING:
    from aiogandi.sandbox.books.clock import ServiceClock

MEMORY_PER_SHARE: Final = 256
"""MB that a VM has for each of its shares (*assumed*)."""

FIRST_VM: Final = 10_001
FIRST_DISK: Final = 500_001
"""The sequences begin far apart, so that an id in the wrong place is an id that does not exist."""


@dataclass(slots=True, eq=False)
class VM:
    """A VM. *created* and *updated* are moments of the service's clock."""

    id: int
    hostname: str
    os_id: int
    shares: int
    cpu: int
    created: float
    updated: float
    state: str = "being_created"
    disks: list[int] = field(default_factory=list)

    def change(self, state: str, at: float) -> None:
        """Enter *state* at this moment."""
        self.state = state
        self.updated = at


@dataclass(slots=True, eq=False)
class Disk:
    """A disk of *size* MB; *vm_id* is 0 while it is not attached."""

    id: int
    name: str
    size: int
    fstype: str
    created: float
    state: str = "being_created"
    vm_id: int = 0


class Inventory:
    """The books of things. What is deleted is struck out: nobody finds it again."""

    def __init__(self, clock: ServiceClock) -> None:
        self._clock = clock
        self.vms: dict[int, VM] = {}
        self.disks: dict[int, Disk] = {}

    def vm(self, vm_id: int) -> VM:
        """The VM with this id, or the fault that there is none."""
        vm = self.vms.get(vm_id)
        if vm is None:
            raise data_fault(Subject.VM, Cause.EXISTENCE, "no such VM", "vm_id", vm_id)
        return vm

    def disk(self, disk_id: int) -> Disk:
        """The disk with this id, or the fault that there is none."""
        disk = self.disks.get(disk_id)
        if disk is None:
            raise data_fault(Subject.DISK, Cause.EXISTENCE, "no such disk", "disk_id", disk_id)
        return disk

    def attach(self, vm: VM, disk: Disk) -> None:
        """Attach an unattached disk."""
        disk.vm_id = vm.id
        disk.state = "attached"
        vm.disks.append(disk.id)

    def detach(self, disk: Disk) -> None:
        """Detach an attached disk."""
        self.vms[disk.vm_id].disks.remove(disk.id)
        disk.vm_id = 0
        disk.state = "created"

    def remove_vm(self, vm: VM) -> None:
        """Strike the VM out; its disks stay, unattached (*assumed*)."""
        for disk_id in list(vm.disks):
            self.detach(self.disks[disk_id])
        vm.state = "deleted"
        del self.vms[vm.id]

    def remove_disk(self, disk: Disk) -> None:
        """Strike the disk out."""
        disk.state = "deleted"
        del self.disks[disk.id]

    def vm_struct(self, vm: VM) -> dict[str, Any]:
        """What `vm_info` tells."""
        low, high = vm.id % 256, vm.id // 256
        return {
            "id": vm.id,
            "hostname": vm.hostname,
            "state": vm.state,
            "os_id": vm.os_id,
            "shares": vm.shares,
            "cpu": vm.cpu,
            "memory": vm.shares * MEMORY_PER_SHARE,
            "disks": list(vm.disks),
            "ips": [f"10.{high // 256 % 256}.{high % 256}.{low}"],
            "date_created": self._clock.date(vm.created),
            "date_updated": self._clock.date(vm.updated),
        }

    def disk_struct(self, disk: Disk) -> dict[str, Any]:
        """What `disk_info` tells."""
        return {
            "id": disk.id,
            "name": disk.name,
            "size": disk.size,
            "fstype": disk.fstype,
            "state": disk.state,
            "vm_id": disk.vm_id,
            "date_created": self._clock.date(disk.created),
        }


def vm_obstacle(vm: VM, *states: str) -> str | None:
    """Why a VM that should be in one of *states* is not, or None."""
    return None if vm.state in states else f"VM is {vm.state}, not {' or '.join(states)}"


def disk_obstacle(disk: Disk, *states: str) -> str | None:
    """Why a disk that should be in one of *states* is not, or None."""
    return None if disk.state in states else f"disk is {disk.state}, not {' or '.join(states)}"


def vm_state_fault(reason: str, vm: VM) -> ServiceFault:
    """The refusal of a call for the VM's state (6x, *assumed*)."""
    return data_fault(Subject.VM, Cause.STATE, reason, "vm_id", vm.id)


def disk_state_fault(reason: str, disk: Disk) -> ServiceFault:
    """The refusal of a call for the disk's state (6x, *assumed*)."""
    return data_fault(Subject.DISK, Cause.STATE, reason, "disk_id", disk.id)
