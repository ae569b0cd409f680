"""Whose operations are: what is known of it, by which name, and for how long."""

import pytest

from aiogandi import OperationDetails
from aiogandi.changes.change import Change
from aiogandi.changes.owners import Owners

CALL = Change("vm_create", {"hostname": "web"}, "vm_id")
SERVER = OperationDetails(11, "vm_create", vm_id=500)


@pytest.fixture
def owners():
    return Owners()


@pytest.mark.parametrize("name", [("id", 11), ("vm_id", 500)])
def test_a_calls_operation_is_known_by_either_of_its_names(owners, name):
    owners.enter(name, CALL, 1.0)
    assert owners.has(name)
    assert owners.is_entered(name)
    assert owners.has_any_name_of(SERVER)
    assert owners.of(SERVER) is CALL


def test_a_surplus_has_an_owner_who_is_nobody(owners):
    owners.enter(("id", 11), None, 1.0)
    assert owners.has_any_name_of(SERVER)
    assert owners.of(SERVER) is None


@pytest.mark.parametrize("name", [("id", 11), ("vm_id", 500)])
def test_what_the_journal_claims_has_an_owner_whom_this_client_does_not_know(owners, name):
    owners.know_claims([name], 1.0)
    assert owners.has(name)
    assert not owners.is_entered(name)
    assert owners.has_any_name_of(SERVER)
    assert owners.of(SERVER) is None
    owners.enter(name, CALL, 2.0)  # our own calls are claimed in the journal as well
    assert owners.of(SERVER) is CALL


def test_a_name_of_another_kind_is_another(owners):
    owners.enter(("vm_id", 11), CALL, 1.0)
    owners.know_claims([("disk_id", 500)], 1.0)
    assert not owners.has(("id", 11))
    assert not owners.has_any_name_of(SERVER)
    assert owners.of(SERVER) is None


def test_those_without_an_owner_are_told(owners):
    owners.enter(("id", 11), CALL, 1.0)
    owners.know_claims([("id", 12)], 1.0)
    assert owners.without_owner([10, 11, 12, 13]) == [10, 13]


def test_what_is_old_is_forgotten_and_what_is_of_that_moment_is_not(owners):
    for number in (1, 2, 3):
        owners.enter(("id", number), CALL, float(number))
        owners.know_claims([("id", 10 + number)], float(number))
    owners.forget(2.0)
    assert owners.without_owner([1, 2, 3, 11, 12, 13]) == [1, 11]


def test_what_is_claimed_again_is_as_old_as_it_was(owners):
    """Or what comes behind it, and is older, would never be forgotten."""
    owners.know_claims([("id", 11)], 1.0)
    owners.know_claims([("id", 12)], 2.0)
    owners.know_claims([("id", 11)], 9.0)
    owners.forget(5.0)
    assert owners.without_owner([11, 12]) == [11, 12]
