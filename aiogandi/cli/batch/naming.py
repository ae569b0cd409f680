"""The names of what is to be created: given one by one, or as a pattern and a number."""

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from aiogandi.cli.failures import WrongUse
from aiogandi.errors import InvalidArgument

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


def names_of(
    names: Sequence[str] | None,
    count: int | None,
    pattern: str | None,
    check: Callable[[str], object],
) -> list[str]:
    """All names; `WrongUse` where they are none, not different, or not ones that *check* takes."""
    if bool(names) == (pattern is not None) or (count is not None) != (pattern is not None):
        raise WrongUse("give either names, or --count N and --name PATTERN")
    found = list(names) if names else _numbered(pattern or "", count or 0)
    if len(set(found)) < len(found):
        twice = next(name for name in found if found.count(name) > 1)
        raise WrongUse(
            f"{twice!r} is there twice; a pattern needs a place for the number: {{:02d}}"
        )
    for name in found:
        try:
            check(name)
        except InvalidArgument as error:
            raise WrongUse(str(error)) from None
    return found


def _numbered(pattern: str, count: int) -> list[str]:
    try:
        return [pattern.format(number) for number in range(1, count + 1)]
    except (ValueError, LookupError, AttributeError):
        raise WrongUse(f"--name {pattern!r}: not a pattern like 'web-{{:02d}}'") from None
