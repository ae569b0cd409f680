"""The store's moments as those of the loop's clock."""

import pytest

from aiogandi.hub.turns.store_clock import LATEST, LONGEST, StoreClock


def test_the_exchange_that_took_the_least_tells():
    clock = StoreClock()
    clock.learn(10.0, 10.2, 1010.2)  # the store looked at its clock at the end of it
    clock.learn(11.0, 11.002, 1011.001)
    clock.learn(12.0, 12.4, 1012.0)
    assert clock.here(1020.0) == pytest.approx(20.0)


def test_what_was_learnt_long_ago_counts_no_more():
    """Clocks drift."""
    clock = StoreClock()
    clock.learn(10.0, 10.002, 1010.001)
    sent = 10.0 + LONGEST + 1
    clock.learn(sent, sent + 0.02, sent + 1000.01 + 0.005)
    assert clock.here(2000.0) == pytest.approx(1000.0 - 0.005)


def test_only_so_many_exchanges_count():
    clock = StoreClock()
    clock.learn(10.0, 10.0001, 1010.00005)
    for number in range(LATEST):
        sent = 10.1 + number / 10
        clock.learn(sent, sent + 0.02, sent + 1000.012)
    assert clock.here(1020.0) == pytest.approx(19.998)


def test_a_clock_that_was_set_is_believed_at_once():
    clock = StoreClock()
    clock.learn(10.0, 10.002, 1010.001)
    clock.learn(11.0, 11.1, 811.05)
    assert clock.here(820.0) == pytest.approx(20.0)


def test_an_exchange_takes_as_long_as_three_of_four_did():
    clock = StoreClock()
    assert clock.typical() == 0
    for number, took in enumerate([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 9.0]):
        sent = 100.0 * number / 10
        clock.learn(sent, sent + took, sent + took / 2)
    assert clock.typical() == pytest.approx(0.1)
