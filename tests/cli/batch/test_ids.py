"""Ids and ranges of ids, as they are given and as they are printed."""

import pytest

from aiogandi.cli.batch.ids import LARGEST, ids_of, range_of, written
from aiogandi.cli.exits import WrongUse


@pytest.mark.parametrize(
    ("word", "ids"),
    [
        ("10001", [10001]),
        ("010001", [10001]),
        ("10001-10003", [10001, 10002, 10003]),
        ("7-7", [7]),
        ("9223372036854775807", [2**63 - 1]),
    ],
)
def test_a_word_is_an_id_or_a_range_with_both_ends(word, ids):
    assert list(range_of(word)) == ids


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        *(
            (word, "is not an id, nor a range")
            for word in ("", "x", "0", "1-", "1-2-3", "٣", "1_0")
        ),
        ("1-9223372036854775808", "is not an id, nor a range"),
        ("10020-10001", "'10020-10001' goes from high to low: write 10001-10020"),
        ("1-10001", "'1-10001' means 10001 ids, and a range may have 10000 at most"),
        ("1-9223372036854775807", "a range may have 10000 at most"),
    ],
)
def test_what_is_neither_is_wrong_use(word, problem):
    with pytest.raises(WrongUse) as refusal:
        range_of(word)
    assert problem in str(refusal.value)


def test_each_id_is_meant_once():
    assert ids_of([range_of(word) for word in ("3", "1-4", "003", "2")]) == [3, 1, 2, 4]


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ([], ""),
        ([5], "5"),
        ([6, 5], "5 6"),
        ([1, 2, 3, 7, 9, 8, 7], "1-3 7-9"),
        (range(1000123, 1000183), "1000123-1000182"),
    ],
)
def test_ids_in_a_row_are_written_as_a_range(ids, text):
    assert written(ids) == text


def test_what_is_written_can_be_given_again_however_much_it_is():
    ids = [*range(1, 2 * LARGEST + 2), 30_000]
    assert ids_of(map(range_of, written(ids).split())) == ids


def test_every_command_takes_ranges_and_does_each_thing_once(aiogandi, service):
    first, _, last = service.vms("a", "b", "c")
    servers = (f"{first}-{last}", last, f"0{first}")
    assert len(aiogandi("vm", "info", *servers, "--json", service=service).json) == 3
    done = aiogandi("vm", "stop", *servers, "--json", service=service)
    assert (done.code, [vm["vm_id"] for vm in done.json]) == (0, [first, first + 1, last])
    assert service.do("calls")["vm_stop"] == 3
    args = ("vm", "update", f"{first}-{first}", first, "--hostname", "alone")
    assert aiogandi(*args, service=service).code == 0
    disk, end = service.disks("x", "y")
    done = aiogandi("disk", "attach", first, f"{disk}-{end}", disk, "--json", service=service)
    assert [item["disk_id"] for item in done.json] == [disk, end]
    done = aiogandi("disk", "detach", f"{disk}-{end}", end, "--json", service=service)
    assert (done.code, service.do("calls")["disk_detach"]) == (0, 2)
    operations = sorted(operation["id"] for operation in service.do("operations"))
    every = f"{operations[0]}-{operations[-1]}"
    done = aiogandi("operation", "wait", every, operations[0], "--json", service=service)
    assert [item["operation_id"] for item in done.json] == operations


def test_a_name_that_is_given_twice_is_created_once(aiogandi, service):
    done = aiogandi("vm", "create", "web", "web", "--os", 111, "--json", service=service)
    assert (done.code, [vm["hostname"] for vm in done.json]) == (0, ["web"])
    assert service.do("calls")["vm_create"] == 1
