"""``aiogandi pending``: what earlier commands began, read from the journal, and concluded there."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from aiogandi.cli.batch.left import COLUMNS, conclude, left, require_consent
from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import JournalFile, Json
from aiogandi.cli.exits import OK, CommandFailed, WrongUse
from aiogandi.cli.service.connection import Connection, Job
from aiogandi.cli.service.state import Record

app = typer.Typer()


@app.command(
    epilog=examples(
        "aiogandi pending",
        "aiogandi pending 17 --dismiss --yes",
        "aiogandi pending 17 --adopt 1000041 --yes",
    )
)
def pending(
    entry: Annotated[
        int | None,
        typer.Argument(
            metavar="ENTRY", min=1, show_default=False, help="Only this entry of the list."
        ),
    ] = None,
    dismiss: Annotated[
        bool,
        typer.Option(
            "--dismiss",
            metavar="",
            help="Say that its call did not run: the run's line may send it again.",
        ),
    ] = False,
    adopt: Annotated[
        int | None,
        typer.Option(
            metavar="OPERATION_ID",
            min=1,
            show_default=False,
            help="Say which operation is its own: the run's line goes on with that.",
        ),
    ] = None,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            "-y",
            metavar="",
            help="Do not ask before --dismiss or --adopt. Without a terminal they need it.",
        ),
    ] = False,
    journal: JournalFile = None,
    json: Json = False,
) -> Job:
    """List what earlier commands began and nobody has concluded.

    It is read from the journal, and nothing is asked of the service, as recover does. What a command has
    under way just now is in the list. To conclude what belongs to a run, give the run's line again; what
    stays unknown then is concluded with --dismiss or --adopt, by who has looked at the service.
    """
    concludes = _concludes(entry, adopt, dismiss=dismiss, yes=yes)

    async def work(connection: Connection) -> int:
        records = await left(connection)
        if entry is not None:
            records = [record for record in records if record["entry"] == entry]
            if not records:
                raise CommandFailed(f"there is no entry {entry} (see: aiogandi pending)")
        if concludes:
            await _conclude(connection, records[0], adopt, yes=yes)
        else:
            connection.screen.rows(records, COLUMNS)
        return OK

    return Job(work, as_json=json, record=Record(journal=journal))


def _concludes(entry: int | None, adopt: int | None, *, dismiss: bool, yes: bool) -> bool:
    """Return whether an entry is concluded, and not shown. Raises `WrongUse` for what does not go together."""
    if dismiss and adopt is not None:
        raise WrongUse("--dismiss and --adopt exclude each other")
    if not dismiss and adopt is None:
        if yes:
            raise WrongUse("--yes is for --dismiss and --adopt")
        return False
    if entry is None:
        raise WrongUse("give the ENTRY that is meant (see: aiogandi pending)")
    require_consent(yes=yes)
    return True


async def _conclude(
    connection: Connection, record: dict[str, Any], adopt: int | None, *, yes: bool
) -> None:
    screen, entry = connection.screen, record["entry"]
    outcome = await conclude(connection, record, adopt, yes=yes)
    if screen.as_json:
        screen.document({"entry": entry, "outcome": outcome, "operation_id": adopt})
    else:
        screen.result(f"Entry {entry} is {outcome}")
    if record["run"] is not None:
        screen.line(f"To go on with run {record['run']}, give its line again")
