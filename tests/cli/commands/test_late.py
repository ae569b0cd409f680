"""Commands are imported when they are used, so that help is quick."""

import subprocess
import sys

import pytest

from aiogandi.cli.app import root


@pytest.mark.parametrize("late", root().commands.values(), ids=lambda late: late.name)
def test_the_root_says_of_each_command_what_it_says_of_itself(late):
    assert late.load().help.splitlines()[0] == late.help


@pytest.mark.parametrize(
    ("arguments", "unused"),
    [
        (["--help"], ["aiohttp", "lxml", "aiogandi.client", "aiogandi.cli.commands.vm"]),
        (["--version"], ["aiohttp", "lxml", "aiogandi.client", "aiogandi.cli.commands.vm"]),
        (["vm", "--help"], ["aiohttp", "lxml", "aiogandi.client", "aiogandi.sandbox"]),
        (["vm", "stop", "--help"], ["aiohttp", "lxml", "aiogandi.client", "aiogandi.sandbox"]),
        (["worker", "--help"], ["aiohttp", "lxml", "aiogandi.client", "redis", "streaq"]),
        (["hub", "status", "--help"], ["aiohttp", "lxml", "aiogandi.client", "redis"]),
    ],
)
def test_what_needs_no_service_does_not_import_the_client(home, arguments, unused):
    script = """
import json, sys
from aiogandi.cli.app import run
run(sys.argv[1:])
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        check=True, env=home, capture_output=True, text=True,
    )  # fmt: skip
    imported = done.stderr.splitlines()[-1]
    assert '"aiogandi.cli.app"' in imported
    assert [name for name in unused if f'"{name}"' in imported] == []
