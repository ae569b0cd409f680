"""Signals, and outputs that are closed, full, left, or in ASCII: nothing that was bought is lost."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, PATIENCE, environment

NAMES = [f"web-{number:02d}" for number in range(1, 11)]
CREATE = ("vm", "create", *NAMES, "--os", "111")


@pytest.fixture
def shell(home):
    """Runs the command with redirections as bash makes them; returns code, stdout and stderr."""

    def run(args, redirections, service, env=None):
        script = f'"$@" {redirections}'
        done = subprocess.run(
            ["bash", "-c", script, "bash", *COMMAND, *args],
            check=False,
            env=environment(home, service, env),
            capture_output=True,
            timeout=PATIENCE,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


def saved(home):
    """The text of the only file with passwords in the folder for state."""
    (file,) = Path(home["HOME"], ".local/state/aiogandi/passwords").glob("*.txt")
    assert file.stat().st_mode & 0o777 == 0o600
    return file.read_text()


def is_told(text, home):
    """Whether a text has each server with its password and its operation."""
    passwords = dict(
        line.split("\t") for line in saved(home).splitlines() if not line.startswith("#")
    )
    assert passwords.keys() == set(NAMES)
    return all(
        re.search(rf"1\d{{4}} +{name} +{password} +\d+ ", text)
        for name, password in passwords.items()
    )


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated (SIGTERM)"),
        (signal.SIGHUP, 129, "the terminal is gone (SIGHUP)"),
    ],
)
def test_a_signal_ends_the_command_with_all_that_was_bought(
    operations_to_await, start, slow_service, home, number, code, word
):
    child = start(*CREATE, service=slow_service)
    while slow_service.do("executed").get("vm_create", 0) < 10:
        time.sleep(0.02)
    os.kill(child.pid, number)
    out, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == code
    assert is_told(out, home)
    assert f"aiogandi: {word}: 0 of 10 servers created" in err
    assert len(operations_to_await(err)) == 10


def test_a_terminal_that_goes_away_leaves_all_in_the_file(terminal, slow_service, home):
    child = terminal(*CREATE, service=slow_service)
    child.expect("10 under way")
    child.ptyproc.fileobj.close()  # the kernel sends SIGHUP, and each write fails from now on
    for _ in range(1000):
        if "aiogandi operation wait" in saved(home):
            break
        time.sleep(0.02)
    text = saved(home)
    assert is_told(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text), home)
    assert "# aiogandi: the terminal is gone (SIGHUP): 0 of 10 servers created" in text


@pytest.mark.parametrize(
    "redirections", ["> /dev/full", ">&-", "> >(exec true)"], ids=["full", "closed", "left"]
)
def test_what_stdout_does_not_take_is_on_stderr(shell, service, home, redirections):
    code, out, err = shell(CREATE, redirections, service)
    assert code == 1
    assert out == ""
    assert is_told(err, home)
    assert "standard output cannot be written: " in err
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    assert service.states() == dict.fromkeys(NAMES, "running")


@pytest.mark.parametrize(
    "redirections",
    ["2> >(head -1 >/dev/null)", "2>&-", "2> /dev/full"],
    ids=["left", "closed", "full"],
)
def test_without_stderr_the_table_and_what_to_take_up_are_on_stdout(
    operations_to_await, shell, slow_service, home, redirections
):
    code, out, _ = shell((*CREATE, "--timeout", "1"), redirections, slow_service)
    assert code == 1
    assert is_told(out, home)
    if "head" not in redirections:  # which may read on until it has its line
        assert len(operations_to_await(out)) == 10


def test_a_document_stays_alone_on_stdout(shell, slow_service, home):
    args = (*CREATE, "--timeout", "1", "--json")
    code, out, _ = shell(args, "2> /dev/full", slow_service)
    assert code == 1
    assert len(json.loads(out)) == 10
    assert "# aiogandi: the time is up: 0 of 10 servers created" in saved(home)


@pytest.mark.parametrize("redirections", ["> /dev/full 2>&1", ">&- 2>&-"])
def test_without_both_all_is_in_the_file_of_the_passwords(
    operations_to_await, shell, slow_service, home, redirections
):
    code, out, err = shell((*CREATE, "--timeout", "1"), redirections, slow_service)
    assert (code, out, err) == (1, "", "")
    assert is_told(saved(home), home)
    assert len(operations_to_await(saved(home))) == 10


def test_a_report_of_another_command_is_kept_too(shell, slow_service, home):
    ids = slow_service.vms("web-01", "web-02")
    args = ("vm", "stop", *map(str, ids), "--timeout", "1")
    assert shell(args, "> /dev/full 2>&1", slow_service)[0] == 1
    (file,) = Path(home["HOME"], ".local/state/aiogandi/reports").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "aiogandi operation wait" in file.read_text()


def test_an_ascii_terminal_is_shown_what_it_can_show(shell, service):
    args = ("disk", "create", "données", "--size", "100")
    code, out, err = shell(args, "", service, {"PYTHONIOENCODING": "ascii"})
    assert (code, len(service.do("disks"))) == (0, 1), err
    assert "donn\\xe9es" in out
    assert "Traceback" not in err
    c_locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    code, out, _ = shell(("disk", "list"), "", service, c_locale)
    assert code == 0
    assert "donn\\xe9es" in out


def test_a_list_whose_disk_is_full_says_so(shell, service):
    service.vms("web")
    code, out, err = shell(("vm", "list"), "> /dev/full", service)
    assert (code, out) == (1, "")
    assert err == "aiogandi: standard output cannot be written: No space left on device\n"
