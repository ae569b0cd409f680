"""Ids and dates are compared before anything follows from an id alone."""

from datetime import UTC, datetime, timedelta

import pytest

from aiogandi import OperationDetails, ServerFault
from aiogandi.changes.ages import Ages
from aiogandi.changes.decisions import Adopt, Undecided, decide
from aiogandi.changes.lookup import Found
from aiogandi.changes.recognition import Likeness
from aiogandi.errors import DataFault

DATE = datetime(2026, 11, 27, 12)
SECOND = timedelta(seconds=1)


class Service:
    """Operations by their ids, the newest first; *filters* is whether it knows ``created_after``."""

    def __init__(self, **operations):
        self.operations = {}
        self.filters = True
        self.is_crowded = False
        self.asked = []

    async def ids(self, method, *, created_after):
        self.asked.append(created_after)
        if isinstance(self.filters, Exception):
            raise self.filters
        return [
            number
            for number, details in self.operations.items()
            if not self.filters or details.date_created >= created_after
        ]

    async def operation(self, number):
        self.asked.append(number)
        details = self.operations.get(number)
        if isinstance(details, Exception):
            raise details
        return details


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def ages(ledger, service, books):
    return Ages(ledger, service, books.tick)


@pytest.fixture
def call(books, service):
    """It knows operation 10 to be older than itself."""
    call = books.lost(books.start())
    service.operations[10] = OperationDetails(10, "vm_start", date_created=DATE)
    return call


def began(books, service, number, date, call):
    details = books.operation(number, call, date_created=date)
    service.operations = {number: details, **service.operations}
    return details


def nothing(*shown):
    return Found([], complete=True, shown=shown)


async def test_where_the_id_excludes_nothing_nothing_is_asked(ages, service, call):
    look = nothing()
    assert await ages.checked(call, look, believed=True) is look
    assert not service.asked


async def test_before_the_patience_has_ended_nothing_is_asked(ages, service, call):
    look = nothing(7, 10)
    assert await ages.checked(call, look, believed=False) is look
    assert not service.asked


async def test_older_ones_stay_older(ages, ledger, service, books, call):
    began(books, service, 7, DATE - SECOND, call)
    look = await ages.checked(call, nothing(10, 7), believed=True)
    assert look == nothing()
    assert service.asked == [10, DATE]
    assert ledger.habits.grows
    assert decide(ledger, call, [], believed=True) is None


async def test_a_younger_one_with_a_lower_id_may_be_the_calls(ages, ledger, service, books, call):
    own = began(books, service, 7, DATE + SECOND, call)
    look = await ages.checked(call, nothing(7, 10), believed=True)
    assert look.operations == [own]
    assert not ledger.habits.grows
    assert ledger.likeness(call, own) is Likeness.EXACT
    assert ledger.disputed(call, own)
    assert decide(ledger, call, look.operations, believed=True) == Undecided((7,))


async def test_one_of_the_same_second_may_be_too_and_proves_nothing(
    ages, ledger, service, books, call
):
    own = began(books, service, 7, DATE, call)
    other = began(books, service, 8, DATE, books.start(vm_id=2))
    look = await ages.checked(call, nothing(8, 7, 10), believed=True)
    assert look.operations == [other, own]
    assert ledger.habits.grows
    assert decide(ledger, call, look.operations, believed=True) == Undecided((7,))


@pytest.mark.parametrize("vm_id", [1, 2])
async def test_one_of_the_same_second_stays_that_of_the_call_that_is_older_than_it(
    ages, ledger, service, books, call, vm_id
):
    """After a process was ended there are many open calls, and many operations of one second."""
    older = books.lost(books.start(vm_id))
    older.prepare(7, books.now)
    older.is_recalled = True
    own = began(books, service, 8, DATE, older)

    look = await ages.checked(call, nothing(8, 10), believed=True)

    assert look.operations == [own]
    assert not ledger.disputed(older, own)
    assert decide(ledger, older, look.operations, believed=True) == Adopt(((older, own),))
    assert ledger.likeness(call, own) is Likeness.DIFFERENT


