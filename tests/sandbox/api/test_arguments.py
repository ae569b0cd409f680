"""How arguments are read: what stands for an int, a string, a boolean, a date or a struct."""

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest

from aiogandi.sandbox.api.arguments import (
    DEEPEST,
    NotOfType,
    Parameter,
    Struct,
    boolean,
    date,
    integer,
    is_carriable,
    naive_date,
    read_arguments,
    text_value,
)
from aiogandi.sandbox.books.faults import ServiceFault

DAY = datetime.fromisoformat("2009-01-01T12:00:00")


def refuses(reader, *values):
    for value in values:
        with pytest.raises(NotOfType):
            reader(value)
    return True


def code_of(parameters, given):
    with pytest.raises(ServiceFault) as caught:
        read_arguments(parameters, given)
    return caught.value.code


def test_an_int_or_a_string_of_digits_is_a_number():
    assert [integer(value) for value in ("4", 4, "+4", "04", "-4")] == [4, 4, 4, 4, -4]
    assert [integer(value) for value in (2**31 - 1, -(2**31))] == [2**31 - 1, -(2**31)]


def test_anything_else_is_no_number():
    assert refuses(integer, "", " 4", "4.0", "four", "٤", "4294967296", 4.0, True, [], {}, b"4")
    assert refuses(integer, 2**31, -(2**31) - 1, None, DAY)


def test_a_number_is_a_string_of_its_digits():
    assert [text_value(value) for value in ("web", 2024, "")] == ["web", "2024", ""]
    assert refuses(text_value, 1.5, True, [], {}, b"web", DAY, None)


def test_a_boolean_may_be_a_number():
    assert [boolean(value) for value in (True, 1, "1")] == [True] * 3
    assert [boolean(value) for value in (False, 0, "0")] == [False] * 3
    assert refuses(boolean, "yes", 2, 1.0, [], {}, None)


def test_a_date_may_be_a_string():
    assert [date(value) for value in (DAY, "2009-01-01")] == [DAY, "2009-01-01"]
    assert refuses(date, 2009, 1.5, None, [], True)


def test_a_date_is_read_as_utc():
    east = timezone(timedelta(hours=2))
    for given in (
        DAY,
        "20090101T12:00:00",
        "2009-01-01T12:00:00",
        "2009-01-01 12:00:00Z",
        DAY.replace(tzinfo=UTC),
        (DAY + timedelta(hours=2)).replace(tzinfo=east),
    ):
        assert naive_date(given) == DAY
    assert naive_date("2006-01-01") == naive_date("20060101") == datetime(2006, 1, 1)
    outside = datetime.min.replace(tzinfo=east)
    for wrong in ("yesterday", "20091332T00:00:00", "20090101T12:00", "", outside):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
            naive_date(wrong)


def test_a_reply_can_repeat_what_the_wire_knows():
    for value in ("", "web", True, b"x", 0, 2**31 - 1, 1.5, DAY, {}, [], {"x": [1, {"y": "z"}]}):
        assert is_carriable(value, DEEPEST)
    for value in (None, 2**31, math.nan, math.inf, DAY.replace(tzinfo=UTC), {"x": [None]}, 1j):
        assert not is_carriable(value, DEEPEST)


def test_a_value_is_nested_only_so_deep():
    value = 1
    for depth in range(60):
        assert is_carriable(value, DEEPEST) == (depth <= DEEPEST)
        value = {"x": value} if depth % 2 else [value]


SIZE = Parameter("size", integer, value=lambda given: given > 0)
NAME = Parameter("name", text_value, syntax=str.encode)
OPEN = Struct("specs", (SIZE, NAME), required=frozenset({"size"}), others=True)
CLOSED = Struct("filter", (SIZE,))


def test_each_step_returns_what_it_read():
    assert read_arguments([SIZE, NAME], ["4", 5]) == [4, b"5"]
    assert read_arguments([OPEN], [{"size": "4", "name": "web", "note": [1]}]) == [
        {"size": 4, "name": b"web", "note": [1]}
    ]


def test_an_empty_array_is_an_empty_struct():
    assert read_arguments([CLOSED], [[]]) == [{}]
    for value in ("", "specs", 1, [1], True, None):
        assert code_of([CLOSED], [value]) == 500110


def test_a_struct_names_what_is_missing_and_what_is_unknown():
    with pytest.raises(ServiceFault, match="size is missing"):
        read_arguments([OPEN], [{"name": "web"}])
    assert code_of([OPEN], [{"name": "web"}]) == 500110
    assert code_of([CLOSED], [{"sise": 4}]) == 500130
    assert code_of([OPEN], [{"size": 4, "note": None}]) == 500110


def test_all_types_are_checked_before_any_syntax_and_that_before_any_value():
    malformed = Parameter("date", date, syntax=naive_date)
    assert code_of([SIZE, malformed, SIZE], [0, "x", "x"]) == 500110
    assert code_of([SIZE, malformed, SIZE], [0, "x", 4]) == 500120
    assert code_of([SIZE, malformed, SIZE], [0, DAY, 4]) == 500130
    assert code_of([OPEN, SIZE], [{"size": 0}, "x"]) == 500110


def test_a_fault_names_the_parameter_and_repeats_its_value():
    with pytest.raises(ServiceFault) as caught:
        read_arguments([SIZE], ["-4"])
    assert caught.value.message == "DataError: invalid value for size [size: -4]"


def test_a_fault_says_nothing_of_what_is_inside_a_struct():
    for given in (
        {"password": "hunter22"},
        {"size": 1, "note": {"password": "hunter22", "x": None}},
    ):
        with pytest.raises(ServiceFault) as caught:
            read_arguments([OPEN], [given])
        assert "hunter22" not in caught.value.message
