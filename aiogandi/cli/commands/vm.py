"""``aiogandi vm``: servers."""

from collections.abc import Awaitable
from pathlib import Path
from typing import Annotated, Final

import typer

from aiogandi.calls import arguments
from aiogandi.cli.batch.change import change_selected, each, report_of
from aiogandi.cli.batch.creation import NewServers, create_servers
from aiogandi.cli.batch.items import Item, Waiting, Wording
from aiogandi.cli.batch.listing import list_all, show_some
from aiogandi.cli.batch.lot import Action, Step
from aiogandi.cli.batch.naming import Count, Names, Pattern, names_of
from aiogandi.cli.batch.passwords import passwords
from aiogandi.cli.batch.selection import Kind, Selection
from aiogandi.cli.commands.disk import read_disks
from aiogandi.cli.connection import Connection, with_service
from aiogandi.cli.examples import examples
from aiogandi.cli.failures import WrongUse
from aiogandi.cli.options import Everything, Ids, Json, Match, NoWait, SomeIds, Timeout, Yes
from aiogandi.client import Gandi
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
"""States of a server that does not run (assumed)."""

REPORT: Final = report_of("vm_id", "hostname", "VM")


async def _hostname(gandi: Gandi, vm_id: int) -> str | None:
    return (await gandi.vm_info(vm_id)).hostname


KIND: Final = Kind("server", Gandi.vm_list, _hostname)


@app.command("list", epilog=examples("aiogandi vm list --match 'web-*' --json"))
def list_(match: Match = None, json: Json = False) -> int:
    """List servers."""
    return list_all(
        "server", Gandi.vm_list, Gandi.vm_info, "hostname", match, COLUMNS, as_json=json
    )


@app.command(epilog=examples("aiogandi vm info 10001 10002"))
def info(ids: SomeIds, json: Json = False) -> int:
    """Show what is known of servers."""
    return show_some("server", ids, Gandi.vm_info, COLUMNS, as_json=json)


@app.command(epilog=examples("aiogandi vm disks 10001"))
def disks(ids: SomeIds, json: Json = False) -> int:
    """List the disks that are attached to servers."""

    async def work(connection: Connection) -> int:
        return await read_disks(connection, ids)

    return with_service(work, as_json=json)


