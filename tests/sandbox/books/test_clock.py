"""The service's clock, moved by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from aiogandi.sandbox.books.clock import ServiceClock

START = datetime.fromisoformat("2009-07-01T12:00:00")


@pytest.fixture
def clock(hand):
    hand.seconds = 100.0
    clock = ServiceClock(2.0, hand)
    clock.set_date(START)
    return clock


def test_it_begins_at_0_and_at_the_real_date(hand):
    before = datetime.now(UTC).replace(tzinfo=None)
    clock = ServiceClock(1.0, hand)
    assert clock.now() == 0
    assert abs(clock.date(0) - before) < timedelta(minutes=1)


def test_service_seconds_pass_faster_than_real_ones(clock, hand):
    hand.seconds += 30
    assert clock.now() == 60
    assert clock.date(clock.now()) == START + timedelta(seconds=60)


def test_a_jump_is_in_service_seconds(clock, hand):
    clock.advance(3600)
    hand.seconds += 1
    assert clock.now() == 3602


def test_dates_have_whole_seconds(clock):
    assert clock.date(1.99) == START + timedelta(seconds=1)
    assert clock.moment(clock.date(1.99)) == 1.0
    clock.set_date(START.replace(microsecond=999_999))
    assert clock.date(clock.now()) == START


def test_a_clock_that_leaves_the_calendar_stays_at_its_end(clock):
    assert clock.date(1e12) == datetime.fromisoformat("9999-12-31T23:59:59")
    assert clock.date(1e300) == datetime.fromisoformat("9999-12-31T23:59:59")


def test_the_date_can_be_set_back_without_time_passing(clock):
    clock.advance(10)
    clock.set_date(START - timedelta(days=365))
    assert clock.now() == 10
    assert clock.date(0) == START - timedelta(days=365, seconds=10)
