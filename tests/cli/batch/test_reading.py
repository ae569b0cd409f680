"""A list that is not whole says so at its end, in the exit code, and never by being short."""

import pytest

READ_FAULT = {"code": 530250, "message": "DataError: not yours [id: 1]"}
NO_ACCOUNT = {"code": 530040, "message": "DataError: no hosting account [handle: X]"}


@pytest.fixture
def full(service):
    """A service with three servers, three disks on the first of them, and their operations."""
    first, *_ = service.vms("a", "b", "c")
    for disk in service.disks("a", "b", "c"):
        service.call("disk_attach", first, disk)
    service.do("advance", 60)
    return service


@pytest.fixture(params=[(), ("--json",)], ids=["table", "json"])
def form(request):
    """The options for a table, and for JSON."""
    return request.param


READERS = [
    (("vm", "list"), "vm_info", "servers"),
    (("vm", "list", "--match", "?"), "vm_info", "servers"),
    (("vm", "info", "10001-10003"), "vm_info", "servers"),
    (("vm", "disks", "10001"), "disk_info", "disks"),
    (("vm", "disks", "10001-10003"), "vm_disk_list", "servers"),
    (("disk", "list"), "disk_info", "disks"),
    (("disk", "info", "500001-500003"), "disk_info", "disks"),
    (("operation", "list", "--type", "vm_create"), "operation_details", "operations"),
    (("operation", "info", "1000001-1000003"), "operation_details", "operations"),
]


@pytest.mark.parametrize(("command", "method", "noun"), READERS)
def test_a_list_with_gaps_says_so_at_its_end(aiogandi, full, form, command, method, noun):
    full.do("fault", method, **READ_FAULT)
    done = aiogandi(*command, *form, service=full)
    assert done.code == 1
    assert f"aiogandi: incomplete: 1 of 3 {noun} could not be read\n" in done.err


@pytest.mark.parametrize(("command", "method", "noun"), READERS)
def test_where_nothing_can_be_read_there_is_no_table(aiogandi, full, command, method, noun):
    full.do("fault", method, **READ_FAULT, times=99)
    done = aiogandi(*command, service=full)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"aiogandi: 3 {noun} ")
    assert done.err.count("\n") == 1
    assert aiogandi(*command, "--json", service=full).json == []


@pytest.mark.parametrize(("command", "method", "noun"), READERS)
def test_a_missing_account_is_not_a_thing_that_is_gone(aiogandi, full, command, method, noun):
    full.do("fault", method, **NO_ACCOUNT, times=99)
    done = aiogandi(*command, service=full)
    assert done.code == 1
    assert f"3 {noun} " in done.err
    assert "the hosting account does not exist: DataError: no hosting account" in done.err


def test_what_was_deleted_since_it_was_listed_makes_no_gap(aiogandi, full):
    gone = {"code": 530240, "message": "DataError: no such VM [vm_id: 1]"}
    full.do("fault", "vm_info", **gone)
    done = aiogandi("vm", "list", "--json", service=full)
    assert (done.code, len(done.json), done.err) == (0, 2, "")


def test_a_match_that_may_have_missed_something_changes_nothing(aiogandi, full):
    full.do("fault", "disk_info", **NO_ACCOUNT)
    done = aiogandi("disk", "detach", "--match", "a*", service=full)
    assert done.code == 1
    assert "incomplete: 1 of 3 disks could not be read, so nothing was changed\n" in done.err
    assert "disk_detach" not in full.do("calls")


def test_a_list_of_nothing_is_an_empty_table(aiogandi, service):
    done = aiogandi("vm", "list", service=service)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("VM  HOSTNAME")
