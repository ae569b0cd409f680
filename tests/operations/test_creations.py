"""What creates a server or disk is found by that: with a table for a service."""

import asyncio
import random

import pytest

from aiogandi import (
    NotFound,
    OperationState,
    PermissionDenied,
    ServerFault,
    TransportError,
)
from aiogandi.operations.creations import CANDIDATES, Creations
from aiogandi.operations.directory import Directory
from tests.operations.table import FIND, Service, creation


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def creations(service):
    return Creations(Directory(service))


def batches(numbers, size):
    return [numbers[i : i + size] for i in range(0, len(numbers), size)]


class TestFind:
    async def test_one_request_finds_it_once_the_filter_was_seen_to_work(self, service, creations):
        service.operations = {1: creation(5), 2: creation(6), 3: creation(7)}
        assert await creations.find("vm_create", 6) == 2
        assert await creations.find("vm_create", 7) == 3
        service.asked.clear()
        assert await creations.find("vm_create", 5) == 1
        assert service.asked == [("operation_list", {"filter": FIND})]

    async def test_the_only_one_there_is_may_be_another_ones(self, service, creations):
        service.operations, service.ignores = {1: creation(6)}, {"vm_id"}
        assert await creations.find("vm_create", 5) is None
        assert await creations.find("vm_create", 6) == 1

    async def test_a_disks_is_found_by_the_disk(self, service, creations):
        service.operations = {3: {"type": "disk_create", "disk_id": 5}, 4: creation(5)}
        assert await creations.find("disk_create", 5) == 3

    async def test_one_that_is_listed_before_it_can_be_asked_for_hides_no_other(
        self, service, creations
    ):
        service.operations, service.refuses = {2: creation(6)}, {"vm_id"}
        service.answers["operation_list"] = [3, 2]
        assert await creations.find("vm_create", 6) == 2
        assert await creations.find("vm_create", 7) is None

    @pytest.mark.parametrize(
        "error", [PermissionDenied(530050, "no"), ServerFault(150000, "oops")], ids=str
    )
    async def test_one_that_cannot_be_read_hides_no_other(self, error, service, creations):
        service.operations = {3: error, 2: creation(6), 1: creation(5)}
        service.answers["operation_list"] = [3, 2, 1]
        assert await creations.find("vm_create", 6) == 2
        assert await creations.find("vm_create", 5) == 1
        if isinstance(error, ServerFault):
            with pytest.raises(ServerFault):
                await creations.find("vm_create", 7)
        else:
            assert await creations.find("vm_create", 7) is None

    @pytest.mark.parametrize(
        "error",
        [PermissionDenied(530050, "no"), ServerFault(150000, "oops"), TransportError("?", 500)],
        ids=str,
    )
    async def test_where_none_can_be_read_the_filter_is_tried_with_what_is_nobodys(
        self, error, service, creations
    ):
        service.operations = {1: creation(5), 2: creation(6)}
        service.answers["operation_details"] = error
        assert await creations.find("vm_create", 5) == 1
        assert len(service.asked) == 3
        assert await creations.find("vm_create", 6) == 2
        assert len(service.asked) == 4

    async def test_and_a_filter_that_is_ignored_shows_the_same_for_it(self, service, creations):
        service.operations, service.ignores = {1: creation(5)}, {"vm_id"}
        service.answers["operation_details"] = PermissionDenied(530050, "no")
        assert await creations.find("vm_create", 5) is None

    async def test_nor_does_a_further_operation_that_begins_meanwhile_prove_it(
        self, service, creations
    ):
        service.operations, service.ignores = {1: creation(5)}, {"vm_id"}
        service.answers["operation_details"] = PermissionDenied(530050, "no")
        first, answer = asyncio.Event(), service.__call__

        async def begins_another(method, arguments):
            if first.is_set():
                service.operations[2] = creation(6)
            first.set()
            return await answer(method, arguments)

        creations = Creations(Directory(begins_another))
        assert await creations.find("vm_create", 6) is None

    async def test_what_is_known_to_be_anothers_is_not_believed_so(self, service, creations):
        service.operations = {1: creation(6)}
        service.answers["operation_list"] = [1]
        assert await creations.find("vm_create", 5) is None
        assert len(service.asked) == 2

    async def test_none_is_listed(self, creations):
        assert await creations.find("vm_create", 5) is None

    @pytest.mark.parametrize("habit", ["refuses", "ignores"])
    async def test_without_a_filter_it_is_among_the_latest(self, habit, service, creations):
        service.operations = {number: creation(number + 10) for number in range(1, 6)}
        setattr(service, habit, {"vm_id"})
        for number in range(5, 5 - CANDIDATES, -1):
            assert await creations.find("vm_create", number + 10) == number

    async def test_without_a_filter_it_is_among_the_latest_of_an_ascending_list_too(
        self, service, creations
    ):
        service.operations = {number: creation(number + 10) for number in range(1, 50)}
        service.answers["operation_list"] = sorted([*range(1, 50), *range(1, 50), 0])  # each twice
        for number in (49, 47):
            assert await creations.find("vm_create", number + 10) == number

    async def test_without_a_filter_one_of_long_ago_is_not_looked_for_in_all(
        self, service, creations
    ):
        service.operations = {number: creation(number + 10) for number in range(1, 50)}
        service.ignores = {"vm_id"}
        assert await creations.find("vm_create", 11) is None
        assert len(service.asked) == 1 + CANDIDATES

    @pytest.mark.parametrize("shuffled", [False, True])
    @pytest.mark.parametrize("at_once", [1, 4])
    async def test_without_a_filter_each_of_a_crowd_is_looked_at_once(
        self, at_once, shuffled, service, creations
    ):
        service.operations = {number: creation(number + 10) for number in range(1, 101)}
        service.ignores = {"vm_id"}
        if shuffled:
            service.answers["operation_list"] = random.Random(5).sample(range(1, 101), 100)
        missing = set(range(1, 101))
        while missing:
            for some in batches(sorted(missing), at_once):
                found = await asyncio.gather(*(creations.find("vm_create", n + 10) for n in some))
                assert set(found) <= {*some, None}
                missing -= set(found)
        looks = [arguments for method, arguments in service.asked if "details" in method]
        assert len(looks) == 100
        assert len(service.lists()) <= 100 / CANDIDATES + 2

    async def test_what_was_learned_long_ago_is_forgotten(self, service, creations, monkeypatch):
        monkeypatch.setattr("aiogandi.operations.creations.REMEMBERED", 2)
        service.operations = {number: creation(number + 10) for number in range(1, 4)}
        service.ignores = {"vm_id"}
        for number in (3, 2, 1, 1, 3):
            assert await creations.find("vm_create", number + 10) == number
        looks = [
            arguments["operation_id"] for method, arguments in service.asked if "det" in method
        ]
        assert looks == [3, 2, 1, 3]

    async def test_an_operation_of_another_type_creates_nothing(self, service, creations):
        service.operations = {
            3: {"type": "vm_create", "vm_id": 6, "disk_id": 5},
            2: {"type": "vm_start", "vm_id": 5},
            1: creation(5),
        }
        service.answers["operation_list"] = [3, 2, 1]
        assert await creations.find("vm_create", 5) == 1

    async def test_without_a_filter_the_only_one_is_looked_at_as_well(self, service, creations):
        service.operations, service.refuses = {1: creation(6)}, {"vm_id"}
        assert await creations.find("vm_create", 5) is None
        assert await creations.find("vm_create", 6) == 1


