"""``aiogandi os``: operating systems."""

import typer

from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import Json
from aiogandi.cli.service.connection import Connection, Job
from aiogandi.cli.terminal.records import record_of

app = typer.Typer(help="Operating systems for new servers.", no_args_is_help=True)


@app.command("list", epilog=examples("aiogandi os list"))
def list_(json: Json = False) -> Job:
    """List the operating systems that vm create --os takes."""

    async def work(connection: Connection) -> int:
        systems = await connection.gandi.os_list()
        connection.screen.rows(
            [record_of(system) for system in systems], {"OS": "id", "LABEL": "label"}
        )
        return 0

    return Job(work, as_json=json)
