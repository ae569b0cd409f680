"""How a call's operation is recognised by what the service repeats of the call."""

from datetime import datetime

import pytest

from aiogandi import OperationDetails
from aiogandi.changes.recognition import (
    Likeness,
    compare,
    filter_for,
    foldable,
    names_in,
    passwords_of,
)
from aiogandi.redaction import Secret

DIFFERENT, UNTOLD, CUT, FOLDED, EXACT = Likeness

CREATE = {
    "hostname": "web-01",
    "password": Secret("s3cret-pw"),
    "os_id": 111,
    "shares": 4,
    "cpu": 1,
    "specs": {"login": "me", "memory": 512},
}
TOLD = {"hostname": "web-01", "os_id": 111, "shares": 4, "cpu": 1}


LONG = "a-hostname-of-27-characters"
MOMENT = datetime(2026, 1, 31, 23, 59)


def told(params, kind="vm_create"):
    return OperationDetails(11, kind, params=params)


def likeness(method, arguments, details):
    return compare(method, arguments, details, longest={})


def test_an_operation_with_the_calls_parameters_is_its_own():
    assert likeness("vm_create", CREATE, told(TOLD)) is EXACT


@pytest.mark.parametrize("params", [TOLD, {}, None])
def test_an_operation_of_another_type_is_not(params):
    assert likeness("vm_create", CREATE, told(params, "disk_create")) is DIFFERENT


def test_an_operation_that_does_not_tell_its_type_is_recognised_by_its_parameters():
    assert likeness("vm_create", CREATE, told(TOLD, None)) is EXACT
    assert likeness("vm_create", CREATE, told({"hostname": "db"}, None)) is DIFFERENT


@pytest.mark.parametrize("name", TOLD)
def test_one_other_value_is_enough_to_tell_them_apart(name):
    other = {"hostname": "web-02"}.get(name, 7)
    assert likeness("vm_create", CREATE, told(TOLD | {name: other})) is DIFFERENT


def test_what_the_service_leaves_out_does_not_count():
    assert likeness("vm_create", CREATE, told({"hostname": "web-01"})) is EXACT


def test_what_the_service_adds_does_not_count():
    assert likeness("vm_create", CREATE, told(TOLD | {"vm_id": 5, "datacenter": 1})) is EXACT


@pytest.mark.parametrize("params", [{}, None, {"vm_id": 5}])
def test_where_nothing_of_the_call_is_repeated_nobody_can_say(params):
    assert likeness("vm_create", CREATE, told(params)) is UNTOLD


def test_a_call_without_arguments_is_recognised_by_its_type():
    assert likeness("account_close", {}, told(None, "account_close")) is EXACT
    assert likeness("account_close", {}, told(None, "vm_create")) is DIFFERENT


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"hostname": LONG, "shares": "04"}, FOLDED),
        ({"hostname": LONG[:9], "shares": "04"}, CUT),
        ({"hostname": LONG[:9], "shares": "04", "cpu": 2}, DIFFERENT),
        ({"hostname": LONG.upper(), "password": "x"}, FOLDED),
    ],
)
def test_the_least_like_argument_counts_of_those_that_are_told(params, expected):
    assert likeness("vm_create", CREATE | {"hostname": LONG}, told(params)) is expected


