"""What a tick asks, without a loop: state in, plan out."""

import math
import tracemalloc
from datetime import datetime, timedelta

import pytest

from aiogandi import OperationDetails, OperationState, Polling
from aiogandi.operations.lists import SLACK, ListQuestion
from aiogandi.operations.schedule import FEW, LOOK_AFTER, Schedule

RUN, DONE, ERROR, CANCEL = map(OperationState, ("RUN", "DONE", "ERROR", "CANCEL"))


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
            return asked, end.value.ours
    raise AssertionError(f"it goes on to ask {asked[-1]}")


def test_a_few_are_each_looked_at(schedule):
    watch(schedule, *range(1, FEW + 1))
    assert plan(schedule, 1) == ((), list(range(1, FEW + 1)))
    assert plan(schedule, 2) == ((), list(range(1, FEW + 1)))


def test_every_tenth_tick_asks_one_list_instead_of_a_few(schedule):
    watch(schedule, 1, 2)
    asked = [plan(schedule, tick) for tick in range(1, 41)]
    assert [states for states, _ in asked if states] == [(DONE,), (ERROR,), (DONE,), (CANCEL,)]
    assert all(looks == ([] if states else [1, 2]) for states, looks in asked)


def test_while_looks_at_a_few_fail_every_tick_asks_for_lists_as_well(schedule):
    watch(schedule, 1, 2)
    schedule.look_failed(1, 0)
    assert plan(schedule, 1) == ((DONE, ERROR, CANCEL), [2])
    assert DONE in plan(schedule, 1.5)[0]
    schedule.looked(1, RUN)
    assert plan(schedule, 3) == ((), [1, 2])


def test_a_state_that_is_not_documented_tells_nothing_for_sure(schedule):
    watch(schedule, 1)
    schedule.looked(1, OperationState("done"))
    assert DONE in schedule.tick(1)
    schedule.looked(1, RUN)
    assert schedule.tick(2) == ()


def test_while_no_list_is_answered_each_of_many_is_looked_at_in_its_turn(schedule):
    watch(schedule, *range(1, 31))
    looks = []
    for tick in range(1, 4):
        schedule.lists_failed(tick)
        looks += plan(schedule, tick + 0.5)[1]
    assert looks == list(range(1, 31))


def test_lists_that_fail_are_asked_for_less_often_while_looks_are_answered(schedule):
    watch(schedule, *range(1, 31))
    asked = 0
    for tick in range(1, 101):
        if plan(schedule, tick)[0]:
            asked += 1
            schedule.lists_failed(tick)
    assert 8 < asked < 16


def test_in_an_outage_one_list_is_asked_for_and_all_of_them_when_it_is_over(schedule):
    watch(schedule, *range(1, 31))
    for tick in range(1, 10):
        schedule.tick(tick)
        schedule.lists_failed(tick)
        schedule.look_failed(7, tick)
    assert schedule.tick(10) == (DONE,)
    assert schedule.next_look(10) != 7
    schedule.lists_answered()
    assert schedule.next_look(10) == 7  # whatever pause it was in
    assert schedule.pause(10_000) < 1.11
    assert schedule.tick(11) == (DONE, ERROR, CANCEL)


def test_polling_that_begins_anew_knows_no_outage(schedule):
    watch(schedule, *range(1, 31))
    for _ in range(9):
        schedule.lists_failed(0)
        schedule.look_failed(7, 0)
    schedule.begin()
    assert schedule.pause(0) < 1.11
    assert schedule.tick(1) == (DONE, ERROR, CANCEL)


def test_what_a_list_shows_as_done_is_all_that_is_needed_of_many(schedule):
    watch(schedule, *range(1, 31))
    assert schedule.reported([7, 9, 4711], DONE) == [7, 9]
    assert schedule.look_due(0) == math.inf


def test_one_of_a_few_that_a_list_shows_as_done_is_looked_at_once(schedule):
    watch(schedule, 1)
    assert schedule.reported([1], DONE) == []
    assert schedule.next_look(0) == 1
    schedule.looked(1, RUN)
    assert schedule.reported([1], DONE) == [1]


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
    assert asked == [ListQuestion(DONE)]
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
    assert asked[2] == ListQuestion(DONE, None, day + timedelta(seconds=1))
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
    assert next(schedule.sweep(DONE)) == ListQuestion(DONE, day - SLACK)


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
        schedule.lists_failed(0)
    assert 7 < schedule.pause(0) < 9
    for _ in range(100):
        schedule.lists_failed(0)
    assert 9 <= schedule.pause(0) <= 10
    schedule.lists_answered()
    assert schedule.pause(0) < 1.11


def test_silence_slows_nothing_down(schedule):
    watch(schedule, 1)
    for _ in range(100):
        schedule.lists_failed(0, silent=True)
        schedule.look_failed(1, 0, silent=True)
    assert schedule.pause(5000) < 1.11
    assert schedule.look_due(0) == 1


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
    assert next(schedule.sweep(DONE)) == ListQuestion(DONE)
    assert DONE in schedule.tick(1)


def test_an_end_that_a_cut_list_has_not_shown_takes_the_cut_away(schedule):
    watch(schedule, 1, 2, 1000)
    sweep(schedule, DONE, list(range(260, 100, -1)), details(date_updated=datetime(2026, 1, 1)))
    schedule.looked(1, DONE)
    assert next(schedule.sweep(DONE)) == ListQuestion(DONE)


@pytest.mark.parametrize("shown", [1, 4711])
def test_one_that_its_list_has_shown_leaves_the_cut_and_no_trace(schedule, shown):
    watch(schedule, 1, 2, 1000)
    sweep(schedule, DONE, list(range(260, 100, -1)), details(date_updated=datetime(2026, 1, 1)))
    assert schedule.reported([1, 4711], ERROR) == []
    assert schedule.next_look(0) == 1
    schedule.looked(1, DONE)
    assert next(schedule.sweep(DONE)).updated_after is not None
    # Taken up again, none counts as shown: its end takes the cut away.
    schedule.drop(1)
    watch(schedule, shown)
    schedule.looked(shown, DONE)
    assert next(schedule.sweep(DONE)) == ListQuestion(DONE)


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
    schedule.reported([1], ERROR)
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
    def live(numbers):
        for number in numbers:
            watch(schedule, number, now=number)
            schedule.ended(number, number + 1)

    watch(schedule, 1)
    live(range(2, 2000))
    tracemalloc.start()
    try:
        live(range(2000, 12_000))
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()


def test_clients_do_not_tick_in_step(schedule):
    watch(schedule, 1)
    assert len({schedule.pause(0) for _ in range(20)}) > 10
