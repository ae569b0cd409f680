"""What `operation_list` finds."""

import operator
from datetime import timedelta, timezone

import pytest


@pytest.fixture
def made(api, sandbox):
    """Ten operations on two VMs and a disk, in all states, 100 s apart."""
    one, other = api.running_vm("web"), api.running_vm("db")
    disk = api.created_disk()
    sandbox.advance(100)
    api("vm_stop", one)
    sandbox.advance(100)
    sandbox.fail_operation()
    api("vm_start", one)
    sandbox.advance(100)
    api("disk_attach", other, disk)
    sandbox.advance(100)
    api("vm_reboot", other)
    api("vm_reboot", other)
    cancelled = api("vm_reboot", other)
    api("operation_cancel", cancelled)
    return sandbox.operations


def ids(operations, wanted=lambda _: True):
    return [each["id"] for each in reversed(operations) if wanted(each)]


def test_without_a_filter_all_are_listed_newest_first(api, made):
    assert api("operation_list") == api("operation_list", {}) == ids(made)


@pytest.mark.parametrize("state", ["PENDING", "RUN", "DONE", "ERROR", "CANCEL"])
def test_a_state_lists_its_own(api, made, state):
    found = api("operation_list", {"state": state})
    assert found
    assert found == ids(made, lambda each: each["state"] == state)


def test_the_state_all_lists_all(api, made):
    assert api("operation_list", {"state": "ALL"}) == ids(made)


def test_a_type_lists_its_own(api, made):
    found = api("operation_list", {"type": "vm_reboot"})
    assert found == ids(made, lambda each: each["type"] == "vm_reboot")
    assert api("operation_list", {"type": "domain_create"}) == []


def test_type_and_state_are_both_required(api, made):
    found = api("operation_list", {"type": "vm_reboot", "state": "RUN"})
    assert found == ids(made, lambda each: (each["type"], each["state"]) == ("vm_reboot", "RUN"))
    assert len(found) == 1


@pytest.mark.parametrize("form", [int, str])
@pytest.mark.parametrize("name", ["vm_id", "disk_id"])
def test_a_param_lists_what_works_on_it(api, sandbox, made, form, name):
    value = (sandbox.vms if name == "vm_id" else sandbox.disks)[0]["id"]
    found = api("operation_list", {"param": {name: form(value)}})
    assert found
    assert found == ids(made, lambda each: each["params"].get(name) == value)


def test_a_hostname_finds_the_creations(api, made):
    assert api("operation_list", {"param": {"hostname": "db"}}) == [made[1]["id"]]
    both = {"hostname": "db", "vm_id": made[1]["params"]["vm_id"]}
    assert api("operation_list", {"param": both}) == [made[1]["id"]]
    assert api("operation_list", {"param": both | {"vm_id": made[0]["params"]["vm_id"]}}) == []
    assert api("operation_list", {"param": {"hostname": 2024}}) == []


def test_a_param_that_no_operation_has_finds_nothing(api, made):
    assert api("operation_list", {"param": {"domain": "example.com"}}) == []
    assert api("operation_list", {"param": {"vm_id": 1}}) == []
    assert api("operation_list", {"param": []}) == api("operation_list")


def test_a_param_that_is_not_searched_by_is_refused(api, made):
    for name in ("vmid", "os_id", "product_id", "specs"):
        fault = api.fault_of("operation_list", {"param": {name: 1}})
        assert fault.code == 501733
        assert fault.message == f"DataError: unexpected key in param [param: {name}]"


@pytest.mark.parametrize("event", ["created", "updated"])
def test_times_include_the_seconds_that_they_name(api, made, event):
    dates = {each["id"]: each[f"date_{event}"] for each in made}
    for border in (made[3], made[5]):
        date = border[f"date_{event}"]
        for bound, holds in [("after", operator.ge), ("before", operator.le)]:
            found = api("operation_list", {f"{event}_{bound}": date})
            assert found == [each for each in ids(made) if holds(dates[each], date)]
            assert border["id"] in found


def test_times_may_be_strings(api, made):
    border = made[4]["date_created"]
    expected = ids(made, lambda each: each["date_created"] >= border)
    for form in ("%Y%m%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S"):
        assert api("operation_list", {"created_after": border.strftime(form)}) == expected


def test_times_with_a_zone_are_taken_as_utc(api, made):
    border = made[4]["date_created"]
    expected = ids(made, lambda each: each["date_created"] >= border)
    east = (border + timedelta(hours=2)).replace(tzinfo=timezone(timedelta(hours=2)))
    assert api("operation_list", {"created_after": east}) == expected


def test_all_filters_hold_together(api, made):
    border = made[4]
    found = api(
        "operation_list",
        {
            "type": border["type"],
            "state": border["state"],
            "created_after": border["date_created"],
            "created_before": border["date_created"],
            "updated_after": border["date_updated"],
            "updated_before": border["date_updated"],
            "param": {"vm_id": border["params"]["vm_id"]},
        },
    )
    assert found == [border["id"]]


def test_an_update_is_found_by_its_time_whenever_it_was_created(api, sandbox):
    vm_id = api.running_vm()
    first = api("vm_reboot", vm_id)
    api("vm_reboot", vm_id)
    sandbox.advance(30)
    ended = sandbox.operations[1]["date_updated"]
    window = {"updated_after": ended, "updated_before": ended, "state": "DONE"}
    assert api("operation_list", window) == [first]
    earlier = ended - timedelta(seconds=1)
    assert api("operation_list", {"updated_before": earlier, "type": "vm_reboot"}) == []


def test_no_more_than_the_last_300_are_listed(api, sandbox):
    vm_id = api.running_vm()
    for _ in range(310):
        api("vm_reboot", vm_id)
    last = ids(sandbox.operations)[:300]
    assert api("operation_list") == last
    assert api("operation_list", {"param": {"vm_id": vm_id}}) == last
    assert api("operation_list", {"type": "vm_reboot"}) == last
