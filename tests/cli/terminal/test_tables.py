"""Tables in terminals of any width: each can be read, and nothing that is copied by hand is broken."""

import re

import pytest
from rich.cells import cell_len

from aiogandi.cli.commands import operation, vm
from aiogandi.cli.terminal.screen import Screen

WIDE = {
    "id": 10001, "hostname": "a-rather-long-name-of-a-server.example.com", "state": "running",
    "os_id": 111, "shares": 4, "cpu": 2, "memory": 1024, "ips": ["192.168.100.200"],
    "disks": [500001, 500002],
}  # fmt: skip
FAILED = {
    "id": 1000041, "type": "vm_create", "state": "ERROR", "vm_id": 10001, "disk_id": 500001,
    "date_updated": "2012-03-04T05:06:00", "last_error": "there was no room for it on any machine",
}  # fmt: skip


@pytest.fixture
def shown(monkeypatch, capsys):
    """What a terminal of a width shows, in its lines."""

    def show(width, records, columns):
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(width))
        Screen().rows(records, columns)
        lines = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out).splitlines()
        assert max(map(cell_len, lines)) <= width
        return [line.rstrip() for line in lines]

    return show


def words(lines):
    return " ".join(lines).split()


def test_at_80_columns_headings_and_short_values_are_whole_and_a_name_is_broken(shown):
    heading, _, *rows = shown(80, [WIDE], vm.COLUMNS)
    assert heading.split() == [*vm.COLUMNS]
    assert rows[0].split()[2:] == ["running", "111", "4", "2", "1024", "192.168.100.200", "500001"]
    assert "500002" in rows[1]
    name = "".join(row[7:].split("  ")[0].strip() for row in rows)
    assert name == WIDE["hostname"]
    assert len(rows) <= 4


def test_a_server_that_is_being_created_fits_into_80_columns(shown):
    heading, _, row = shown(
        80, [WIDE | {"hostname": "web-01", "state": "being_created", "disks": [500001]}], vm.COLUMNS
    )
    assert heading.split() == [*vm.COLUMNS]
    assert row.split()[1:3] == ["web-01", "being_created"]


@pytest.mark.parametrize("width", [20, 40, 60])
def test_what_does_not_fit_stands_one_below_another(shown, width):
    first, second = WIDE, WIDE | {"id": 10002, "hostname": "web", "ips": []}
    lines = shown(width, [first, second], vm.COLUMNS)
    assert lines.count("") == 1
    block = lines[lines.index("") + 1 :]
    assert [line.split()[0] for line in block[:-1]] == [*vm.COLUMNS]
    assert "HOSTNAME  web" in block
    assert "STATE     running" in block
    assert "IPS       -" in block
    assert block[-2:] == ["DISKS     500001", "          500002"]


@pytest.mark.parametrize("width", [40, 80])
def test_an_error_is_broken_between_words(shown, width):
    lines = shown(width, [FAILED], operation.COLUMNS)
    assert {*words(lines)} >= {
        *("1000041", "vm_create", "ERROR", "10001", "500001", "2012-03-04T05:06:00"),
        *FAILED["last_error"].split(),
    }


@pytest.mark.parametrize(("width", "lines"), [(40, 3), (80, 3)])
def test_what_fits_is_a_table(shown, width, lines):
    columns = {"DISK": "id", "NAME": "name", "STATE": "state"}
    records = [{"id": 500001, "name": "data-01", "state": "attached"}]
    assert len(shown(width, records, columns)) == lines


@pytest.mark.parametrize("width", [20, 40, 80])
def test_an_empty_table_is_its_headings(shown, width):
    assert {*words(shown(width, [], {"VM": "id", "HOSTNAME": "hostname"}))} >= {"VM", "HOSTNAME"}


def test_wide_characters_count_as_wide_as_they_are(shown):
    columns = {"NAME": "name", "FSTYPE": "fstype"}
    lines = shown(40, [{"name": "ディスク" * 8, "fstype": "漢" * 15}], columns)
    assert "漢" * 15 in words(lines)
