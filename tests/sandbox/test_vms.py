import pytest


async def test_a_vm_is_there_at_once_and_runs_in_the_end(api, sandbox):
    vm_id = await api("vm_create", "vmtest1", "my_password", 111, 4, 2, {"login": "gandi"})
    assert await api("vm_list") == [vm_id]
    vm = await api("vm_info", vm_id)
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
    assert await api.vm_state(vm_id) == "running"


async def test_each_vm_has_an_id_and_an_address_of_its_own(api, sandbox):
    for _ in range(300):
        await api("vm_create", "web", "my_password", 111, 1, 1, {})
    assert await api("vm_list") == sorted({vm["id"] for vm in sandbox.vms})
    assert len({vm["ips"][0] for vm in sandbox.vms}) == 300


async def test_a_vm_takes_its_shares_from_the_call_on(serving):
    async with serving(shares=5) as api:
        await api("vm_create", "web", "my_password", 111, 4, 1, {})
        fault = await api.fault_of("vm_create", "web", "my_password", 111, 2, 1, {})
        assert (fault.faultCode, fault.faultString) == (
            530060,
            "DataError: not enough shares, 1 free [shares: 2]",
        )
        assert (await api("hosting_account_info"))["used_shares"] == 4


async def test_stop_start_and_reboot_change_the_state_when_they_end(api, sandbox):
    vm_id = await api.running_vm()
    for method, meanwhile, afterwards in [
        ("vm_stop", "running", "halted"),
        ("vm_start", "halted", "running"),
        ("vm_reboot", "running", "running"),
    ]:
        operation_id = await api(method, vm_id)
        assert await api.vm_state(vm_id) == meanwhile
        sandbox.advance(30)
        assert await api.vm_state(vm_id) == afterwards
        assert await api.state_of(operation_id) == "DONE"


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
async def test_a_state_allows_what_it_allows(api, sandbox, state, refused):
    if state == "invalid":
        sandbox.fail_operation("vm_create")
    vm_id = await api("vm_create", "web", "my_password", 111, 1, 1, {})
    if state != "being_created":
        sandbox.advance(60)
    if state == "paused":
        sandbox.pause_vm(vm_id)
    if state == "halted":
        await api("vm_stop", vm_id)
        sandbox.advance(20)
    assert await api.vm_state(vm_id) == state
    for method in ["vm_start", "vm_stop", "vm_reboot", "vm_delete", "vm_update"]:
        arguments = (vm_id, {"cpu": 2}) if method == "vm_update" else (vm_id,)
        if method in refused:
            fault = await api.fault_of(method, *arguments)
            assert (fault.faultCode, f"VM is {state}" in fault.faultString) == (531060, True)
        else:
            assert await api(method, *arguments)


async def test_starting_a_paused_vm_unpauses_it(api, sandbox):
    vm_id = await api.running_vm()
    sandbox.pause_vm(vm_id)
    await api("vm_start", vm_id)
    sandbox.advance(20)
    assert await api.vm_state(vm_id) == "running"


async def test_a_vm_that_is_being_stopped_is_not_stopped_yet(api, sandbox):
    vm_id = await api.running_vm()
    await api("vm_stop", vm_id)
    assert (await api.fault_of("vm_delete", vm_id)).faultCode == 531060
    sandbox.advance(20)
    assert await api("vm_delete", vm_id)


async def test_a_deleted_vm_is_gone_and_its_shares_are_free(api, sandbox):
    vm_id = await api.halted_vm()
    await api("vm_delete", vm_id)
    assert await api("vm_list") == [vm_id]
    sandbox.advance(20)
    assert await api("vm_list") == []
    fault = await api.fault_of("vm_info", vm_id)
    assert (fault.faultCode, fault.faultString[-14:]) == (531040, f"[vm_id: {vm_id}]")
    assert sandbox.used_shares == 0


async def test_a_deleted_vms_id_is_never_given_again(api, sandbox):
    vm_id = await api.halted_vm()
    await api("vm_delete", vm_id)
    sandbox.advance(20)
    assert await api.running_vm() > vm_id


async def test_the_disks_of_a_deleted_vm_stay_unattached(api, sandbox):
    vm_id, disk_id = await api.halted_vm(), await api.created_disk()
    await api("disk_attach", vm_id, disk_id)
    sandbox.advance(10)
    assert await api("vm_disk_list", vm_id) == [disk_id]
    await api("vm_delete", vm_id)
    sandbox.advance(20)
    disk = await api("disk_info", disk_id)
    assert (disk["state"], disk["vm_id"]) == ("created", 0)


