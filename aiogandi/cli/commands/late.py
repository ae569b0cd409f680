"""Commands that are imported only when they are used, so that ``aiogandi --help`` is quick."""

from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


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
        return group if alone is None else cast("TyperCommand", alone)

    def make_context(self, *args: Any, **settings: Any) -> Any:
        """Parse the arguments of the command itself: typer runs the command of this context."""
        return self.load().make_context(*args, **settings)
