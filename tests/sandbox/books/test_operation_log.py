"""How the log finds operations among many others."""

import pytest

from aiogandi.sandbox.books.operation import Fate, OperationRecord, Work
from aiogandi.sandbox.books.operation_log import FIRST_ID, LISTED, Criteria, OperationLog
from tests.growth import SIZE, TIMES, min_growth


def flooded(quantity):
    """A log of *quantity* operations of two types: those that start a VM ended 20 s later."""
    log = OperationLog()
    for number in range(quantity):
        kind, vm_id = ("vm_stop", -number) if number % 2 else ("vm_start", number)
        add(log, kind, {"vm_id": vm_id}, at=0.0)
        log.move(log.get(FIRST_ID + number), "RUN", 0.0)
    for number in range(0, quantity, 2):
        log.move(log.get(FIRST_ID + number), "DONE", 20.0)
    return log


def add(log, kind, params, at):
    operation = OperationRecord(
        log.next_id(), kind, params, at, at, 10.0, Work(), Fate(), (), held=False
    )
    log.add(operation)
    return operation.id


class Counting(Criteria):
    """Counts the operations that are compared with it."""

    looks = []  # noqa: RUF012 - emptied by the test

    def match(self, operation):
        self.looks.append(operation.id)
        return Criteria.match(self, operation)


@pytest.mark.parametrize(
    "wanted",
    [
        Counting(state="ERROR"),
        Counting(state="PENDING"),
        Counting(type="vm_start", state="RUN"),
        Counting(state="DONE", updated=(21.0, float("inf"))),
        Counting(type="vm_stop", created=(21.0, float("inf"))),
        Counting(type="vm_stop", params={"vm_id": 5}),
        Counting(params={"hostname": "x"}),
        Counting(updated=(float("-inf"), -1)),
    ],
)
def test_a_filtered_list_looks_only_at_what_may_match(wanted):
    log = flooded(2_000)
    recent = add(log, "vm_start", {"vm_id": 5, "hostname": "x"}, at=21.0)
    Counting.looks.clear()
    found = log.find(wanted)
    assert len(Counting.looks) <= 3
    assert found == ([recent] if wanted.match(log.get(recent)) else [])


def test_a_long_list_ends_as_soon_as_it_is_full():
    log = flooded(2_000)
    Counting.looks.clear()
    assert len(log.find(Counting(state="DONE"))) == LISTED
    assert len(Counting.looks) == LISTED


def test_many_operations_are_listed_in_no_time():
    def find(log):
        for _ in range(50):
            log.find(Criteria(state="DONE"))

    # A look at each of them would cost `TIMES` as much among `TIMES` as many.
    assert min_growth(find, flooded(SIZE), flooded(SIZE * TIMES)) < TIMES / 2


def test_an_unknown_id_is_no_operation():
    log = flooded(2)
    assert [log.get(FIRST_ID - 1), log.get(FIRST_ID + 2), log.get(0)] == [None] * 3
    assert log.get(FIRST_ID).type == "vm_start"
    assert [operation.id for operation in log] == [FIRST_ID, FIRST_ID + 1]
