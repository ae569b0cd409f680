"""Equality is no proof of absence: a service may store a name in another form than it was sent in."""

import pytest

from aiogandi.changes.change import Change
from aiogandi.changes.decisions import Adopt, Undecided, decide


@pytest.fixture
def call(books):
    return books.lost(books.create("WEB-01"))


def shows_folding(books, told="db"):
    """An answered call, whose operation the service tells with this name."""
    books.answered(books.create("DB"), 400)
    books.learned(books.operation(11, books.create(told), vm_id=400))


def stored(books, name, number=12, **fields):
    return books.learned(books.operation(number, books.create(name), vm_id=500, **fields))


def test_another_form_of_its_name_keeps_it_from_being_sent_again(call, books, ledger):
    found = stored(books, "web-01")
    assert decide(ledger, call, [found], believed=False) is None
    assert decide(ledger, call, [found], believed=True) == Undecided((12,), proof=True)


@pytest.mark.parametrize("name", ["web-02", "web", "web-011"])
def test_any_other_difference_stops_nothing(name, call, books, ledger):
    assert decide(ledger, call, [stored(books, name)], believed=True) is None


def test_it_is_given_where_an_answered_call_has_shown_folding(call, books, ledger):
    shows_folding(books)
    found = stored(books, "web-01")
    assert decide(ledger, call, [found], believed=False) is None
    assert decide(ledger, call, [found], believed=True) == Adopt(((call, found),))


def test_an_answered_call_whose_name_was_kept_shows_nothing(call, books, ledger):
    shows_folding(books, told="DB")
    found = stored(books, "web-01")
    assert decide(ledger, call, [found], believed=True) == Undecided((12,), proof=True)


def test_it_is_not_where_there_are_two(call, books, ledger):
    shows_folding(books)
    found = [stored(books, "web-01", number) for number in (12, 13)]
    assert decide(ledger, call, found, believed=True) == Undecided((12, 13))


@pytest.mark.parametrize("rival", ["WEB-01", "Web-01"])
def test_it_is_not_where_another_call_may_have_begun_it(rival, call, books, ledger):
    shows_folding(books)
    other = books.sent(books.create(rival))
    found = stored(books, "web-01")
    assert decide(ledger, call, [found], believed=True) == Undecided((12,), may_clear=True)
    books.lose(other)
    for each in (call, other):
        assert decide(ledger, each, [found], believed=True) == Undecided((12,))


def test_it_is_not_where_a_call_that_was_sent_twice_may_have_left_it(call, books, ledger):
    shows_folding(books)
    twice = books.sent_again(books.create("Web-01"))
    found = stored(books, "web-01")
    assert ledger.own(twice, 501, books.tick())
    assert decide(ledger, call, [found], believed=True) == Undecided((12,))


def test_it_is_not_where_another_client_begins_such_operations(call, books, ledger):
    shows_folding(books)
    foreign = stored(books, "mail", 13)
    found = stored(books, "web-01", 12)
    assert decide(ledger, call, [foreign, found], believed=True) == Undecided((12,))


def test_what_another_client_began_before_the_call_does_no_harm(books, ledger):
    shows_folding(books)
    books.lost(books.create("OTHER"))
    foreign = stored(books, "mail", 12)
    call = books.lost(books.create("WEB-01"))
    found = stored(books, "web-01", 13)
    assert decide(ledger, call, [foreign, found], believed=True) == Adopt(((call, found),))


def test_it_is_not_where_one_of_those_listed_cannot_be_read(call, books, ledger):
    shows_folding(books)
    found = stored(books, "web-01")
    assert decide(ledger, call, [found], believed=True, unread=[13]) == Undecided(
        (12, 13), may_clear=True
    )


@pytest.mark.parametrize("folds", [False, True])
def test_a_cut_is_never_given(folds, books, ledger):
    if folds:
        shows_folding(books)
    call = books.lost(books.create("a-hostname-of-27-characters"))
    found = stored(books, "a-hostname-of-2")
    assert decide(ledger, call, [found], believed=False) is None
    assert decide(ledger, call, [found], believed=True) == Undecided((12,))


@pytest.mark.parametrize(("longer", "is_cut"), [("a" * 15, True), ("a" * 16, False)])
def test_it_is_no_cut_where_a_longer_name_was_stored(longer, is_cut, books, ledger):
    call = books.lost(books.create("a-hostname-of-27-characters"))
    found = [stored(books, "a-hostname-of-2"), stored(books, longer, 13)]
    assert (decide(ledger, call, found, believed=True) is not None) == is_cut


def test_what_another_open_call_has_sent_exactly_is_waited_for(call, books, ledger):
    # Its own may still appear: sent again, there would be three.
    other = books.lost(books.create("web-01"))
    found = stored(books, "web-01")
    assert decide(ledger, call, [found], believed=True) == Undecided((12,), may_clear=True)
    assert decide(ledger, other, [found], believed=False) is None
    assert decide(ledger, other, [found], believed=True) == Adopt(((other, found),))


@pytest.mark.parametrize(("kept", "expected"), [(False, Undecided((12,))), (True, None)])
def test_what_another_call_was_given_may_still_be_its_own_in_another_form(
    kept, expected, call, books, ledger
):
    # Its equal in folded form was given what this one may have begun, and its own never ran.
    if kept:
        shows_folding(books, told="DB")
    other = books.lost(books.create("web-01"))
    found = stored(books, "web-01")
    ledger.take(other, found, books.tick())
    assert decide(ledger, call, [found], believed=True) == expected


def test_and_stops_nothing_when_all_that_the_other_began_is_visible(call, books, ledger):
    books.lost(books.create("web-01")).patience_ends = call.patience_ends
    found = [stored(books, "web-01", number) for number in (12, 13)]
    assert decide(ledger, call, found[:1], believed=True) is None
    assert decide(ledger, call, found, believed=True) == Undecided((13,))


def test_what_another_call_fits_and_cannot_be_given_may_be_its_own(call, books, ledger):
    # The other one never ran, say. With another password, it is not given what this one may have begun.
    other = books.lost(books.create("web-01", "other-pw"))
    other.patience_ends = call.patience_ends
    found = stored(books, "web-01")
    assert decide(ledger, call, [found], believed=True) == Undecided((12,), may_clear=True)


def test_an_exact_one_is_its_own_whatever_else_is_like_it(call, books, ledger):
    found = [stored(books, "web-01"), stored(books, "WEB-01", 13)]
    assert decide(ledger, call, found, believed=False) == Adopt(((call, found[1]),))


@pytest.mark.parametrize("ends", ["later", "earlier"])
def test_it_is_kept_from_being_sent_again_by_what_a_call_without_a_name_may_own_too(
    ends, books, ledger
):
    call = books.lost(books.create_disk("DATA"))
    other = books.lost(Change("disk_create", {"specs": {"size": 1024}}, "disk_id"))
    other.patience_ends = call.patience_ends + (1 if ends == "later" else -1)
    found = books.operation(12, books.create_disk("data"), disk_id=501)
    decision = decide(ledger, call, [found], believed=True)
    assert isinstance(decision, Undecided)
    assert decision.candidates == (12,)
