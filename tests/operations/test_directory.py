"""Operations are found by id, by filter, and by what they create: with a table for a service."""

from datetime import datetime, timedelta

import pytest

from aiogandi import (
    ClientClosed,
    NotFound,
    OperationDetails,
    OperationState,
    ServerFault,
    SessionExpired,
)
from aiogandi.errors import DataFault, TransportError
from aiogandi.models import LISTED
from aiogandi.operations.directory import CANDIDATES, Directory
from aiogandi.operations.pages import Filtered, Look, despite_failed_looks, read_down

DATE = datetime(2026, 11, 27, 12)
REFUSED = DataFault(510050, "no such filter", "operation_list")


def page(before):
    return Filtered({} if before is None else {"created_before": before})


class Service:
    """Answers from a table of operations; *refuses* are parameters that it does not filter by."""

    def __init__(self):
        self.asked = []
        self.operations = {}
        self.refuses = set()
        self.ignores = set()
        self.answers = {}

    async def __call__(self, method, arguments):
        self.asked.append((method, arguments))
        if method in self.answers:
            answer = self.answers[method]
            if isinstance(answer, Exception):
                raise answer
            return answer
        if method == "operation_details":
            if arguments["operation_id"] not in self.operations:
                raise NotFound(510042, "no such operation", method)
            return self.operations[arguments["operation_id"]]
        filters = arguments.get("filter", {})
        wanted = dict(filters.get("param", {}))
        if self.refuses & wanted.keys():
            raise REFUSED
        wanted = {name: value for name, value in wanted.items() if name not in self.ignores}
        wanted |= {name: filters[name] for name in ("type",) if name in filters}
        return [
            number
            for number, told in sorted(self.operations.items(), reverse=True)
            if wanted.items() <= told.items()
        ]

    def lists(self):
        return [arguments.get("filter") for method, arguments in self.asked if "list" in method]


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def directory(service):
    return Directory(service)


def creation(vm_id):
    return {"type": "vm_create", "vm_id": vm_id}


FIND = {"type": "vm_create", "param": {"vm_id": 5}}
WIDER = {"type": "vm_create"}


class TestOneQuestion:
    async def test_the_ids_of_all_operations(self, service, directory):
        service.operations = {1: {}, 2: {}}
        assert await directory.ids() == [2, 1]
        assert service.asked == [("operation_list", {})]

    async def test_the_ids_by_a_filter(self, service, directory):
        service.operations = {1: creation(5), 2: creation(6)}
        assert await directory.ids(FIND) == [1]
        assert service.lists() == [FIND]

    async def test_a_parameter_that_is_no_filter_is_left_out_and_never_tried_again(
        self, service, directory
    ):
        service.operations, service.refuses = {1: creation(5), 2: creation(6)}, {"vm_id"}
        assert await directory.ids(FIND) == [2, 1]
        assert await directory.ids(FIND) == [2, 1]
        assert service.lists() == [FIND, WIDER, WIDER]

    async def test_other_parameters_are_tried_all_the_same(self, service, directory):
        service.refuses = {"vm_id"}
        await directory.ids(FIND)
        by_name = {"type": "vm_create", "param": {"hostname": "web"}}
        await directory.ids(by_name)
        assert service.lists()[-1] == by_name

    @pytest.mark.parametrize(
        "error", [TransportError("lost"), ServerFault(150000, "oops"), SessionExpired(510150, "no")]
    )
    async def test_trouble_says_nothing_of_a_filter(self, error, service, directory):
        service.answers["operation_list"] = error
        with pytest.raises(type(error)):
            await directory.ids(FIND)
        del service.answers["operation_list"]
        await directory.ids(FIND)
        assert service.lists() == [FIND, FIND]

    async def test_a_filter_without_parameters_that_is_refused_is_the_callers_affair(
        self, service, directory
    ):
        service.answers["operation_list"] = REFUSED
        with pytest.raises(DataFault):
            await directory.ids({"state": "DONE"})
        assert len(service.asked) == 1

    async def test_details_have_the_id_that_was_asked_for(self, service, directory):
        service.operations[7] = {"id": 8, "type": "vm_start", "step": "RUN"}
        details = await directory.details(7)
        assert (details.id, details.type, details.state) == (7, "vm_start", OperationState.RUN)

    async def test_details_of_an_unknown_operation_are_the_services_fault(self, directory):
        with pytest.raises(NotFound):
            await directory.details(7)


