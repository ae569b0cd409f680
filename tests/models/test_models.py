"""What the service tells becomes frozen values, and no odd data breaks them."""

import copy
import json
import pickle
from dataclasses import FrozenInstanceError, asdict, fields, replace
from datetime import datetime
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiogandi.models import (
    VM,
    Disk,
    HostingAccount,
    OperatingSystem,
    OperationDetails,
    OperationState,
    Product,
)
from aiogandi.redaction import conceal

ASKED_BY_ID = [VM, Disk, OperationDetails]
MODELS = [*ASKED_BY_ID, Product, HostingAccount, OperatingSystem]
MOMENT = datetime(2026, 1, 31, 23, 59)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.datetimes()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)
NAMES = sorted({field.name for model in MODELS for field in fields(model)} | {"step"})
STRUCTS = st.dictionaries(st.sampled_from(NAMES) | st.text(), VALUES)


def read(model, struct):
    """The model of a struct, as the client reads it; the question's id is 7."""
    if model is OperatingSystem:
        struct = struct if isinstance(struct, dict) else {}
        [thing] = OperatingSystem.list_from_wire([{**struct, "id": 7}])
        return thing
    return model.from_wire(struct, **({"id": 7} if model in ASKED_BY_ID else {}))


@pytest.mark.parametrize("model", MODELS)
@given(struct=STRUCTS | VALUES)
def test_no_data_breaks_a_model(model, struct):
    thing = read(model, struct)
    if model is not OperatingSystem:
        assert thing.raw == (struct if isinstance(struct, dict) else {})
    assert thing.id != 0
    assert repr(thing).startswith(f"{model.__name__}(")
    assert isinstance(hash(thing), int)
    assert asdict(thing).keys() == {field.name for field in fields(model)}
    again = pickle.loads(pickle.dumps(thing))
    assert repr(again) == repr(thing)
    assert repr(again.raw) == repr(conceal(thing.raw))  # no password goes along in a pickle
    assert repr(copy.deepcopy(thing)) == repr(thing)
    assert json.loads(json.dumps(thing.to_dict())).keys() == asdict(thing).keys()
    # NaN apart, which equals nothing.
    if "nan" not in repr(thing):
        assert again == thing == replace(thing, raw={}) == read(model, struct)


def test_each_attribute_is_the_member_of_its_name():
    vm = VM.from_wire(
        {
            "id": 5,
            "hostname": "web-01",
            "state": "running",
            "os_id": 111,
            "shares": 4,
            "cpu": 2,
            "memory": 1024,
            "disks": [7, 8],
            "ips": ["10.0.0.1"],
            "date_created": MOMENT,
            "date_updated": MOMENT,
            "color": "blue",
        },
        id=5,
    )
    assert vm == VM(5, "web-01", "running", 111, 4, 2, 1024, (7, 8), ("10.0.0.1",), MOMENT, MOMENT)
    assert vm.raw["color"] == "blue"


@pytest.mark.parametrize("model", MODELS)
def test_what_is_missing_is_none(model):
    thing = read(model, {})
    values = asdict(thing)
    assert values.pop("id") == (None if model in (Product, HostingAccount) else 7)
    assert set(values.values()) == {None}


@pytest.mark.parametrize("model", ASKED_BY_ID)
@pytest.mark.parametrize("sent", [{}, {"id": 0}, {"id": None}, {"id": "five"}, None, []])
def test_an_id_that_the_answer_leaves_out_is_taken_from_the_question(model, sent):
    assert model.from_wire(sent, id=7).id == 7
    assert "id" not in model.from_wire({}, id=7).raw


@pytest.mark.parametrize("model", ASKED_BY_ID)
def test_an_id_in_the_answer_is_believed(model):
    assert model.from_wire({"id": "8"}, id=7).id == 8


def test_an_operating_system_without_an_id_is_left_out():
    systems = OperatingSystem.list_from_wire(
        [{"id": 111, "label": "Debian"}, {"label": "nameless"}, {"id": 0}, None, {"id": "112"}]
    )
    assert systems == [OperatingSystem(111, "Debian"), OperatingSystem(112)]


class TestRaw:
    def test_is_everything_that_was_sent(self):
        assert VM.from_wire({"id": 5, "color": "blue"}, id=5).raw == {"id": 5, "color": "blue"}

    def test_is_no_field(self):
        vm = VM.from_wire({"color": "blue"}, id=5)
        assert "raw" not in {field.name for field in fields(VM)}
        assert "raw" not in asdict(vm)
        assert "raw" not in vm.to_dict()
        assert vm == VM(5)
        assert hash(vm) == hash(VM(5))
        assert "blue" not in repr(vm)

    @pytest.mark.parametrize(
        "again",
        [
            lambda vm: pickle.loads(pickle.dumps(vm)),
            copy.copy,
            copy.deepcopy,
            lambda vm: replace(vm, cpu=2),
        ],
        ids=["pickle", "copy", "deepcopy", "replace"],
    )
    def test_stays_with_a_copy(self, again):
        vm = VM.from_wire({"color": "blue", "shares": 5}, id=5)
        assert again(vm).raw == {"color": "blue", "shares": 5}
        assert (again(vm).id, again(vm).shares) == (5, 5)

    def test_is_copied_with_a_deep_copy(self):
        vm = VM.from_wire({"disks": [7]}, id=5)
        assert copy.deepcopy(vm).raw["disks"] is not vm.raw["disks"]

    def test_can_be_given_and_is_empty_where_it_is_not(self):
        assert VM(5, raw={"color": "blue"}).raw == {"color": "blue"}
        assert VM(5).raw == {}
        assert replace(VM(5, raw={"color": "blue"}), raw={}).raw == {}

    def test_cannot_be_set(self):
        vm = VM(5)
        with pytest.raises((FrozenInstanceError, TypeError)):  # TypeError before Python 3.12
            vm.raw = {"color": "blue"}
        assert vm.raw == {}


