"""A terminal whose other side goes away in the middle of the work, without a signal that says so."""

import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, PATIENCE, environment

NAMES = [f"web-{number:02d}" for number in range(1, 11)]
LINE = ("vm", "create", *NAMES, "--os", "111", "--run", "x")

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="tells no processor time of another process"
)


def seconds_of_processor(pid):
    """What the process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def orphaned(home, slow_service):
    """The command after its terminal went away, with ten servers under way. It has the terminal as all
    three streams and in another session, as below ``nohup`` or ``setsid``: nobody sends it SIGHUP.
    """
    master, terminal = pty.openpty()
    child = subprocess.Popen(
        [*COMMAND, *LINE],
        env=environment(home, slow_service, None),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    with child:
        try:
            shown = b""
            # What is asked for counts as under way: the service may not have begun it.
            while (
                b"10 under way" not in shown or slow_service.do("executed").get("vm_create", 0) < 10
            ):
                assert select.select([master], [], [], PATIENCE)[0], shown
                shown += os.read(master, 4096)
            os.close(master)
            yield child
        finally:
            child.kill()


def test_it_goes_on_without_spinning_and_leaves_all_in_the_file(orphaned, slow_service, home):
    before = seconds_of_processor(orphaned.pid)
    time.sleep(1)
    assert seconds_of_processor(orphaned.pid) - before < 0.4
    slow_service.do("advance", 60)
    assert orphaned.wait(PATIENCE) == 1  # the table was not delivered
    assert slow_service.states() == dict.fromkeys(NAMES, "running")
    (file,) = Path(home["HOME"], ".local/state/aiogandi/passwords").glob("x-*.txt")
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", file.read_text())
    passwords = dict(line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    assert passwords.keys() == set(NAMES)
    for name, password in passwords.items():
        assert re.search(rf"# 1\d{{4}} +{name} +{password} +\d+ +DONE +done", text), text
    assert "# aiogandi: standard output cannot be written: Input/output error" in text