async def test_a_failed_creation_leaves_an_invalid_vm_without_shares(api, sandbox):
    sandbox.fail_operation("vm_create", message="no room")
    vm_id = await api("vm_create", "web", "my_password", 111, 4, 1, {})
    sandbox.advance(60)
    vm = await api("vm_info", vm_id)
    assert (vm["state"], vm["shares"], sandbox.used_shares) == ("invalid", 0, 0)
    await api("vm_delete", vm_id)
    sandbox.advance(20)
    assert (sandbox.vms, sandbox.used_shares) == ([], 0)


async def test_a_cancelled_creation_leaves_nothing(api, sandbox):
    sandbox.hold_operation("vm_create")
    vm_id = await api("vm_create", "web", "my_password", 111, 4, 1, {})
    assert await api("operation_cancel", sandbox.operations[0]["id"]) is True
    assert (await api.fault_of("vm_info", vm_id)).faultCode == 531040
    assert (sandbox.vms, sandbox.used_shares) == ([], 0)


async def test_an_update_changes_what_its_specs_say(api, sandbox):
    vm_id = await api.running_vm(shares=4)
    await api("vm_update", vm_id, {"shares": "5"})
    assert (await api("vm_info", vm_id))["shares"] == 4
    assert sandbox.used_shares == 5
    sandbox.advance(15)
    await api("vm_update", vm_id, {"cpu": 2, "hostname": "db", "colour": "red"})
    sandbox.advance(15)
    vm = await api("vm_info", vm_id)
    assert (vm["shares"], vm["cpu"], vm["hostname"], vm["memory"]) == (5, 2, "db", 1280)


@pytest.mark.parametrize(
    ("specs", "cause"),
    [({"shares": 0}, 30), ({"shares": 1001}, 60), ({"cpu": "x"}, 10), ({"hostname": "-"}, 20)],
)
async def test_an_update_must_make_sense(api, sandbox, specs, cause):
    vm_id = await api.running_vm()
    assert (await api.fault_of("vm_update", vm_id, specs)).faultCode % 100 == cause
    assert sandbox.used_shares == 1


async def test_a_failed_update_gives_its_shares_back(api, sandbox):
    vm_id = await api.running_vm()
    sandbox.fail_operation("vm_update")
    await api("vm_update", vm_id, {"shares": 9})
    sandbox.advance(15)
    assert (sandbox.vms[0]["shares"], sandbox.used_shares) == (1, 1)


async def test_a_smaller_vm_gives_shares_back_when_the_update_ends(api, sandbox):
    vm_id = await api.running_vm(shares=9)
    await api("vm_update", vm_id, {"shares": 2})
    assert sandbox.used_shares == 9
    sandbox.advance(15)
    assert (sandbox.vms[0]["shares"], sandbox.used_shares) == (2, 2)


async def test_updates_in_a_row_take_no_share_twice(serving):
    async with serving(shares=10) as api:
        vm_id = await api.running_vm(shares=4)
        await api("vm_update", vm_id, {"shares": 6})
        await api("vm_update", vm_id, {"shares": 8})
        api.sandbox.advance(30)
        assert (api.sandbox.vms[0]["shares"], api.sandbox.used_shares) == (8, 8)


async def test_an_update_that_waited_fails_when_its_vm_is_gone(api, sandbox):
    vm_id = await api.halted_vm()
    await api("vm_delete", vm_id)
    waiting = await api("vm_update", vm_id, {"shares": 9})
    assert sandbox.used_shares == 9
    sandbox.advance(20)
    assert "VM is deleted" in (await api("operation_details", waiting))["last_error"]
    assert sandbox.used_shares == 0


async def test_an_update_that_waited_fails_when_its_shares_are_gone(serving):
    async with serving(shares=8) as api:
        vm_id = await api.running_vm(shares=8)
        await api("vm_update", vm_id, {"shares": 2})
        await api("vm_reboot", vm_id)
        waiting = await api("vm_update", vm_id, {"shares": 7})
        api.sandbox.advance(15)
        await api("vm_create", "other", "my_password", 111, 5, 1, {})
        api.sandbox.advance(30)
        details = await api("operation_details", waiting)
        assert (details["state"], "not enough shares" in details["last_error"]) == ("ERROR", True)
        assert api.sandbox.used_shares == 7


@pytest.mark.parametrize("vm_id", [0, -1, 10_001, 500_001, 2**31 - 1])
async def test_an_unknown_vm_is_not_found(api, vm_id):
    for method in ["vm_info", "vm_delete", "vm_start", "vm_stop", "vm_reboot", "vm_disk_list"]:
        assert (await api.fault_of(method, vm_id)).faultCode == 531040
    assert (await api.fault_of("vm_update", vm_id, {})).faultCode == 531040
