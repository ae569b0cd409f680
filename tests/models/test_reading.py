"""How one member is read: as the service may have written it, or as None."""

from datetime import datetime

import pytest

from aiogandi.models import VM, HostingAccount, OperationDetails, Product, ids_from_wire

MOMENT = datetime(2026, 1, 31, 23, 59)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (5, 5),
        ("5", 5),
        (" -5 ", -5),
        (5.0, 5),
        (2**40, 2**40),
        ("5.0", 5),
        ("+5", 5),
        ("5.5", None),
        ("5.", 5),
        (b"5", None),
        (True, None),
        (5.5, None),
        (float("nan"), None),
        (float("inf"), None),
        ("five", None),
        ("٣", None),
        ("", None),
        ("9" * 5000, None),
        (None, None),
        ([5], None),
    ],
)
def test_a_number_is_read_as_clients_and_services_write_it(sent, read):
    assert VM.from_wire({"shares": sent}, id=5).shares == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        *[("5", "5"), (5, "5"), (1.5, "1.5"), (True, None), (None, None), ([], None)],
        *[(b"a", "a"), ("é".encode(), "é"), (b"", ""), (b"\xff", None)],
    ],
)
def test_a_name_may_have_been_sent_as_a_number_or_in_base_64(sent, read):
    assert VM.from_wire({"hostname": sent}, id=5).hostname == read


def test_lists_keep_what_can_be_read():
    vm = VM.from_wire({"disks": [5, "6", None, "x"], "ips": ["10.0.0.1", None]}, id=5)
    assert (vm.disks, vm.ips) == ((5, 6), ("10.0.0.1",))
    assert VM.from_wire({"disks": 5}, id=5).disks is None
    assert ids_from_wire([5, "6", None]) == [5, 6]
    assert ids_from_wire("5") == []


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (MOMENT, MOMENT),
        ("20260131T23:59:00", MOMENT),
        ("2026-01-31 23:59:00", MOMENT),
        (" 2026-01-31T23:59:00\n", MOMENT),
        ("2006-01-01", datetime(2006, 1, 1)),
        ("20060101", datetime(2006, 1, 1)),
        ("00000000T00:00:00", None),
        ("0000-00-00 00:00:00", None),
        ("20260231T00:00:00", None),
        ("today", None),
        ("", None),
        (None, None),
        (20060101, None),
        (b"20060101", datetime(2006, 1, 1)),
        ([], None),
    ],
)
def test_a_date_may_have_been_sent_as_text(sent, read):
    vm = VM.from_wire({"date_created": sent, "hostname": "web"}, id=5)
    assert (vm.date_created, vm.hostname) == (read, "web")
    assert vm.raw["date_created"] == sent


@pytest.mark.parametrize("sent", [0, "0", 0.0, -1, True, None, "", 2**63])
def test_an_id_of_0_is_none(sent):
    assert VM.from_wire({"os_id": sent}, id=5).os_id is None
    assert Product.from_wire({"id": sent}).id is None
    assert HostingAccount.from_wire({"id": sent}).id is None
    details = OperationDetails.from_wire({"vm_id": sent, "disk_id": sent}, id=9)
    assert (details.id, details.vm_id, details.disk_id) == (9, None, None)


def test_a_list_has_each_id_once_in_the_order_in_which_they_came():
    sent = [3, 0, "7", 3.0, -7, 7, 5, True, 3, 2**63]
    assert ids_from_wire(sent) == [3, 7, 5]
    assert VM.from_wire({"disks": sent}, id=5).disks == (3, 7, 5)