async def test_without_a_journal_one_of_the_same_second_may_be_any_equal_calls(
    ages, ledger, service, books, call
):
    """Where ids do not grow within a second, the younger call may have begun it, and must not run again."""
    older = books.lost(books.start())
    older.prepare(7, books.now)
    found = [began(books, service, number, DATE, call) for number in (8, 9)]

    look = await ages.checked(call, nothing(9, 8, 10), believed=True)

    assert look.operations == [*reversed(found)]
    assert decide(ledger, call, look.operations, believed=True) == Undecided((8, 9))


async def test_what_is_another_calls_is_not_asked_for(ages, ledger, service, books, call):
    ledger.own(books.sent(books.start(vm_id=2)), 7, books.tick())
    ledger.habits.grows = True
    service.operations[7] = OperationDetails(7, "vm_start", date_created=DATE + SECOND)
    assert (await ages.checked(call, nothing(7, 10), believed=True)).operations == []
    assert service.asked == [10, DATE]


async def test_one_that_cannot_be_read_keeps_the_call_from_being_absent(
    ages, ledger, service, books, call
):
    began(books, service, 7, DATE + SECOND, call)
    details = service.operation

    async def operation(number):
        return None if number == 7 else await details(number)

    service.operation = operation
    look = await ages.checked(call, nothing(7, 10), believed=True)
    assert (look.operations, look.unread) == ([], (7,))
    undecided = decide(ledger, call, [], believed=True, unread=look.unread)
    assert undecided == Undecided((7,), may_clear=True)


@pytest.mark.parametrize(
    "told",
    [
        None,
        OperationDetails(10, "vm_start"),
        ServerFault(150000, "internal error", "operation_details"),
        DataFault(510042, "not found", "operation_details"),
    ],
)
async def test_where_no_date_is_known_ids_are_believed(ages, ledger, service, books, call, told):
    began(books, service, 7, DATE + SECOND, call)
    service.operations[10] = told
    look = nothing(7, 10)
    assert await ages.checked(call, look, believed=True) is look
    assert service.asked == [10]


@pytest.mark.parametrize(
    "filters", [DataFault(500133, "unexpected", "operation_list"), ServerFault(150000, "no", "x")]
)
async def test_where_the_service_refuses_the_filter_ids_are_believed(
    ages, ledger, service, call, filters
):
    service.filters = filters
    look = nothing(7, 10)
    assert await ages.checked(call, look, believed=True) is look


async def test_where_it_ignores_the_filter_one_look_shows_it(ages, ledger, service, books, call):
    for number in range(1, 9):
        began(books, service, number, DATE - SECOND, call)
    service.filters = False
    look = await ages.checked(call, nothing(*range(1, 11)), believed=True)
    assert look.operations == []
    assert len(service.asked) == 3


async def test_dates_of_which_one_has_a_zone_are_not_compared(ages, ledger, service, books, call):
    service.filters = False
    began(books, service, 7, (DATE - SECOND).replace(tzinfo=UTC), call)
    await ages.checked(call, nothing(7, 10), believed=True)
    assert ledger.habits.grows


async def test_a_date_is_asked_for_once(ages, service, call):
    for _ in range(3):
        await ages.checked(call, nothing(10), believed=True)
    assert service.asked == [10, DATE, DATE, DATE]


class TestCrowdedAccount:
    """It has operations that were never listed: an old one may have a higher id than the newest known."""

    async def test_one_that_is_older_by_its_date_is_not_given_to_the_call(
        self, ages, ledger, service, books, call
    ):
        service.is_crowded = True
        old = began(books, service, 11, DATE - SECOND, call)
        ledger.saw([11], books.tick())
        await ages.checked(call, Found([old], complete=True), believed=False)
        assert ledger.disputed(call, old)

    async def test_one_that_is_younger_is(self, ages, ledger, service, books, call):
        service.is_crowded = True
        own = began(books, service, 11, DATE, call)
        ledger.saw([11], books.tick())
        await ages.checked(call, Found([own], complete=True), believed=False)
        assert not ledger.disputed(call, own)

    async def test_else_it_costs_nothing(self, ages, service, books, call):
        own = began(books, service, 11, DATE, call)
        await ages.checked(call, Found([own], complete=True), believed=True)
        assert not service.asked
