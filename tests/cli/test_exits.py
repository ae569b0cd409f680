"""What a fault means is told by its number: what it is about, and what is wrong with that."""

import pytest

from aiogandi.cli.exits import explain, is_missing
from aiogandi.errors import AuthenticationError, SessionExpired
from aiogandi.faults import fault_for


@pytest.mark.parametrize(
    ("code", "element", "noun", "meaning"),
    [
        (530240, "vm_id", "server", "it does not exist"),
        (530042, "handle", "server", "the hosting account does not exist"),
        (530240, "vm_id", "disk", "the server does not exist"),
        (530440, "disk_id", "server", "the disk does not exist"),
        (530540, "os_id", "server", "the operating system does not exist"),
        (510240, "operation_id", "operation", "it does not exist"),
        (510240, "operation_id", "pending operation", "it does not exist"),
        (535140, "product_id", "server", "the product does not exist"),
        (530240, "vm_id", None, "the server does not exist"),
        (599940, "vm_id", "server", "it does not exist"),
        (599940, "vm_id", "disk", "the server does not exist"),
        (599940, "colour", "server", "something does not exist"),
        (530260, "vm_id", "server", "its state does not allow this"),
        (530060, "shares", "server", "the hosting account's state does not allow this"),
        (599960, "colour", "server", "a state does not allow this"),
        (530241, "hostname", "server", "it exists already"),
        (530035, "shares", "server", "a quota is reached"),
        (530439, "disk_id", "disk", "it is attached"),
        (530498, "disk_id", "disk", "it is not attached"),
        (521163, "quantity", "product", "there is not enough money"),
        (501030, "cpu", "server", "the service refuses a value"),
        (530250, "vm_id", "server", "the account may not do this"),
        (130240, "vm_id", "server", "the service failed"),
    ],
)
def test_a_fault_is_told_by_its_object_and_its_cause(code, element, noun, meaning):
    fault = fault_for(code, f"DataError: no [{element}: 1]")
    assert explain(fault, noun) == f"{meaning}: DataError: no [{element}: 1] (fault {code})"


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (530240, "they do not exist"),
        (530241, "they exist already"),
        (530260, "their state does not allow this"),
        (530239, "they are attached"),
        (530040, "the hosting account does not exist"),
    ],
)
def test_a_fault_of_many_things_is_told_of_many(code, meaning):
    fault = fault_for(code, "DataError: no [vm_id: 1]")
    assert explain(fault, "server", many=True).startswith(f"{meaning}: ")


def test_a_fault_that_means_nothing_known_is_told_in_its_own_words():
    assert explain(fault_for(777, "oh {no}"), "server") == "oh {no} (fault 777)"


def test_refusals_of_the_session_and_login_are_told_as_such():
    session = explain(SessionExpired(530240, "DataError: x"), "server")
    assert session == "the service refuses the session: DataError: x (fault 530240)"
    assert explain(AuthenticationError("no {such} login")) == "no {such} login"


@pytest.mark.parametrize(
    ("code", "missing"),
    [(530240, True), (530242, True), (530241, False), (530040, False), (530260, False)],
)
def test_only_the_thing_itself_is_missing(code, missing):
    assert is_missing(fault_for(code, "DataError: no [vm_id: 1]"), "server") is missing
