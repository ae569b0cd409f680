"""Which arguments each call takes."""

import pytest

from aiogandi.sandbox.api.signatures import LARGEST_DISK, MOST_CPUS, MOST_SHARES, SIGNATURES
from aiogandi.sandbox.books.faults import ServiceFault

VM = ("web", "my_password", 111, 1, 1, {})
DISK = {"size": 1024, "name": "data", "fstype": "ext3"}


def arguments(method, *given):
    return SIGNATURES[method].read(method, ["a session", *given])[1:]


def fault_of(method, *given):
    with pytest.raises(ServiceFault) as caught:
        arguments(method, *given)
    return caught.value


def code_of(method, *given):
    return fault_of(method, *given).code


def vm_with(place, value):
    return [*VM[:place], value, *VM[place + 1 :]]


def test_numbers_may_be_strings_and_names_may_be_numbers():
    assert arguments("vm_create", 2024, 12345678, "111", "4", "2", []) == [
        *("2024", "12345678", 111, 4, 2, {})
    ]
    assert arguments("vm_info", "10001") == [10001]


def test_another_type_is_refused_and_named():
    for place, name in enumerate(("hostname", "password", "os_id", "shares", "cpu", "specs")):
        fault = fault_of("vm_create", *vm_with(place, 1.5))
        assert (fault.code, f"[{name}: " in fault.message) == (500110, True)


def test_a_wrong_number_of_arguments_is_refused():
    for method, given in [
        ("vm_info", ()),
        ("vm_info", (1, 2)),
        ("vm_list", (1,)),
        ("vm_create", VM[:4]),
        ("vm_create", (*VM, 1)),
        ("operation_list", ({}, {})),
    ]:
        fault = fault_of(method, *given)
        number = len(given) + 1  # the session counts
        assert (fault.code, f"[arguments: {number}]" in fault.message) == (500110, True)


def test_specs_filter_and_safe_may_be_left_out():
    assert arguments("vm_create", *VM[:5]) == list(VM[:5])
    assert arguments("operation_list") == []
    assert SIGNATURES["login"].read("login", ["me", "secret"]) == ["me", "secret"]
    assert SIGNATURES["login"].read("login", ["me", "secret", "0"]) == ["me", "secret", False]


def test_a_hostname_has_a_hostnames_syntax():
    for fine in ("web", "web-01.example.com", "a" * 63, "WEB", ".".join(["a" * 50] * 4)):
        assert arguments("vm_create", *vm_with(0, fine))[0] == fine
    for wrong in (
        *("", "-web", "web-", "web_1", "web\n", "wéb", "web..com"),
        *("a" * 64, ".".join(["a" * 60] * 5)),
    ):
        assert code_of("vm_create", *vm_with(0, wrong)) == 500120
    assert code_of("vm_update", 1, {"hostname": "-"}) == 500120


@pytest.mark.parametrize(
    ("place", "value", "element"),
    [
        (1, "123456", "password"),
        (1, 123456, "password"),
        (1, "x" * 256, "password"),
        (3, 0, "shares"),
        (3, "-4", "shares"),
        (3, MOST_SHARES + 1, "shares"),
        (4, 0, "cpu"),
        (4, MOST_CPUS + 1, "cpu"),
    ],
)
def test_a_value_without_sense_is_repeated_in_the_fault(place, value, element):
    fault = fault_of("vm_create", *vm_with(place, value))
    assert fault.code == 500130
    shown = value if len(str(value)) < 200 else f"{'x' * 200}…"
    assert fault.message == f"DataError: invalid value for {element} [{element}: {shown}]"


def test_the_largest_values_are_taken():
    assert arguments("vm_create", *vm_with(4, MOST_CPUS))[4] == MOST_CPUS
    assert arguments("vm_create", *vm_with(3, MOST_SHARES))[3] == MOST_SHARES
    assert arguments("vm_create", *vm_with(1, "x" * 255))[1] == "x" * 255


@pytest.mark.parametrize("missing", ["size", "name"])
def test_a_disk_needs_a_size_and_a_name(missing):
    fault = fault_of("disk_create", {name: DISK[name] for name in DISK if name != missing})
    assert (fault.code, f"{missing} is missing" in fault.message) == (500110, True)


def test_a_disks_specs_are_checked():
    for member, value in (("size", LARGEST_DISK), ("name", "a" * 64), ("fstype", "ext4")):
        assert arguments("disk_create", DISK | {member: value}) == [DISK | {member: value}]
    for member, value, code in [
        ("size", "big", 500110),
        ("size", 0, 500130),
        ("size", -1, 500130),
        ("size", LARGEST_DISK + 1, 500130),
        ("name", "", 500120),
        ("name", " ", 500120),
        ("name", "a\tb", 500120),
        ("name", "a" * 65, 500120),
        ("fstype", "ntfs4", 500130),
        ("fstype", 1.0, 500110),
    ]:
        assert code_of("disk_create", DISK | {member: value}) == code, (member, value)


def test_a_purchase_is_of_shares_for_one_month_to_ten_years():
    for arguments_, code in [
        (("domains", 4, "1m"), 500130),
        (("shares", 0, "1m"), 500130),
        (("shares", -4, "1m"), 500130),
        (("shares", 4, "1w"), 500120),
        (("shares", 4, "m"), 500120),
        (("shares", 4, ""), 500120),
        (("shares", 4, 1), 500120),
        (("shares", 4, "0m"), 500130),
        (("shares", 4, "11y"), 500130),
    ]:
        assert code_of("hosting_account_product_add", *arguments_) == code, arguments_
    for fine in ("1m", "120m", "1y", "10y"):
        _, _, duration = arguments("hosting_account_product_add", "shares", "4", fine)
        assert duration.text == fine


def test_a_filter_that_says_nothing_is_refused():
    for filtered, code in [
        ({"state": "SUPPORT"}, 500130),
        ({"state": "done"}, 500130),
        ({"created_after": "yesterday"}, 500120),
        ({"created_after": "20091332T00:00:00"}, 500120),
        ({"created_after": 2009}, 500110),
        ({"param": "vm_id"}, 500110),
        ({"status": "DONE"}, 500130),
    ]:
        assert code_of("operation_list", filtered) == code, filtered