class TestSpecs:
    """A struct of specifications may be repeated as a struct, or its members among the others."""

    @pytest.mark.parametrize(
        "params",
        [
            {"specs": {"login": "me", "memory": 512}},
            {"specs": {"login": "me", "memory": "512", "kernel": "new"}},
            {"specs": {"login": "me"}},
            {"specs": {"login": "me"}, "memory": 512},
            {"login": "me", "memory": 512},
            {"memory": "512"},
        ],
    )
    def test_equal_ones_are_recognised(self, params):
        assert likeness("vm_create", CREATE, told(params)) is EXACT

    @pytest.mark.parametrize(
        "params",
        [
            {"specs": {"login": "you", "memory": 512}},
            {"login": "you"},
            {"memory": 1024},
            {**TOLD, "memory": 1024},
            {"specs": {"login": "me"}, "memory": 1024},
        ],
    )
    def test_other_ones_are_told_apart(self, params):
        assert likeness("vm_create", CREATE, told(params)) is DIFFERENT

    @pytest.mark.parametrize(
        "specs", [{}, {"kernel": "new"}, None, [], "", "memory=512", ["login", "memory"]]
    )
    def test_specs_without_any_of_the_calls_tell_nothing(self, specs):
        assert likeness("vm_create", CREATE, told({"specs": specs})) is UNTOLD
        assert likeness("vm_create", CREATE, told(TOLD | {"specs": specs})) is EXACT

    def test_a_specification_called_like_an_argument_is_not_taken_for_it(self):
        values = {"vm_id": 5, "specs": {"vm_id": 6}}
        assert likeness("vm_update", values, told({"vm_id": 5}, "vm_update")) is EXACT
        assert likeness("vm_update", values, told({"vm_id": 6}, "vm_update")) is DIFFERENT

    def test_structs_within_it_are_compared_member_by_member(self):
        values = {"specs": {"net": {"ip": 4, "mask": 24}}}
        assert likeness("m", values, told({"net": {"ip": "4"}}, "m")) is EXACT
        assert likeness("m", values, told({"specs": {"net": {"ip": "6"}}}, "m")) is DIFFERENT


class TestLists:
    @pytest.mark.parametrize("theirs", [[1, 2], (1, 2), ["1", "2"]])
    def test_equal_items_in_the_same_order_are_recognised(self, theirs):
        assert likeness("m", {"ids": [1, 2]}, told({"ids": theirs}, "m")) is EXACT

    @pytest.mark.parametrize("theirs", [[2, 1], [1], [1, 2, 3], []])
    def test_all_others_are_told_apart(self, theirs):
        assert likeness("m", {"ids": [1, 2]}, told({"ids": theirs}, "m")) is DIFFERENT

    @pytest.mark.parametrize("theirs", ["12", 12, {"1": 2}, None])
    def test_what_is_no_list_tells_nothing(self, theirs):
        assert likeness("m", {"ids": [1, 2]}, told({"ids": theirs}, "m")) is UNTOLD

    def test_two_empty_lists_are_equal(self):
        assert likeness("m", {"ids": []}, told({"ids": []}, "m")) is EXACT

    def test_structs_in_a_list_are_compared_too(self):
        values = {"disks": [{"size": 1024}]}
        assert likeness("m", values, told({"disks": [{"size": "1024"}]}, "m")) is EXACT
        assert likeness("m", values, told({"disks": [{"size": "2048"}]}, "m")) is DIFFERENT


class TestSpoiltValues:
    """A value that cannot be read as what was sent may be ours: it never tells a call apart."""

    @pytest.mark.parametrize(
        ("sent", "stored"),
        [
            *[(111, None), (111, ""), (111, "Debian"), (111, b"\xff"), (111, []), (111, {})],
            *[(True, "yes"), (True, None), (1.5, "")],
            *[("web", None), ("web", b"\xff"), ("web", []), ("web", MOMENT)],
            *[(MOMENT, None), (MOMENT, "00000000T00:00:00"), (MOMENT, 5)],
            *[(b"key", None), (b"key", "key")],
        ],
    )
    def test_tell_nothing(self, sent, stored):
        assert likeness("m", {"a": sent}, told({"a": stored}, "m")) is UNTOLD
        assert likeness("m", {"a": sent, "b": 1}, told({"a": stored, "b": 1}, "m")) is EXACT
        assert likeness("m", {"a": sent, "b": 1}, told({"a": stored, "b": 2}, "m")) is DIFFERENT

    @pytest.mark.parametrize(
        ("sent", "stored", "expected"),
        [
            *[("web", b"web", EXACT), ("WEB", b"web", FOLDED), ("web", b"db", DIFFERENT)],
            *[(111, b"111", EXACT), (111, b"112", DIFFERENT), (4, 4.0, EXACT), (4, 3.5, DIFFERENT)],
            *[(True, "true", FOLDED), (True, "false", DIFFERENT), (True, "0", DIFFERENT)],
            *[(MOMENT, "2026-01-31 23:59:00", EXACT), (MOMENT, "20260131", DIFFERENT)],
            *[("web", 5, DIFFERENT), ("5", 5, EXACT), (b"key", b"yek", DIFFERENT)],
        ],
    )
    def test_are_compared_where_another_type_can_be_read(self, sent, stored, expected):
        assert likeness("m", {"a": sent}, told({"a": stored}, "m")) is expected


