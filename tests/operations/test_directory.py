"""Operations are found by id and by filter: with a table for a service."""

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
from aiogandi.operations.directory import Directory
from aiogandi.operations.pages import Filtered, Look, despite_failed_looks, read_down
from tests.operations.table import FIND, REFUSED, Service, creation

DATE = datetime(2026, 11, 27, 12)


def page(before):
    return Filtered({} if before is None else {"created_before": before})


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def directory(service):
    return Directory(service)


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

    async def test_where_the_list_is_refused_without_it_too_nothing_is_known_of_it(
        self, service, directory
    ):
        service.answers["operation_list"] = REFUSED
        with pytest.raises(DataFault):
            await directory.ids(FIND)
        del service.answers["operation_list"]
        await directory.ids(FIND)
        assert service.lists() == [FIND, WIDER, FIND]

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