@app.command(
    epilog=examples(
        "aiogandi vm create web-{01..20} --os debian --shares 4",
        "aiogandi vm create --count 20 --name 'web-{:02d}' --os 111",
    )
)
def create(
    system: Annotated[
        str, typer.Option("--os", metavar="OS", help="An id of os list, or a part of one label.")
    ],
    names: Names = None,
    count: Count = None,
    name: Pattern = None,
    shares: Annotated[int, typer.Option(min=1, metavar="N", help="Shares of each.")] = 1,
    cpu: Annotated[int, typer.Option(min=1, metavar="N", help="Processors of each.")] = 1,
    login: Annotated[
        str | None, typer.Option(show_default=False, metavar="NAME", help="Name of the first user.")
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
    no_wait: NoWait = False,
    timeout: Timeout = None,
    json: Json = False,
) -> int:
    """Create servers, all at once.

    Each gets a password of its own, which is shown once, unless you give one.
    """
    hostnames = names_of(names, count, name, arguments.hostname)
    waiting = Waiting.of(no_wait, timeout)
    password, generated = passwords(password_file, ask=ask_password)
    wanted = NewServers(hostnames, system, shares, cpu, login)

    async def work(connection: Connection) -> int:
        return await create_servers(connection, wanted, password, waiting, generated=generated)

    return with_service(work, as_json=json)


@app.command(epilog=examples("aiogandi vm update 10001 10002 --shares 8"))
def update(
    ids: Ids = None,
    match: Match = None,
    everything: Everything = False,
    shares: Annotated[int | None, typer.Option(min=1, metavar="N", show_default=False)] = None,
    cpu: Annotated[int | None, typer.Option(min=1, metavar="N", show_default=False)] = None,
    hostname: Annotated[str | None, typer.Option(metavar="NAME", show_default=False)] = None,
    yes: Yes = False,
    no_wait: NoWait = False,
    timeout: Timeout = None,
    json: Json = False,
) -> int:
    """Give servers other shares, processors, or another name."""
    given = {"shares": shares, "cpu": cpu, "hostname": hostname}
    specs = {name: value for name, value in given.items() if value is not None}
    if not specs:
        raise WrongUse("nothing to change: give --shares, --cpu or --hostname")
    if hostname is not None and len(ids or ()) != 1:
        raise WrongUse("--hostname is for one server")
    wording = Wording("Update", "Updating", "updated", "server")

    def call(gandi: Gandi, vm_id: int) -> Awaitable[Operation]:
        return gandi.vm_update(vm_id, specs)

    selection = Selection(ids, match, everything, yes)
    waiting = Waiting.of(no_wait, timeout)
    return change_selected(selection, KIND, each(call), wording, waiting, REPORT, as_json=json)


@app.command(epilog=examples("aiogandi vm start 10001 10002", "aiogandi vm start --match 'web-*'"))
def start(
    ids: Ids = None,
    match: Match = None,
    everything: Everything = False,
    yes: Yes = False,
    no_wait: NoWait = False,
    timeout: Timeout = None,
    json: Json = False,
) -> int:
    """Boot servers, or let paused ones go on."""
    wording = Wording("Start", "Starting", "started", "server")
    selection = Selection(ids, match, everything, yes)
    waiting = Waiting.of(no_wait, timeout)
    return change_selected(
        selection, KIND, each(Gandi.vm_start), wording, waiting, REPORT, as_json=json
    )


@app.command(epilog=examples("aiogandi vm stop 10001 10002", "aiogandi vm stop --match 'web-*'"))
def stop(
    ids: Ids = None,
    match: Match = None,
    everything: Everything = False,
    yes: Yes = False,
    no_wait: NoWait = False,
    timeout: Timeout = None,
    json: Json = False,
) -> int:
    """Shut servers down."""
    wording = Wording("Stop", "Stopping", "stopped", "server")
    selection = Selection(ids, match, everything, yes)
    waiting = Waiting.of(no_wait, timeout)
    return change_selected(
        selection, KIND, each(Gandi.vm_stop), wording, waiting, REPORT, as_json=json
    )


@app.command(epilog=examples("aiogandi vm reboot --match 'web-*' --timeout 600"))
def reboot(
    ids: Ids = None,
    match: Match = None,
    everything: Everything = False,
    yes: Yes = False,
    no_wait: NoWait = False,
    timeout: Timeout = None,
    json: Json = False,
) -> int:
    """Reboot servers, softly."""
    wording = Wording("Reboot", "Rebooting", "rebooted", "server")
    selection = Selection(ids, match, everything, yes)
    waiting = Waiting.of(no_wait, timeout)
    return change_selected(
        selection, KIND, each(Gandi.vm_reboot), wording, waiting, REPORT, as_json=json
    )


@app.command(
    epilog=examples("aiogandi vm delete 10001", "aiogandi vm delete --match 'web-*' --stop")
)
def delete(
    ids: Ids = None,
    match: Match = None,
    everything: Everything = False,
    stop_first: Annotated[
        bool, typer.Option("--stop", metavar="", help="Stop those that are not stopped, first.")
    ] = False,
    yes: Yes = False,
    no_wait: NoWait = False,
    timeout: Timeout = None,
    json: Json = False,
) -> int:
    """Delete servers.

    The service deletes stopped ones only, and refuses others. Their disks stay.
    """
    if stop_first and no_wait:
        raise WrongUse("--stop and --no-wait exclude each other: deleting must await the stop")
    wording = Wording("Delete", "Deleting", "deleted", "server")
    selection = Selection(ids, match, everything, yes)
    waiting = Waiting.of(no_wait, timeout)
    action = _stop_and_delete if stop_first else each(Gandi.vm_delete)
    return change_selected(selection, KIND, action, wording, waiting, REPORT, as_json=json)


def _stop_and_delete(gandi: Gandi) -> Action:
    async def act(item: Item, step: Step) -> None:
        vm_id = item.target.id
        if (await gandi.vm_info(vm_id)).state not in DELETABLE:
            item.more = True
            await step(gandi.vm_stop, vm_id)
        item.more = False
        await step(gandi.vm_delete, vm_id)

    return act
