"""Every command, as the parser knows it."""

from aiogandi.cli.app import root
from aiogandi.cli.commands.late import LateCommand


def commands(group=None, path=("aiogandi",)):
    """Every command with its path, as the parser knows them."""
    for name, late in (group or root()).commands.items():
        command = late.load() if isinstance(late, LateCommand) else late
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command
