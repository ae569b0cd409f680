"""What the service does with a call before and beside its work on the books."""

import pytest

VM = ("web", "my_password", 111, 1, 1, {})


def test_an_unknown_method_is_a_fault(api):
    fault = api.fault_of("system.listMethods")
    assert fault.code == 501640
    assert fault.message == "DataError: no such method [method: system.listMethods]"


def test_a_system_that_is_not_offered_does_not_exist(api):
    fault = api.fault_of("vm_create", "web", "my_password", 999, 1, 1, {})
    assert (fault.code, fault.message[-12:]) == (530540, "[os_id: 999]")
    offered = api("os_list")
    assert 111 in [system["id"] for system in offered]
    for system in offered:
        assert api("vm_create", "web", "my_password", system["id"], 1, 1, {})


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        # Each line mends the fault of the line above and keeps all that come later.
        (("-", "short", 999, 2000, 0, 5), 10),
        (("-", "short", 999, 2000, 0, {}), 38),
        (("web", "short", 999, 2000, 0, {}), 30),
        (("web", "my_password", 999, 2000, 1, {}), 40),
        (("web", "my_password", 111, 2000, 1, {}), 35),
    ],
)
def test_type_comes_before_syntax_value_existence_and_state(api, arguments, cause):
    assert api.fault_of("vm_create", *arguments).code % 100 == cause


def test_the_session_is_checked_after_the_form_and_before_the_books(api):
    api.session = "unknown"
    assert api.fault_of("vm_info", "x").code == 530210
    assert api.fault_of("vm_info", 1).code == 500250


def test_the_specs_of_a_vm_are_kept_and_change_nothing(api):
    api("vm_create", *VM[:5], {"login": "gandi"})
    (operation_id,) = api("operation_list")
    assert api("operation_details", operation_id)["params"]["specs"] == {"login": "gandi"}


def test_what_an_operation_shows_holds_no_password(api, sandbox):
    vm_id = api("vm_create", "web", "hunter22", 111, 1, 1, {})
    sandbox.advance(60)
    api("vm_update", vm_id, {"password": "hunter22", "cpu": 2})
    assert "hunter22" not in repr(sandbox.operations)
    assert "hunter22" not in repr(sandbox.vms)
