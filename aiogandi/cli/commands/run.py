"""``aiogandi run``: the runs of ``--run NAME``, read from the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

import aiogandi
from aiogandi.cli.batch.left import left
from aiogandi.cli.batch.places import file_of_run, forget_users_file, users_file
from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import JournalFile, Json
from aiogandi.cli.exits import FAILED, OK, CommandFailed
from aiogandi.cli.service.connection import Connection, Job
from aiogandi.cli.service.state import Record
from aiogandi.cli.terminal.records import record_of
from aiogandi.cli.terminal.screen import counted

if TYPE_CHECKING:
    # At run time this would load the client, which help and wrong use do without.
    from aiogandi.journals.run import Run

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
        runs = await _runs(connection)
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
    passwords: Annotated[
        bool,
        typer.Option(
            "--passwords",
            metavar="",
            help="Delete the passwords that it generated, too, where they are in your folder for state.",
        ),
    ] = False,
    journal: JournalFile = None,
    json: Json = False,
) -> Job:
    """Forget a run, or some things of it: the same line begins them anew.

    What is open in it may have begun something that nobody knows then, so that needs --yes. The file of
    its generated passwords stays without --passwords, since it may be the only one that has them.
    """

    async def work(connection: Connection) -> int:
        if passwords and await _is_gone(connection, name) and _forget_rest(connection, name, items):
            return OK
        found = await _find(connection, name)
        run = _journal(connection).run(name)
        states = {outcome.key: outcome.state async for outcome in run.outcomes()}
        keys = list(dict.fromkeys(items or states))
        if missing := [key for key in keys if key not in states]:
            raise CommandFailed(f"run {name} has no {', '.join(missing)}")
        unclear = {each["key"] for each in await left(connection) if each["run"] == name}
        unclear |= {key for key, state in states.items() if state == "open"}
        if not yes and (number := len(unclear.intersection(keys))):
            raise CommandFailed(
                f"{counted(number, 'thing')} of run {name} {'is' if number == 1 else 'are'} open, and may"
                " have begun something: give the run's line again to go on, or --yes to forget that"
            )
        gone = await _forget(connection, run, keys, everything=not items)
        screen = connection.screen
        if screen.as_json:
            screen.document({"forgotten": len(gone)})
        else:
            screen.result(f"{counted(len(gone), 'thing')} of run {found.name} forgotten")
        _see_to_passwords(connection, name, gone, delete=passwords)
        if await _is_gone(connection, name):
            forget_users_file(connection, name)
        if held := len(keys) - len(gone):
            screen.problem(f"{counted(held, 'thing')} not: a command has them under way")
            return FAILED
        return OK

    return Job(work, as_json=json, record=Record(journal=journal))


async def _forget(
    connection: Connection, run: Run, keys: Sequence[str], *, everything: bool
) -> list[str]:
    """Forget these things of a run, and with *everything* the run; return those that were."""
    journal = _journal(connection)
    if everything:
        await journal.forget(run=run.name)
    else:
        for key in keys:
            await journal.forget(key, run=run.name)
    if await _is_gone(connection, run.name):
        return list(keys)
    held = {outcome.key async for outcome in run.outcomes()}
    return [key for key in keys if key not in held]


def _forget_rest(connection: Connection, name: str, items: Sequence[str] | None) -> bool:
    """Delete the passwords that were kept when their run was forgotten; returns whether there are any."""
    file = file_of_run(connection, name)
    hostnames = [] if file is None else items or file.names()
    if file is None or not file.has(hostnames):
        return False
    if connection.screen.as_json:
        connection.screen.document({"forgotten": 0})
    _see_to_passwords(connection, name, hostnames, delete=True)
    return True


def _see_to_passwords(
    connection: Connection, name: str, hostnames: Sequence[str], *, delete: bool
) -> None:
    """Delete the passwords that the run has generated for servers that it has forgotten, or say where
    they stay.
    """
    if (own := users_file(connection, name)) is not None:
        connection.screen.line(f"Their passwords stay in {own}, a file of your own")
    file = file_of_run(connection, name)
    if file is None or not file.has(hostnames):
        return
    if delete:
        file.drop(hostnames)
        connection.screen.line(f"Their passwords are deleted from {file.path}")
    else:
        connection.screen.line(
            f"Their passwords stay in {file.path}: delete it when they are kept elsewhere"
        )


async def _find(connection: Connection, name: str) -> aiogandi.RunSummary:
    """Return the run of this name, which is not begun by asking for it."""
    for run in await _runs(connection):
        if run.name == name:
            return run
    kept = file_of_run(connection, name)
    if kept is not None:
        raise CommandFailed(
            f"there is no run {name} of this account any more, but its passwords are in {kept.path}"
            f" (to delete them: aiogandi run forget {name} --passwords)"
        )
    raise CommandFailed(f"there is no run {name} of this account (see: aiogandi run list)")


async def _is_gone(connection: Connection, name: str) -> bool:
    """Whether the journal has no run of this name, or no longer."""
    return all(each.name != name for each in await _runs(connection))


async def _runs(connection: Connection) -> list[aiogandi.RunSummary]:
    return [] if connection.journal is None else await connection.journal.runs()


def _journal(connection: Connection) -> aiogandi.Journal:
    if connection.journal is None:
        raise CommandFailed("there is no journal")
    return connection.journal
