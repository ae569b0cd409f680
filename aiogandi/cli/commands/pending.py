"""``aiogandi pending``: what earlier commands began, read from the journal."""

import typer

from aiogandi.cli.batch.left import COLUMNS, left
from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import JournalFile, Json
from aiogandi.cli.exits import OK
from aiogandi.cli.service.connection import Connection, Job
from aiogandi.cli.service.state import Record

app = typer.Typer()


@app.command(epilog=examples("aiogandi pending", "aiogandi pending --json"))
def pending(journal: JournalFile = None, json: Json = False) -> Job:
    """List what earlier commands began and nobody has concluded.

    It is read from the journal, and nothing is asked of the service, as recover does. What a command has
    under way just now is in the list. To conclude what belongs to a run, give the run's line again.
    """

    async def work(connection: Connection) -> int:
        connection.screen.rows(await left(connection), COLUMNS)
        return OK

    return Job(work, as_json=json, record=Record(journal=journal))
