"""The command's root: its groups, and what an error or an interrupt ends it with."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, cast

import typer

from aiogandi.cli.commands import account, demo, disk, oses, product, serve, vm
from aiogandi.cli.commands import operation as operation_commands
from aiogandi.cli.examples import examples
from aiogandi.cli.failures import INTERRUPTED, OK, WRONG_USE, CommandFailed, exit_code, explain
from aiogandi.cli.terminal.screen import Screen
from aiogandi.errors import GandiError
from aiogandi.version import __version__

UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[1])
"""What the parser raises. Newer versions of typer carry their own click, older ones import it: this
is the one way to its name that holds for both."""

TRY = "To try things out"

app = typer.Typer(
    name="aiogandi",
    help="Manage Gandi servers, disks and shares in bulk.",
    epilog=examples("aiogandi demo", "aiogandi vm stop --match 'web-*'"),
    no_args_is_help=True,
    # Its tracebacks would show local variables, and a password may be among them.
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(vm.app, name="vm")
app.add_typer(disk.app, name="disk")
app.add_typer(operation_commands.app, name="operation")
app.add_typer(account.app, name="account")
app.add_typer(product.app, name="product")
app.add_typer(oses.app, name="os")
app.command("sandbox", epilog=serve.EXAMPLES, rich_help_panel=TRY)(serve.sandbox)
app.command("demo", epilog=demo.EXAMPLES, rich_help_panel=TRY)(demo.demo)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"aiogandi {__version__}")
        raise typer.Exit


@app.callback()
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
) -> None:
    del version


def run(arguments: Sequence[str]) -> int:
    """Run the command with these arguments; returns its exit code."""
    screen = Screen()
    with _warnings_on(screen):
        try:
            code = app(arguments, prog_name="aiogandi", standalone_mode=False)
        except UsageError as error:
            _tell_usage(screen, error)
            return WRONG_USE
        except typer.Abort:
            screen.line("")  # a question was left unanswered, and its line is not at its end
            screen.problem("interrupted")
            return INTERRUPTED
        except (CommandFailed, GandiError) as error:
            screen.problem(explain(error))
            return exit_code(error)
    return code if isinstance(code, int) else OK


def _tell_usage(screen: Screen, error: typer.BadParameter) -> None:
    message = error.format_message()
    # Without arguments, the help itself was the answer and there is nothing to add.
    if message:
        command = error.ctx.command_path if error.ctx else "aiogandi"
        screen.problem(f"{message.rstrip('.')} (see: {command} --help)")


@contextmanager
def _warnings_on(screen: Screen) -> Iterator[None]:
    """What the client warns of, an operation that ran twice say, is for the user's eyes."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            screen.problem(f"warning: {record.getMessage()}")

    handler = Handler(logging.WARNING)
    logger = logging.getLogger("aiogandi")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
