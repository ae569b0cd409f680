"""The options that several commands share."""

import math
from typing import Annotated

import typer


def _seconds(value: float | None) -> float | None:
    if value is not None and not value > 0:  # NaN neither
        raise typer.BadParameter("a number of seconds, above 0")
    return None if value == math.inf else value


Json = Annotated[
    bool, typer.Option("--json", metavar="", help="Print one JSON document instead of a table.")
]
Match = Annotated[
    list[str] | None,
    typer.Option(
        "--match",
        metavar="PATTERN",
        show_default=False,
        help="All whose name matches, like 'web-*'. May be repeated.",
    ),
]
Everything = Annotated[
    bool, typer.Option("--all", metavar="", help="All of them; asks before it begins.")
]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", metavar="", help="Do not ask before --all is carried out.")
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
Ids = Annotated[
    list[int] | None, typer.Argument(metavar="ID", min=1, show_default=False, help="Ids.")
]
SomeIds = Annotated[list[int], typer.Argument(metavar="ID", min=1, help="Ids.")]
Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", show_default=False, help="Names, like web-{01..20} in a shell."),
]
Count = Annotated[
    int | None,
    typer.Option("--count", metavar="N", min=1, show_default=False, help="How many; with --name."),
]
Pattern = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="PATTERN",
        show_default=False,
        help="Their names, numbered from 1: 'web-{:02d}' is web-01, web-02 and so on.",
    ),
]


Pairs = Annotated[
    list[str],
    typer.Argument(metavar="VM DISK", help="A server and its disks, or pairs: VM:DISK VM:DISK."),
]
