"""``aiogandi fleet``: the runs of a fleet, read and cancelled in the hub's store, on any machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from aiogandi.cli.batch import fleet
from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import Json
from aiogandi.cli.exits import OK
from aiogandi.cli.service.sharing import Look, Sight
from aiogandi.cli.terminal.screen import Screen

if TYPE_CHECKING:
    # At run time these would load the client, which help and wrong use do without.
    from aiogandi.fleet.books.books import RunProgress
    from aiogandi.hub.overview.values import ProcessHere

app = typer.Typer(
    help="The fleet: runs that workers on many machines do together.", no_args_is_help=True
)

Name = Annotated[
    str, typer.Argument(metavar="RUN", help="What the program that began it calls it.")
]

RUNS: Final = {
    "RUN": "run",
    "ACTION": "action",
    "SINCE": "since",
    "ITEMS": "items",
    "DONE": "done",
    "FAILED": "failed",
    "UNDER WAY": "under_way",
    "WAITING": "waiting",
    "CANCELLED": "cancelled",
}
WORKERS: Final = {
    "HOST": "host",
    "PID": "pid",
    "SINCE": "since",
    "HEARD": "heard",
    "LIMIT": "limit",
    "UNDER WAY": "under_way",
    "ACCOUNTS": "accounts",
}


@app.command(
    epilog=examples(
        "GANDI_HUB=redis://cache.internal aiogandi fleet status", "aiogandi fleet status r42"
    )
)
def status(
    run: Annotated[
        str | None,
        typer.Argument(metavar="RUN", show_default=False, help="Only this one of the runs."),
    ] = None,
    json: Json = False,
) -> Look:
    """Show how far the runs are, and the workers that are heard of.

    It is read from the hub's store alone: nobody logs in, and the fleet's own program is not needed.
    """

    async def work(sight: Sight) -> int:
        # Here, because help and wrong use do without the store's client.
        from aiogandi.hub.overview.reading import processes  # noqa: PLC0415

        screen = sight.screen
        async with fleet.books_of(sight) as books:
            runs = await books.all_progress() if run is None else [await fleet.find(books, run)]
            here = await processes(sight.hub)
        told = {
            "runs": [*map(_of_run, runs)],
            "workers": [_of_worker(each, each.worker) for each in here if each.worker is not None],
        }
        if screen.as_json:
            screen.document(told)
        else:
            _show(screen, told)
        return OK

    return Look(work, as_json=json)


@app.command(epilog=examples("aiogandi fleet watch r42", "aiogandi fleet watch r42 --json"))
def watch(
    run: Name,
    json: Annotated[
        bool,
        typer.Option(
            "--json", metavar="", help="Print each outcome as JSON, in a line of its own."
        ),
    ] = False,
) -> Look:
    """Print the outcome of each item of a run, first of those that have ended, until all have.

    Ctrl-C ends the watching, and not the run.
    """

    async def work(sight: Sight) -> int:
        return await fleet.watch(sight, run)

    return Look(work, as_json=json)


@app.command(epilog=examples("aiogandi fleet cancel r42"))
def cancel(
    run: Name,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", "-y", metavar="", help="Do not ask. Without a terminal it is needed."
        ),
    ] = False,
    json: Json = False,
) -> Look:
    """End the items of a run that nobody has begun, as failed. What is under way goes on to its end."""

    async def work(sight: Sight) -> int:
        return await fleet.cancel(sight, run, yes=yes)

    return Look(work, as_json=json)


@app.command(epilog=examples("aiogandi fleet forget r42"))
def forget(run: Name, json: Json = False) -> Look:
    """Remove a run whose items have all ended, and its outcomes.

    What its items have done stays in the journal: a run of the same name does none of it again.
    """

    async def work(sight: Sight) -> int:
        return await fleet.forget(sight, run)

    return Look(work, as_json=json)


def _show(screen: Screen, told: Mapping[str, list[dict[str, Any]]]) -> None:
    if told["runs"]:
        shown = [{**run, "cancelled": "yes" if run["cancelled"] else None} for run in told["runs"]]
        screen.rows(shown, RUNS)
    else:
        screen.line("There are no runs")
    if told["workers"]:
        screen.result("")
        screen.rows(told["workers"], WORKERS)
    else:
        screen.line("No worker is heard of")


def _of_run(run: RunProgress) -> dict[str, Any]:
    return {
        "run": run.run,
        "action": run.action,
        "since": run.since.isoformat(timespec="seconds"),
        "items": run.items,
        "done": run.done,
        "failed": run.failed,
        "under_way": run.under_way,
        "waiting": run.waiting,
        "cancelled": run.is_cancelled,
    }


def _of_worker(process: ProcessHere, told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "host": process.host,
        "pid": process.pid,
        "since": process.since.isoformat(timespec="seconds"),
        "heard": process.heard,
        "limit": told["limit"],
        "under_way": told["under_way"],
        "accounts": told["accounts"],
    }