class TestToDict:
    def test_gives_what_json_takes(self):
        account = HostingAccount.from_wire(
            {"shares": 5, "products": [{"product_name": "shares", "date_end": MOMENT}]}
        )
        assert json.loads(json.dumps(account.to_dict())) == account.to_dict()
        assert account.to_dict() == {
            "id": None,
            "handle": None,
            "shares": 5,
            "used_shares": None,
            "products": [
                {
                    "id": None,
                    "product_name": "shares",
                    "quantity": None,
                    "date_end": "2026-01-31T23:59:00",
                }
            ],
        }

    def test_turns_tuples_into_lists(self):
        vm = VM(5, disks=(7, 8), ips=("10.0.0.1",)).to_dict()
        assert (vm["disks"], vm["ips"]) == ([7, 8], ["10.0.0.1"])

    def test_turns_a_state_into_a_plain_string(self):
        for state in ("DONE", "WAIT"):
            details = OperationDetails(9, state=OperationState(state)).to_dict()
            assert details["state"] == state
            assert type(details["state"]) is str

    def test_shows_no_password_of_the_parameters(self):
        params = {"vm_password": "s3cret-pw", "key": b"\x00\xff", "when": [MOMENT], "size": 5}
        details = OperationDetails.from_wire({"params": params}, id=9)
        assert json.loads(json.dumps(details.to_dict()))["params"] == {
            "vm_password": "***",
            "key": "AP8=",
            "when": ["2026-01-31T23:59:00"],
            "size": 5,
        }


@pytest.mark.parametrize("model", MODELS)
def test_annotations_can_be_resolved_at_run_time(model):
    assert get_type_hints(model.__init__).keys() == {*asdict(read(model, {})), "raw", "return"}


@pytest.mark.parametrize("model", MODELS)
def test_models_are_frozen_and_slotted(model):
    thing = read(model, {})
    with pytest.raises(FrozenInstanceError):
        thing.id = 5
    assert not hasattr(thing, "__dict__")


@pytest.mark.parametrize("sent", [0, "0", None, ""])
def test_an_unattached_disk_has_no_vm(sent):
    assert Disk.from_wire({"vm_id": sent}, id=6).vm_id is None
    assert Disk.from_wire({}, id=6).vm_id is None


def test_an_account_holds_its_products():
    account = HostingAccount.from_wire(
        {"shares": 5, "products": [{"id": 1, "product_name": "shares", "quantity": 5}, "odd"]}
    )
    assert account.products == (Product(1, "shares", 5), Product())
    assert HostingAccount.from_wire({"products": {}}).products is None


class TestOperationDetails:
    def test_take_the_ids_from_the_params(self):
        details = OperationDetails.from_wire(
            {"id": 9, "params": {"vm_id": 5, "disk_id": "6", "product_id": 0, "size": 7}}, id=9
        )
        assert (details.vm_id, details.disk_id, details.product_id) == (5, 6, None)
        assert details.params["size"] == 7
        assert "vm_id" not in details.raw

    def test_prefer_ids_that_stand_beside_the_params(self):
        assert OperationDetails.from_wire({"vm_id": 4, "params": {"vm_id": 5}}, id=9).vm_id == 4

    def test_read_the_state_from_step_too(self):
        assert OperationDetails.from_wire({"step": "RUN"}, id=9).state is OperationState.RUN
        assert OperationDetails.from_wire({"state": "DONE", "step": "RUN"}, id=9).state == "DONE"

    @pytest.mark.parametrize("sent", [0, "", None, "none", -1])
    def test_take_the_ids_from_the_params_where_those_beside_them_are_none(self, sent):
        struct = {"vm_id": sent, "disk_id": sent, "params": {"vm_id": 5, "disk_id": 0}}
        details = OperationDetails.from_wire(struct, id=9)
        assert (details.vm_id, details.disk_id) == (5, None)
        assert details.raw == struct

    @pytest.mark.parametrize("sent", [None, "", 5, b"", []])
    def test_read_the_state_from_step_where_it_cannot_be_read(self, sent):
        struct = {"state": sent, "step": "DONE"}
        assert OperationDetails.from_wire(struct, id=9).state is OperationState.DONE

    def test_are_read_from_text_in_base_64(self):
        struct = {"type": b"vm_start", "state": b"ERROR", "last_error": b"[password: s3cret-pw]"}
        details = OperationDetails.from_wire(struct, id=9)
        assert (details.type, details.state) == ("vm_start", OperationState.ERROR)
        assert "s3cret" not in details.last_error

    def test_can_be_members_of_a_set(self):
        assert len({OperationDetails(id=5, params={}), OperationDetails(id=5, params={})}) == 1
