"""Create many servers, or many disks, in one bulk run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiogandi
from aiogandi.cli.batch.change import carry_out
from aiogandi.cli.batch.items import Ending, Item, Target, Waiting, Wording
from aiogandi.cli.batch.lot import Step
from aiogandi.cli.batch.places import file_for, keep_to
from aiogandi.cli.batch.report import Report
from aiogandi.cli.batch.resuming import begun, not_begun
from aiogandi.cli.batch.shares import require_for_creation
from aiogandi.cli.exits import WrongUse
from aiogandi.cli.service.connection import Connection
from aiogandi.cli.service.state import keep_report

SERVERS: Final = Wording("Create", "Creating", "created", "server")
DISKS: Final = Wording("Create", "Creating", "created", "disk")


@dataclass(frozen=True, slots=True)
class NewServers:
    """What the new servers shall be like, the same for all of them."""

    hostnames: Sequence[str]
    system: str
    """An id of ``os_list``, or a part of exactly one label."""
    shares: int
    cpu: int
    login: str | None
    """Name of the first user (assumed); None leaves it to the service."""


async def create_servers(
    connection: Connection,
    wanted: NewServers,
    password: Callable[[], str],
    waiting: Waiting,
    *,
    generated: bool,
    save: Path | None,
) -> int:
    """Create the servers and report; returns the exit code.

    If the account has not enough free shares, nothing is created and `CommandFailed` is raised.
    *password* gives each server's password. Passwords that were *generated* are in a file before any
    server is created, which is *save* or one in the folder for state, and shown in the report. A run keeps to
    the file that it has begun with.
    """
    gandi = connection.gandi
    file = await file_for(connection, save) if generated else None
    os_id = await _find_system(gandi, wanted.system)
    targets = [Target(0, hostname) for hostname in wanted.hostnames]
    await require_for_creation(connection, len(await not_begun(connection, targets)), wanted.shares)
    if file is None:
        passwords = {hostname: password() for hostname in wanted.hostnames}
    else:
        passwords = file.fill(wanted.hostnames, password, await begun(connection))
        keep_to(connection, file)
        connection.screen.line(f"Passwords are saved in {file.path}")
    specs = {"login": wanted.login} if wanted.login else None

    async def create(item: Item, step: Step) -> None:
        hostname = item.target.name or ""
        secret = passwords[hostname]
        await step(gandi.vm_create, hostname, secret, os_id, wanted.shares, wanted.cpu, specs)

    def record(item: Item) -> dict[str, Any]:
        hostname = item.target.name or ""
        # Shown also after a lost answer: the server may exist, and nobody else knows its password.
        sent = item.operation is not None or item.ending is Ending.UNKNOWN
        return {
            "vm_id": item.operation.vm_id if item.operation else None,
            "hostname": hostname,
            "password": passwords[hostname] if generated and sent else None,
            **item.record(),
        }

    columns = {
        "VM": "vm_id",
        "HOSTNAME": "hostname",
        "PASSWORD": "password",
        "OPERATION": "operation_id",
        "STATE": "state",
        "OUTCOME": "outcome",
    }
    report = Report(record, columns, keep_report if file is None else file.note)
    return await carry_out(connection, targets, create, SERVERS, waiting, report)


async def create_disks(
    connection: Connection, names: Sequence[str], size: int, fstype: str | None, waiting: Waiting
) -> int:
    """Create disks of *size* MB and report; returns the exit code."""
    gandi = connection.gandi
    given = {"size": size} if fstype is None else {"size": size, "fstype": fstype}

    async def create(item: Item, step: Step) -> None:
        await step(gandi.disk_create, {"name": item.target.name, **given})

    def record(item: Item) -> dict[str, Any]:
        disk_id = item.operation.disk_id if item.operation else None
        return {"disk_id": disk_id, "name": item.target.name, **item.record()}

    columns = {
        "DISK": "disk_id",
        "NAME": "name",
        "OPERATION": "operation_id",
        "STATE": "state",
        "OUTCOME": "outcome",
    }
    targets = [Target(0, name) for name in names]
    return await carry_out(connection, targets, create, DISKS, waiting, Report(record, columns))


async def _find_system(gandi: aiogandi.Gandi, wanted: str) -> int:
    if wanted.isascii() and wanted.isdecimal():
        return int(wanted)
    systems = await gandi.os_list()
    found = [system for system in systems if wanted.lower() in (system.label or "").lower()]
    if len(found) != 1 or found[0].id is None:
        labels = ", ".join(f"{system.id} {system.label}" for system in found or systems)
        problem = "more than one system has" if found else "no system has"
        raise WrongUse(f"--os: {problem} {wanted!r} in its label: {labels}")
    return found[0].id
