"""What a fault says."""

from datetime import datetime

import pytest

from aiogandi.codec import IllTyped
from aiogandi.sandbox.books.faults import LONGEST_ECHO, Cause, Subject, data_fault, shown


def test_the_code_has_six_digits_of_qualification_object_and_cause():
    fault = data_fault(Subject.VM, Cause.EXISTENCE, "no such VM", "vm_id", 9876)
    assert (fault.code, fault.message) == (530240, "DataError: no such VM [vm_id: 9876]")
    fault = data_fault(Subject.INTEGER, Cause.VALUE, "invalid value", "cpu", -1)
    assert (fault.code, fault.message) == (501030, "DataError: invalid value [cpu: -1]")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("web", "web"),
        ("x" * LONGEST_ECHO, "x" * LONGEST_ECHO),
        ("x" * (LONGEST_ECHO + 1), "x" * LONGEST_ECHO + "…"),
        (4, "4"),
        (1.5, "1.5"),
        (True, "1"),
        (False, "0"),
        (10**300, "1" + "0" * (LONGEST_ECHO - 1)),
        (datetime.fromisoformat("2009-01-01T12:00:00"), "20090101T12:00:00"),
        (datetime.fromisoformat("2009-01-01T12:00:00-02:00"), "20090101T12:00:00-02:00"),
        (IllTyped("int", "x" * (LONGEST_ECHO + 1)), "x" * LONGEST_ECHO + "…"),
        (b"web", "web"),
        (b"\xff", "base64"),
        (b"a\0b", "base64"),
        ({"password": "hunter22"}, "struct"),
        (["hunter22"], "array"),
        (None, "nil"),
    ],
    ids=lambda value: f"{value!r:.24}",
)
def test_a_value_is_repeated_but_nothing_that_is_inside_it(value, text):
    assert shown(value) == text
