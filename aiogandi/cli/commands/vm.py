"""``aiogandi vm``: servers."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

import aiogandi
from aiogandi.calls import arguments
from aiogandi.cli.batch.change import BatchChange, each
from aiogandi.cli.batch.creation import NewServers, create_servers
from aiogandi.cli.batch.ids import ids_of
from aiogandi.cli.batch.items import Item, Waiting, Wording
from aiogandi.cli.batch.listing import list_all, show_some
from aiogandi.cli.batch.lot import Action, Step
from aiogandi.cli.batch.names import names_of
from aiogandi.cli.batch.passwords import passwords
from aiogandi.cli.batch.report import report_of
from aiogandi.cli.batch.resuming import recorded
from aiogandi.cli.batch.selection import Kind
from aiogandi.cli.batch.shares import require_for_update
from aiogandi.cli.commands.change import change_command
from aiogandi.cli.commands.disk import read_disks
from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import (
    Count,
    JournalFile,
    Json,
    NoWait,
    RunName,
    SomeIds,
    Timeout,
    match_option,
    names_argument,
    numbered_option,
)
from aiogandi.cli.exits import WrongUse
from aiogandi.cli.service.connection import Connection, Job
from aiogandi.cli.service.state import Record
from aiogandi.models import VM
from aiogandi.operations.operation import Operation

app = typer.Typer(help="Servers.", no_args_is_help=True)

COLUMNS: Final = {
    "VM": "id",
    "HOSTNAME": "hostname",
    "STATE": "state",
    "OS": "os_id",
    "SHARES": "shares",
    "CPU": "cpu",
    "MB": "memory",
    "IPS": "ips",
    "DISKS": "disks",
}
DELETABLE: Final = ("halted", "invalid")
"""States of a server that does not run, and can be deleted (assumed; that it must be stopped is
documented)."""


def _ids(gandi: aiogandi.Gandi) -> Awaitable[list[int]]:
    return gandi.vm_list()


def _info(gandi: aiogandi.Gandi, vm_id: int) -> Awaitable[VM]:
    return gandi.vm_info(vm_id)


async def _hostname(gandi: aiogandi.Gandi, vm_id: int) -> str | None:
    return (await gandi.vm_info(vm_id)).hostname


KIND: Final = Kind("server", _ids, _hostname, "web-*")
_change = partial(change_command, app, KIND, report_of("vm_id", "hostname", "VM"))


@app.command("list", epilog=examples("aiogandi vm list --match 'web-*' --json"))
def list_(
    match: Annotated[list[str] | None, match_option("web-*")] = None, json: Json = False
) -> Job:
    """List servers."""
    return list_all("server", _ids, _info, "hostname", match, COLUMNS, as_json=json)


@app.command(epilog=examples("aiogandi vm info 10001 10002", "aiogandi vm info 10001-10020"))
def info(ids: SomeIds, json: Json = False) -> Job:
    """Show what is known of servers."""
    return show_some("server", ids_of(ids), _info, COLUMNS, as_json=json)


@app.command(epilog=examples("aiogandi vm disks 10001"))
def disks(ids: SomeIds, json: Json = False) -> Job:
    """List the disks that are attached to servers."""

    async def work(connection: Connection) -> int:
        return await read_disks(connection, ids_of(ids))

    return Job(work, as_json=json)


@app.command(
    epilog=examples(
        "aiogandi vm create web-{01..20} --os debian --shares 4",
        "aiogandi vm create --count 20 --name 'web-{:02d}' --os 111",
        "aiogandi vm create web-{01..20} --os debian --run release-42",
    )
)
def create(
    system: Annotated[
        str, typer.Option("--os", metavar="OS", help="An id of os list, or a part of one label.")
    ],
    names: Annotated[list[str] | None, names_argument("web")] = None,
    count: Count = None,
    name: Annotated[str | None, numbered_option("web")] = None,
    shares: Annotated[int, typer.Option(min=1, metavar="N", help="Shares of each.")] = 1,
    cpu: Annotated[int, typer.Option(min=1, metavar="N", help="Processors of each.")] = 1,
    login: Annotated[
        str | None,
        typer.Option(show_default=False, metavar="NAME", help="Name of the first user (assumed)."),
    ] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Holds the password of all of them; - is standard input.",
        ),
    ] = None,
    ask_password: Annotated[
        bool, typer.Option("--ask-password", metavar="", help="Ask for the password of all.")
    ] = False,
    save_passwords: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Keeps generated passwords, if not a file in your folder for state, which is told.",
        ),
    ] = None,
    no_wait: NoWait = False,
    timeout: Timeout = None,
    run: RunName = None,
    journal: JournalFile = None,
    json: Json = False,
) -> Job:
    """Create servers, all at once.

    Each gets a password of its own, which is saved in a file and shown, unless you give one. A server
    that has its password in the file already gets that, and a run keeps to the file that it began with.
    Nobody deletes the file but you, or run forget --passwords for a run's in your folder for state.
    """
    hostnames = names_of(names, count, name, arguments.hostname)
    waiting = Waiting.of(no_wait, timeout)
    password, generated = passwords(password_file, ask=ask_password)
    if save_passwords is not None and not generated:
        raise WrongUse("--save-passwords is for generated passwords, and you give one")
    wanted = NewServers(hostnames, system, shares, cpu, login)

    async def work(connection: Connection) -> int:
        return await create_servers(
            connection, wanted, password, waiting, generated=generated, save=save_passwords
        )

    return Job(work, as_json=json, record=Record.of(run, journal))


@_change(
    Wording("Update", "Updating", "updated", "server"),
    epilog=examples("aiogandi vm update 10001 10002 --shares 8"),
)
def update(
    ids: Sequence[int] | None,
    shares: Annotated[int | None, typer.Option(min=1, metavar="N", show_default=False)] = None,
    cpu: Annotated[int | None, typer.Option(min=1, metavar="N", show_default=False)] = None,
    hostname: Annotated[str | None, typer.Option(metavar="NAME", show_default=False)] = None,
) -> BatchChange:
    """Give servers other shares, processors, or another name."""
    given = {"shares": shares, "cpu": cpu, "hostname": hostname}
    specs = {name: value for name, value in given.items() if value is not None}
    if not specs:
        raise WrongUse("nothing to change: give --shares, --cpu or --hostname")
    if hostname is not None and len(ids or ()) != 1:
        raise WrongUse("--hostname is for one server")

    def call(gandi: aiogandi.Gandi, vm_id: int) -> Awaitable[Operation]:
        return gandi.vm_update(vm_id, specs)

    return each(call, partial(require_for_update, shares) if shares else None)


@_change(
    Wording("Start", "Starting", "started", "server"),
    epilog=examples("aiogandi vm start 10001 10002", "aiogandi vm start --match 'web-*'"),
)
def start() -> BatchChange:
    """Boot servers, or let paused ones go on."""
    return each(aiogandi.Gandi.vm_start)


@_change(
    Wording("Stop", "Stopping", "stopped", "server"),
    epilog=examples("aiogandi vm stop 10001 10002", "aiogandi vm stop --match 'web-*'"),
)
def stop() -> BatchChange:
    """Shut servers down."""
    return each(aiogandi.Gandi.vm_stop)


@_change(
    Wording("Reboot", "Rebooting", "rebooted", "server"),
    epilog=examples("aiogandi vm reboot --match 'web-*' --timeout 600"),
)
def reboot() -> BatchChange:
    """Reboot servers, softly."""
    return each(aiogandi.Gandi.vm_reboot)


@_change(
    Wording("Delete", "Deleting", "deleted", "server"),
    epilog=examples("aiogandi vm delete 10001", "aiogandi vm delete --match 'web-*' --stop"),
)
def delete(
    no_wait: NoWait,
    stop_first: Annotated[
        bool, typer.Option("--stop", metavar="", help="Stop those that are not stopped, first.")
    ] = False,
) -> BatchChange:
    """Delete servers.

    The service deletes stopped ones only, and refuses others. Their disks stay.
    """
    if stop_first and no_wait:
        raise WrongUse("--stop and --no-wait exclude each other: deleting must await the stop")
    return BatchChange(_stop_and_delete) if stop_first else each(aiogandi.Gandi.vm_delete)


def _stop_and_delete(gandi: aiogandi.Gandi) -> Action:
    async def stops(vm_id: int) -> bool:
        earlier = recorded(0)
        if earlier is not None:
            return earlier.method == "vm_stop"
        return (await gandi.vm_info(vm_id)).state not in DELETABLE

    async def act(item: Item, step: Step) -> None:
        vm_id = item.target.id
        if await stops(vm_id):
            item.more = True
            await step(gandi.vm_stop, vm_id)
        item.more = False
        await step(gandi.vm_delete, vm_id)

    return act
