"""The life of a disk."""

import pytest


@pytest.fixture
def vm_id(api):
    return api.running_vm()


@pytest.fixture
def disk_id(api):
    return api.created_disk()


def test_a_disk_is_there_at_once_and_usable_in_the_end(api, sandbox):
    disk_id = api("disk_create", {"size": "2048", "name": "disk2GB", "fstype": "ext4"})
    assert api("disk_list") == [disk_id]
    disk = api("disk_info", disk_id)
    assert disk.pop("date_created") == sandbox.operations[0]["date_created"]
    assert disk == {
        "id": disk_id,
        "name": "disk2GB",
        "size": 2048,
        "fstype": "ext4",
        "state": "being_created",
        "vm_id": 0,
    }
    sandbox.advance(30)
    assert (api("disk_info", disk_id))["state"] == "created"


def test_a_file_system_is_chosen_where_none_is_named(api):
    disk_id = api("disk_create", {"size": 1, "name": "data"})
    assert (api("disk_info", disk_id))["fstype"] == "ext3"


def test_attaching_ends_with_the_disk_at_the_vm(api, sandbox, vm_id, disk_id):
    operation_id = api("disk_attach", vm_id, disk_id)
    assert (api("disk_info", disk_id))["state"] == "created"
    sandbox.advance(10)
    disk = api("disk_info", disk_id)
    assert (disk["state"], disk["vm_id"]) == ("attached", vm_id)
    assert (api("vm_info", vm_id))["disks"] == [disk_id]
    params = (api("operation_details", operation_id))["params"]
    assert params == {"vm_id": vm_id, "disk_id": disk_id}


def test_detaching_ends_with_the_disk_free(api, sandbox, vm_id, disk_id):
    api("disk_attach", vm_id, disk_id)
    sandbox.advance(10)
    api("disk_detach", vm_id, disk_id)
    sandbox.advance(10)
    disk = api("disk_info", disk_id)
    assert (disk["state"], disk["vm_id"]) == ("created", 0)
    assert api("vm_disk_list", vm_id) == []


def test_an_attached_disk_is_neither_attached_nor_deleted(api, sandbox, vm_id, disk_id):
    api("disk_attach", vm_id, disk_id)
    sandbox.advance(10)
    other = api.running_vm()
    for method, arguments, code in [
        ("disk_attach", (vm_id, disk_id), 530439),
        ("disk_attach", (other, disk_id), 530439),
        ("disk_delete", (disk_id,), 530439),
        ("disk_detach", (other, disk_id), 530498),
    ]:
        fault = api.fault_of(method, *arguments)
        assert (fault.code, fault.message[-17:]) == (code, f"[disk_id: {disk_id}]")


def test_a_disk_that_is_free_is_not_detached(api, vm_id, disk_id):
    assert (api.fault_of("disk_detach", vm_id, disk_id)).code == 530498


def test_what_is_being_created_is_not_attached(api, vm_id, disk_id):
    young_vm = api("vm_create", "web", "my_password", 111, 1, 1, {})
    young_disk = api("disk_create", {"size": 1, "name": "data"})
    assert (api.fault_of("disk_attach", young_vm, disk_id)).code == 530260
    assert (api.fault_of("disk_attach", vm_id, young_disk)).code == 530460
    assert (api.fault_of("disk_delete", young_disk)).code == 530460


def test_a_deleted_disk_is_gone(api, sandbox, disk_id):
    api("disk_delete", disk_id)
    assert api("disk_list") == [disk_id]
    sandbox.advance(15)
    assert api("disk_list") == []
    assert (api.fault_of("disk_info", disk_id)).code == 530440
    assert api.created_disk() > disk_id


def test_a_disk_whose_creation_fails_or_is_cancelled_is_gone(api, sandbox):
    sandbox.fail_operation("disk_create")
    api("disk_create", {"size": 1, "name": "data"})
    sandbox.hold_operation("disk_create")
    api("disk_create", {"size": 1, "name": "data"})
    api("operation_cancel", sandbox.operations[1]["id"])
    sandbox.advance(30)
    assert sandbox.disks == []


def test_a_failed_attachment_changes_nothing(api, sandbox, vm_id, disk_id):
    sandbox.fail_operation("disk_attach")
    api("disk_attach", vm_id, disk_id)
    sandbox.advance(10)
    assert (api("disk_info", disk_id))["state"] == "created"


def test_of_two_attachments_of_one_disk_the_second_fails(api, sandbox, vm_id, disk_id):
    other = api.running_vm()
    first = api("disk_attach", vm_id, disk_id)
    second = api("disk_attach", other, disk_id)
    assert [api.state_of(first), api.state_of(second)] == ["RUN", "PENDING"]
    sandbox.advance(10)
    details = api("operation_details", second)
    assert (details["state"], details["last_error"]) == (
        "ERROR",
        f"DataError: disk is attached, not created [disk_id: {disk_id}]",
    )
    assert (api("disk_info", disk_id))["vm_id"] == vm_id


def test_unknown_disks_and_vms_are_not_found(api, vm_id, disk_id):
    assert (api.fault_of("disk_attach", 1, disk_id)).code == 530240
    assert (api.fault_of("disk_attach", vm_id, 1)).code == 530440
    assert (api.fault_of("disk_attach", disk_id, vm_id)).code == 530240
    for method in ["disk_info", "disk_delete"]:
        assert (api.fault_of(method, 1)).code == 530440
