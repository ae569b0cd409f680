"""What `operation_list` finds, and how fast."""

import operator
import time
import xmlrpc.client
from datetime import timedelta

import pytest

from aiogandi.sandbox.books.clock import ServiceClock
from aiogandi.sandbox.books.operation_log import Criteria
from aiogandi.sandbox.books.operations import Fate, Operations, Work


@pytest.fixture
async def made(api, sandbox):
    """Ten operations on two VMs and a disk, in all states, 100 s apart."""
    one, other = await api.running_vm("web"), await api.running_vm("db")
    disk = await api.created_disk()
    sandbox.advance(100)
    await api("vm_stop", one)
    sandbox.advance(100)
    sandbox.fail_operation()
    await api("vm_start", one)
    sandbox.advance(100)
    await api("disk_attach", other, disk)
    sandbox.advance(100)
    await api("vm_reboot", other)
    await api("vm_reboot", other)
    cancelled = await api("vm_reboot", other)
    await api("operation_cancel", cancelled)
    return sandbox.operations


def ids(operations, wanted=lambda _: True):
    return [each["id"] for each in reversed(operations) if wanted(each)]


async def test_without_a_filter_all_are_listed_newest_first(api, made):
    assert await api("operation_list") == await api("operation_list", {}) == ids(made)


@pytest.mark.parametrize("state", ["PENDING", "RUN", "DONE", "ERROR", "CANCEL"])
async def test_a_state_lists_its_own(api, made, state):
    found = await api("operation_list", {"state": state})
    assert found
    assert found == ids(made, lambda each: each["state"] == state)


async def test_the_state_all_lists_all(api, made):
    assert await api("operation_list", {"state": "ALL"}) == ids(made)


async def test_a_type_lists_its_own(api, made):
    found = await api("operation_list", {"type": "vm_reboot"})
    assert found == ids(made, lambda each: each["type"] == "vm_reboot")
    assert await api("operation_list", {"type": "domain_create"}) == []


async def test_type_and_state_are_both_required(api, made):
    found = await api("operation_list", {"type": "vm_reboot", "state": "RUN"})
    assert found == ids(made, lambda each: (each["type"], each["state"]) == ("vm_reboot", "RUN"))
    assert len(found) == 1


@pytest.mark.parametrize("form", [int, str])
@pytest.mark.parametrize("name", ["vm_id", "disk_id"])
async def test_a_param_lists_what_works_on_it(api, sandbox, made, form, name):
    value = (sandbox.vms if name == "vm_id" else sandbox.disks)[0]["id"]
    found = await api("operation_list", {"param": {name: form(value)}})
    assert found
    assert found == ids(made, lambda each: each["params"].get(name) == value)


async def test_a_hostname_finds_the_creations(api, made):
    assert await api("operation_list", {"param": {"hostname": "db"}}) == [made[1]["id"]]
    both = {"hostname": "db", "os_id": 111}
    assert await api("operation_list", {"param": both}) == [made[1]["id"]]
    assert await api("operation_list", {"param": both | {"os_id": 112}}) == []


async def test_a_param_that_no_operation_has_finds_nothing(api, made):
    assert await api("operation_list", {"param": {"domain": "example.com"}}) == []
    assert await api("operation_list", {"param": {"vm_id": 1, "x": []}}) == []


@pytest.mark.parametrize("event", ["created", "updated"])
async def test_times_include_the_seconds_that_they_name(api, made, event):
    dates = {each["id"]: each[f"date_{event}"] for each in made}
    for border in (made[3], made[5]):
        date = border[f"date_{event}"]
        for bound, holds in [("after", operator.ge), ("before", operator.le)]:
            found = await api("operation_list", {f"{event}_{bound}": date})
            assert found == [each for each in ids(made) if holds(dates[each], date)]
            assert border["id"] in found


async def test_times_may_be_strings(api, made):
    border = made[4]["date_created"]
    expected = ids(made, lambda each: each["date_created"] >= border)
    for form in ("%Y%m%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S"):
        assert await api("operation_list", {"created_after": border.strftime(form)}) == expected


