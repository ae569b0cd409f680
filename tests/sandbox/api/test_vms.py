"""The life of a VM."""

import pytest


def test_a_vm_is_there_at_once_and_runs_in_the_end(api, sandbox):
    vm_id = api("vm_create", "vmtest1", "my_password", 111, 4, 2, {"login": "gandi"})
    assert api("vm_list") == [vm_id]
    vm = api("vm_info", vm_id)
    assert vm.pop("date_updated") == vm.pop("date_created")
    assert len(vm.pop("ips")) == 1
    assert vm == {
        "id": vm_id,
        "hostname": "vmtest1",
        "state": "being_created",
        "os_id": 111,
        "shares": 4,
        "cpu": 2,
        "memory": 1024,
        "disks": [],
    }
    sandbox.advance(60)
    assert api.vm_state(vm_id) == "running"


def test_each_vm_has_an_id_and_an_address_of_its_own(api, sandbox):
    for _ in range(300):
        api("vm_create", "web", "my_password", 111, 1, 1, {})
    assert api("vm_list") == sorted({vm["id"] for vm in sandbox.vms})
    assert len({vm["ips"][0] for vm in sandbox.vms}) == 300


def test_a_vm_takes_its_shares_from_the_call_on(api_of):
    api = api_of(shares=5)
    api("vm_create", "web", "my_password", 111, 4, 1, {})
    fault = api.fault_of("vm_create", "web", "my_password", 111, 2, 1, {})
    assert (fault.code, fault.message) == (
        530935,
        "DataError: not enough shares, 1 free [shares: 2]",
    )
    assert (api("hosting_account_info"))["used_shares"] == 4


def test_an_update_to_more_shares_than_there_are_repeats_what_was_asked_for(api_of):
    api = api_of(shares=10)
    vm_id = api.running_vm(shares=4)
    fault = api.fault_of("vm_update", vm_id, {"shares": 5000})
    assert (fault.code, fault.message) == (
        530935,
        "DataError: not enough shares, 6 free [shares: 5000]",
    )


def test_stop_start_and_reboot_change_the_state_when_they_end(api, sandbox):
    vm_id = api.running_vm()
    for method, meanwhile, afterwards in [
        ("vm_stop", "running", "halted"),
        ("vm_start", "halted", "running"),
        ("vm_reboot", "running", "running"),
    ]:
        operation_id = api(method, vm_id)
        assert api.vm_state(vm_id) == meanwhile
        sandbox.advance(30)
        assert api.vm_state(vm_id) == afterwards
        assert api.state_of(operation_id) == "DONE"


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        ("being_created", ["vm_start", "vm_stop", "vm_reboot", "vm_delete", "vm_update"]),
        ("running", ["vm_start", "vm_delete"]),
        ("halted", ["vm_stop", "vm_reboot"]),
        ("paused", ["vm_reboot", "vm_delete"]),
        ("invalid", ["vm_start", "vm_stop", "vm_reboot", "vm_update"]),
    ],
)
def test_a_state_allows_what_it_allows(api, sandbox, state, refused):
    if state == "invalid":
        sandbox.fail_operation("vm_create")
    vm_id = api("vm_create", "web", "my_password", 111, 1, 1, {})
    if state != "being_created":
        sandbox.advance(60)
    if state == "paused":
        sandbox.pause_vm(vm_id)
    if state == "halted":
        api("vm_stop", vm_id)
        sandbox.advance(20)
    assert api.vm_state(vm_id) == state
    for method in ["vm_start", "vm_stop", "vm_reboot", "vm_delete", "vm_update"]:
        arguments = (vm_id, {"cpu": 2}) if method == "vm_update" else (vm_id,)
        if method in refused:
            fault = api.fault_of(method, *arguments)
            assert (fault.code, f"VM is {state}" in fault.message) == (
                530268 if state == "running" else 530260,
                True,
            )
        else:
            assert api(method, *arguments)


def test_starting_a_paused_vm_unpauses_it(api, sandbox):
    vm_id = api.running_vm()
    sandbox.pause_vm(vm_id)
    api("vm_start", vm_id)
    sandbox.advance(20)
    assert api.vm_state(vm_id) == "running"


def test_a_vm_that_is_being_stopped_is_not_stopped_yet(api, sandbox):
    vm_id = api.running_vm()
    api("vm_stop", vm_id)
    assert (api.fault_of("vm_delete", vm_id)).code == 530268
    sandbox.advance(20)
    assert api("vm_delete", vm_id)


def test_a_deleted_vm_is_gone_and_its_shares_are_free(api, sandbox):
    vm_id = api.halted_vm()
    api("vm_delete", vm_id)
    assert api("vm_list") == [vm_id]
    sandbox.advance(20)
    assert api("vm_list") == []
    fault = api.fault_of("vm_info", vm_id)
    assert (fault.code, fault.message[-14:]) == (530240, f"[vm_id: {vm_id}]")
    assert sandbox.used_shares == 0


def test_a_deleted_vms_id_is_never_given_again(api, sandbox):
    vm_id = api.halted_vm()
    api("vm_delete", vm_id)
    sandbox.advance(20)
    assert api.running_vm() > vm_id


