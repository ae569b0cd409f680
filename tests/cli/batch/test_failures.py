"""Failures are told in as many lines as there are kinds of them."""

import pytest

from aiogandi.cli.batch.failures import list_of
from aiogandi.cli.batch.items import Target


def test_equal_failures_are_one_line_and_no_table(aiogandi, service):
    done = aiogandi("vm", "stop", "20001-20030", service=service)
    assert (done.code, done.out) == (1, "")
    (line,) = [line for line in done.err.splitlines() if line.startswith("aiogandi: ")]
    assert line.startswith(
        "aiogandi: 30 servers 20001-20030: they do not exist: DataError: no such VM [vm_id: …]"
    )


def test_the_json_has_each_of_them_in_full(aiogandi, service):
    done = aiogandi("vm", "stop", "20001-20003", "--json", service=service)
    assert [item["vm_id"] for item in done.json] == [20001, 20002, 20003]
    assert "[vm_id: 20003]" in done.json[2]["error"]


def test_each_kind_has_its_line_and_the_table_shows_what_was_begun(aiogandi, service):
    ids = service.vms("a", "b", "c", "d")
    service.do("fail_operation", "vm_stop", message="no power")
    service.do("fail_operation", "vm_stop", message="no power")
    done = aiogandi("vm", "stop", *ids, "20001-20003", service=service)
    assert done.code == 1
    failed = [line for line in done.err.splitlines() if line.startswith("aiogandi: ")]
    assert len(failed) == 2
    assert "2 servers" in failed[0]
    assert "operation … (vm_stop) ended in ERROR: no power" in failed[0]
    assert "3 servers 20001-20003: they do not exist" in failed[1]
    assert [int(row.split()[0]) for row in done.out.splitlines()[2:]] == ids


def test_failed_creations_are_told_by_their_names(aiogandi, service):
    fault = {"code": 530535, "message": "DataError: no room [os_id: 111]"}
    service.do("fault", "vm_create", **fault, times=9)
    done = aiogandi("vm", "create", "web-1", "web-2", "--os", 111, service=service)
    assert (done.code, done.out) == (1, "")
    assert (
        "aiogandi: 2 servers web-1, web-2: a quota is reached:"
        " DataError: no room [os_id: 111] (fault 530535)\n"
    ) in done.err


def test_what_an_operation_waits_for_is_grouped_too(aiogandi, service):
    done = aiogandi("operation", "wait", "1-40", service=service)
    assert (done.code, done.out) == (1, "")
    assert "aiogandi: 40 operations 1-40: they do not exist: " in done.err
    assert len([line for line in done.err.splitlines() if line.startswith("aiogandi")]) == 1


def test_a_refusal_for_want_of_something_else_says_what(aiogandi, service):
    (vm_id,) = service.vms("web")
    (disk,) = service.disks("data")
    fault = {"code": 530040, "message": "DataError: no hosting account [handle: X]"}
    service.do("fault", "vm_stop", **fault)
    done = aiogandi("vm", "stop", vm_id, service=service)
    assert f"aiogandi: server {vm_id}: the hosting account does not exist: DataError: " in done.err
    done = aiogandi("disk", "attach", 4711, disk, service=service)
    assert f"aiogandi: disk {disk}: the server does not exist: DataError: no such VM" in done.err
    done = aiogandi("disk", "attach", vm_id, 4711, service=service)
    assert "aiogandi: disk 4711: it does not exist: " in done.err
    done = aiogandi("vm", "create", "other", "--os", 4711, service=service)
    assert "aiogandi: server other: the operating system does not exist: " in done.err
    service.do("fault", "hosting_account_info", **fault)
    done = aiogandi("account", "info", service=service)
    assert done.err.startswith("aiogandi: the hosting account does not exist: DataError: ")


@pytest.mark.parametrize(
    ("targets", "text"),
    [
        ([Target(3), Target(1), Target(2)], "1-3"),
        ([Target(1, "a"), Target(2, "b")], "a (1), b (2)"),
        ([Target(number, "x") for number in range(1, 11)], "1-10"),
        ([Target(0, "a"), Target(0, "b")], "a, b"),
        ([Target(0, f"web-{number}") for number in range(3)], "web-0, web-1, web-2"),
    ],
)
def test_things_are_told_as_shortly_as_can_be(targets, text):
    assert list_of(targets) == text
