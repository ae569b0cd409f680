"""How arguments are read: what stands for an int, a string, a boolean, a date or a struct."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from aiogandi.sandbox.api.arguments import (
    NotOfType,
    Parameter,
    Struct,
    boolean,
    date,
    integer,
    naive_date,
    read_arguments,
    text_value,
)
from aiogandi.sandbox.api.signatures import DURATION
from aiogandi.sandbox.books.faults import Cause, ServiceFault, Subject

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


def test_what_was_typed_by_its_look_is_the_text_that_it_stands_for():
    assert [text_value(value) for value in ("web", "", " 5 ")] == ["web", "", " 5 "]
    assert [text_value(value) for value in (2024, 1.5, 1e16)] == ["2024", "1.5", "1e+16"]
    assert [text_value(value) for value in (True, False, DAY)] == ["1", "0", "20090101T12:00:00"]
    assert [text_value(value) for value in (b"web", "é😀".encode(), b"")] == ["web", "é😀", ""]


def test_what_stands_for_no_text_is_none():
    assert refuses(text_value, [], {}, None, DAY.replace(tzinfo=UTC))
    assert refuses(text_value, "é".encode("latin-1"), b"\xff", b"a\0b", "\uffff".encode())


def test_a_boolean_may_be_a_number():
    assert [boolean(value) for value in (True, 1, "1")] == [True] * 3
    assert [boolean(value) for value in (False, 0, "0")] == [False] * 3
    assert refuses(boolean, "yes", 2, 1.0, [], {}, None)


def test_a_date_may_be_a_string():
    assert [date(value) for value in (DAY, "2009-01-01")] == [DAY, "2009-01-01"]
    assert (date(20090101), date(b"2009-01-01T12:00")) == ("20090101", "2009-01-01T12:00")
    assert refuses(date, 1.5, None, [], True, b"\xff")


def test_a_date_is_read_as_utc():
    east = timezone(timedelta(hours=2))
    for given in (
        DAY,
        "20090101T12:00:00",
        "2009-01-01T12:00:00",
        "2009-01-01 12:00:00Z",
        "2009-01-01t12:00z",
        DAY.replace(tzinfo=UTC),
        (DAY + timedelta(hours=2)).replace(tzinfo=east),
    ):
        assert naive_date(given) == DAY
    assert naive_date("2006-01-01") == naive_date("20060101") == datetime(2006, 1, 1)
    outside = datetime.min.replace(tzinfo=east)
    for wrong in ("yesterday", "20091332T00:00:00", "20090101T12:60", "", outside):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
            naive_date(wrong)


def positive(given):
    return None if given > 0 else Cause.VALUE


SIZE = Parameter("size", Subject.INTEGER, integer, value=positive)
NAME = Parameter("name", Subject.STRING, text_value, syntax=str.encode)
INNER = Struct("inner", (SIZE,))
SPECS = Struct("specs", (SIZE, NAME, INNER), required=frozenset({"size"}))
NAME_OF_LETTERS = Parameter("name", Subject.STRING, text_value, value=lambda _: Cause.VALUE)
FILTER = Struct("filter", (SIZE,))


def test_each_step_returns_what_it_read():
    assert read_arguments([SIZE, NAME], ["4", 5]) == [4, b"5"]
    assert read_arguments([SPECS], [{"size": "4", "name": "web", "inner": []}]) == [
        {"size": 4, "name": b"web", "inner": {}}
    ]


def test_an_empty_array_is_an_empty_struct():
    assert read_arguments([FILTER], [[]]) == [{}]
    for value in ("", "specs", 1, [1], True, None):
        assert code_of([FILTER], [value]) == 501510


def test_a_struct_names_what_is_missing_and_what_is_unknown():
    with pytest.raises(ServiceFault, match=r"size is missing \[size: nil\]"):
        read_arguments([SPECS], [{"name": "web"}])
    assert code_of([SPECS], [{"name": "web"}]) == 501032
    assert code_of([FILTER], [{"sise": 4}]) == 501733
    assert code_of([SPECS], [{"size": 4, "inner": {"sise": 4}}]) == 501733


def test_all_types_are_checked_before_any_syntax_and_that_before_any_value():
    malformed = Parameter("date", Subject.DATE, date, syntax=naive_date)
    assert code_of([SIZE, malformed, SIZE], [0, "x", "x"]) == 501010
    assert code_of([SIZE, malformed, SIZE], [0, "x", 4]) == 501320
    assert code_of([SIZE, malformed, SIZE], [0, DAY, 4]) == 501030
    assert code_of([SPECS, SIZE], [{"size": 0}, "x"]) == 501010


def test_a_syntax_may_have_a_cause_of_its_own():
    host = Parameter("host", Subject.STRING, text_value, syntax=int, malformed=Cause.HOSTNAME)
    assert code_of([host], ["web"]) == 501238


def test_a_fault_names_the_parameter_and_repeats_its_value():
    with pytest.raises(ServiceFault) as caught:
        read_arguments([SIZE], ["-4"])
    assert caught.value.message == "DataError: invalid value for size [size: -4]"


@pytest.mark.parametrize(
    ("parameter", "given", "repeated"),
    [
        (SIZE, "-04", "-04"),
        (SIZE, False, "0"),
        (SIZE, DAY, "20090101T12:00:00"),
        (SIZE, b"four", "four"),
        (SIZE, b"\xff", "base64"),
        (DURATION, "0m", "0m"),
        (DURATION, "999y", "999y"),
        (DURATION, b"0y", "0y"),
        (DURATION, "1week", "1week"),
        (NAME_OF_LETTERS, True, "1"),
        (Parameter("date", Subject.DATE, date, syntax=naive_date), 20091399, "20091399"),
    ],
)
def test_a_fault_repeats_what_was_sent_and_not_what_was_read(parameter, given, repeated):
    for due, value in ((parameter, given), (Struct("s", (parameter,)), {parameter.name: given})):
        with pytest.raises(ServiceFault) as caught:
            read_arguments([due], [value])
        assert caught.value.message.endswith(f"[{parameter.name}: {repeated}]")


def test_a_fault_says_nothing_of_what_is_inside_a_struct():
    for given in (
        {"password": "hunter22"},
        {"size": 1, "pasword": "hunter22"},
        {"size": 1, "name": {"password": "hunter22"}},
        {"size": 1, "inner": {"password": "hunter22"}},
    ):
        with pytest.raises(ServiceFault) as caught:
            read_arguments([SPECS], [given])
        assert "hunter22" not in caught.value.message
