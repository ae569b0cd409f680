"""``aiogandi recover``: what became of the calls of commands that were ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import typer

import aiogandi
from aiogandi.cli.batch.ids import written
from aiogandi.cli.batch.left import runs_of
from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import JournalFile, Json
from aiogandi.cli.exits import FAILED, OK
from aiogandi.cli.service.connection import Connection, Job
from aiogandi.cli.service.state import Record
from aiogandi.cli.terminal.records import jsonable
from aiogandi.cli.terminal.screen import counted

app = typer.Typer()

COLUMNS: Final = {
    "CALL": "method",
    "RUN": "run",
    "KEY": "key",
    "VM": "vm_id",
    "DISK": "disk_id",
    "OPERATION": "operation_id",
    "OUTCOME": "outcome",
}


@app.command(epilog=examples("aiogandi recover", "aiogandi recover --json"))
def recover(journal: JournalFile = None, json: Json = False) -> Job:
    """Find out what became of what earlier commands began.

    It looks at the service for calls that nobody has concluded, and changes nothing there. Each was
    adopted (its operation is known), or is absent (it did not run), or unknown, which makes the exit code
    1: pending says how to conclude it. What commands have under way just now is left alone.
    """

    async def work(connection: Connection) -> int:
        runs = await runs_of(connection)
        recovered = [] if connection.journal is None else await connection.gandi.recover()
        records = [_record(each, runs) for each in recovered]
        screen = connection.screen
        screen.rows(records, COLUMNS)
        unknown = sum(record["outcome"] == "unknown" for record in records)
        if ids := [record["operation_id"] for record in records if record["operation_id"]]:
            screen.line(f"To wait for {counted(len(ids), 'operation')}:")
            screen.command(f"aiogandi operation wait {written(ids)}")
        for run in dict.fromkeys(record["run"] for record in records if record["run"]):
            screen.line(f"To go on with run {run}, give its line again")
        _conclude(recovered)
        if unknown:
            screen.problem(
                f"of {counted(unknown, 'call')} it is not known whether they ran (to say what you know:"
                " aiogandi pending --help)"
            )
        return FAILED if unknown else OK

    return Job(work, as_json=json, record=Record(journal=journal))


def _record(
    recovered: aiogandi.Recovered, runs: dict[tuple[str | None, str, datetime], str | None]
) -> dict[str, Any]:
    pending = recovered.pending
    return {
        "method": pending.method,
        "run": runs.get((pending.key, pending.method, pending.since)),
        "key": pending.key,
        "vm_id": pending.vm_id,
        "disk_id": pending.disk_id,
        "operation_id": pending.operation_id,
        "outcome": recovered.outcome,
        "since": jsonable(pending.since),
    }


def _conclude(recovered: list[aiogandi.Recovered]) -> None:
    """Conclude the calls outside of keys that the user was told of now: nobody else will."""
    for each in recovered:
        if each.pending.key is None and each.outcome == "adopted":
            each.pending.operation()
