"""What an argument may be. Each check is a function of the value alone."""

from collections import UserDict
from datetime import UTC, date, datetime
from enum import IntEnum

import pytest

from aiogandi.calls import arguments
from tests.calls.refusing import (
    NO_DATES,
    NO_DURATIONS,
    NO_HOSTNAMES,
    NO_IDS,
    NO_METHODS,
    NO_PARAMS,
    NO_QUANTITIES,
    NO_SIZES,
    NO_SPECS,
    NO_STATES,
    NO_TEXTS,
    Index,
    refused,
)


class Size(IntEnum):
    SMALL = 8


def no_filters():
    names = ("created_after", "created_before", "updated_after", "updated_before")
    return dict.fromkeys(("type", "state", "param", *names))


@pytest.mark.parametrize(
    ("check", "named", "values"),
    [
        (lambda value: arguments.identifier("vm_id", value), "vm_id", NO_IDS),
        (lambda value: arguments.positive("cpu", value), "cpu", NO_QUANTITIES),
        (lambda value: arguments.text("login", value), "login", NO_TEXTS),
        (arguments.method, "method", NO_METHODS),
        (arguments.hostname, "hostname", NO_HOSTNAMES),
        (arguments.duration, "duration", NO_DURATIONS),
        (lambda value: arguments.specs(value, required=False), "specs", NO_SPECS),
        (lambda value: arguments.specs(value, required=True), "specs", [*NO_SPECS, {}, None]),
    ],
    ids=[
        "an id",
        "a quantity",
        "a text",
        "a method",
        "a hostname",
        "a duration",
        "specs",
        "required specs",
    ],
)
def test_a_wrong_value_is_refused_by_name(check, named, values):
    for value in values:
        with refused(named, value):
            check(value)


@pytest.mark.parametrize("name", ["size", "shares", "cpu", "memory"])
def test_a_number_among_the_specs_is_refused_by_its_place(name):
    for value in NO_SIZES:
        with refused(f"specs['{name}']", value):
            arguments.specs({name: value}, required=True)


@pytest.mark.parametrize(
    ("named", "values"),
    [
        ("type", ["", 5]),
        ("state", NO_STATES),
        ("param", NO_PARAMS),
        *(
            (name, [*NO_DATES, date(2026, 1, 31)])
            for name in ("created_after", "created_before", "updated_after", "updated_before")
        ),
    ],
)
def test_a_wrong_filter_is_refused_by_name(named, values):
    for value in values:
        with refused(named, value):
            arguments.filters(**no_filters() | {named: value})


def test_the_text_of_a_refused_password_is_not_told():
    for value in (b"s3cret-pw", ["s3cret-pw"]):
        with pytest.raises(ValueError, match=r"^password\b") as caught:
            arguments.text("password", value)
        assert "s3cret" not in str(caught.value)


def test_proper_values_are_taken_as_they_are():
    for value in (1, 2**31 - 1):
        assert arguments.positive("cpu", value) == value
    for value in (1, 2**31, 2**63 - 1):
        assert arguments.identifier("vm_id", value) == value
    for check in (arguments.positive, arguments.identifier):
        for number in (Size.SMALL, Index(8)):
            assert check("vm_id", number) == 8
            assert type(check("vm_id", number)) is int
    assert arguments.text("login", " AA1234 ") == " AA1234 "
    assert arguments.method("a.b:c/d_1") == "a.b:c/d_1"
    assert arguments.hostname("a" * 255) == "a" * 255
    for value in ("1m", "2y", "9999m"):
        assert arguments.duration(value) == value


def test_specs_may_be_any_mapping_and_write_numbers_as_digits():
    specs = {"size": "2048", "name": "data"}
    assert arguments.specs(UserDict(specs), required=True) == specs
    assert arguments.specs(None, required=False) == arguments.specs({}, required=False) == {}


def test_whole_numbers_of_other_libraries_are_plain_ints_in_specs_and_filters():
    for given in (
        arguments.specs({"size": Index(8), "vlan": Size.SMALL, "ipv6": True}, required=True),
        arguments.filters(
            **no_filters() | {"param": {"size": Index(8), "vlan": Size.SMALL, "ipv6": True}}
        )["param"],
    ):
        assert given == {"size": 8, "vlan": 8, "ipv6": True}
        assert [type(value) for value in given.values()] == [int, int, bool]


def test_a_filter_holds_what_is_given():
    assert arguments.filters(**no_filters()) == {}
    moment = datetime(2026, 1, 31, tzinfo=UTC)
    given = {"type": "vm_create", "state": "DONE", "param": {"vm_id": 1}, "created_after": moment}
    assert arguments.filters(**no_filters() | given) == given
