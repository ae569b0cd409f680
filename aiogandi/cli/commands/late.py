"""Commands that are imported only when they are used, so that ``aiogandi --help`` is quick."""

from importlib import import_module
from typing import Any, Final, cast

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup
from typer.main import get_group

from aiogandi.cli.commands.options import options_of_the_root

HELP: Final = ("-h", "--help")
"""The options that show a command's help."""


class LateCommand(TyperCommand):
    """The place of a command, or of a group of commands, in the list of the root's help.

    *help* is its line there. The command itself is imported when it is run, completed, or asked for
    its own help. Its file in this package has an ``app``: for a group its commands, else the one
    command called *name*.
    """

    def __init__(self, name: str, file: str, help: str, panel: str | None = None) -> None:  # noqa: A002 - typer's word
        super().__init__(name, help=help, rich_help_panel=panel)
        self._file = file

    def load(self) -> TyperCommand | TyperGroup:
        """Import the command and return it."""
        app: typer.Typer = import_module(f"aiogandi.cli.commands.{self._file}").app
        group = get_group(app)
        alone = group.commands.get(self.name or "")
        commands = [group, *group.commands.values()] if alone is None else [alone]
        for command in commands:
            command.params += options_of_the_root()
            finished(cast("TyperCommand", command))
        return group if alone is None else cast("TyperCommand", alone)

    def make_context(self, *args: Any, **settings: Any) -> Any:
        """Parse the arguments of the command itself: typer runs the command of this context."""
        return self.load().make_context(*args, **settings)


def finished(command: TyperCommand | TyperGroup) -> None:
    """Let the command's help name what is typed, and not the type that Python has for it.

    Some versions of typer call ``--help`` a ``<bool>``, which is nothing that anybody could type, and
    put ``<list[range]>`` beside an argument that has a name of its own.
    """
    option = command.get_help_option(typer.Context(command, help_option_names=[*HELP]))
    if option is not None:
        option.metavar = ""
    for parameter in command.params:
        if isinstance(parameter, TyperArgument):
            _show_no_type(parameter)


def _show_no_type(argument: Any) -> None:
    """Let the help show the argument's metavar alone. Versions of typer that show no type ask for none."""
    argument.display_type_rich = lambda ctx: None  # noqa: ARG005 - typer gives it by name
