"""What a tick asks, without a loop: state in, plan out."""

import math
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiogandi import OperationDetails, OperationState, Polling
from aiogandi.operations import schedule as polling
from aiogandi.operations.schedule import FEW, LOOK_AFTER, ListState, Schedule

DONE, ERROR, CANCEL = OperationState.DONE, OperationState.ERROR, OperationState.CANCEL


@pytest.fixture
def schedule():
    return Schedule(Polling(1.0, 10.0))


def watch(schedule, *ids, now=0.0):
    for operation_id in ids:
        schedule.watch(operation_id, "vm_start", now, now)


def plan(schedule, now):
    """A tick: the lists it asks for, and those looked at."""
    states, looks = schedule.tick(now), []
    while (operation_id := schedule.next_look(now)) is not None:
        looks.append(operation_id)
        schedule.looked(operation_id, None)
    return states, looks


def details(operation_id=1, **fields):
    return OperationDetails(id=operation_id, **fields)


def sweep(schedule, state, *replies):
    """Drive a sweep with these replies; what was asked, and what was found."""
    plan = schedule.sweep(state)
    asked = [next(plan)]
    for reply in replies:
        try:
            asked.append(plan.send(reply))
        except StopIteration as end:
            return asked, end.value
    raise AssertionError(f"it goes on to ask {asked[-1]}")


def test_a_few_are_each_looked_at(schedule):
    watch(schedule, *range(1, FEW + 1))
    assert plan(schedule, 1) == ((), list(range(1, FEW + 1)))
    assert plan(schedule, 2) == ((), list(range(1, FEW + 1)))


def test_many_cost_one_list_a_tick_and_now_and_then_two_more(schedule):
    watch(schedule, *range(1, 301))
    asked = []
    for tick in range(1, 13):
        states, looks = plan(schedule, tick)
        assert looks == []
        for state in states:
            sweep(schedule, state, [])
            asked.append(state)
    assert asked.count(DONE) == 12
    assert 4 <= asked.count(ERROR) <= 6
    assert 2 <= asked.count(CANCEL) <= 5


def test_a_state_that_has_something_to_tell_is_asked_for_in_every_tick(schedule):
    watch(schedule, *range(1, 301))
    for tick in range(1, 20):
        for state in schedule.tick(tick):
            sweep(schedule, state, [])
    tick = 20
    while ERROR not in (states := schedule.tick(tick)):
        tick += 1
    for state in states:
        _, found = sweep(schedule, state, [7] if state == ERROR else [])
        for operation_id in found:
            schedule.ended(operation_id, tick)
    assert ERROR in schedule.tick(tick + 1)


def test_ours_in_a_list_have_ended_and_others_are_not_ours(schedule):
    watch(schedule, 5, 6, 7)
    asked, found = sweep(schedule, DONE, [9, 6, 5])
    assert asked == [ListState(DONE)]
    assert found == {5, 6}


def test_a_full_list_that_reaches_below_ours_vouches_for_all(schedule):
    watch(schedule, *range(400, 410))
    _, found = sweep(schedule, DONE, list(range(409, 109, -1)))
    assert found == set(range(400, 410))
    assert schedule.next_look(0) is None


def test_a_full_list_is_continued_below_the_date_of_its_lowest_id(schedule):
    watch(schedule, *range(1, 21))
    day = datetime(2026, 1, 1)
    asked, found = sweep(
        schedule,
        DONE,
        list(range(1000, 700, -1)),
        details(date_created=day),
        list(range(30, 10, -1)),
        details(date_updated=day),
    )
    assert asked[1].id == 701
    assert asked[2] == ListState(DONE, None, day)
    assert found == set(range(11, 21))
    assert schedule.next_look(0) is None


def test_a_few_in_doubt_are_looked_at_themselves_since_that_is_cheaper(schedule):
    watch(schedule, 1, 2, 999)
    asked, _ = sweep(schedule, DONE, list(range(1000, 700, -1)), details())
    assert len(asked) == 2
    assert set(plan(schedule, 1)[1]) == {1, 2}
    assert plan(schedule, 2)[1] == []