class TestCarryOut:
    """A plan asks, the directory answers; what is known is not asked for again."""

    @staticmethod
    def looks(*ids):
        answers = []
        for operation_id in ids:
            answers.append((yield Look(operation_id)))  # noqa: PERF401 - no comprehension yields
        return answers

    async def test_lists_are_asked_for_and_answered(self, service, directory):
        service.operations = {1: creation(5), 2: {"type": "vm_start"}}

        def plan():
            return (yield Filtered({"type": "vm_start"})), (yield Filtered({"type": "vm_create"}))

        assert await directory.carry_out(plan()) == ([2], [1])

    async def test_a_plan_without_a_question_is_carried_out_too(self, service, directory):
        assert await directory.carry_out(self.looks()) == []
        assert service.asked == []

    async def test_an_operation_that_the_service_does_not_tell_is_none(self, service, directory):
        service.operations[7] = {"type": "vm_start"}
        one, other = await directory.carry_out(self.looks(7, 8))
        assert one == OperationDetails(7, "vm_start")
        assert other is None

    @pytest.mark.parametrize(
        "error", [TransportError("lost"), ServerFault(150000, "oops"), SessionExpired(510150, "no")]
    )
    async def test_trouble_ends_it(self, error, service, directory):
        service.answers["operation_details"] = error
        with pytest.raises(type(error)):
            await directory.carry_out(self.looks(7))

    async def test_what_is_known_is_not_asked_for_and_what_is_learned_is_kept(
        self, service, directory
    ):
        service.operations[7] = {"type": "vm_start"}
        known = {6: OperationDetails(6)}
        answers = await directory.carry_out(self.looks(6, 7, 7, 8, 8), known)
        assert answers == [known[6], known[7], known[7], None, None]
        assert set(known) == {6, 7}
        asked = [arguments["operation_id"] for _, arguments in service.asked]
        assert asked == [7, 8, 8]

    async def test_a_long_list_is_read_to_its_end(self, service, directory):
        days = {number: DATE + timedelta(days=number) for number in range(1, 401)}

        async def ask(method, arguments):
            if method == "operation_details":
                return {"date_created": days[arguments["operation_id"]]}
            before = arguments["filter"].get("created_before")
            shown = [n for n in range(400, 0, -1) if before is None or days[n] < before]
            return shown[:LISTED]

        pages = await Directory(ask).carry_out(read_down(page, lambda: 0))
        assert pages.ids == list(range(400, 0, -1))
        assert pages.complete


class TestFindCreation:
    async def test_one_request_finds_it_once_the_filter_was_seen_to_work(self, service, directory):
        service.operations = {1: creation(5), 2: creation(6), 3: creation(7)}
        assert await directory.find_creation("vm_create", 6) == 2
        assert await directory.find_creation("vm_create", 7) == 3
        service.asked.clear()
        assert await directory.find_creation("vm_create", 5) == 1
        assert service.asked == [("operation_list", {"filter": FIND})]

    async def test_the_only_one_there_is_may_be_another_ones(self, service, directory):
        service.operations, service.ignores = {1: creation(6)}, {"vm_id"}
        assert await directory.find_creation("vm_create", 5) is None
        assert await directory.find_creation("vm_create", 6) == 1

    async def test_a_disks_is_found_by_the_disk(self, service, directory):
        service.operations = {3: {"type": "disk_create", "disk_id": 5}, 4: creation(5)}
        assert await directory.find_creation("disk_create", 5) == 3

    async def test_one_that_is_listed_before_it_can_be_asked_for_hides_no_other(
        self, service, directory
    ):
        service.operations, service.refuses = {2: creation(6)}, {"vm_id"}
        service.answers["operation_list"] = [3, 2]
        assert await directory.find_creation("vm_create", 6) == 2
        assert await directory.find_creation("vm_create", 7) is None

    async def test_none_is_listed(self, directory):
        assert await directory.find_creation("vm_create", 5) is None

    @pytest.mark.parametrize("habit", ["refuses", "ignores"])
    async def test_without_a_filter_it_is_among_the_latest(self, habit, service, directory):
        service.operations = {number: creation(number + 10) for number in range(1, 6)}
        setattr(service, habit, {"vm_id"})
        for number in range(5, 5 - CANDIDATES, -1):
            assert await directory.find_creation("vm_create", number + 10) == number
        assert await directory.find_creation("vm_create", 11) is None

    async def test_without_a_filter_it_is_among_the_latest_of_an_ascending_list_too(self):
        operations = {number: creation(number + 10) for number in range(1, 50)}

        async def ask(method, arguments):
            if method == "operation_list":
                return sorted([*operations, *operations, 0])  # and each one twice
            return operations[arguments["operation_id"]]

        directory = Directory(ask)
        assert await directory.ids() == list(range(1, 50))
        for number in (49, 47):
            assert await directory.find_creation("vm_create", number + 10) == number

    async def test_without_a_filter_the_only_one_is_looked_at_as_well(self, service, directory):
        service.operations, service.refuses = {1: creation(6)}, {"vm_id"}
        assert await directory.find_creation("vm_create", 5) is None
        assert await directory.find_creation("vm_create", 6) == 1


