"""Who waits for which operation, and who is told what: bookkeeping without a poller."""

import asyncio
import contextvars

import pytest

from aiogandi import NotFound, OperationDetails, OperationState, Polling
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import OperationEnded
from aiogandi.operations.operation import Operation, VMOperation
from aiogandi.operations.schedule import Schedule
from aiogandi.operations.watch import Watches, key_of, known

RUN, DONE, ERROR = OperationState.RUN, OperationState.DONE, OperationState.ERROR


@pytest.fixture
def schedule():
    return Schedule(Polling(1.0, 10.0))


@pytest.fixture
def events():
    return []


@pytest.fixture
def watches(schedule, events):
    return Watches(schedule, Emitter(events.append))


def operation(number=7, kind="vm_start", vm_id=1, **more):
    """One that nobody tracks: only the books know of it."""
    return Operation(None, id=number, type=kind, vm_id=vm_id, **more)


def creation(vm_id=5):
    """The creation of a server, whose operation's id is not known yet."""
    return VMOperation(None, type="vm_create", vm_id=vm_id, started=90.0)


async def waiting(watches, an_operation, now=100.0):
    """Take it up and wait for it: its watch, and what the waiter gets."""
    watch, _ = watches.take_up(an_operation, now)
    waiter = asyncio.get_running_loop().create_future()
    watch.waiters.append((waiter, an_operation))
    watches.joins(watch, waiter)
    return watch, waiter


async def watching(watches, an_operation, shown=None, now=100.0):
    """Take it up and wait for another state than *shown*."""
    watch, _ = watches.take_up(an_operation, now)
    observer = asyncio.get_running_loop().create_future()
    watch.observers.append((observer, an_operation, shown))
    watches.joins(watch, observer)
    return watch, observer


def details(number=7, state=DONE, **fields):
    return OperationDetails(number, "vm_start", state, **fields)


class TestTakingUp:
    def test_an_operation_is_watched_and_stands_in_the_schedule(self, watches, schedule):
        watch, is_new = watches.take_up(operation(7), 100)
        assert is_new
        assert watches.by_id == {7: watch}
        assert 7 in schedule

    def test_one_watch_serves_all_who_wait_for_the_same(self, watches, schedule):
        watch, _ = watches.take_up(operation(7), 100)
        assert watches.take_up(operation(7), 101) == (watch, False)
        assert len(schedule) == 1

    def test_one_without_an_id_is_kept_by_what_it_creates(self, watches, schedule):
        watch, is_new = watches.take_up(creation(5), 100)
        assert is_new
        assert watches.unfound == {("vm_create", 5): watch}
        assert watches.take_up(creation(5), 101) == (watch, False)
        assert watches.take_up(creation(6), 101)[1]
        assert len(schedule) == 0

    def test_a_server_and_a_disk_of_one_id_are_two(self):
        disk = Operation(None, type="disk_create", disk_id=5)
        assert key_of(disk) != key_of(creation(5))


class TestLeaving:
    async def test_one_that_nobody_waits_for_is_forgotten(self, watches, schedule):
        watch, waiter = await waiting(watches, operation(7))
        watches.drop_unwanted(watch)
        assert 7 in watches.by_id
        watch.waiters.clear()
        watches.drop_unwanted(watch)
        assert watches.by_id == {}
        assert len(schedule) == 0
        assert not waiter.done()

    async def test_who_watches_keeps_it_as_well(self, watches):
        watch, _ = await watching(watches, operation(7))
        watches.drop_unwanted(watch)
        assert 7 in watches.by_id

    def test_one_without_an_id_is_forgotten_too(self, watches):
        watch, _ = watches.take_up(creation(5), 100)
        watches.drop_unwanted(watch)
        assert watches.unfound == {}

    async def test_another_watch_of_the_same_operation_is_not(self, watches):
        found, _ = watches.take_up(creation(5), 100)
        _, waiter = await waiting(watches, operation(7))
        watches.found(found, 7, 101)
        watches.drop_unwanted(found)
        watches.saw(7, details(), 102)
        assert waiter.result().state is DONE


