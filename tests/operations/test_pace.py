"""The pace follows the work. No loop and no real clock: seconds are numbers here."""

import pytest

from aiogandi import Polling
from aiogandi.operations.pace import ENOUGH, Pace

INTERVAL, SLOWEST = 1.0, 10.0


@pytest.fixture
def pace():
    return Pace(Polling(INTERVAL, SLOWEST))


def teach(pace, kind="vm_start", took=60.0, begun=0.0):
    for number in range(1000, 1000 + ENOUGH):
        pace.add(number, kind, begun, begun)
        pace.ended(number, begun + took)


def test_with_nothing_under_way_it_is_slowest(pace):
    assert pace.pause(0) == SLOWEST


def test_an_operation_of_an_unknown_kind_is_looked_at_every_interval(pace):
    pace.add(1, "vm_start", 0, 0)
    assert pace.pause(5) == pace.pause(60) == INTERVAL


def test_an_unknown_kind_that_takes_long_is_looked_at_less_often(pace):
    pace.add(1, "vm_start", 0, 0)
    assert pace.pause(300) == pytest.approx(2.5)
    assert pace.pause(9999) == SLOWEST


def test_a_young_operation_keeps_the_pace_of_its_unknown_kind(pace):
    pace.add(1, "vm_start", 0, 0)
    pace.add(2, "vm_start", 290, 290)
    assert pace.pause(300) == INTERVAL


def test_what_a_kind_takes_is_learned_and_nothing_is_asked_before_it_is_due(pace):
    teach(pace, took=60)
    pace.add(1, "vm_start", 100, 100)
    assert pace.pause(100) == SLOWEST
    assert pace.pause(155) == pytest.approx(4)  # due at 59 s: what was noticed at 60 may be older
    assert pace.pause(160) == INTERVAL


def test_what_one_kind_takes_says_nothing_of_another(pace):
    teach(pace, "vm_start", took=60)
    pace.add(1, "vm_stop", 100, 100)
    assert pace.pause(101) == INTERVAL


def test_an_operation_that_is_late_is_looked_at_ever_less_often(pace):
    teach(pace, took=60)
    pace.add(1, "vm_start", 100, 100)
    assert pace.pause(191) == INTERVAL  # late is what takes half as long again
    assert pace.pause(211) == pytest.approx(3.0)
    assert pace.pause(999) == SLOWEST


def test_one_that_is_due_keeps_the_pace_whatever_else_is_late(pace):
    teach(pace, took=60)
    pace.add(1, "vm_start", 100, 100)
    assert pace.pause(250) > INTERVAL
    pace.add(2, "vm_start", 300, 300)
    assert pace.pause(360) == INTERVAL


def test_one_that_was_taken_up_may_end_at_any_moment(pace):
    teach(pace, took=60)
    pace.add(1, "vm_start", 100, None)
    assert pace.pause(100) == pace.pause(200) == INTERVAL
    assert pace.pause(999) == SLOWEST


def test_the_slowest_of_a_crowd_are_not_late_because_the_first_were_quick(pace):
    for number in range(100):
        pace.add(number, "vm_start", 0, 0)
    for number in range(100):
        ends = 50 + number / 5
        assert pace.pause(ends) == INTERVAL
        pace.ended(number, ends)


def test_the_next_crowd_may_be_a_little_quicker_than_all_before_it(pace):
    for number in range(100):
        pace.add(number, "vm_start", 0, 0)
        pace.ended(number, 50 + number / 5)
    pace.add(999, "vm_start", 100, 100)
    assert pace.pause(140) == pytest.approx(
        4.05
    )  # due at 50 s, less a quarter of the spread, less 1


def test_nothing_is_learned_from_one_that_had_ended_before_anybody_looked(pace):
    for number in range(ENOUGH):
        pace.add(number, "vm_start", 1000, 0)  # begun long ago, waited for only now
        pace.ended(number, 1000.5)
    pace.add(99, "vm_start", 2000, 2000)
    assert pace.pause(2001) == INTERVAL


def test_one_that_nobody_waits_for_any_more_does_not_count(pace):
    pace.add(1, "vm_start", 0, 0)
    pace.remove(1)
    pace.remove(1)
    assert pace.pause(1) == SLOWEST


def test_a_crowd_larger_than_what_is_remembered_does_not_bias_what_is_learned(pace):
    for number in range(10_000):
        pace.add(number, "vm_start", 0, 0)
    for number in range(10_000):
        pace.ended(number, 48 + 24 * number / 10_000)
    pace.add(99_999, "vm_start", 100, 100)
    assert pace.pause(145) < 5  # due before 48 s, which was the quickest
