"""What a call accepts, and in which order it refuses."""

import xmlrpc.client
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiogandi import codec
from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.books.faults import ServiceFault

DAY = datetime.fromisoformat("2009-01-01")
VM = ("web", "my_password", 111, 1, 1, {})


def with_argument(place, value):
    return [*VM[:place], value, *VM[place + 1 :]]


@pytest.mark.parametrize("value", ["4", 4, "+4", "04"])
async def test_a_string_of_digits_is_a_number(api, value):
    vm_id = await api("vm_create", *with_argument(3, value))
    assert (await api("vm_info", str(vm_id)))["shares"] == 4


@pytest.mark.parametrize(
    "value", ["", " 4", "4.0", "four", "٤", "4294967296", 4.0, True, [], {}, b"4"]
)
async def test_anything_else_is_no_number(api, value):
    fault = await api.fault_of("vm_create", *with_argument(3, value))
    assert (fault.faultCode, "[shares: " in fault.faultString) == (500110, True)


async def test_a_number_is_a_string_of_its_digits(api, sandbox):
    await api("vm_create", 2024, 12345678, 111, 1, 1, {})
    assert sandbox.vms[0]["hostname"] == "2024"


@pytest.mark.parametrize("value", [1.5, True, [], {}, b"web", DAY])
async def test_anything_else_is_no_string(api, value):
    assert (await api.fault_of("vm_create", *with_argument(0, value))).faultCode == 500110


async def test_an_empty_array_is_an_empty_struct(api):
    assert await api("vm_create", *with_argument(5, []))
    assert await api("operation_list", [])


@pytest.mark.parametrize("value", ["", "specs", 1, [1], True])
async def test_anything_else_is_no_struct(api, value):
    assert (await api.fault_of("vm_create", *with_argument(5, value))).faultCode == 500110


@pytest.mark.parametrize("safe", [True, False, 1, 0, "1", "0"])
async def test_a_boolean_may_be_a_number(api, safe):
    assert await api.bare("login", "AA1234-GANDI", "mypassword", safe)


@pytest.mark.parametrize("safe", ["yes", 2, 1.0, [], {}])
async def test_anything_else_is_no_boolean(api, safe):
    with pytest.raises(xmlrpc.client.Fault) as caught:
        await api.bare("login", "AA1234-GANDI", "mypassword", safe)
    assert caught.value.faultCode == 500110


@pytest.mark.parametrize(
    ("hostname", "fine"),
    [
        ("web", True),
        ("web-01.example.com", True),
        ("a" * 63, True),
        ("a" * 64, False),
        (".".join(["a" * 60] * 5), False),
        ("", False),
        ("-web", False),
        ("web-", False),
        ("web_1", False),
        ("web\n", False),
        ("wéb", False),
        ("web..com", False),
    ],
)
async def test_a_hostname_has_a_hostnames_syntax(api, hostname, fine):
    if fine:
        assert await api("vm_create", *with_argument(0, hostname))
    else:
        assert (await api.fault_of("vm_create", *with_argument(0, hostname))).faultCode == 500120


@pytest.mark.parametrize(
    ("place", "value", "element"),
    [
        (1, "123456", "password"),
        (1, 123456, "password"),
        (3, 0, "shares"),
        (3, "-4", "shares"),
        (4, 0, "cpu"),
        (4, 65, "cpu"),
    ],
)
async def test_a_value_without_sense_is_repeated_in_the_fault(api, place, value, element):
    fault = await api.fault_of("vm_create", *with_argument(place, value))
    assert fault.faultCode == 500130
    assert fault.faultString == f"DataError: invalid value for {element} [{element}: {value}]"


async def test_a_system_that_is_not_offered_does_not_exist(api):
    fault = await api.fault_of("vm_create", *with_argument(2, 999))
    assert (fault.faultCode, fault.faultString[-12:]) == (534040, "[os_id: 999]")
    offered = await api("os_list")
    assert 111 in [system["id"] for system in offered]
    for system in offered:
        assert await api("vm_create", *with_argument(2, system["id"]))


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
async def test_type_comes_before_syntax_value_existence_and_state(api, arguments, cause):
    assert (await api.fault_of("vm_create", *arguments)).faultCode % 100 == cause


async def test_the_session_is_checked_after_the_form_and_before_the_books(api):
    api.session = "unknown"
    assert (await api.fault_of("vm_info", "x")).faultCode == 500110
    assert (await api.fault_of("vm_info", 1)).faultCode == 510150


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("vm_info", ()),
        ("vm_info", (1, 2)),
        ("vm_list", (1,)),
        ("vm_create", VM[:4]),
        ("vm_create", (*VM, 1)),
        ("operation_list", ({}, {})),
    ],
)
async def test_a_wrong_number_of_arguments_is_refused(api, method, arguments):
    fault = await api.fault_of(method, *arguments)
    assert (fault.faultCode, "[arguments: " in fault.faultString) == (500110, True)


async def test_specs_and_filter_may_be_left_out(api):
    assert await api("vm_create", *VM[:5])
    assert await api("operation_list")


