"""The options that several commands share."""

import math
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.main import get_command

from aiogandi.cli.batch.ids import range_of
from aiogandi.cli.exits import WrongUse


def _seconds(value: float | None) -> float | None:
    if value is not None and not value > 0:  # NaN neither
        raise typer.BadParameter("a number of seconds, above 0")
    return None if value == math.inf else value


def _ids(word: str) -> range:
    try:
        return range_of(word)
    except WrongUse as error:
        # The parser adds which argument it is, and where to find help.
        raise typer.BadParameter(str(error)) from None


def options_of_the_root() -> list[Any]:
    """Return ``--insecure`` and ``--hub`` for a command below the root, because people type them anywhere.

    They set what the root's own ones set, and only the root's help shows them.
    """
    app = typer.Typer(add_completion=False)
    app.command()(_everywhere)
    return [param for param in get_command(app).params if param.name in ("insecure", "hub")]


def _set_at_the_root(context: typer.Context, option: typer.CallbackParam, value: object) -> None:
    if value and option.name is not None:
        context.find_root().params[option.name] = value


def _everywhere(
    insecure: Annotated[
        bool,
        typer.Option(
            "--insecure", metavar="", hidden=True, expose_value=False, callback=_set_at_the_root
        ),
    ] = False,
    hub: Annotated[
        str | None,
        typer.Option(
            "--hub", metavar="URL", hidden=True, expose_value=False, callback=_set_at_the_root
        ),
    ] = None,
) -> None:
    del insecure, hub


def match_option(pattern: str, named: str = "name", *, asks: bool = False) -> Any:
    """Return ``--match``, with a *pattern* that fits what is selected, by what is *named* so.

    *asks*: for a command that changes things, so that its user is asked.
    """
    asking = " A terminal is asked first; without one, '*' needs --yes." if asks else ""
    return typer.Option(
        "--match",
        metavar="PATTERN",
        show_default=False,
        help=f"All whose {named} matches, like '{pattern}'. May be repeated.{asking}",
    )


def names_argument(beginning: str) -> Any:
    """Return the names of what is created; the one in the help begins with *beginning*."""
    return typer.Argument(
        metavar="NAME", show_default=False, help=f"Names, like {beginning}-{{01..20}} in a shell."
    )


def numbered_option(beginning: str) -> Any:
    """Return ``--name``, which goes with ``--count``; the one in the help begins with *beginning*."""
    return typer.Option(
        "--name",
        metavar="PATTERN",
        show_default=False,
        help=f"Their names, numbered from 1: '{beginning}-{{:02d}}' is {beginning}-01,"
        f" {beginning}-02 and so on.",
    )


Json = Annotated[
    bool, typer.Option("--json", metavar="", help="Print one JSON document instead of a table.")
]
Everything = Annotated[
    bool,
    typer.Option(
        "--all", metavar="", help="All of them; asks first. Without a terminal it needs --yes."
    ),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes",
        "-y",
        metavar="",
        help="Do not ask before --match or --all is carried out. Without a terminal, --all and"
        " --match '*' need it.",
    ),
]
NoWait = Annotated[
    bool,
    typer.Option("--no-wait", metavar="", help="Do not wait: print the operations' ids."),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        callback=_seconds,
        show_default=False,
        help="Stop waiting after this time, and print how to wait on.",
    ),
]
RunName = Annotated[
    str | None,
    typer.Option(
        "--run",
        metavar="NAME",
        show_default=False,
        help="Write down what is done, under this name: the same line goes on after any end.",
    ),
]
JournalFile = Annotated[
    Path | None,
    typer.Option(
        "--journal",
        metavar="FILE",
        show_default=False,
        help="Where runs are written down, if not in GANDI_JOURNAL, the hub or your folder for state.",
    ),
]
Ids = Annotated[
    list[range] | None,
    typer.Argument(
        metavar="ID", parser=_ids, show_default=False, help="Ids, and ranges like 10001-10020."
    ),
]
SomeIds = Annotated[
    list[range],
    typer.Argument(metavar="ID", parser=_ids, help="Ids, and ranges like 10001-10020."),
]
Count = Annotated[
    int | None,
    typer.Option("--count", metavar="N", min=1, show_default=False, help="How many; with --name."),
]
Pairs = Annotated[
    list[str],
    typer.Argument(
        metavar="VM DISK",
        help="A server and its disks, or pairs: VM:DISK VM:DISK. Disks may be ranges: 500001-500020.",
    ),
]
