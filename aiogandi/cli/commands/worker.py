"""``aiogandi worker``: works for a fleet until a signal ends it, and says whether workers here are well."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import Json
from aiogandi.cli.exits import ENDED, FAILED, OK, CommandFailed, WrongUse
from aiogandi.cli.service.sharing import Look
from aiogandi.cli.terminal.logs import log_on
from aiogandi.cli.terminal.screen import Screen, counted
from aiogandi.cli.terminal.signals import Interrupts
from aiogandi.errors import GandiError

if TYPE_CHECKING:
    # At run time these would load the client, which help and wrong use do without.
    import aiogandi
    from aiogandi.fleet.fleet import Fleet
    from aiogandi.fleet.worker.worker import Worker

app = typer.Typer()

log = logging.getLogger("aiogandi.worker")
"""What the worker says of itself, at INFO: it is printed without ``--verbose``, too."""

EXAMPLE: Final = "work:fleet"

COLUMNS: Final = {"PID": "pid", "SINCE": "since", "UNDER WAY": "under_way", "LIMIT": "limit"}
"""What ``--health`` shows of each worker."""


@app.command(
    epilog=examples(
        f"aiogandi worker {EXAMPLE} --limit 200",
        "GANDI_HUB=redis://cache.internal aiogandi worker --health",
    )
)
def worker(
    context: typer.Context,
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="MODULE:FLEET",
            show_default=False,
            help=f"The module, also one in the current folder, and its Fleet: {EXAMPLE}.",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, help="Items under way at once, at most.")
    ] = 100,
    health: Annotated[
        bool,
        typer.Option(
            "--health",
            metavar="",
            help="Carry out nothing: show this machine's workers; exit code 1 where none is well.",
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", metavar="", help="Log what happens beside what goes wrong."),
    ] = False,
    json: Json = False,
) -> int | Look:
    """Carry out items of a fleet's runs, until told to end.

    The first SIGTERM or Ctrl-C ends it when the items under way have ended, with
    exit code 0. The second ends it at once, and other workers go on with those
    items: nothing is lost either way. When the hub's store goes away it waits.

    --health asks the fleet's hub or, where no fleet is named, the one of --hub or
    GANDI_HUB, which is quicker.
    """
    if json and not health:
        raise WrongUse("--json goes with --health: a worker has no result")
    if health and target is None:
        return Look(lambda sight: _health(sight.hub, sight.screen), as_json=json)
    if target is None:
        raise WrongUse(f"whose worker? give a module and its fleet, such as {EXAMPLE}")
    if context.find_root().params.get("hub"):
        raise WrongUse("--hub: a fleet says itself which hub it has")
    screen = Screen(as_json=json)
    fleet = _fleet_of(target, screen)
    if health:
        return asyncio.run(_health(fleet.hub, screen))
    # Here, because help and wrong use do without the client.
    from aiogandi.fleet.worker.alone import LOG_FORM, Alone  # noqa: PLC0415
    from aiogandi.fleet.worker.worker import Worker  # noqa: PLC0415

    serving = Worker(fleet, limit=limit, alone=Alone(target))
    with log_on(screen, LOG_FORM, verbose=verbose):
        log.setLevel(logging.INFO)
        log.info("%s", _beginning(target, fleet, limit))
        return asyncio.run(_work(serving, screen))


def _fleet_of(target: str, screen: Screen) -> Fleet:
    from aiogandi.fleet.worker.target import ModuleBroken, fleet_of  # noqa: PLC0415 - as above

    try:
        return fleet_of(target)
    except ModuleBroken as error:
        for line in error.told.splitlines():
            screen.line(line)
        raise CommandFailed(str(error)) from None


def _beginning(target: str, fleet: Fleet, limit: int) -> str:
    store, actions = fleet.hub.store, ", ".join(sorted(fleet.actions))
    return (
        f"worker {os.getpid()} of {target} begins: {store.told} with prefix {store.prefix}, at most"
        f" {counted(limit, 'item')} at once, actions: {actions}"
    )


async def _work(serving: Worker, screen: Screen) -> int:
    """Work until told to end; returns the exit code."""
    began, pid = time.monotonic(), os.getpid()
    left = OK

    def drain(code: int) -> None:
        serving.drain()
        log.info(
            "worker %d drains (%s): %s under way; a second signal leaves at once",
            *(pid, ENDED[code], counted(serving.under_way, "item")),
        )

    def leave(code: int) -> None:
        nonlocal left
        left = code
        under_way = counted(serving.under_way, "item")
        serving.leave()
        log.info("worker %d leaves %s to others", pid, under_way)

    try:
        with Interrupts(screen) as interrupts, interrupts.handed_to(drain, leave):
            await serving.work()
    except GandiError:
        raise  # it is told in one line
    except Exception:
        log.exception("worker %d has broken, and is to be started again", pid)
        return FAILED
    log.info("worker %d has ended after %.0f s", pid, time.monotonic() - began)
    return left


async def _health(hub: aiogandi.RedisHub, screen: Screen) -> int:
    from aiogandi.fleet.worker.health import workers_here  # noqa: PLC0415 - as above

    found = await workers_here(hub)
    if found or screen.as_json:
        screen.rows([each.to_dict() for each in found], COLUMNS)
    if found:
        return OK
    screen.problem(f"{hub.store.told} has heard of no worker of this machine in its lease")
    return FAILED