async def test_times_with_a_zone_are_taken_as_utc(api, made):
    border = made[4]["date_created"]
    expected = ids(made, lambda each: each["date_created"] >= border)
    wire = border.strftime("%Y%m%dT%H:%M:%S")
    east = (border + timedelta(hours=2)).strftime("%Y%m%dT%H:%M:%S+0200")
    body = xmlrpc.client.dumps((api.session, {"created_after": border}), "operation_list")
    _, _, text = await api.post(body.replace(wire, east))
    assert xmlrpc.client.loads(text)[0][0] == expected
    _, _, text = await api.post(body.replace(wire, "00010101T00:00:00+0200"))
    with pytest.raises(xmlrpc.client.Fault) as caught:
        xmlrpc.client.loads(text)
    assert caught.value.faultCode == 500120


async def test_all_filters_hold_together(api, made):
    border = made[4]
    found = await api(
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


async def test_an_update_is_found_by_its_time_whenever_it_was_created(api, sandbox):
    vm_id = await api.running_vm()
    first = await api("vm_reboot", vm_id)
    await api("vm_reboot", vm_id)
    sandbox.advance(30)
    ended = sandbox.operations[1]["date_updated"]
    window = {"updated_after": ended, "updated_before": ended, "state": "DONE"}
    assert await api("operation_list", window) == [first]
    earlier = ended - timedelta(seconds=1)
    assert await api("operation_list", {"updated_before": earlier, "type": "vm_reboot"}) == []


@pytest.mark.parametrize(
    ("filtered", "code"),
    [
        ({"state": "SUPPORT"}, 500130),
        ({"state": "done"}, 500130),
        ({"created_after": "yesterday"}, 500120),
        ({"created_after": "20091332T00:00:00"}, 500120),
        ({"created_after": 2009}, 500110),
        ({"param": "vm_id"}, 500110),
        ({"status": "DONE"}, 500130),
    ],
)
async def test_a_filter_that_says_nothing_is_refused(api, filtered, code):
    assert (await api.fault_of("operation_list", filtered)).faultCode == code


async def test_no_more_than_the_last_300_are_listed(api, sandbox):
    vm_id = await api.running_vm()
    for _ in range(310):
        await api("vm_reboot", vm_id)
    last = ids(sandbox.operations)[:300]
    assert await api("operation_list") == last
    assert await api("operation_list", {"param": {"vm_id": vm_id}}) == last
    assert await api("operation_list", {"type": "vm_reboot"}) == last


def flooded(quantity):
    """*quantity* operations of two types, half of them ended, without a server."""
    clock = ServiceClock(1.0)
    operations = Operations(
        clock, lambda kind: 10.0 if kind == "vm_start" else 1e9, lambda _: Fate()
    )
    operations.settle()
    for number in range(quantity // 2):
        operations.begin("vm_start", {"vm_id": number}, Work(), ("vm", number))
        operations.begin("vm_stop", {"vm_id": -number}, Work(), ("vm", -number - 1))
    clock.advance(20)
    operations.settle()
    return clock, operations


def test_a_filtered_list_looks_only_at_what_may_match():
    clock, operations = flooded(20_000)
    recent = operations.begin("vm_start", {"vm_id": 5, "hostname": "x"}, Work())
    looks = 0
    match = Criteria.match

    def counting(self, operation):
        nonlocal looks
        looks += 1
        return match(self, operation)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Criteria, "match", counting)
        for wanted in [
            Criteria(state="ERROR"),
            Criteria(state="PENDING"),
            Criteria(type="vm_start", state="RUN"),
            Criteria(state="DONE", updated=(operations.now, float("inf"))),
            Criteria(type="vm_stop", created=(operations.now, float("inf"))),
            Criteria(type="vm_stop", params={"vm_id": "5"}),
            Criteria(params={"hostname": "x"}),
            Criteria(updated=(float("-inf"), -1)),
        ]:
            looks = 0
            operations.find(wanted)
            assert looks <= 3, wanted
        looks = 0
        assert len(operations.find(Criteria(state="DONE"))) == 300
        assert looks == 300
    assert operations.find(Criteria(params={"vm_id": "5"}, state="RUN")) == [recent]
    assert clock.now() > 0


def test_a_hundred_thousand_operations_are_listed_in_no_time():
    _, operations = flooded(100_000)
    began = time.perf_counter()
    for _ in range(100):
        operations.find(Criteria(state="DONE"))
    assert time.perf_counter() - began < 1.0  # it takes 15 ms; a scan would take 10 s
