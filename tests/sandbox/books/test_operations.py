"""How operations are ordered, end and are told."""

from datetime import timedelta

import pytest


def test_an_operation_tells_its_type_arguments_and_times(api, sandbox):
    vm_id = api("vm_create", "web", "my_password", "111", "4", 1, {"login": "gandi"})
    (operation_id,) = api("operation_list")
    details = api("operation_details", operation_id)
    assert details["date_created"] == details["date_updated"]
    assert details.pop("date_created") == sandbox.now
    del details["date_updated"]
    assert details == {
        "id": operation_id,
        "type": "vm_create",
        "state": "RUN",
        "params": {
            "hostname": "web",
            "os_id": 111,
            "shares": 4,
            "cpu": 1,
            "specs": {"login": "gandi"},
            "vm_id": vm_id,
        },
    }


@pytest.mark.parametrize(
    ("method", "arguments", "own"),
    [
        ("vm_update", ("vm_id", {"cpu": 2}), {"specs": {"cpu": 2}}),
        ("vm_reboot", ("vm_id",), {}),
        ("vm_stop", ("vm_id",), {}),
        ("disk_delete", ("disk_id",), {}),
        ("disk_attach", ("vm_id", "disk_id"), {}),
        ("hosting_account_product_renew", ("product_id", "1y"), {"duration": "1y"}),
        ("hosting_account_product_update", ("product_id", 5), {"quantity": 5}),
        ("hosting_account_product_remove", ("product_id",), {}),
    ],
)
def test_each_operation_names_its_arguments_and_what_it_works_on(
    api, sandbox, method, arguments, own
):
    known = {"vm_id": api.running_vm(), "disk_id": api.created_disk()}
    api("hosting_account_product_add", "shares", 1, "1m")
    sandbox.advance(5)
    known["product_id"] = sandbox.products[1]["id"]
    given = [known.get(each, each) if isinstance(each, str) else each for each in arguments]
    details = api("operation_details", api(method, *given))
    things = {each: known[each] for each in arguments if isinstance(each, str) and each in known}
    assert (details["type"], details["params"]) == (method, own | things)


def test_a_purchase_names_the_product_that_it_will_be(api, sandbox):
    operation_id = api("hosting_account_product_add", "shares", 4, "1y")
    params = (api("operation_details", operation_id))["params"]
    sandbox.advance(5)
    product_id = sandbox.products[1]["id"]
    assert params == {
        "product_name": "shares",
        "quantity": 4,
        "duration": "1y",
        "product_id": product_id,
    }


def test_an_operation_ends_when_its_time_is_over_and_not_before(api, sandbox):
    vm_id = api.running_vm()
    operation_id = api("vm_stop", vm_id)
    sandbox.advance(19)
    assert api.state_of(operation_id) == "RUN"
    sandbox.advance(1)
    details = api("operation_details", operation_id)
    assert details["state"] == "DONE"
    assert details["date_updated"] - details["date_created"] == timedelta(seconds=20)
    assert "last_error" not in details


def test_the_next_operation_of_a_vm_waits_and_starts_when_the_first_has_ended(api, sandbox):
    vm_id = api.running_vm()
    first, second = api("vm_reboot", vm_id), api("vm_reboot", vm_id)
    assert [api.state_of(first), api.state_of(second)] == ["RUN", "PENDING"]
    sandbox.advance(30)
    assert [api.state_of(first), api.state_of(second)] == ["DONE", "RUN"]
    sandbox.advance(30)
    assert api.state_of(second) == "DONE"


def test_what_nobody_watched_happened_at_its_own_time(api, sandbox):
    vm_id = api.running_vm()
    reboots = [api("vm_reboot", vm_id) for _ in range(3)]
    sandbox.advance(3600)
    ends = [(api("operation_details", each))["date_updated"] for each in reboots]
    assert [later - ends[0] for later in ends] == [timedelta(seconds=30 * n) for n in range(3)]


def test_different_vms_do_not_wait_for_each_other(api):
    one, other = api.running_vm(), api.running_vm()
    for vm_id in (one, other):
        assert api.state_of(api("vm_reboot", vm_id)) == "RUN"


def test_an_attachment_holds_both_the_vm_and_the_disk(api, sandbox):
    vm_id, disk_id = api.running_vm(), api.created_disk()
    reboot = api("vm_reboot", vm_id)
    attachment = api("disk_attach", vm_id, disk_id)
    deletion = api("disk_delete", disk_id)
    update = api("vm_update", vm_id, {"cpu": 2})
    waiting = [attachment, deletion, update]
    assert [api.state_of(each) for each in waiting] == ["PENDING"] * 3
    sandbox.advance(30)
    assert api.state_of(reboot) == "DONE"
    assert [api.state_of(each) for each in waiting] == ["RUN", "PENDING", "PENDING"]
    sandbox.advance(10)
    assert [api.state_of(each) for each in waiting] == ["DONE", "ERROR", "RUN"]


def test_what_no_longer_fits_when_its_turn_comes_ends_in_error(api, sandbox):
    vm_id = api.running_vm()
    first, second = api("vm_stop", vm_id), api("vm_stop", vm_id)
    sandbox.advance(20)
    ended = api("operation_details", second)
    assert (ended["state"], ended["last_error"]) == (
        "ERROR",
        f"DataError: VM is halted, not running or paused [vm_id: {vm_id}]",
    )
    assert ended["date_updated"] == (api("operation_details", first))["date_updated"]


