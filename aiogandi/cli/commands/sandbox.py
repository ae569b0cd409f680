"""``aiogandi sandbox``: a server that behaves as the service did, on this machine."""

import asyncio
import json as json_format
from typing import Annotated

import typer

from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import Json
from aiogandi.cli.exits import OK, CommandFailed
from aiogandi.cli.terminal.signals import told_to_end
from aiogandi.sandbox import Sandbox

app = typer.Typer()


@app.command(
    epilog=examples(
        "aiogandi sandbox --speed 60",
        "GANDI_URL=http://127.0.0.1:8000/xmlrpc/ GANDI_LOGIN=AA1234-GANDI"
        " GANDI_PASSWORD=mypassword aiogandi vm list",
    )
)
def sandbox(
    host: Annotated[
        str, typer.Option(metavar="HOST", help="The address to serve at.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, metavar="PORT", help="The port; 0 lets the system choose one."
        ),
    ] = 8000,
    speed: Annotated[
        float, typer.Option(metavar="N", help="Service seconds that pass in one second.")
    ] = 1.0,
    login: Annotated[str, typer.Option(metavar="NAME", help="Who may log in.")] = "AA1234-GANDI",
    password: Annotated[
        str,
        typer.Option(
            metavar="TEXT",
            help="Their password. For tests only: other users can read it, so give none that"
            " protects anything.",
        ),
    ] = "mypassword",  # noqa: S107 - the one in the provider's samples
    json: Json = False,
) -> int:
    """Serve a sandbox until it is interrupted, which ends it with exit code 0."""
    service = Sandbox(login=login, password=password, host=host, port=port, speed=speed)
    try:
        asyncio.run(_serve(service, as_json=json))
    except OSError as error:
        raise CommandFailed(f"cannot serve at {host}:{port}: {error.strerror}") from None
    return OK


async def _serve(service: Sandbox, *, as_json: bool) -> None:
    # Before the line is printed: whoever reads it may want to end the server at once.
    ended = told_to_end()
    async with service:
        url = service.url
        typer.echo(json_format.dumps({"url": url}) if as_json else f"Sandbox at {url}")
        await ended.wait()
