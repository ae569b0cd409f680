"""What was seen at the service: the newest operation, and what lists have shown."""

import math

import pytest

from aiogandi.changes.sightings import Sightings


@pytest.fixture
def sightings():
    return Sightings()


def test_nothing_was_seen_yet(sightings):
    assert sightings.newest is None
    assert sightings.as_of == -math.inf
    assert sightings.first(10) == math.inf
    assert not sightings.is_doubtful(10)


def test_the_newest_is_the_highest_that_was_seen_and_known_since_the_last_time(sightings):
    sightings.note(10, 5.0)
    sightings.note(9, 7.0)
    assert (sightings.newest, sightings.as_of) == (10, 7.0)
    sightings.note(11, 6.0)  # an answer that was overtaken
    assert (sightings.newest, sightings.as_of) == (11, 7.0)


def test_what_a_list_shows_is_no_word_of_when_it_was_the_newest(sightings):
    sightings.note(10, 5.0)
    sightings.saw([12, 11], 8.0)
    assert (sightings.newest, sightings.as_of) == (12, 5.0)


def test_the_first_time_counts(sightings):
    sightings.saw([11], 5.0)
    sightings.saw([11, 12], 8.0)
    assert [sightings.first(number) for number in (10, 11, 12)] == [math.inf, 5.0, 8.0]


def test_what_is_in_dispute_or_mistrusted_is_nobodys_for_sure(sightings):
    sightings.dispute(11)
    sightings.mistrusted[12] = 5.0
    assert [sightings.is_doubtful(number) for number in (10, 11, 12)] == [False, True, True]


def test_what_is_as_old_as_the_newest_that_was_known_is_forgotten(sightings):
    sightings.saw([10, 11, 12], 5.0)
    for number in (11, 12):
        sightings.dispute(number)
    sightings.forget(11, before=0.0)
    assert [sightings.first(number) for number in (10, 11, 12)] == [math.inf, math.inf, 5.0]
    assert [sightings.is_doubtful(number) for number in (11, 12)] == [False, True]


def test_what_was_mistrusted_long_ago_is_forgotten(sightings):
    sightings.mistrusted.update({11: 4.0, 12: 5.0})
    sightings.forget(0, before=5.0)
    assert [sightings.is_doubtful(number) for number in (11, 12)] == [False, True]
