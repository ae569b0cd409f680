"""``aiogandi os``: operating systems."""

import typer

from aiogandi.cli.connection import Connection, with_service
from aiogandi.cli.examples import examples
from aiogandi.cli.options import Json
from aiogandi.cli.terminal.screen import record_of

app = typer.Typer(help="Operating systems for new servers.", no_args_is_help=True)


@app.command("list", epilog=examples("aiogandi os list"))
def list_(json: Json = False) -> int:
    """List the operating systems that vm create --os takes."""

    async def work(connection: Connection) -> int:
        systems = await connection.gandi.os_list()
        connection.screen.rows(
            [record_of(system) for system in systems], {"OS": "id", "LABEL": "label"}
        )
        return 0

    return with_service(work, as_json=json)
