"""What the service does with a call before and beside its work on the books."""

from datetime import datetime

import pytest

VM = ("web", "my_password", 111, 1, 1, {})


def test_an_unknown_method_is_a_fault(api):
    fault = api.fault_of("system.listMethods")
    assert fault.code == 500140
    assert fault.message == "DataError: no such method [method: system.listMethods]"


def test_a_system_that_is_not_offered_does_not_exist(api):
    fault = api.fault_of("vm_create", "web", "my_password", 999, 1, 1, {})
    assert (fault.code, fault.message[-12:]) == (534040, "[os_id: 999]")
    offered = api("os_list")
    assert 111 in [system["id"] for system in offered]
    for system in offered:
        assert api("vm_create", "web", "my_password", system["id"], 1, 1, {})


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        # Each line mends the fault of the line above and keeps all that come later.
        (("-", "short", 999, 2000, 0, 5), 10),
        (("-", "short", 999, 2000, 0, {}), 20),
        (("web", "short", 999, 2000, 0, {}), 30),
        (("web", "my_password", 999, 2000, 1, {}), 40),
        (("web", "my_password", 111, 2000, 1, {}), 60),
    ],
)
def test_type_comes_before_syntax_value_existence_and_state(api, arguments, cause):
    assert api.fault_of("vm_create", *arguments).code % 100 == cause


def test_the_session_is_checked_after_the_form_and_before_the_books(api):
    api.session = "unknown"
    assert api.fault_of("vm_info", "x").code == 500110
    assert api.fault_of("vm_info", 1).code == 510150


def test_unknown_specs_are_kept_and_change_nothing(api):
    day = datetime.fromisoformat("2009-01-01")
    specs = {"login": "gandi", "deep": [{"er": b"1"}], "day": day, "on": True, "half": 0.5}
    api("vm_create", *VM[:5], specs)
    (operation_id,) = api("operation_list")
    assert api("operation_details", operation_id)["params"]["specs"] == specs


def test_what_an_operation_shows_holds_no_password(api, sandbox):
    specs = {"login": "gandi", "password": "hunter22", "deep": [{"root_passwd": "hunter22"}]}
    vm_id = api("vm_create", "web", "hunter22", 111, 1, 1, specs)
    sandbox.advance(60)
    api("vm_update", vm_id, {"password": "hunter22", "cpu": 2})
    api("disk_create", {"size": 1, "name": "data", "password": "hunter22"})
    assert "hunter22" not in repr(sandbox.operations)
    assert "hunter22" not in repr(sandbox.vms)
