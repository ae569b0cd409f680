"""Every line of README's shell blocks is run, in order.

Those that install something need more than this machine, so `.ci/run` runs them: it takes them from
README, word for word.
"""

import os
import re
import socket
import subprocess
import sys
import venv
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]
INSTALLING = re.search(
    r"grep -E '(.*)' README\.md", (ROOT / ".ci/run").read_text(encoding="utf-8")
)[1]
"""How a line begins that `.ci/run` runs."""

SERVING = re.compile(r"\.venv/bin/aiogandi sandbox --port (\d+)")
"""How the line begins that stays in a terminal of its own."""

PATIENCE = 120
"""Seconds after which the lines hang."""

END = "-- a line has ended --"


@pytest.fixture
def folder(tmp_path):
    """The folder in which README is followed, with the environment that it has made there."""
    venv.create(tmp_path / ".venv")
    programs = Path(sys.prefix, "bin")
    (tmp_path / ".venv/bin/aiogandi").symlink_to(programs / "aiogandi")
    return tmp_path


@pytest.fixture
def shell(folder):
    """What starts a line, or lines that follow each other in one terminal of 80 columns."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GANDI_")}
    env |= {"COLUMNS": "80", "HOME": str(folder)}

    def start(script):
        return subprocess.Popen(
            ["bash", "-c", script],
            cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    return start


@contextmanager
def serving(shell, line):
    """The sandbox of README's line, as long as the block lasts."""
    with shell(f"exec {line}") as sandbox:
        try:
            yield sandbox.stdout.readline()
        finally:
            sandbox.terminate()


def on_a_free_port(lines):
    """The lines with another port: the one that README names may be taken on this machine."""
    [port] = re.findall(SERVING, "\n".join(lines))
    with socket.create_server(("127.0.0.1", 0)) as free:
        own = free.getsockname()[1]
    return [re.sub(rf"\b{port}\b", str(own), line) for line in lines]


def told_by_each(shell, lines):
    """What each line printed, with its exit code as the last line."""
    script = "\n".join(f"{line}\necho $?; echo '{END}'" for line in lines)
    with shell(script) as terminal:
        text, _ = terminal.communicate(timeout=PATIENCE)
    return dict(zip(lines, text.split(f"{END}\n"), strict=False))


def test_every_line_that_installs_nothing_runs_as_it_stands(shell):
    [sandbox, *walk] = on_a_free_port([line for line in LINES if not re.match(INSTALLING, line)])
    with serving(shell, sandbox) as greeting:
        assert greeting.startswith("Sandbox at http://127.0.0.1:")
        told = told_by_each(shell, walk)
    assert [line for line in walk if not told[line].endswith("\n0\n") and told[line] != "0\n"] == []
    assert max(len(line) for text in told.values() for line in text.splitlines()) <= 80
    for command, ending in (
        ("vm create", "done"),
        ("vm list", "running"),
        ("vm stop", "done"),
        ("operation wait", "done"),
    ):
        [text] = [text for line, text in told.items() if f"aiogandi {command}" in line]
        rows = [line for line in text.splitlines() if re.search(rf"\b{ending}\b", line)]
        assert len([row for row in rows if re.match(r" *\d", row)]) == 20, text


def test_ci_runs_the_demo_the_tests_and_the_benchmarks():
    installing = [line for line in LINES if re.match(INSTALLING, line)]
    assert [line.rpartition("/bin/")[2] for line in installing] == [
        "aiogandi demo",
        "coverage run -m pytest -n 2",
        "pip install '.[bench]'",
        "python -m benchmarks",
    ]
