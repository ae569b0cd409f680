"""Completion of the command in a shell: ``--show-completion`` and ``--install-completion``.

Typer's own two options take no name of a shell, and so complete for nothing but the current one.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

import typer
from typer.completion import (
    get_completion_inspect_parameters,
    install_callback,
    show_callback,
)

from aiogandi.cli.exits import CommandFailed

SHOW: Final = "--show-completion"
INSTALL: Final = "--install-completion"


class Shell(StrEnum):
    """The shells that can complete, and the one in which the command is typed."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"
    PWSH = "pwsh"
    CURRENT = "current"


def with_shell(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with a shell behind an option that has none: the parser knows no option
    whose value may be left out.
    """
    named = list(arguments)
    if named and named[-1] in (SHOW, INSTALL):
        named.append(Shell.CURRENT)
    return named


def make_ready() -> None:
    """Let typer answer the shells. It does so for itself only where it adds its own two options."""
    get_completion_inspect_parameters()


def _show(context: typer.Context, param: typer.CallbackParam, shell: Shell | None) -> None:
    show_callback(context, param, _for_typer(shell))


def _install(context: typer.Context, param: typer.CallbackParam, shell: Shell | None) -> None:
    try:
        install_callback(context, param, _for_typer(shell))
    except OSError as error:
        raise CommandFailed(f"completion cannot be installed: {error}") from None


def _for_typer(shell: Shell | None) -> str | bool:
    return shell is not None and (shell is Shell.CURRENT or shell.value)


Show = Annotated[
    Shell | None,
    typer.Option(
        SHOW,
        metavar="[SHELL]",
        show_default=False,
        is_eager=True,
        expose_value=False,
        callback=_show,
        help="Print the script that completes commands in bash, zsh, fish or powershell; without a"
        " name, in this shell.",
    ),
]
Install = Annotated[
    Shell | None,
    typer.Option(
        INSTALL,
        metavar="[SHELL]",
        show_default=False,
        is_eager=True,
        expose_value=False,
        callback=_install,
        help="Put that script where the shell finds it.",
    ),
]
