"""The VMs and disks that there are, and which disk is attached to which VM.

The fields of both structs are *assumed*, and so are the states and their names, but for paused and
stopped servers and unattached disks, which the documentation speaks of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from aiogandi.sandbox.books.faults import Cause, ServiceFault, Subject, data_fault

if TYPE_CHECKING:
    from aiogandi.sandbox.books.clock import ServiceClock

MEMORY_PER_SHARE: Final = 256
"""MB of memory that a VM has for each of its shares (*assumed*)."""

FIRST_VM: Final = 10_001
"""The id of the first VM; each further one has the next number (*assumed*)."""

FIRST_DISK: Final = 500_001
"""The id of the first disk. It is far from `FIRST_VM`, so that a VM's id is never a disk's too."""


@dataclass(slots=True, eq=False)
class VMRecord:
    """A VM. *created* and *updated* are moments on the service's clock."""

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
        """Give the VM another *state*, at the moment *at*."""
        self.state = state
        self.updated = at


@dataclass(slots=True, eq=False)
class DiskRecord:
    """A disk of *size* MB; *vm_id* is 0 while it is not attached."""

    id: int
    name: str
    size: int
    fstype: str
    created: float
    state: str = "being_created"
    vm_id: int = 0


class Inventory:
    """The VMs and disks by their ids. A thing that is removed is not found again."""

    def __init__(self, clock: ServiceClock) -> None:
        self._clock = clock
        self.vms: dict[int, VMRecord] = {}
        self.disks: dict[int, DiskRecord] = {}

    def vm(self, vm_id: int) -> VMRecord:
        """Return the VM with this id, or raise the fault that there is none."""
        vm = self.vms.get(vm_id)
        if vm is None:
            raise data_fault(Subject.VM, Cause.EXISTENCE, "no such VM", "vm_id", vm_id)
        return vm

    def disk(self, disk_id: int) -> DiskRecord:
        """Return the disk with this id, or raise the fault that there is none."""
        disk = self.disks.get(disk_id)
        if disk is None:
            raise data_fault(Subject.DISK, Cause.EXISTENCE, "no such disk", "disk_id", disk_id)
        return disk

    def attach(self, vm: VMRecord, disk: DiskRecord) -> None:
        """Attach an unattached disk."""
        disk.vm_id = vm.id
        disk.state = "attached"
        vm.disks.append(disk.id)

    def detach(self, disk: DiskRecord) -> None:
        """Detach an attached disk."""
        self.vms[disk.vm_id].disks.remove(disk.id)
        disk.vm_id = 0
        disk.state = "created"

    def remove_vm(self, vm: VMRecord) -> None:
        """Remove the VM; its disks stay, unattached (*assumed*: in the service's next version the disk at
        position 0 went along, but whether version 1 came with one is not known).
        """
        for disk_id in list(vm.disks):
            self.detach(self.disks[disk_id])
        vm.state = "deleted"
        del self.vms[vm.id]

    def remove_disk(self, disk: DiskRecord) -> None:
        """Remove the disk."""
        disk.state = "deleted"
        del self.disks[disk.id]

    def vm_struct(self, vm: VMRecord) -> dict[str, Any]:
        """Return the struct of ``vm_info``."""
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

    def disk_struct(self, disk: DiskRecord) -> dict[str, Any]:
        """Return the struct of ``disk_info``."""
        return {
            "id": disk.id,
            "name": disk.name,
            "size": disk.size,
            "fstype": disk.fstype,
            "state": disk.state,
            "vm_id": disk.vm_id,
            "date_created": self._clock.date(disk.created),
        }


def vm_obstacle(vm: VMRecord, *states: str) -> ServiceFault | None:
    """Return the fault that *vm* is in none of *states*, or None where it is in one."""
    if vm.state in states:
        return None
    cause = Cause.RUNNING if vm.state == "running" else Cause.STATE
    reason = f"VM is {vm.state}, not {' or '.join(states)}"
    return data_fault(Subject.VM, cause, reason, "vm_id", vm.id)


_DISK_CAUSES: Final = {"attached": Cause.ATTACHED, "created": Cause.UNATTACHED}


def disk_obstacle(disk: DiskRecord, state: str) -> ServiceFault | None:
    """Return the fault that *disk* is not in this *state*, or None where it is."""
    if disk.state == state:
        return None
    cause = _DISK_CAUSES.get(disk.state, Cause.STATE)
    reason = f"disk is {disk.state}, not {state}"
    return data_fault(Subject.DISK, cause, reason, "disk_id", disk.id)
