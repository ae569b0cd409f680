"""The root of the command: the list of its commands, and what ends it with which exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command

from aiogandi.cli.commands.completion import Install, Show, make_ready, with_shell
from aiogandi.cli.commands.examples import examples, lines
from aiogandi.cli.commands.late import HELP, LateCommand, finished
from aiogandi.cli.exits import (
    INTERRUPTED,
    MEANINGS,
    OK,
    WRONG_USE,
    CommandFailed,
    exit_code,
    explain,
)
from aiogandi.cli.terminal.logs import warnings_on
from aiogandi.cli.terminal.outlet import occupy_closed_streams
from aiogandi.cli.terminal.screen import Screen, Undelivered
from aiogandi.errors import GandiError
from aiogandi.version import __version__

if TYPE_CHECKING:
    # At run time these would load the client, which the help does without.
    from aiogandi.cli.service.connection import Job
    from aiogandi.cli.service.sharing import Look
    from aiogandi.client import Gandi

UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[1])
"""What the parser raises for wrong use. Some versions of typer carry their own click and some import
it, so that no import gives this class in all of them."""

TRY: Final = "To try things out"

COMMANDS: Final = (
    LateCommand("vm", "vm", "Servers."),
    LateCommand("disk", "disk", "Disks."),
    LateCommand("operation", "operation", "Operations: what the service is doing, and has done."),
    LateCommand("account", "account", "The account: balance, shares, products."),
    LateCommand("product", "product", "Products of the account: shares."),
    LateCommand("os", "oses", "Operating systems for new servers."),
    LateCommand("run", "run", "Runs of --run NAME: what is done of each."),
    LateCommand("pending", "pending", "List what earlier commands began and nobody has concluded."),
    LateCommand("recover", "recover", "Find out what became of what earlier commands began."),
    LateCommand("hub", "hub", "The hub: what processes share through a store."),
    LateCommand("fleet", "fleet", "The fleet: runs that workers on many machines do together."),
    LateCommand("worker", "worker", "Carry out items of a fleet's runs, until told to end."),
    LateCommand(
        "sandbox",
        "sandbox",
        "Serve a sandbox until it is interrupted, which ends it with exit code 0.",
        TRY,
    ),
    LateCommand(
        "demo",
        "demo",
        "Watch servers being created, used and deleted in bulk, on a sandbox in this process.",
        TRY,
    ),
)


EXIT_CODES: Final = (
    "Exit codes: " + "; ".join(f"{code} {meaning}" for code, meaning in MEANINGS.items()) + "."
)


def root(client: Callable[..., Gandi] | None = None) -> TyperGroup:
    """Return the command as typer parses it. *client*: as in `run`."""

    def carry_out(result: int | Job | Look, *, insecure: bool, hub: str | None, **_: Any) -> int:
        if isinstance(result, int):
            return result
        return result.carry_out(client, insecure=insecure, hub=hub)

    app = typer.Typer(
        name="aiogandi",
        help="Manage Gandi servers, disks and shares in bulk.",
        epilog=lines(examples("aiogandi demo", "aiogandi vm stop --match 'web-*'"), EXIT_CODES),
        no_args_is_help=True,
        add_completion=False,  # see `completion`
        context_settings={"help_option_names": [*HELP]},
        callback=_root,
        result_callback=carry_out,
    )
    group = cast("TyperGroup", get_command(app))
    for command in COMMANDS:
        group.add_command(command)
    make_ready()
    finished(group)
    return group


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"aiogandi {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            metavar="",
            callback=_print_version,
            is_eager=True,
            help="Print the version.",
        ),
    ] = False,
    insecure: Annotated[
        bool,
        typer.Option(
            "--insecure",
            metavar="",
            help="Send password and session unencrypted to an http:// URL on another machine.",
        ),
    ] = False,
    hub: Annotated[
        str | None,
        typer.Option(
            "--hub",
            metavar="URL",
            show_default=False,
            help="Share session and rate with the service beside, through this store: redis://HOST. One"
            " with a password belongs into GANDI_HUB, as others can read the command's line.",
        ),
    ] = None,
    show_completion: Show = None,
    install_completion: Install = None,
) -> None:
    del version, insecure, hub, show_completion, install_completion


def run(arguments: Sequence[str], client: Callable[..., Gandi] | None = None) -> int:
    """Run the command with these arguments; returns its exit code.

    *client* makes the client for it, with the arguments of `Gandi`, which is the default.
    """
    occupy_closed_streams()
    screen = Screen()
    with warnings_on(screen):
        try:
            code = root(client).main(
                with_shell(arguments), prog_name="aiogandi", standalone_mode=False
            )
        except UsageError as error:
            _tell_usage(screen, error)
            return WRONG_USE
        except typer.Abort:
            screen.line("")  # the question that was not answered has left the cursor in its line
            screen.problem("interrupted")
            return INTERRUPTED
        except Undelivered as error:
            if not error.reader_left:
                screen.problem(explain(error))
            return exit_code(error)
        except (CommandFailed, GandiError) as error:
            screen.problem(explain(error))
            return exit_code(error)
    return code if isinstance(code, int) else OK


def _tell_usage(screen: Screen, error: typer.BadParameter) -> None:
    # What checks a value for typer puts "Value error, " before its reason.
    message = error.format_message().replace(": Value error, ", ": ")
    # Without arguments, the help itself was the answer and there is nothing to add.
    if message:
        command = error.ctx.command_path if error.ctx else "aiogandi"
        screen.problem(f"{message.rstrip('.')} (see: {command} --help)")
