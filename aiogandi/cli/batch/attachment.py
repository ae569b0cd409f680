"""Attach many disks to servers: which disk goes to which server, and the bulk run."""

from collections.abc import Sequence
from typing import Any

from aiogandi.cli.batch.change import carry_out
from aiogandi.cli.batch.items import Item, Target, Waiting, Wording
from aiogandi.cli.batch.lot import Step
from aiogandi.cli.batch.report import Report
from aiogandi.cli.exits import WrongUse
from aiogandi.cli.service.connection import Connection


def pairs_of(given: Sequence[str]) -> dict[int, int]:
    """Return the server of each disk, as ``{disk id: server id}``.

    *given* is either a server and its disks, ``10001 500001 500002``, or pairs,
    ``10001:500001 10002:500002``. Raises `WrongUse` for anything else.
    """
    if all(":" in word for word in given):
        pairs = [_pair(*word.split(":", 1)) for word in given]
    elif any(":" in word for word in given) or len(given) < 2:
        raise WrongUse("give either a server and its disks, or pairs like 10001:500001")
    else:
        pairs = [_pair(given[0], disk) for disk in given[1:]]
    servers = {disk: vm for vm, disk in pairs}
    if len(servers) < len(pairs):
        raise WrongUse("a disk is there twice; it can be attached to one server")
    return servers


def _pair(vm: str, disk: str) -> tuple[int, int]:
    for word in (vm, disk):
        if not (word.isascii() and word.isdecimal() and 0 < int(word[:20]) < 2**63):
            raise WrongUse(f"{word!r} is not an id")
    return int(vm), int(disk)


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
