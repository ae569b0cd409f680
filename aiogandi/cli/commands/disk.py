"""``aiogandi disk``: disks."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Annotated, Final

import typer

import aiogandi
from aiogandi.calls import arguments
from aiogandi.cli.batch.attachment import attach_pairs, pairs_of
from aiogandi.cli.batch.change import BatchChange, each
from aiogandi.cli.batch.creation import create_disks
from aiogandi.cli.batch.ids import ids_of
from aiogandi.cli.batch.items import Item, Waiting, Wording
from aiogandi.cli.batch.listing import list_all, show_some
from aiogandi.cli.batch.lot import Action, Step
from aiogandi.cli.batch.names import names_of
from aiogandi.cli.batch.reading import read_all, show_rows
from aiogandi.cli.batch.report import report_of
from aiogandi.cli.batch.resuming import recorded
from aiogandi.cli.batch.selection import Kind
from aiogandi.cli.commands.change import change_command
from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import (
    Count,
    JournalFile,
    Json,
    NoWait,
    Pairs,
    RunName,
    SomeIds,
    Timeout,
    match_option,
    names_argument,
    numbered_option,
)
from aiogandi.cli.service.connection import Connection, Job
from aiogandi.cli.service.state import Record
from aiogandi.cli.terminal.records import record_of
from aiogandi.errors import InvalidArgument
from aiogandi.models import Disk

app = typer.Typer(help="Disks.", no_args_is_help=True)

COLUMNS: Final = {
    "DISK": "id",
    "NAME": "name",
    "MB": "size",
    "FSTYPE": "fstype",
    "STATE": "state",
    "VM": "vm_id",
}


def _ids(gandi: aiogandi.Gandi) -> Awaitable[list[int]]:
    return gandi.disk_list()


def _info(gandi: aiogandi.Gandi, disk_id: int) -> Awaitable[Disk]:
    return gandi.disk_info(disk_id)


async def _name(gandi: aiogandi.Gandi, disk_id: int) -> str | None:
    return (await gandi.disk_info(disk_id)).name


KIND: Final = Kind("disk", _ids, _name, "data-*")
_change = partial(change_command, app, KIND, report_of("disk_id", "name", "DISK"))


@app.command("list", epilog=examples("aiogandi disk list --match 'data-*' --json"))
def list_(
    match: Annotated[list[str] | None, match_option("data-*")] = None, json: Json = False
) -> Job:
    """List disks."""
    return list_all("disk", _ids, _info, "name", match, COLUMNS, as_json=json)


@app.command(epilog=examples("aiogandi disk info 500001"))
def info(ids: SomeIds, json: Json = False) -> Job:
    """Show what is known of disks."""
    return show_some("disk", ids_of(ids), _info, COLUMNS, as_json=json)


@app.command(
    epilog=examples(
        "aiogandi disk create data-{01..20} --size 2048",
        "aiogandi disk create --count 20 --name 'data-{:02d}' --size 2048 --fstype ext3",
    )
)
def create(
    size: Annotated[int, typer.Option(min=1, metavar="MB", help="The size of each.")],
    names: Annotated[list[str] | None, names_argument("data")] = None,
    count: Count = None,
    name: Annotated[str | None, numbered_option("data")] = None,
    fstype: Annotated[
        str | None,
        typer.Option(show_default=False, metavar="TYPE", help="The file system, like ext3."),
    ] = None,
    no_wait: NoWait = False,
    timeout: Timeout = None,
    run: RunName = None,
    journal: JournalFile = None,
    json: Json = False,
) -> Job:
    """Create disks, all at once."""
    wanted = names_of(names, count, name, lambda given: arguments.text("name", given))
    waiting = Waiting.of(no_wait, timeout)

    async def work(connection: Connection) -> int:
        return await create_disks(connection, wanted, size, fstype, waiting)

    return Job(work, as_json=json, record=Record.of(run, journal))


@app.command(
    epilog=examples(
        "aiogandi disk attach 10001 500001 500002",
        "aiogandi disk attach 10001:500001 10002:500002",
    )
)
def attach(
    pairs: Pairs,
    no_wait: NoWait = False,
    timeout: Timeout = None,
    run: RunName = None,
    journal: JournalFile = None,
    json: Json = False,
) -> Job:
    """Attach disks to servers.

    Either a server and its disks, or any number of pairs of both.
    """
    wanted = pairs_of(pairs)
    waiting = Waiting.of(no_wait, timeout)

    async def work(connection: Connection) -> int:
        return await attach_pairs(connection, wanted, waiting)

    return Job(work, as_json=json, record=Record.of(run, journal))


@_change(
    Wording("Detach", "Detaching", "detached", "disk"),
    epilog=examples("aiogandi disk detach 500001", "aiogandi disk detach --match 'data-*'"),
)
def detach() -> BatchChange:
    """Detach disks from the servers that they are attached to."""
    return BatchChange(_find_server_and_detach)


@_change(
    Wording("Delete", "Deleting", "deleted", "disk"),
    epilog=examples("aiogandi disk delete 500001", "aiogandi disk delete --match 'data-*'"),
)
def delete() -> BatchChange:
    """Delete disks. The service deletes unattached ones only, and refuses others."""
    return each(aiogandi.Gandi.disk_delete)


def _find_server_and_detach(gandi: aiogandi.Gandi) -> Action:
    async def server_of(disk_id: int) -> int:
        earlier = recorded(0)
        if earlier is not None and earlier.method == "disk_detach":
            given: int = earlier.arguments["vm_id"]  # the disk may not tell it any more
            return given
        vm_id = (await gandi.disk_info(disk_id)).vm_id
        if vm_id is None:
            raise InvalidArgument("it is not attached")
        return vm_id

    async def act(item: Item, step: Step) -> None:
        await step(gandi.disk_detach, await server_of(item.target.id), item.target.id)

    return act


async def read_disks(connection: Connection, vm_ids: Sequence[int]) -> int:
    """Show the disks that are attached to these servers; returns the exit code."""
    gandi = connection.gandi
    servers = await read_all(connection, "server", vm_ids, gandi.vm_disk_list)
    ids = [disk_id for disk_ids in servers.found for disk_id in disk_ids]
    disks = await read_all(connection, "disk", ids, gandi.disk_info, listed=True)
    records = [record_of(disk) for disk in disks.found]
    return show_rows(connection.screen, records, COLUMNS, [servers, disks])
