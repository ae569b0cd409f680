"""``aiogandi run``: the runs of ``--run NAME``, read from the journal."""

from __future__ import annotations

from typing import Annotated, Final

import typer

import aiogandi
from aiogandi.cli.batch.left import left
from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import JournalFile, Json
from aiogandi.cli.exits import FAILED, OK, CommandFailed
from aiogandi.cli.service.connection import Connection, Job
from aiogandi.cli.service.state import Record
from aiogandi.cli.terminal.records import record_of
from aiogandi.cli.terminal.screen import counted

app = typer.Typer(help="Runs of --run NAME: what is done of each.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What --run calls it.")]

COLUMNS: Final = {
    "RUN": "name",
    "SINCE": "since",
    "DONE": "done",
    "FAILED": "failed",
    "OPEN": "open",
}
ITEMS: Final = {"ITEM": "key", "STATE": "state", "SINCE": "since", "ERROR": "error"}


@app.command("list", epilog=examples("aiogandi run list"))
def list_(journal: JournalFile = None, json: Json = False) -> Job:
    """List the account's runs, the oldest first: how much of each is done, failed, and neither."""

    async def work(connection: Connection) -> int:
        runs = await _journal(connection).runs()
        connection.screen.rows([record_of(run) for run in runs], COLUMNS)
        return OK

    return Job(work, as_json=json, record=Record(journal=journal))


@app.command(epilog=examples("aiogandi run show release-42 --json"))
def show(name: Name, journal: JournalFile = None, json: Json = False) -> Job:
    """Show what became of each thing that a run has begun: done, failed, or open.

    Nothing is asked of the service: pending and recover tell of what is open.
    """

    async def work(connection: Connection) -> int:
        await _find(connection, name)
        run = _journal(connection).run(name)
        records = [record_of(outcome) async for outcome in run.outcomes()]
        shown = [{field: record[field] for field in ITEMS.values()} for record in records]
        connection.screen.rows(shown, ITEMS)
        return OK

    return Job(work, as_json=json, record=Record(journal=journal))


@app.command(
    epilog=examples("aiogandi run forget release-42", "aiogandi run forget release-42 web-07")
)
def forget(
    name: Name,
    items: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ITEM",
            show_default=False,
            help="Only these things of it: names of what is created, ids of what is changed.",
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", metavar="", help="Forget what is open in it as well.")
    ] = False,
    journal: JournalFile = None,
    json: Json = False,
) -> Job:
    """Forget a run, or some things of it: the same line begins them anew.

    What is open in it may have begun something that nobody knows then, so that needs --yes.
    """

    async def work(connection: Connection) -> int:
        found = await _find(connection, name)
        run = _journal(connection).run(name)
        states = {outcome.key: outcome.state async for outcome in run.outcomes()}
        keys = items or list(states)
        if missing := [key for key in keys if key not in states]:
            raise CommandFailed(f"run {name} has no {', '.join(missing)}")
        unclear = {each["key"] for each in await left(connection) if each["run"] == name}
        unclear |= {key for key, state in states.items() if state == "open"}
        if not yes and (number := len(unclear.intersection(keys))):
            raise CommandFailed(
                f"{counted(number, 'thing')} of run {name} {'is' if number == 1 else 'are'} open, and may"
                " have begun something: give the run's line again to go on, or --yes to forget that"
            )
        forget = _journal(connection).forget
        forgotten = 0
        if items:
            for key in keys:
                forgotten += await forget(key, run=found.name)
        else:
            forgotten = await forget(run=found.name)
        if connection.screen.as_json:
            connection.screen.document({"forgotten": forgotten})
        else:
            connection.screen.result(f"{counted(forgotten, 'thing')} of run {name} forgotten")
        if forgotten < len(keys):
            held = len(keys) - forgotten
            connection.screen.problem(f"{counted(held, 'thing')} not: a command has them under way")
            return FAILED
        return OK

    return Job(work, as_json=json, record=Record(journal=journal))


async def _find(connection: Connection, name: str) -> aiogandi.RunSummary:
    """Return the run of this name, which is not begun by asking for it."""
    for run in await _journal(connection).runs():
        if run.name == name:
            return run
    raise CommandFailed(f"there is no run {name} of this account (see: aiogandi run list)")


def _journal(connection: Connection) -> aiogandi.Journal:
    if connection.journal is None:
        raise CommandFailed("there is no journal")
    return connection.journal
