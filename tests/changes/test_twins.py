"""Calls that are equal are interchangeable, but not their patience: who is given what."""

import pytest

from aiogandi.changes.decisions import Adopt, Undecided, decide
from aiogandi.changes.ledger import FRESH
from tests.changes.conftest import SETTLE


@pytest.fixture
def twins(books):
    """Three of them: the first to leave loses its reply last, and knows the least."""
    twins = [books.sent(books.start())]
    for newest in (11, 12):
        books.ledger.note(newest, books.tick())
        twins.append(books.sent(books.start()))
    for twin in reversed(twins):
        twin.lose(books.tick() + SETTLE)
    return twins


@pytest.mark.parametrize("which", [0, 1])
def test_an_operation_goes_to_the_one_whose_patience_ends_first(which, books, ledger):
    # Given to the younger, it would let the older be sent again while the younger's own
    # operation may still appear: there would be three.
    pair = older, _ = books.lost(books.start()), books.lost(books.start())
    found = books.operation(11, older)
    books.saw(11)
    assert decide(ledger, pair[which], [found], believed=False) == Adopt(((older, found),))
    assert decide(ledger, older, [found], believed=True) == Adopt(((older, found),))


def test_a_second_send_begins_a_new_patience(books, ledger):
    again, other = books.sent_again(books.start()), books.lost(books.start())
    books.lose(again)
    found = books.operation(11, other)
    other.patience_ends = again.patience_ends - 1
    assert decide(ledger, again, [found], believed=False) == Adopt(((other, found),))


def test_each_is_given_its_share_of_one_look(books, ledger):
    first, second = books.lost(books.start()), books.lost(books.start())
    found = [books.operation(number, first) for number in (12, 11)]
    pairs = (first, found[1]), (second, found[0])
    assert decide(ledger, second, found, believed=False) == Adopt(pairs)
    assert decide(ledger, first, found, believed=False) == Adopt(pairs[:1])


def test_before_patience_ends_what_an_older_one_could_not_do_without_is_left(twins, books, ledger):
    oldest, _, youngest = twins
    assert [twin.newest for twin in twins] == [10, 11, 12]
    found = books.operation(13, youngest)
    assert decide(ledger, youngest, [found], believed=False) == Adopt(((youngest, found),))
    # What suits the oldest alone does not serve it, while it is not its turn.
    assert decide(ledger, oldest, [books.operation(11, oldest)], believed=False) is None


def test_the_one_that_knows_most_is_not_served_first_at_the_cost_of_the_others(books, ledger):
    first = books.lost(books.start())
    ledger.note(11, books.tick())
    second = books.lost(books.start())
    # 11 may be missing yet; without 12 the second would be sent again.
    found = books.operation(12, second)
    assert decide(ledger, first, [found], believed=False) is None
    hidden = books.operation(11, first)
    assert decide(ledger, first, [found, hidden], believed=True) == Adopt(((first, hidden),))
    assert decide(ledger, second, [found, hidden], believed=True) == Adopt(
        ((first, hidden), (second, found))
    )


def test_a_reply_that_is_due_is_waited_for_where_that_call_could_not_be_given_another(
    books, ledger
):
    call = books.lost(books.start())
    ledger.note(11, books.tick())
    due = books.sent(books.start())
    found = books.operation(12, due)
    assert decide(ledger, call, [found], believed=False) is None
    assert ledger.own(due, 12, books.tick())
    assert decide(ledger, call, [found], believed=True) is None


def test_one_whose_reply_names_what_another_was_given_is_given_the_others(books, ledger):
    lost, answered = books.lost(books.start()), books.sent(books.start())
    first, second = (books.learned(books.operation(number, lost)) for number in (12, 11))
    ledger.take(lost, first, books.tick())
    assert not ledger.own(answered, 12, books.tick())
    books.lose(answered)
    assert decide(ledger, answered, [first, second], believed=False) == Adopt(((answered, second),))


def test_one_that_was_served_before_the_call_leaves_the_call_absent(books, ledger):
    first, second = books.lost(books.start()), books.lost(books.start())
    found = books.operation(11, first)
    assert decide(ledger, second, [found], believed=True) == Adopt(((first, found),))
    ledger.take(first, found, books.tick())
    assert decide(ledger, second, [found], believed=True) is None


def test_one_that_left_after_an_operation_was_seen_is_not_given_it(books, ledger):
    first = books.lost(books.start())
    found = books.learned(books.operation(11, first))
    late = books.lost(books.start())
    late.patience_ends = first.patience_ends - 1
    assert decide(ledger, late, [found], believed=True) is None


def test_one_of_unknown_age_is_waited_for_and_given_nothing(books, ledger):
    books.tick(FRESH)
    unknown = books.lost(books.start())
    ledger.note(10, books.tick())
    call = books.lost(books.start())
    found = books.operation(11, call)
    assert decide(ledger, call, [found], believed=False) is None
    assert decide(ledger, unknown, [found], believed=True) == Undecided((11,))
    assert decide(ledger, call, [found], believed=True) == Adopt(((call, found),))


def test_where_an_older_one_was_passed_over_nobody_after_it_is_absent(books, ledger):
    # A call whose caller had gone may have begun 11, or the first of the others has: then 12 is the
    # first one's, or the second one's.
    gone, first = books.lost(books.start()), books.lost(books.start())
    books.saw(11)
    passed = books.operation(11, gone)
    ledger.learn(passed)
    gone.give_up()
    ledger.dispute(gone, [11])
    ledger.note(11, books.tick())
    second = books.lost(books.start())
    books.saw(12)
    found = [passed, books.operation(12, first)]
    taken = decide(ledger, first, found, believed=True)
    assert taken == Adopt(((first, found[1]),))
    ledger.take(first, found[1], books.tick())
    assert decide(ledger, second, found, believed=True) == Undecided((12,))
