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


@pytest.mark.parametrize(
    ("place", "given", "told", "code"),
    [
        (0, [], "array", 501210),
        (1, [], "array", 500110),
        (2, 1.5, "1.5", 530510),
        (3, 1.5, "1.5", 530910),
        (4, 1.5, "1.5", 501010),
        (5, 1.5, "1.5", 501510),
    ],
)
def test_another_type_is_refused_and_named(place, given, told, code):
    element = ("hostname", "password", "os_id", "shares", "cpu", "specs")[place]
    fault = fault_of("vm_create", *vm_with(place, given))
    assert fault.code == code
    assert fault.message == f"DataError: invalid type for {element} [{element}: {told}]"


@pytest.mark.parametrize(
    ("method", "element", "subject"),
    [
        ("vm_list", "session", 2),
        ("vm_info", "vm_id", 302),
        ("disk_attach", "vm_id", 302),
        ("disk_create", "specs", 15),
        ("operation_details", "operation_id", 102),
        ("hosting_account_product_add", "product_name", 351),
        ("vm_create", "hostname", 12),
    ],
)
def test_a_required_parameter_that_is_missing_is_named(method, element, subject):
    given = [] if element == "session" else ["a session"]
    with pytest.raises(ServiceFault) as caught:
        SIGNATURES[method].read(method, given)
    assert caught.value.code == 500_032 + 100 * subject
    assert caught.value.message == f"DataError: {element} is missing [{element}: nil]"


@pytest.mark.parametrize(
    ("given", "code", "element"),
    [
        (VM[:5], 501532, "specs"),
        (VM[:4], 501032, "cpu"),
        (VM[:3], 530932, "shares"),
        (VM[:2], 530532, "os_id"),
        (VM[:1], 500132, "password"),
    ],
)
def test_a_creation_takes_all_six_arguments(given, code, element):
    fault = fault_of("vm_create", *given)
    assert (fault.code, f"[{element}: nil]" in fault.message) == (code, True)


def test_a_login_takes_a_password():
    for given, code in ([], 500332), (["me"], 500132):
        with pytest.raises(ServiceFault) as caught:
            SIGNATURES["login"].read("login", given)
        assert caught.value.code == code


def test_an_argument_too_many_is_refused():
    for method, given in [
        ("vm_info", (1, 2)),
        ("vm_list", (1,)),
        ("vm_create", (*VM, 1)),
        ("operation_list", ({}, {})),
    ]:
        fault = fault_of(method, *given)
        number = len(given) + 1  # the session counts
        assert (fault.code, f"[arguments: {number}]" in fault.message) == (501633, True)


def test_filter_and_safe_may_be_left_out():
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
        assert code_of("vm_create", *vm_with(0, wrong)) == 501238
    assert code_of("vm_update", 1, {"hostname": "-"}) == 501238


@pytest.mark.parametrize(
    ("place", "value", "element", "code"),
    [
        (1, "123456", "password", 500130),
        (1, 123456, "password", 500130),
        (1, "x" * 256, "password", 500130),
        (3, 0, "shares", 530930),
        (3, "-4", "shares", 530930),
        (3, MOST_SHARES + 1, "shares", 530930),
        (4, 0, "cpu", 501030),
        (4, MOST_CPUS + 1, "cpu", 501030),
    ],
)
def test_a_value_without_sense_is_repeated_in_the_fault(place, value, element, code):
    fault = fault_of("vm_create", *vm_with(place, value))
    assert fault.code == code
    shown = value if len(str(value)) < 200 else f"{'x' * 200}…"
    assert fault.message == f"DataError: invalid value for {element} [{element}: {shown}]"


def test_the_largest_values_are_taken():
    assert arguments("vm_create", *vm_with(4, MOST_CPUS))[4] == MOST_CPUS
    assert arguments("vm_create", *vm_with(3, MOST_SHARES))[3] == MOST_SHARES
    assert arguments("vm_create", *vm_with(1, "x" * 255))[1] == "x" * 255