@pytest.mark.parametrize("missing", ["size", "name"])
async def test_a_disk_needs_a_size_and_a_name(api, missing):
    specs = {"size": 1024, "name": "data", "fstype": "ext3"}
    del specs[missing]
    fault = await api.fault_of("disk_create", specs)
    assert (fault.faultCode, f"{missing} is missing" in fault.faultString) == (500110, True)


@pytest.mark.parametrize(
    ("member", "value", "cause"),
    [
        ("size", "big", 10),
        ("size", 0, 30),
        ("size", -1, 30),
        ("size", 2**21 + 1, 30),
        ("size", 2**21, None),
        ("name", "a" * 64, None),
        ("name", "", 20),
        ("name", "a\tb", 20),
        ("name", "a" * 65, 20),
        ("fstype", "ntfs4", 30),
        ("fstype", 1.0, 10),
    ],
)
async def test_a_disks_specs_are_checked(api, member, value, cause):
    specs = {"size": 1024, "name": "data", "fstype": "ext3", member: value}
    if cause is None:
        assert await api("disk_create", specs)
    else:
        assert (await api.fault_of("disk_create", specs)).faultCode % 100 == cause


@pytest.mark.parametrize(
    "value",
    ["<i8>4294967296</i8>", "<nil/>", "<double>nan</double>", "<double>1e999</double>"],
)
async def test_what_a_reply_could_not_repeat_is_refused(api, value):
    await api("vm_list")
    body = xmlrpc.client.dumps((api.session, *VM[:5], {"x": "here"}), "vm_create")
    _, _, text = await api.post(body.replace("<string>here</string>", value))
    with pytest.raises(xmlrpc.client.Fault) as caught:
        xmlrpc.client.loads(text)
    assert caught.value.faultCode == 500110


async def test_unknown_specs_are_kept_and_change_nothing(api):
    specs = {"login": "gandi", "deep": [{"er": b"1"}], "day": DAY, "on": True, "half": 0.5}
    await api("vm_create", *with_argument(5, specs))
    (operation_id,) = await api("operation_list")
    assert (await api("operation_details", operation_id))["params"]["specs"] == specs


@pytest.mark.parametrize(("depth", "fine"), [(7, True), (8, False), (60, False)])
async def test_unknown_specs_may_not_be_nested_too_deep(api, depth, fine):
    specs = {"x": 1}
    for _ in range(depth):
        specs = {"x": specs}
    if fine:
        assert await api("vm_create", *with_argument(5, specs))
    else:
        assert (await api.fault_of("vm_create", *with_argument(5, specs))).faultCode == 500110


async def test_what_an_operation_shows_holds_no_password(api, sandbox):
    specs = {"login": "gandi", "password": "hunter22", "deep": [{"root_passwd": "hunter22"}]}
    vm_id = await api("vm_create", "web", "hunter22", 111, 1, 1, specs)
    sandbox.advance(60)
    await api("vm_update", vm_id, {"password": "hunter22", "cpu": 2})
    await api("disk_create", {"size": 1, "name": "data", "password": "hunter22"})
    assert "hunter22" not in repr(sandbox.operations)
    assert "hunter22" not in repr(sandbox.vms)


async def test_a_fault_says_nothing_of_what_is_inside_a_struct(api):
    fault = await api.fault_of("disk_create", {"password": "hunter22"})
    assert "hunter22" not in fault.faultString


def nested(values):
    return st.lists(values, max_size=3) | st.dictionaries(
        st.sampled_from(["size", "name", "type", "state", "param", "shares", "created_after", "x"]),
        values,
        max_size=4,
    )


XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20
)
VALUES = st.recursive(
    st.integers(-(2**31), 2**31 - 1)
    | st.integers(10_000, 10_003)
    | st.integers(-5, 120)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | XML_TEXT
    | st.sampled_from(["web", "1m", "shares", "DONE", "ext3", "my_password", "20090101T00:00:00"])
    | st.binary(max_size=8)
    | st.datetimes()
    | st.just(None),
    nested,
    max_leaves=8,
)


METHODS = ["login", *Sandbox()._service._calls._calls]


@settings(max_examples=400, deadline=None)
@given(method=st.sampled_from(METHODS), arguments=st.lists(VALUES, max_size=6))
def test_any_value_in_any_place_gives_a_result_or_a_data_fault(method, arguments):
    sandbox = Sandbox()
    execute = sandbox._service.execute
    session = execute("login", ["AA1234-GANDI", "mypassword"])
    execute("vm_create", [session, *VM])
    execute("disk_create", [session, {"size": 1, "name": "data"}])
    sandbox.advance(60)
    try:
        result = execute(method, [session, *arguments] if method != "login" else arguments)
    except ServiceFault as refusal:
        fault = refusal
        codec.encode_fault(fault.code, fault.message)
    else:
        fault = None
        codec.encode_response(result)
    assert fault is None or 500_000 <= fault.code < 600_000
    for operation in sandbox.operations:
        codec.encode_response(operation)
    sandbox.advance(3600)