def test_the_disks_of_a_deleted_vm_stay_unattached(api, sandbox):
    vm_id, disk_id = api.halted_vm(), api.created_disk()
    api("disk_attach", vm_id, disk_id)
    sandbox.advance(10)
    assert api("vm_disk_list", vm_id) == [disk_id]
    api("vm_delete", vm_id)
    sandbox.advance(20)
    disk = api("disk_info", disk_id)
    assert (disk["state"], disk["vm_id"]) == ("created", 0)


def test_a_failed_creation_leaves_an_invalid_vm_without_shares(api, sandbox):
    sandbox.fail_operation("vm_create", message="no room")
    vm_id = api("vm_create", "web", "my_password", 111, 4, 1, {})
    sandbox.advance(60)
    vm = api("vm_info", vm_id)
    assert (vm["state"], vm["shares"], sandbox.used_shares) == ("invalid", 0, 0)
    api("vm_delete", vm_id)
    sandbox.advance(20)
    assert (sandbox.vms, sandbox.used_shares) == ([], 0)


def test_a_cancelled_creation_leaves_nothing(api, sandbox):
    sandbox.hold_operation("vm_create")
    vm_id = api("vm_create", "web", "my_password", 111, 4, 1, {})
    assert api("operation_cancel", sandbox.operations[0]["id"]) is True
    assert (api.fault_of("vm_info", vm_id)).code == 530240
    assert (sandbox.vms, sandbox.used_shares) == ([], 0)


def test_an_update_changes_what_its_specs_say(api, sandbox):
    vm_id = api.running_vm(shares=4)
    api("vm_update", vm_id, {"shares": "5"})
    assert (api("vm_info", vm_id))["shares"] == 4
    assert sandbox.used_shares == 5
    sandbox.advance(15)
    api("vm_update", vm_id, {"cpu": 2, "hostname": "db"})
    sandbox.advance(15)
    vm = api("vm_info", vm_id)
    assert (vm["shares"], vm["cpu"], vm["hostname"], vm["memory"]) == (5, 2, "db", 1280)


def test_an_update_must_make_sense(api, sandbox):
    vm_id = api.running_vm()
    for specs, code in (
        ({"shares": 0}, 530930),
        ({"cpu": "x"}, 501010),
        ({"shares": 1002}, 530935),
        ({"sharez": 5}, 501733),
        ({"memory": 512}, 501733),
        ({"shares": 5, "login": "gandi"}, 501733),
        ({}, 530244),
    ):
        assert api.fault_of("vm_update", vm_id, specs).code == code
    assert sandbox.used_shares == 1


def test_a_failed_update_gives_its_shares_back(api, sandbox):
    vm_id = api.running_vm()
    sandbox.fail_operation("vm_update")
    api("vm_update", vm_id, {"shares": 9})
    sandbox.advance(15)
    assert (sandbox.vms[0]["shares"], sandbox.used_shares) == (1, 1)


def test_a_smaller_vm_gives_shares_back_when_the_update_ends(api, sandbox):
    vm_id = api.running_vm(shares=9)
    api("vm_update", vm_id, {"shares": 2})
    assert sandbox.used_shares == 9
    sandbox.advance(15)
    assert (sandbox.vms[0]["shares"], sandbox.used_shares) == (2, 2)


def test_updates_in_a_row_take_no_share_twice(api_of):
    api = api_of(shares=10)
    vm_id = api.running_vm(shares=4)
    api("vm_update", vm_id, {"shares": 6})
    api("vm_update", vm_id, {"shares": 8})
    api.sandbox.advance(30)
    assert (api.sandbox.vms[0]["shares"], api.sandbox.used_shares) == (8, 8)


def test_an_update_that_waited_fails_when_its_vm_is_gone(api, sandbox):
    vm_id = api.halted_vm()
    api("vm_delete", vm_id)
    waiting = api("vm_update", vm_id, {"shares": 9})
    assert sandbox.used_shares == 9
    sandbox.advance(20)
    assert "VM is deleted" in (api("operation_details", waiting))["last_error"]
    assert sandbox.used_shares == 0


def test_an_update_that_waited_fails_when_its_shares_are_gone(api_of):
    api = api_of(shares=8)
    vm_id = api.running_vm(shares=8)
    api("vm_update", vm_id, {"shares": 2})
    api("vm_reboot", vm_id)
    waiting = api("vm_update", vm_id, {"shares": 7})
    api.sandbox.advance(15)
    api("vm_create", "other", "my_password", 111, 5, 1, {})
    api.sandbox.advance(30)
    details = api("operation_details", waiting)
    assert (details["state"], "not enough shares" in details["last_error"]) == ("ERROR", True)
    assert api.sandbox.used_shares == 7


def test_an_unknown_vm_is_not_found(api):
    for vm_id in (0, -1, 10_001, 500_001, 2**31 - 1):
        for method in ["vm_info", "vm_delete", "vm_start", "vm_stop", "vm_reboot", "vm_disk_list"]:
            assert api.fault_of(method, vm_id).code == 530240
        assert api.fault_of("vm_update", vm_id, {}).code == 530240