@pytest.mark.parametrize(("missing", "code"), [("size", 501032), ("name", 501232)])
def test_a_disk_needs_a_size_and_a_name(missing, code):
    fault = fault_of("disk_create", {name: DISK[name] for name in DISK if name != missing})
    assert (fault.code, f"{missing} is missing" in fault.message) == (code, True)


@pytest.mark.parametrize(
    ("method", "given", "struct", "key"),
    [
        ("vm_create", [*VM[:5], {"login": "me", "memory": 512}], "specs", "memory"),
        ("vm_create", [*VM[:5], {"Login": "me"}], "specs", "Login"),
        ("vm_update", [1, {"shares": 5, "sharez": 5}], "specs", "sharez"),
        ("vm_update", [1, {"login": "me"}], "specs", "login"),
        ("disk_create", [DISK | {"password": "hunter22"}], "specs", "password"),
        ("operation_list", [{"status": "DONE"}], "filter", "status"),
        ("operation_list", [{"param": {"vm_id": 1, "vmid": 1}}], "param", "vmid"),
    ],
)
def test_an_unknown_key_is_named_and_its_value_is_not_repeated(method, given, struct, key):
    fault = fault_of(method, *given)
    message = f"DataError: unexpected key in {struct} [{struct}: {key}]"
    assert (fault.code, fault.message) == (501733, message)


def test_the_keys_that_the_reference_lists_are_taken():
    for method, given in [
        ("vm_create", [*VM[:5], {"login": "gandi"}]),
        ("vm_update", [1, {"hostname": "db", "password": "my_password", "shares": 5, "cpu": 2}]),
        ("disk_create", [DISK]),
        ("operation_list", [{"param": {"domain": "a.com", "hostname": "web"}}]),
        ("operation_list", [{"param": {"vm_id": 1, "disk_id": 2}, "type": "x", "state": "ALL"}]),
    ]:
        assert arguments(method, *given)[: len(given)] == given


def test_a_disks_specs_are_checked():
    for member, value in (("size", LARGEST_DISK), ("name", "a" * 64), ("fstype", "ext4")):
        assert arguments("disk_create", DISK | {member: value}) == [DISK | {member: value}]
    for member, value, code in [
        ("size", "big", 501010),
        ("size", 0, 501030),
        ("size", -1, 501030),
        ("size", LARGEST_DISK + 1, 501030),
        ("name", "", 501220),
        ("name", " ", 501220),
        ("name", "a\tb", 501220),
        ("name", "a" * 65, 501220),
        ("fstype", "ntfs4", 501230),
        ("fstype", [], 501210),
    ]:
        assert code_of("disk_create", DISK | {member: value}) == code, (member, value)


def test_a_purchase_is_of_shares_for_one_month_to_ten_years():
    for arguments_, code in [
        (("domains", 4, "1m"), 535130),
        (("shares", 0, "1m"), 571565),
        (("shares", -4, "1m"), 571530),
        (("shares", 4, "1w"), 501920),
        (("shares", 4, "m"), 501920),
        (("shares", 4, ""), 501920),
        (("shares", 4, 1), 501920),
        (("shares", 4, "0m"), 501965),
        (("shares", 4, "0y"), 501965),
        (("shares", 4, "11y"), 501930),
    ]:
        assert code_of("hosting_account_product_add", *arguments_) == code, arguments_
    for fine in ("1m", "120m", "1y", "10y"):
        _, _, duration = arguments("hosting_account_product_add", "shares", "4", fine)
        assert duration.text == fine


def test_a_filter_that_says_nothing_is_refused():
    for filtered, code in [
        ({"state": "SUPPORT"}, 525030),
        ({"state": "done"}, 525030),
        ({"state": []}, 525010),
        ({"type": []}, 525110),
        ({"created_after": "yesterday"}, 501320),
        ({"created_after": "20091332T00:00:00"}, 501320),
        ({"created_after": 2009}, 501320),
        ({"param": "vm_id"}, 501510),
        ({"param": {"vm_id": "web"}}, 530210),
        ({"status": "DONE"}, 501733),
    ]:
        assert code_of("operation_list", filtered) == code, filtered
