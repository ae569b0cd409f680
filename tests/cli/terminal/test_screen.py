"""What the command prints: tables for people and for programs, and nothing that controls a terminal."""

from datetime import datetime

import pytest

from aiogandi import VM, OperationState
from aiogandi.cli.commands.vm import COLUMNS
from aiogandi.cli.terminal.records import jsonable, record_of
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


def test_a_record_holds_all_fields_but_what_was_sent_raw():
    vm = VM(id=10001, hostname="web", disks=(500001,), date_created=datetime(2012, 3, 4, 5, 6))
    record = record_of(vm)
    assert (record["id"], record["hostname"], record["disks"]) == (10001, "web", [500001])
    assert record["date_created"] == "2012-03-04T05:06:00"
    assert record["state"] is None
    assert "raw" not in record


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2012, 3, 4), "2012-03-04T00:00:00"),
        ({1: datetime(2012, 3, 4)}, {"1": "2012-03-04T00:00:00"}),
        (OperationState.DONE, "DONE"),
        (b"\x00\xff", "00ff"),
        ((1, [None, 2.5]), [1, [None, 2.5]]),
    ],
)
def test_what_the_service_sends_can_be_json(value, expected):
    assert jsonable(value) == expected


def test_a_column_without_values_stands_where_text_would(capsys):
    columns = {"HOSTNAME": "name", "VM": "id", "DISK": "disk_id"}
    Screen().rows([{"name": None, "id": 5, "disk_id": None}], columns)
    assert capsys.readouterr().out.splitlines()[2] == "-          5     -"


def test_what_is_copied_by_hand_is_not_broken_at_80_columns(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")  # a terminal of 80 columns, without colours
    ips = [f"192.168.100.20{number}" for number in range(5)]
    disks = [*range(500001, 500006)]
    record = dict.fromkeys(COLUMNS.values(), 111)
    record |= {"hostname": "n" * 99, "state": "running", "disks": disks, "ips": ips}
    Screen().rows([record], COLUMNS)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert {*ips, *map(str, disks)} <= {*shown.split()}