class TestWhatIsSeen:
    async def test_the_end_wakes_all_who_wait_and_takes_it_out(self, watches, schedule):
        mine, other = operation(7), operation(7)
        waiters = [(await waiting(watches, each))[1] for each in (mine, other)]
        end = details()
        watches.saw(7, end, 105)
        assert [waiter.result() for waiter in waiters] == [end, end]
        assert [mine.done(), other.done()] == [True, True]
        assert watches.by_id == {}
        assert 7 not in schedule

    async def test_a_state_on_the_way_wakes_only_who_watches(self, watches):
        mine = operation(7)
        _, waiter = await waiting(watches, mine)
        _, observer = await watching(watches, mine)
        watches.saw(7, details(state=RUN), 105)
        assert observer.done()
        assert not waiter.done()
        assert mine.state is RUN
        assert 7 in watches.by_id

    async def test_who_was_shown_that_state_sleeps_on(self, watches):
        _, observer = await watching(watches, operation(7), RUN)
        watches.saw(7, details(state=RUN), 105)
        assert not observer.done()

    async def test_the_end_wakes_who_watches_in_any_case(self, watches):
        _, observer = await watching(watches, operation(7), DONE)
        watches.saw(7, details(), 105)
        assert observer.done()

    async def test_who_is_gone_is_not_woken(self, watches):
        _, waiter = await waiting(watches, operation(7))
        _, observer = await watching(watches, operation(7))
        waiter.cancel()
        observer.cancel()
        watches.saw(7, details(), 105)
        assert [waiter.cancelled(), observer.cancelled()] == [True, True]

    async def test_a_list_that_shows_the_end_tells_what_is_known(self, watches):
        _, waiter = await waiting(watches, operation(7, vm_id=3, product_id=9))
        watches.ended(7, DONE, 105)
        assert waiter.result() == details(vm_id=3, product_id=9)

    def test_what_nobody_waits_for_is_nobodys(self, watches, events):
        watches.saw(8, details(8), 105)
        watches.ended(8, DONE, 105)
        watches.fail(8, NotFound(510042, "no"))
        assert events == []


class TestFailing:
    async def test_one_that_the_service_refuses_fails_alone(self, watches, schedule):
        _, waiter = await waiting(watches, operation(7))
        _, observer = await watching(watches, operation(7))
        _, other = await waiting(watches, operation(8))
        error = NotFound(510042, "no such operation")
        watches.fail(7, error)
        assert waiter.exception() is observer.exception() is error
        assert not other.done()
        assert set(watches.by_id) == {8}
        assert 7 not in schedule

    async def test_all_may_fail_at_once(self, watches):
        _, waiter = await waiting(watches, operation(7))
        _, unfound = await waiting(watches, creation(5))
        _, gone = await waiting(watches, operation(8))
        gone.cancel()
        error = NotFound(510042, "no")
        watches.fail_all(error)
        assert waiter.exception() is unfound.exception() is error
        assert gone.cancelled()

    async def test_a_server_that_does_not_exist_fails_its_creation(self, watches):
        watch, waiter = await waiting(watches, creation(5))
        watches.missing(watch, NotFound(510042, "no such server"))
        assert isinstance(waiter.exception(), NotFound)
        assert watches.unfound == {}


class TestFinding:
    async def test_one_whose_id_is_found_is_watched_by_it(self, watches, schedule):
        mine = creation(5)
        watch, _ = await waiting(watches, mine)
        watches.found(watch, 7, 101)
        assert mine.id == 7
        assert watches.unfound == {}
        assert watches.by_id == {7: watch}
        assert 7 in schedule

    async def test_one_that_nobody_waits_for_any_more_is_not(self, watches, schedule):
        mine = creation(5)
        watch, _ = watches.take_up(mine, 100)
        watches.found(watch, 7, 101)
        assert mine.id == 7
        assert watches.by_id == watches.unfound == {}
        assert 7 not in schedule

    async def test_who_waits_for_it_by_its_id_and_who_waits_for_the_server_both_wake(self, watches):
        _, by_id = await waiting(watches, operation(7, None, None))
        watch, by_server = await waiting(watches, creation(5))
        watches.found(watch, 7, 101)
        watches.saw(7, details(), 105)
        assert by_id.result() == by_server.result() == details()

    async def test_who_came_by_the_server_can_still_leave(self, watches):
        _, by_id = await waiting(watches, operation(7, None, None))
        mine = creation(5)
        watch, by_server = await waiting(watches, mine)
        watches.found(watch, 7, 101)
        watch.waiters.remove((by_server, mine))
        watches.drop_unwanted(watch)
        watches.saw(7, details(), 105)
        assert [by_id.done(), by_server.done()] == [True, False]

    async def test_one_whose_every_state_is_wanted_is_followed(self, watches, schedule):
        watch, _ = await watching(watches, creation(5))
        watches.found(watch, 7, 101)
        schedule.tick(102)
        assert schedule.next_look(102) == 7