class TestStateOfCreation:
    @pytest.mark.parametrize(
        ("state", "due"),
        [
            ("being_created", OperationState.RUN),
            (None, OperationState.RUN),
            ("running", OperationState.DONE),
            ("halted", OperationState.DONE),
            ("invalid", OperationState.ERROR),
            ("deleted", OperationState.ERROR),
            (b"being_created", OperationState.RUN),
            ("", OperationState.RUN),
            ([], OperationState.RUN),
        ],
    )
    async def test_is_read_from_the_servers_own(self, state, due, service, directory):
        service.answers["vm_info"] = {} if state is None else {"state": state}
        assert await directory.state_of_creation("vm_create", 5) is due
        assert service.asked == [("vm_info", {"vm_id": 5})]

    async def test_is_read_from_the_disks_own(self, service, directory):
        service.answers["disk_info"] = {"state": "created"}
        assert await directory.state_of_creation("disk_create", 5) is OperationState.DONE
        assert service.asked == [("disk_info", {"disk_id": 5})]

    async def test_of_an_answer_that_is_no_struct_is_not_known(self, service, directory):
        service.answers["vm_info"] = "running"
        assert await directory.state_of_creation("vm_create", 5) is OperationState.RUN

    async def test_of_nothing_is_the_services_fault(self, service, directory):
        service.answers["vm_info"] = NotFound(510042, "no such server")
        with pytest.raises(NotFound):
            await directory.state_of_creation("vm_create", 5)


class TestFilters:
    async def test_one_that_was_refused_is_known_not_to_work_and_stays_so(self, service, directory):
        service.refuses = {"vm_id"}
        await directory.ids(FIND)
        service.refuses = set()
        await directory.ids(FIND)
        assert service.lists()[-1] == WIDER


class TestLooksThatFail:
    """A plan that reads a list down has to look at its lowest operation to read on."""

    def plan(self):
        return read_down(page, lambda: 0)

    @pytest.fixture(autouse=True)
    def listed(self, service):
        service.answers["operation_list"] = list(range(1000, 1000 - LISTED, -1))

    @pytest.mark.parametrize(
        "error", [TransportError("HTTP 500", 500), ServerFault(150000, "no")], ids=["500", "fault"]
    )
    async def test_cost_no_more_than_what_they_would_have_told(self, service, directory, error):
        service.answers["operation_details"] = error
        pages = await directory.carry_out(despite_failed_looks(self.plan()))
        assert len(pages.ids) == LISTED
        assert not pages.complete
        with pytest.raises(type(error)):
            await directory.carry_out(self.plan())

    @pytest.mark.parametrize("error", [SessionExpired(510150, "no"), ClientClosed()], ids=repr)
    async def test_are_no_excuse_where_nothing_can_be_asked_any_more(
        self, service, directory, error
    ):
        service.answers["operation_details"] = error
        with pytest.raises(type(error)):
            await directory.carry_out(despite_failed_looks(self.plan()))

    async def test_are_told_from_lists_that_fail(self, service, directory):
        service.answers["operation_list"] = TransportError("HTTP 500", 500)
        with pytest.raises(TransportError):
            await directory.carry_out(despite_failed_looks(self.plan()))


class TestAReplyThatIsNoList:
    @pytest.mark.parametrize("reply", ["", 0, {}, {"1": 5}, ["x"], [{"id": 5}]], ids=repr)
    async def test_is_no_empty_one(self, service, directory, reply):
        service.answers["operation_list"] = reply
        with pytest.raises(TransportError, match="operation_list: an array of ids was due"):
            await directory.ids({"type": "vm_start"})

    @pytest.mark.parametrize(("reply", "ids"), [([], []), ([0], []), ([0, "7"], [7])])
    async def test_is_told_from_one_with_nobodys_ids(self, service, directory, reply, ids):
        service.answers["operation_list"] = reply
        assert await directory.ids() == ids
