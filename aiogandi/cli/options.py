"""The options that many commands share."""

import math
from typing import Annotated

import typer


def _seconds(value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise typer.BadParameter("a number of seconds, above 0")
    return value


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
    bool, typer.Option("--all", metavar="", help="All that there are; asks before it begins.")
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
        help="Stop waiting after so long, and print how to take it up.",
    ),
]
Ids = Annotated[
    list[int] | None, typer.Argument(metavar="ID", min=1, show_default=False, help="Ids.")
]
SomeIds = Annotated[list[int], typer.Argument(metavar="ID", min=1, help="Ids.")]
