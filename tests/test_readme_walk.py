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

import pexpect
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
def env(folder):
    """What a new user's shell has set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GANDI_")}
    return kept | {"HOME": str(folder), "PS1": "", "TERM": "xterm-256color"}


@pytest.fixture
def terminal(folder, env):
    """A terminal of 80 columns with a shell in it, which does not repeat what is typed."""
    shell = ["--noprofile", "--norc", "--noediting", "-i"]
    size = (24, 80)
    with pexpect.spawn(
        "bash", shell, cwd=folder, env=env, dimensions=size, encoding="utf-8", timeout=PATIENCE
    ) as child:
        child.setecho(False)
        yield child


@contextmanager
def serving(folder, env, line):
    """The sandbox of README's line, in another terminal, as long as the block lasts."""
    with subprocess.Popen(
        ["bash", "-c", f"exec {line}"], cwd=folder, env=env, stdout=subprocess.PIPE, text=True
    ) as sandbox:
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


def pasted(terminal, lines):
    """What each line showed, and its exit code, where all are pasted at once: what asks a question takes
    the next line for the answer.
    """
    terminal.send("".join(f"{line}\necho '{END}' $?\n" for line in lines))
    for line in lines:
        terminal.expect(rf"{END} (\d+)\r\n")
        yield line, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.before), int(terminal.match[1])


def test_every_line_that_installs_nothing_runs_as_it_stands(folder, env, terminal):
    [sandbox, *walk] = on_a_free_port([line for line in LINES if not re.match(INSTALLING, line)])
    with serving(folder, env, sandbox) as greeting:
        assert greeting.startswith("Sandbox at http://127.0.0.1:")
        told = list(pasted(terminal, walk))
    assert [(line, text) for line, text, code in told if code] == []
    assert max(len(row) for _, text, _ in told for row in re.split("[\r\n]+", text)) <= 80
    for command, ending in (
        ("vm create", "done"),
        ("vm list", "running"),
        ("vm stop", "done"),
        ("operation wait", "done"),
    ):
        texts = [text for line, text, _ in told if f"aiogandi {command}" in line]
        assert len(texts) == (2 if command == "vm create" else 1)  # the other with --run
        for text in texts:
            rows = [row for row in text.splitlines() if re.search(rf"\b{ending}\b", row)]
            assert len([row for row in rows if re.match(r" *\d", row)]) == 20, text


def test_ci_runs_the_demos_the_tests_and_the_benchmarks():
    installing = [line for line in LINES if re.match(INSTALLING, line)]
    assert [line.rpartition("/bin/")[2] for line in installing] == [
        "aiogandi demo",
        "pytest -n 2",
        "aiogandi demo --fleet",
        "pip install '.[bench]'",
        "python -m benchmarks",
    ]