class TestTheEvent:
    async def ended(self, watches, events, an_operation, now, end=None):
        await waiting(watches, an_operation, 100.0)
        watches.saw(7, end or details(), now)
        [event] = events
        return event

    async def test_tells_the_end_its_length_and_how_late_it_was_noticed(self, watches, events):
        await waiting(watches, operation(7, started=98.0), 100.0)
        watches.saw(7, details(state=RUN), 128.5)
        watches.saw(7, details(), 130.0)
        assert events == [OperationEnded("vm_start", 7, 1, None, "DONE", 32.0, 1.5)]

    async def test_is_no_later_than_a_complete_list_that_did_not_show_it(self, watches, events):
        await waiting(watches, operation(7), 100.0)
        watches.ended(7, DONE, 130.0, listed=128.0)
        assert events[0].late == 2.0

    async def test_is_late_by_no_more_than_the_operation_was_waited_for(self, watches, events):
        event = await self.ended(watches, events, operation(7), 103.0)
        assert event.late == 3.0

    async def test_has_no_length_where_its_call_was_not_this_clients(self, watches, events):
        event = await self.ended(watches, events, operation(7), 130.0)
        assert event.seconds is None

    async def test_tells_of_one_taken_up_by_its_id_what_the_service_says(self, watches, events):
        end = details(state=ERROR, vm_id=3, disk_id=4)
        event = await self.ended(watches, events, operation(7, None, None), 130.0, end)
        assert (event.type, event.vm_id, event.disk_id) == ("vm_start", 3, 4)
        assert event.state == "ERROR"

    async def test_comes_without_an_id_where_the_server_alone_tells_the_end(self, watches, events):
        watch, waiter = await waiting(watches, creation(5), 100.0)
        watches.ended_unfound(watch, RUN, 120.0)
        assert events == []
        watches.ended_unfound(watch, DONE, 121.0)
        [event] = events
        assert (event.operation_id, event.vm_id, event.state) == (None, 5, "DONE")
        assert event.late == 1.0
        assert waiter.done()
        assert not watches.unfound

    async def test_comes_once_however_many_wait_and_not_before_the_end(self, watches, events):
        await waiting(watches, operation(7))
        await waiting(watches, operation(7))
        watches.saw(7, details(state=RUN), 101)
        assert events == []
        watches.saw(7, details(), 102)
        watches.saw(7, details(), 103)
        assert len(events) == 1

    async def test_comes_before_who_waits_is_woken(self, schedule):
        states = []
        watches = Watches(schedule, Emitter(lambda _: states.append(waiter.done())))
        _, waiter = await waiting(watches, operation(7))
        watches.saw(7, details(), 102)
        assert states == [False]
        assert waiter.done()

    async def test_is_told_with_the_context_of_who_waited_first(self, schedule):
        who, seen = contextvars.ContextVar("who"), []
        watches = Watches(schedule, Emitter(lambda _: seen.append(who.get())))
        for name in ("first", "second"):
            who.set(name)
            await waiting(watches, operation(7))
        who.set("the poller")
        watches.saw(7, details(), 102)
        assert seen == ["first"]
        assert who.get() == "the poller"

    async def test_costs_no_copy_of_a_context_where_nobody_listens(self, schedule):
        watch, _ = await waiting(Watches(schedule, Emitter()), operation(7))
        assert watch.contexts == {}


def test_the_id_is_0_where_the_service_lists_no_operation():
    assert known(creation(5), DONE) == OperationDetails(0, "vm_create", DONE, vm_id=5)
