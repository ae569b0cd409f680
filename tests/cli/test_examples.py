"""The examples in the help are commands that can be given as they stand."""

import subprocess

import pytest

from aiogandi.cli.service.connection import Job
from aiogandi.cli.service.sharing import Look
from tests.cli.all_commands import commands

COMMANDS = dict(commands())
EXAMPLES = [
    line.replace("\\[", "[")
    for command in COMMANDS.values()
    for line in command.epilog.split("\n\n")[1:]
]
SERVING = ("aiogandi sandbox", "aiogandi demo", "aiogandi worker")
"""These serve; their own tests run them."""


def words(line):
    """The words of a line as a shell reads them, without what is set for it."""
    done = subprocess.run(
        ["bash", "-c", f"printf '%s\\n' {line}"], check=True, capture_output=True, text=True
    )
    return [word for word in done.stdout.splitlines() if not word.startswith("GANDI_")]


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_is_accepted(line):
    given = words(line)
    path = max((path for path in COMMANDS if f"{' '.join(given)} ".startswith(f"{path} ")), key=len)
    command = COMMANDS[path]
    with command.make_context(path, given[len(path.split()) :]) as context:
        assert path in SERVING or isinstance(command.invoke(context), Job | Look)