def test_a_crowded_list_is_cut_at_the_date_of_one_that_appeared_in_it(schedule):
    watch(schedule, 1, 2, 1000)
    day = datetime(2026, 1, 1, 12)
    sweep(schedule, DONE, list(range(200, 100, -1)))
    asked, _ = sweep(schedule, DONE, list(range(260, 100, -1)), details(date_updated=day))
    assert asked[1].id == 260
    assert next(schedule.sweep(DONE)) == ListState(DONE, day - polling.SLACK)


def test_each_is_looked_at_itself_within_a_bounded_time(schedule):
    watch(schedule, *range(1, 101))
    looked = []
    for tick in range(1, LOOK_AFTER + 12):
        looked += plan(schedule, tick)[1]
    assert sorted(looked) == list(range(1, 101))


def test_one_that_was_taken_up_by_its_id_is_looked_at_at_once(schedule):
    watch(schedule, *range(1, 10))
    schedule.watch(77, None, 0, None)
    assert schedule.look_due(0) == 0
    assert schedule.next_look(0) == 77
    assert schedule.next_look(0) is None


def test_one_whose_states_are_followed_is_looked_at_in_every_tick(schedule):
    watch(schedule, *range(1, 10))
    schedule.follow(5)
    assert plan(schedule, 1)[1] == plan(schedule, 2)[1] == [5]
    schedule.unfollow(5)
    assert plan(schedule, 3)[1] == []


def test_trouble_slows_down_and_an_answer_ends_it(schedule):
    watch(schedule, 1)
    for _ in range(3):
        schedule.failed()
    assert 7 < schedule.pause(0) < 9
    for _ in range(100):
        schedule.failed()
    assert 9 <= schedule.pause(0) <= 10
    schedule.answered()
    assert schedule.pause(0) < 1.11


def test_lists_that_the_service_refuses_are_not_asked_for_again(schedule):
    watch(schedule, *range(1, 6))
    schedule.lists_refused(0)
    assert plan(schedule, 1) == ((), [1, 2, 3, 4, 5])
    assert schedule.tick(LOOK_AFTER + 1) != ()


def test_a_cut_that_the_service_refuses_is_left_out_first(schedule):
    watch(schedule, 1, 2, 1000)
    sweep(schedule, DONE, list(range(260, 100, -1)), details(date_updated=datetime(2026, 1, 1)))
    assert next(schedule.sweep(DONE)).updated_after is not None
    schedule.lists_refused(0)
    assert next(schedule.sweep(DONE)) == ListState(DONE)
    assert DONE in schedule.tick(1)


def test_an_end_that_a_cut_list_has_not_shown_takes_the_cut_away(schedule):
    watch(schedule, 1, 2, 1000)
    sweep(schedule, DONE, list(range(260, 100, -1)), details(date_updated=datetime(2026, 1, 1)))
    schedule.looked(1, DONE)
    assert next(schedule.sweep(DONE)) == ListState(DONE)


def test_one_that_its_list_has_shown_leaves_the_cut_and_no_trace(schedule):
    watch(schedule, 1, 2, 1000)
    sweep(schedule, DONE, list(range(260, 100, -1)), details(date_updated=datetime(2026, 1, 1)))
    schedule.reported([1, 4711])
    assert schedule.next_look(0) == 1
    schedule.looked(1, DONE)
    assert next(schedule.sweep(DONE)).updated_after is not None
    schedule.drop(1)
    assert schedule._reported == set()


def test_a_look_that_fails_is_made_again_later_each_time_and_delays_no_other(schedule):
    watch(schedule, 1, 2)
    schedule.tick(0)
    assert schedule.next_look(0) == 1
    schedule.look_failed(1, 0)
    assert schedule.next_look(0) == 2
    assert schedule.look_due(0) == 2
    assert schedule.next_look(1.9) is None
    assert schedule.next_look(2) == 1
    schedule.look_failed(1, 2)
    assert schedule.look_due(2) == 6
    schedule.looked(1, None)
    schedule.reported([1])
    assert schedule.next_look(2) == 1


def test_one_look_that_hangs_takes_one_place_and_no_more(schedule):
    watch(schedule, 1, 2)
    schedule.tick(0)
    assert schedule.next_look(0) == 1
    schedule.tick(1)
    assert schedule.next_look(1) == 2
    assert schedule.next_look(1) is None
    assert schedule.look_due(1) == math.inf


