"""``aiogandi hub``: what processes share through a store, read there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import typer

from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import Json
from aiogandi.cli.exits import FAILED, OK
from aiogandi.cli.service.sharing import Look, Sight
from aiogandi.cli.terminal.screen import Screen

if TYPE_CHECKING:
    # At run time this would load the store's client, which help and wrong use do without.
    from aiogandi.hub.overview.values import Overview

app = typer.Typer(help="The hub: what processes share through a store.", no_args_is_help=True)

FACTS: Final = {
    "Store": "address",
    "Prefix": "prefix",
    "Server": "server",
    "Format": "format",
}
TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "processes": {
        "PROCESS": "name",
        "HOST": "host",
        "PID": "pid",
        "PROGRAM": "program",
        "SINCE": "since",
        "HEARD": "heard",
        "LOGINS": "logins",
    },
    "rates": {
        "RATE GROUP": "name",
        "GAP": "gap",
        "USED": "used",
        "RESERVED": "reserved",
        "FREE IN": "free",
        "HELD FOR": "held",
    },
    "sessions": {
        "SESSION": "fingerprint",
        "BEGAN": "began",
        "ENDS": "ends",
        "PROCESS": "process",
        "LOGS IN": "login",
        "REFUSED FOR": "refused",
    },
    "accounts": {
        "ACCOUNT": "name",
        "LOGIN": "login",
        "URL": "url",
        "POLLER": "poller",
        "WATCHERS": "watchers",
        "WATCHES": "watches",
        "OPEN CALLS": "open",
        "CLAIMS": "claims",
    },
    "keys": {
        "KEY": "key",
        "RUN": "run",
        "ACCOUNT": "account",
        "HELD BY": "holder",
    },
}
"""What is shown of each part of the overview, where there is something."""


@app.command(
    epilog=examples(
        "GANDI_HUB=redis://cache.internal aiogandi hub status", "aiogandi hub status --json"
    )
)
def status(json: Json = False) -> Look:
    """Show who is there and who polls, turns, sessions, and keys that are held.

    It is read from the store alone: nobody logs in, and nothing is changed there.
    """

    async def work(sight: Sight) -> int:
        # Here, because help and wrong use do without the store's client.
        from aiogandi.hub.overview.reading import overview  # noqa: PLC0415

        screen, found = sight.screen, await overview(sight.hub)
        if screen.as_json:
            screen.document(found.to_dict())
        else:
            _show(screen, found.to_dict())
        return _judge(screen, found)

    return Look(work, as_json=json)


def _show(screen: Screen, record: Mapping[str, Any]) -> None:
    screen.facts(record, FACTS)
    for part, columns in TABLES.items():
        if record[part]:
            screen.result("")
            screen.rows(record[part], columns)


def _judge(screen: Screen, found: Overview) -> int:
    """Say what is wrong with the store; returns the exit code."""
    if found.is_of_another_release:
        screen.problem(
            f"what stands there has format {found.format}, which is another release's; nothing else of it"
            " can be read"
        )
        return FAILED
    for setting in found.settings:
        if setting.value != setting.wanted:
            seen = "cannot be seen" if setting.value is None else f"is {setting.value}"
            screen.problem(f"{setting.name} {seen}: a journal there needs {setting.wanted}")
    if found.format is None:
        screen.line("Nobody has used it yet")
    return OK
