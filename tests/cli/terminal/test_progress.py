"""One bar for the whole run in a terminal, a few plain lines where there is none."""

import io
import re

import pytest
from rich.console import Console

from aiogandi.cli.terminal.progress import NO_WAIT, WORDS, progress
from aiogandi.cli.terminal.screen import Screen


def test_a_terminal_shows_one_bar_with_all_counts_and_the_time_left(terminal, slow_service):
    ids = slow_service.vms(*(f"web-{number:02d}" for number in range(20)))
    slow_service.do("fail_operation", "vm_stop", message="no")
    child = terminal("vm", "stop", "--match", "web-*", "--yes", service=slow_service)
    child.expect("Stopping 20 servers .*0 done, 0 failed, 20 under way.* left")
    slow_service.do("advance", 20)
    shown, code = child.end()
    assert code == 1
    assert "19 done, 1 failed, 0 under way" in shown
    assert len(ids) == shown.count("web-") - 1  # each in the table, and the failed one's line


@pytest.mark.parametrize("total", [1, 20, 1000, 10_000])
@pytest.mark.parametrize("words", [WORDS, NO_WAIT], ids=["wait", "no_wait"])
def test_the_bar_leaves_room_for_what_a_terminal_adds_at_80_columns(total, words):
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=80, _environ={"TERM": "xterm"})
    with progress(console, f"Rebooting {total} servers", total, words=words) as show:
        show(0, 0, total)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.getvalue())
    lines = text.replace("\r", "\n").splitlines()
    assert any(f"{total} {words[2]}" in line for line in lines)
    assert max(map(len, lines)) <= 78


def test_without_a_terminal_there_are_few_lines_and_no_escapes(process, slow_service):
    ids = slow_service.vms(*(f"web-{number:02d}" for number in range(30)))
    done = process("vm", "stop", *ids, "--timeout", 0.5, "--json", service=slow_service)
    assert "\x1b" not in done.out + done.err
    assert done.err.splitlines()[0] == "Stopping 30 servers"
    assert len([line for line in done.err.splitlines() if "under way" in line]) <= 11


def test_a_large_run_leaves_a_line_for_each_tenth(capsys):
    with progress(Screen().err, "Stopping 1000 servers", 1000, pause=0) as show:
        for done in range(1001):
            show(done, 0, 1000 - done)
    lines = capsys.readouterr().err.splitlines()
    assert lines[1] == "Stopping 1000 servers: 100 done, 0 failed, 900 under way"
    assert len(lines) == 11


def test_a_total_may_grow():
    console = Console(file=io.StringIO(), width=100)
    with progress(console, "Run r", 10, pause=0) as show:
        show(9, 0, 1)
        show(9, 0, 1, total=90)
        show(10, 0, 1, total=90)
        show(45, 0, 1)
        show(90, 0, 0)
    assert console.file.getvalue().splitlines() == [
        "Run r",
        *(
            f"Run r: {done} done, 0 failed, {left} under way"
            for done, left in ((9, 1), (45, 1), (90, 0))
        ),
    ]
