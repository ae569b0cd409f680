"""Looks at single operations: which comes next, and when what a list shows must do."""

import pytest

from aiogandi import OperationState, Polling
from aiogandi.operations.looks import TRIES, TRIES_IN_ALL, Looks

RUN, DONE, ERROR = OperationState.RUN, OperationState.DONE, OperationState.ERROR


@pytest.fixture
def looks():
    return Looks(Polling(1.0, 10.0))


def fail(looks, operation_id, now, *, silent=False):
    assert looks.next(now) == operation_id
    looks.failed(operation_id, now, silent=silent)


def test_what_a_list_shows_as_failed_is_looked_at_a_few_times_for_the_reason(looks):
    for now in range(0, 100, 20):
        if looks.reported(7, ERROR):
            break
        fail(looks, 7, now)
    assert now == 20 * TRIES


def test_these_tries_begin_when_the_list_shows_it_and_soon(looks):
    looks.add([7])
    for now in range(0, 1000, 20):
        fail(looks, 7, now)
        looks.lists_failed()  # an outage
    assert not looks.reported(7, ERROR)
    assert looks.due(now) == now
    fail(looks, 7, now)
    assert looks.due(now) == now + 2


def test_a_look_that_says_otherwise_counts_as_a_try(looks):
    for _ in range(TRIES):
        assert not looks.reported(7, ERROR)
        looks.next(0)
        looks.answered(7, RUN)
    assert looks.reported(7, ERROR)


def test_where_no_look_at_all_tells_anything_not_each_operation_takes_its_tries(looks):
    ids = range(100, 100 + TRIES_IN_ALL)
    assert not any(looks.reported(number, ERROR) for number in (*ids, 7))
    for number in ids:
        fail(looks, number, 0)
    assert looks.reported(7, ERROR)


@pytest.mark.parametrize("answer", [lambda looks: looks.answered(1, RUN), Looks.lists_failed])
def test_one_that_tells_something_or_an_outage_begins_that_count_anew(looks, answer):
    for number in range(100, 100 + TRIES_IN_ALL):
        looks.add([number])
        fail(looks, number, 0)
    answer(looks)
    assert not looks.reported(7, ERROR)


def test_an_end_without_a_reason_needs_one_look(looks):
    assert not looks.reported(7, DONE)
    fail(looks, 7, 0)
    assert looks.reported(7, DONE)


def test_silence_does_not_make_the_pauses_longer(looks):
    looks.add([7])
    for now in range(50):
        fail(looks, 7, now, silent=True)
    assert looks.due(now) == now + 1


def test_the_end_of_an_outage_ends_all_pauses(looks):
    looks.add([7])
    for now in (0, 20, 40, 60):
        fail(looks, 7, now)
    assert looks.due(60) == 70
    looks.release()
    assert looks.due(60) == 60


def test_one_that_nobody_waits_for_leaves_no_trouble_behind(looks):
    looks.add([7, 8, 9])
    fail(looks, 7, 0)
    looks.next(0)
    looks.answered(8, OperationState("WAIT"))
    looks.reported(9, ERROR)
    for number in (7, 8, 9):
        assert looks.are_in_trouble()
        looks.forget(number)
    assert not looks.are_in_trouble()
