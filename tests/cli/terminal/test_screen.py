"""What the command prints: tables for people and for programs, and nothing that controls a terminal."""

import pytest

from aiogandi.cli.terminal.screen import Screen


def test_a_table_for_another_program_has_whole_lines(process, service):
    service.vms(f"{'a-rather-long-hostname.' * 5}example")
    done = process("vm", "list", service=service)
    assert "\x1b" not in done.out
    assert len(done.out.splitlines()) == 3


def test_what_a_terminal_would_obey_is_not_repeated(aiogandi, slow_service):
    (vm_id,) = slow_service.vms("web")
    slow_service.do("fault", "vm_stop", code=531060, message="no\x9b2J\nway [vm_id: 1]")
    done = aiogandi("vm", "stop", vm_id, service=slow_service)
    assert done.code == 1
    assert "no 2J way [vm_id: 1]" in done.err


@pytest.mark.parametrize(
    ("outcome", "colour"), [("done", 32), ("under_way", 33), ("failed", 31), ("unknown", 31)]
)
def test_an_outcome_has_its_colour_in_a_terminal(monkeypatch, capsys, outcome, colour):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    Screen().rows([{"outcome": outcome}], {"OUTCOME": "outcome"})
    assert f"\x1b[{colour}m{outcome}" in capsys.readouterr().out