class TestState:
    @pytest.mark.parametrize(
        ("state", "due"),
        [
            ("being_created", OperationState.RUN),
            ("running", OperationState.DONE),
            ("halted", OperationState.DONE),
            ("invalid", OperationState.ERROR),
            ("deleted", OperationState.ERROR),
            ("locked", OperationState.DONE),
            (b"being_created", OperationState.RUN),
        ],
    )
    async def test_is_read_from_the_servers_own(self, state, due, service, creations):
        service.answers["vm_info"] = {"state": state}
        assert await creations.state("vm_create", 5) is due
        assert service.asked == [("vm_info", {"vm_id": 5})]

    async def test_is_read_from_the_disks_own(self, service, creations):
        service.answers["disk_info"] = {"state": "created"}
        assert await creations.state("disk_create", 5) is OperationState.DONE
        assert service.asked == [("disk_info", {"disk_id": 5})]

    @pytest.mark.parametrize(
        "reply",
        ["running", 7, None, {}, *({"state": state} for state in ("", [], None, "RUNNING", "new"))],
        ids=repr,
    )
    async def test_is_not_guessed_from_what_is_not_documented(self, reply, service, creations):
        service.answers["vm_info"] = reply
        with pytest.raises(
            TransportError, match="vm_info: the answer tells no state that is known"
        ):
            await creations.state("vm_create", 5)

    async def test_of_nothing_is_the_services_fault(self, service, creations):
        service.answers["vm_info"] = NotFound(510042, "no such server")
        with pytest.raises(NotFound):
            await creations.state("vm_create", 5)
