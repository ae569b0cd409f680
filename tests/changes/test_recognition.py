"""How a call's operation is recognised by what the service repeats of the call."""

import pytest

from aiogandi import OperationDetails
from aiogandi.changes.recognition import filter_for, matches, passwords_of
from aiogandi.redaction import Secret

CREATE = {
    "hostname": "web-01",
    "password": Secret("s3cret-pw"),
    "os_id": 111,
    "shares": 4,
    "cpu": 1,
    "specs": {"login": "me", "memory": 512},
}
TOLD = {"hostname": "web-01", "os_id": 111, "shares": 4, "cpu": 1}


def told(params, kind="vm_create"):
    return OperationDetails(11, kind, params=params)


def test_an_operation_with_the_calls_parameters_is_its_own():
    assert matches("vm_create", CREATE, told(TOLD)) is True


@pytest.mark.parametrize("params", [TOLD, {}, None])
def test_an_operation_of_another_type_is_not(params):
    assert matches("vm_create", CREATE, told(params, "disk_create")) is False


def test_an_operation_that_does_not_tell_its_type_is_recognised_by_its_parameters():
    assert matches("vm_create", CREATE, told(TOLD, None)) is True
    assert matches("vm_create", CREATE, told({"hostname": "db"}, None)) is False


@pytest.mark.parametrize("name", TOLD)
def test_one_other_value_is_enough_to_tell_them_apart(name):
    other = {"hostname": "web-02"}.get(name, 7)
    assert matches("vm_create", CREATE, told(TOLD | {name: other})) is False


def test_what_the_service_leaves_out_does_not_count():
    assert matches("vm_create", CREATE, told({"hostname": "web-01"})) is True


def test_what_the_service_adds_does_not_count():
    assert matches("vm_create", CREATE, told(TOLD | {"vm_id": 5, "datacenter": 1})) is True


@pytest.mark.parametrize("params", [{}, None, {"vm_id": 5}])
def test_where_nothing_of_the_call_is_repeated_nobody_can_say(params):
    assert matches("vm_create", CREATE, told(params)) is None


def test_a_call_without_arguments_is_recognised_by_its_type():
    assert matches("account_close", {}, told(None, "account_close")) is True
    assert matches("account_close", {}, told(None, "vm_create")) is False


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(4, "4"), ("4", 4), (4, 4.0), ("web", "web"), (True, True)],
)
def test_a_value_may_come_back_as_another_type(ours, theirs):
    assert matches("m", {"value": ours}, told({"value": theirs}, "m")) is True


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(4, "5"), (4, "4.0"), (4, "four"), (4, None), (4, [4]), ("4", ["4"]), (4, {"4": 4})],
)
def test_a_value_of_another_meaning_is_another(ours, theirs):
    assert matches("m", {"value": ours}, told({"value": theirs}, "m")) is False


class TestSpecs:
    """A struct of specifications may be repeated as a struct, or its members among the others."""

    @pytest.mark.parametrize(
        "params",
        [
            {"specs": {"login": "me", "memory": 512}},
            {"specs": {"login": "me", "memory": "512", "kernel": "new"}},
            {"specs": {"login": "me"}},
            {"login": "me", "memory": 512},
            {"memory": "512"},
        ],
    )
    def test_equal_ones_are_recognised(self, params):
        assert matches("vm_create", CREATE, told(params)) is True

    @pytest.mark.parametrize(
        "params",
        [
            {"specs": {"login": "you", "memory": 512}},
            {"specs": "memory=512"},
            {"specs": ["login", "memory"]},
            {"specs": None},
            {"login": "you"},
            {"memory": 1024},
            {**TOLD, "memory": 1024},
        ],
    )
    def test_other_ones_are_told_apart(self, params):
        assert matches("vm_create", CREATE, told(params)) is False

    def test_a_specification_called_like_an_argument_is_not_taken_for_it(self):
        values = {"vm_id": 5, "specs": {"vm_id": 6}}
        assert matches("vm_update", values, told({"vm_id": 5}, "vm_update")) is True
        assert matches("vm_update", values, told({"vm_id": 6}, "vm_update")) is False

    def test_structs_within_it_are_compared_member_by_member(self):
        values = {"specs": {"net": {"ip": 4, "mask": 24}}}
        assert matches("m", values, told({"net": {"ip": "4"}}, "m")) is True
        assert matches("m", values, told({"specs": {"net": {"ip": "6"}}}, "m")) is False


class TestLists:
    @pytest.mark.parametrize("theirs", [[1, 2], (1, 2), ["1", "2"]])
    def test_equal_items_in_the_same_order_are_recognised(self, theirs):
        assert matches("m", {"ids": [1, 2]}, told({"ids": theirs}, "m")) is True

    @pytest.mark.parametrize("theirs", [[2, 1], [1], [1, 2, 3], [], "12", 12, {"1": 2}, None])
    def test_all_others_are_told_apart(self, theirs):
        assert matches("m", {"ids": [1, 2]}, told({"ids": theirs}, "m")) is False

    def test_structs_in_a_list_are_compared_too(self):
        values = {"disks": [{"size": 1024}]}
        assert matches("m", values, told({"disks": [{"size": "1024"}]}, "m")) is True
        assert matches("m", values, told({"disks": [{"size": "2048"}]}, "m")) is False


class TestPasswords:
    def test_a_password_is_never_compared(self):
        for theirs in ("s3cret-pw", "other", "***", None):
            assert matches("vm_create", CREATE, told(TOLD | {"password": theirs})) is True

    def test_a_password_alone_tells_nothing(self):
        assert matches("m", {"password": Secret("p")}, told({"password": "p"}, "m")) is None

    def test_a_password_within_specs_is_not_compared_either(self):
        values = {"specs": {"password": Secret("p"), "size": 1}}
        assert matches("m", values, told({"password": "q", "size": 1}, "m")) is True
        assert matches("m", values, told({"specs": {"password": "q", "size": 1}}, "m")) is True

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