def test_a_long_queue_that_fails_at_once_is_worked_off(api, sandbox):
    vm_id = api.halted_vm()
    deletions = [api("vm_delete", vm_id) for _ in range(1500)]
    sandbox.advance(20)
    states = [api.state_of(deletions[place]) for place in (0, 1, -1)]
    assert states == ["DONE", "ERROR", "ERROR"]


def test_a_pending_operation_can_be_cancelled(api, sandbox):
    vm_id = api.running_vm()
    first, second, third = [api("vm_reboot", vm_id) for _ in range(3)]
    assert api("operation_cancel", second) is True
    assert api.state_of(second) == "CANCEL"
    sandbox.advance(30)
    assert [api.state_of(each) for each in (first, third)] == ["DONE", "RUN"]


def test_what_waits_for_a_cancelled_operation_alone_starts(api, sandbox):
    vm_id, disk_id = api.running_vm(), api.created_disk()
    api("vm_reboot", vm_id)
    attachment = api("disk_attach", vm_id, disk_id)
    deletion = api("disk_delete", disk_id)
    api("operation_cancel", attachment)
    assert api.state_of(deletion) == "RUN"


def test_a_cancelled_operation_gives_back_what_it_had_reserved(api, sandbox):
    vm_id = api.running_vm()
    api("vm_reboot", vm_id)
    update = api("vm_update", vm_id, {"shares": 9})
    sandbox.hold_operation()
    purchase = api("hosting_account_product_add", "shares", 4, "1m")
    for operation_id in (update, purchase):
        api("operation_cancel", operation_id)
    assert (sandbox.used_shares, sandbox.balance) == (1, 10_000.0)


@pytest.mark.parametrize("state", ["RUN", "DONE", "ERROR", "CANCEL"])
def test_only_a_pending_operation_can_be_cancelled(api, sandbox, state):
    vm_id = api.running_vm()
    if state == "ERROR":
        sandbox.fail_operation()
    if state == "CANCEL":
        sandbox.hold_operation()
    operation_id = api("vm_reboot", vm_id)
    if state == "CANCEL":
        api("operation_cancel", operation_id)
    elif state != "RUN":
        sandbox.advance(30)
    fault = api.fault_of("operation_cancel", operation_id)
    assert fault.code == 510260
    assert fault.message == f"DataError: operation is {state} [operation_id: {operation_id}]"


@pytest.mark.parametrize("operation_id", [0, -1, 1_000_001, 1_000_000])
def test_an_unknown_operation_is_not_found(api, operation_id):
    for method in ("operation_details", "operation_cancel"):
        assert (api.fault_of(method, operation_id)).code == 510240


def test_durations_are_the_users_by_type(api_of):
    api = api_of(durations={"vm_create": 5})
    vm_id = api("vm_create", "web", "my_password", 111, 1, 1, {})
    api.sandbox.advance(5)
    assert api.vm_state(vm_id) == "running"
    stop = api("vm_stop", vm_id)
    api.sandbox.advance(19)
    assert api.state_of(stop) == "RUN"


class Growing(dict):
    """Each look takes a second longer than the one before."""

    looks = 0

    def get(self, kind, default=None):
        self.looks += 1
        return self.looks


def test_a_duration_is_asked_for_each_operation(api_of):
    api = api_of(durations=Growing())
    for _ in range(3):
        api("vm_create", "web", "my_password", 111, 1, 1, {})
    api.sandbox.advance(2)
    states = [vm["state"] for vm in api.sandbox.vms]
    assert states == ["running", "running", "being_created"]


def test_an_operation_may_take_no_time(api_of):
    api = api_of(durations={"vm_create": 0})
    vm_id = api("vm_create", "web", "my_password", 111, 1, 1, {})
    assert api.vm_state(vm_id) == "running"


def test_an_operation_made_to_fail_takes_its_time_and_says_why(api, sandbox):
    vm_id = api.running_vm()
    sandbox.fail_operation("vm_stop", message="the hypervisor is on fire")
    stop = api("vm_stop", vm_id)
    sandbox.advance(19)
    assert api.state_of(stop) == "RUN"
    sandbox.advance(1)
    details = api("operation_details", stop)
    assert (details["state"], details["last_error"]) == ("ERROR", "the hypervisor is on fire")
    assert api.vm_state(vm_id) == "running"
    again = api("vm_stop", vm_id)
    sandbox.advance(20)
    assert api.state_of(again) == "DONE"


def test_a_stalled_operation_never_leaves_run_and_nothing_passes_it(api, sandbox):
    vm_id = api.running_vm()
    sandbox.stall_operation("vm_reboot")
    stalled, waiting = api("vm_reboot", vm_id), api("vm_reboot", vm_id)
    sandbox.advance(365 * 86_400)
    api.session = ""
    assert [api.state_of(stalled), api.state_of(waiting)] == ["RUN", "PENDING"]


def test_a_held_operation_stays_pending_until_it_is_released(api, sandbox):
    vm_id = api.running_vm()
    sandbox.hold_operation("vm_stop")
    held, waiting = api("vm_stop", vm_id), api("vm_reboot", vm_id)
    sandbox.advance(3600)
    assert [api.state_of(held), api.state_of(waiting)] == ["PENDING", "PENDING"]
    sandbox.release_operations()
    assert api.state_of(held) == "RUN"
    sandbox.advance(20)
    assert [api.state_of(held), api.state_of(waiting)] == ["DONE", "ERROR"]


def test_a_cancelled_operation_is_not_released(api, sandbox):
    vm_id = api.running_vm()
    sandbox.hold_operation()
    held = api("vm_stop", vm_id)
    api("operation_cancel", held)
    sandbox.release_operations()
    sandbox.advance(60)
    assert (api.state_of(held), api.vm_state(vm_id)) == ("CANCEL", "running")
