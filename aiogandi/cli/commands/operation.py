"""``aiogandi operation``: what goes on at the service, and what went on."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import typer

import aiogandi
from aiogandi.cli.batch.change import BatchChange, carry_out, each
from aiogandi.cli.batch.ids import ids_of
from aiogandi.cli.batch.items import Item, Target, Waiting, Wording
from aiogandi.cli.batch.listing import show_some
from aiogandi.cli.batch.lot import Step
from aiogandi.cli.batch.reading import read_all, show_rows
from aiogandi.cli.batch.report import Report, report_of
from aiogandi.cli.batch.selection import Kind
from aiogandi.cli.commands.change import change_command
from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import Json, SomeIds, Timeout
from aiogandi.cli.service.connection import Connection, Job
from aiogandi.cli.terminal.records import record_of
from aiogandi.cli.terminal.screen import Screen
from aiogandi.models import OperationDetails, OperationState
from aiogandi.operations.operation import Operation, end_error

app = typer.Typer(help="Operations: what the service is doing, and has done.", no_args_is_help=True)

COLUMNS: Final = {
    "OPERATION": "id",
    "TYPE": "type",
    "STATE": "state",
    "VM": "vm_id",
    "DISK": "disk_id",
    "UPDATED": "date_updated",
    "ERROR": "last_error",
}


MOST: Final = 300
"""How many operations the service lists at most, the newest ones (documented)."""


def _details(gandi: aiogandi.Gandi, operation_id: int) -> Awaitable[OperationDetails]:
    return gandi.operation_details(operation_id)


async def _pending(gandi: aiogandi.Gandi) -> list[int]:
    return await gandi.operation_list(state="PENDING")


async def _type(gandi: aiogandi.Gandi, operation_id: int) -> str | None:
    return (await gandi.operation_details(operation_id)).type


CANCELLED: Final = Report(
    report_of("operation_id", None, "OPERATION").record,
    {"OPERATION": "operation_id", "OUTCOME": "outcome"},
)
"""What is cancelled has no operation of its own, whose state could be shown."""

PENDING: Final = Kind("pending operation", _pending, _type, "vm_*", "type", most=MOST)

Date = Annotated[
    datetime | None,
    typer.Option(show_default=False, metavar="DATE", help="By the service's clock."),
]


@app.command("list", epilog=examples("aiogandi operation list --state RUN --type vm_create"))
def list_(
    type: Annotated[  # noqa: A002 - the API's own word
        str | None, typer.Option(show_default=False, metavar="TYPE", help="Like vm_create.")
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            show_default=False,
            metavar="STATE",
            help="PENDING, RUN, DONE, ERROR or CANCEL.",
        ),
    ] = None,
    vm: Annotated[
        int | None, typer.Option(show_default=False, min=1, metavar="ID", help="Of this server.")
    ] = None,
    disk: Annotated[
        int | None, typer.Option(show_default=False, min=1, metavar="ID", help="Of this disk.")
    ] = None,
    created_after: Date = None,
    created_before: Date = None,
    updated_after: Date = None,
    updated_before: Date = None,
    limit: Annotated[
        int, typer.Option(min=1, max=MOST, metavar="N", help="Number of operations, at most.")
    ] = 20,
    json: Json = False,
) -> Job:
    """List operations, the newest first. The service lists 300 at most."""
    param = {name: value for name, value in (("vm_id", vm), ("disk_id", disk)) if value is not None}

    async def work(connection: Connection) -> int:
        gandi = connection.gandi
        ids = await gandi.operation_list(
            type=type,
            state=state.upper() if state else None,
            created_after=created_after,
            created_before=created_before,
            updated_after=updated_after,
            updated_before=updated_before,
            param=param or None,
        )
        reading = await read_all(
            connection, "operation", _newest(ids, limit), gandi.operation_details, listed=True
        )
        records = [record_of(details) for details in reading.found]
        code = show_rows(connection.screen, records, COLUMNS, [reading])
        _tell_older(connection.screen, len(ids), limit)
        return code

    return Job(work, as_json=json)


@app.command(epilog=examples("aiogandi operation info 123 124"))
def info(ids: SomeIds, json: Json = False) -> Job:
    """Show what is known of operations."""
    return show_some("operation", ids_of(ids), _details, COLUMNS, as_json=json)


@app.command(epilog=examples("aiogandi operation wait 123 130-149 --timeout 600"))
def wait(ids: SomeIds, timeout: Timeout = None, json: Json = False) -> Job:
    """Wait until operations have ended, also those of another day or another command."""
    waiting = Waiting.of(no_wait=False, timeout=timeout)

    async def work(connection: Connection) -> int:
        return await _wait(connection, ids_of(ids), waiting)

    return Job(work, as_json=json)


@change_command(
    app,
    PENDING,
    CANCELLED,
    Wording("Cancel", "Cancelling", "cancelled", "operation"),
    epilog=examples("aiogandi operation cancel 123 124"),
    waiting=False,
)
def cancel() -> BatchChange:
    """Cancel operations that have not begun to run.

    --all means the newest 300.
    """
    return each(aiogandi.Gandi.operation_cancel)


def _tell_older(screen: Screen, listed: int, limit: int) -> None:
    """Say how many operations are not shown, and how to see them."""
    if listed > limit:
        screen.line(
            f"Limited to the newest {limit} of {listed} operations; to see all: --limit {listed}"
        )
    if listed >= MOST:
        screen.line(
            f"The service lists {MOST} at most, and may have older ones;"
            " to see those: --created-before DATE"
        )


def _newest(ids: list[int], limit: int) -> list[int]:
    """The first of *ids*, in the service's order. Where that is ascending, the newest stand last, because
    ids grow with time (assumed).
    """
    return (ids if ids != sorted(ids) else ids[::-1])[:limit]


async def _wait(connection: Connection, ids: Sequence[int], waiting: Waiting) -> int:
    gandi = connection.gandi

    async def act(item: Item, step: Step) -> None:
        # An operation that ended long ago is reported at once; an unknown id fails here.
        details = await gandi.operation_details(item.target.id)
        operation = _taken_up(gandi, item.target.id, details)
        item.operation = operation
        if details.state is None or not details.state.final:
            await step(_keep_waiting, operation)
        elif details.state != OperationState.DONE:
            raise end_error(operation, details)

    def record(item: Item) -> dict[str, Any]:
        operation = item.operation
        return {
            **item.record(),
            "operation_id": item.target.id,
            "vm_id": operation.vm_id if operation else None,
            "disk_id": operation.disk_id if operation else None,
        }

    columns = {
        "OPERATION": "operation_id",
        "TYPE": "operation",
        "VM": "vm_id",
        "DISK": "disk_id",
        "STATE": "state",
        "OUTCOME": "outcome",
    }
    wording = Wording("Await", "Awaiting", "ended", "operation")
    return await carry_out(
        connection,
        [Target(number) for number in ids],
        act,
        wording,
        waiting,
        Report(record, columns),
    )


def _taken_up(gandi: aiogandi.Gandi, operation_id: int, details: OperationDetails) -> Operation:
    operation = gandi.operation(operation_id)
    operation.saw(details)
    return operation


async def _keep_waiting(operation: Operation) -> Operation:
    return operation
