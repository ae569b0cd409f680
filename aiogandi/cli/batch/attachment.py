"""Attach many disks to servers: which disk goes to which server, and the bulk run."""

from collections.abc import Sequence
from typing import Any

from aiogandi.cli.batch.change import carry_out
from aiogandi.cli.batch.ids import range_of
from aiogandi.cli.batch.items import Item, Target, Waiting, Wording
from aiogandi.cli.batch.lot import Step
from aiogandi.cli.batch.report import Report
from aiogandi.cli.exits import WrongUse
from aiogandi.cli.service.connection import Connection


def pairs_of(given: Sequence[str]) -> dict[int, int]:
    """Return the server of each disk, as ``{disk id: server id}``.

    *given* is either a server and its disks, ``10001 500001 500002``, or pairs,
    ``10001:500001 10002:500002``. Disks may be ranges. A pair that is there twice counts once. Raises
    `WrongUse` for anything else, and for a disk with two servers.
    """
    if all(":" in word for word in given):
        pairs = [_pairs(*word.split(":", 1)) for word in given]
    elif any(":" in word for word in given) or len(given) < 2:
        raise WrongUse("give either a server and its disks, or pairs like 10001:500001")
    else:
        pairs = [_pairs(given[0], disks) for disks in given[1:]]
    servers: dict[int, int] = {}
    for vm_id, disk_ids in pairs:
        for disk_id in disk_ids:
            if servers.setdefault(disk_id, vm_id) != vm_id:
                raise WrongUse(
                    f"disk {disk_id} is there twice, for server {servers[disk_id]} and {vm_id};"
                    " it can be attached to one"
                )
    return servers


def _pairs(vm: str, disks: str) -> tuple[int, range]:
    servers = range_of(vm)
    if len(servers) > 1:
        raise WrongUse(f"{vm!r} is more than one server; a disk can be attached to one")
    return servers[0], range_of(disks)


async def attach_pairs(connection: Connection, server_of: dict[int, int], waiting: Waiting) -> int:
    """Attach each disk to its server; returns the exit code."""
    gandi = connection.gandi

    async def attach(item: Item, step: Step) -> None:
        await step(gandi.disk_attach, server_of[item.target.id], item.target.id)

    def record(item: Item) -> dict[str, Any]:
        disk_id = item.target.id
        return {"vm_id": server_of[disk_id], "disk_id": disk_id, **item.record()}

    columns = {
        "VM": "vm_id",
        "DISK": "disk_id",
        "OPERATION": "operation_id",
        "STATE": "state",
        "OUTCOME": "outcome",
    }
    wording = Wording("Attach", "Attaching", "attached", "disk")
    targets = [Target(disk_id) for disk_id in server_of]
    return await carry_out(connection, targets, attach, wording, waiting, Report(record, columns))