def test_where_durations_are_known_failures_are_asked_for_more_often(schedule):
    for number in range(1, 6):
        watch(schedule, number)
        schedule.ended(number, 60)
    watch(schedule, *range(10, 310), now=100)
    asked = []
    for tick in range(160, 172):
        for state in schedule.tick(tick):
            sweep(schedule, state, [])
            asked.append(state)
    assert asked.count(ERROR) >= 6


def test_the_books_hold_what_is_watched_and_not_what_was(schedule):
    watch(schedule, 1)
    for number in range(2, 5000):
        watch(schedule, number, now=number)
        schedule.ended(number, number + 1)
    assert len(schedule._lowest) < 200
    assert len(schedule._pace._cohorts["vm_start"]._waiting) < 200


def test_clients_do_not_tick_in_step(schedule):
    watch(schedule, 1)
    assert len({schedule.pause(0) for _ in range(20)}) > 10


class Service:
    """Operations with a small list, a clock of its own, and other clients."""

    def __init__(self, size, begin):
        self.size = size
        self.now = begin
        self.operations = {}  # id: [state, created, updated]

    def create(self):
        operation_id = 100 + len(self.operations)
        self.operations[operation_id] = ["RUN", self.now, self.now]
        return operation_id

    def end(self, operation_id, state):
        self.operations[operation_id][0] = state
        self.operations[operation_id][2] = self.now

    def answer(self, request):
        if not isinstance(request, ListState):
            _, created, updated = self.operations[request.id]
            return OperationDetails(request.id, date_created=created, date_updated=updated)
        found = [
            operation_id
            for operation_id, (state, created, updated) in self.operations.items()
            if state == request.state
            and (request.updated_after is None or updated >= request.updated_after)
            and (request.created_before is None or created <= request.created_before)
        ]
        return sorted(found, reverse=True)[: self.size]


@settings(max_examples=150, deadline=None)
@given(data=st.data(), size=st.integers(2, 8), skew=st.integers(-10_000, 10_000))
def test_no_end_is_ever_missed_and_none_is_asked_for_again(data, size, skew):
    """Any order of events, any lists, any clock."""
    original, polling.FULL = polling.FULL, size
    crowded, polling.CROWDED = polling.CROWDED, size // 2
    try:
        service = Service(size, datetime(2026, 1, 1) + timedelta(minutes=skew))
        schedule = Schedule(Polling(1.0, 10.0))
        ours, noticed, late = set(), set(), {}
        draw = data.draw
        for tick in range(1, 40):
            for _ in range(draw(st.integers(0, 6), label="begun")):
                operation_id = service.create()
                if draw(st.booleans(), label="ours"):
                    ours.add(operation_id)
                    schedule.watch(operation_id, "vm_start", tick, tick)
            under_way = [i for i, (state, *_) in service.operations.items() if state == "RUN"]
            for operation_id in (
                draw(st.lists(st.sampled_from(under_way), unique=True), label="end")
                if under_way
                else ()
            ):
                service.end(operation_id, draw(st.sampled_from([DONE, DONE, ERROR, CANCEL])))
                late[operation_id] = tick
            service.now += timedelta(seconds=draw(st.integers(0, 3), label="seconds"))
            run_tick(service, schedule, tick, noticed)
        for operation_id in [i for i, (state, *_) in service.operations.items() if state == "RUN"]:
            service.end(operation_id, DONE)
        for tick in range(40, 40 + 2 * LOOK_AFTER):
            service.now += timedelta(seconds=1)
            run_tick(service, schedule, tick, noticed)
        assert noticed == ours
        assert len(schedule) == 0
    finally:
        polling.FULL, polling.CROWDED = original, crowded


def run_tick(service, schedule, tick, noticed):
    def end(operation_id):
        assert operation_id not in noticed, "it was asked for again"
        noticed.add(operation_id)
        schedule.ended(operation_id, tick)

    for state in schedule.tick(tick):
        steps = schedule.sweep(state)
        reply = None
        try:
            while True:
                reply = service.answer(steps.send(reply))
        except StopIteration as swept:
            for operation_id in swept.value:
                end(operation_id)
    while (operation_id := schedule.next_look(tick)) is not None:
        state = service.operations[operation_id][0]
        schedule.looked(operation_id, None if state == "RUN" else state)
        if state != "RUN":
            end(operation_id)