class TestPasswords:
    def test_a_password_is_never_compared(self):
        for theirs in ("s3cret-pw", "other", "***", None):
            assert likeness("vm_create", CREATE, told(TOLD | {"password": theirs})) is EXACT

    def test_a_password_alone_tells_nothing(self):
        assert likeness("m", {"password": Secret("p")}, told({"password": "p"}, "m")) is UNTOLD

    def test_a_password_within_specs_is_not_compared_either(self):
        values = {"specs": {"password": Secret("p"), "size": 1}}
        assert likeness("m", values, told({"password": "q", "size": 1}, "m")) is EXACT
        assert likeness("m", values, told({"specs": {"password": "q", "size": 1}}, "m")) is EXACT

    def test_a_password_in_a_list_is_not_compared_either(self):
        assert likeness("m", {"keys": [Secret("p"), 1]}, told({"keys": ["q", 1]}, "m")) is EXACT

    def test_what_the_service_calls_a_password_tells_nothing(self):
        assert likeness("m", {"key": "p"}, told({"key": Secret("p")}, "m")) is UNTOLD

    def test_all_passwords_are_found_and_given_in_clear(self):
        values = {
            "a": Secret("one"),
            "b": {"c": Secret("two")},
            "d": [Secret("three"), "four"],
        }
        assert passwords_of(values) == ("one", "two", "three")
        assert passwords_of({"hostname": "web"}) == ()


@pytest.mark.parametrize(
    ("arguments", "param"),
    [
        (CREATE, {"hostname": "web-01"}),
        ({"vm_id": 1}, {"vm_id": 1}),
        ({"vm_id": 1, "specs": {"shares": 2}}, {"vm_id": 1}),
        ({"vm_id": 1, "disk_id": 2}, {"disk_id": 2}),
        ({"vm_id": 1, "hostname": "web"}, {"hostname": "web"}),
    ],
)
def test_a_list_is_filtered_by_what_tells_most(arguments, param):
    assert filter_for("the_call", arguments) == {"type": "the_call", "param": param}


@pytest.mark.parametrize("arguments", [{}, {"product_id": 3}, {"specs": {"hostname": "web"}}])
def test_a_list_is_filtered_by_type_alone_where_nothing_else_can_be_asked_for(arguments):
    assert filter_for("the_call", arguments) == {"type": "the_call"}


@pytest.mark.parametrize(
    ("params", "names"),
    [
        (None, []),
        ({"vm_id": 5, "shares": 4}, []),
        ({"hostname": "web-01", "cpu": 1}, [("hostname", 6)]),
        ({"specs": {"name": "data", "size": 1}}, [("name", 4)]),
        ({"disks": [{"name": "a"}, {"name": "bcd"}]}, [("name", 1), ("name", 3)]),
        ({"ips": ["::1", "::20"]}, [("ips", 3), ("ips", 4)]),
        ({"password": Secret("s3cret"), "specs": {"root_password": Secret("p")}}, []),
    ],
)
def test_the_strings_that_a_service_stored_are_measured(params, names):
    assert list(names_in(told(params))) == names


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, False),
        (CREATE, False),
        ({"vm_id": 5}, False),
        ({"hostname": "WEB-01"}, True),
        ({"hostname": "web.example."}, True),
        ({"hostname": "bücher"}, False),
        ({"hostname": "xn--bcher-kva"}, True),
        ({"specs": {"name": "Data"}}, True),
        ({"names": ["data", "Data"]}, True),
        ({"password": Secret("S3CRET"), "specs": {"key": [Secret("S3CRET")]}}, False),
    ],
)
def test_some_arguments_show_whether_the_service_folds(arguments, expected):
    assert bool(foldable(arguments)) is expected
