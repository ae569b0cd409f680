"""What the journal tells of other clients' calls and operations."""

import pytest

from aiogandi.changes.journal import Begun
from tests.changes.conftest import SETTLE, Books


@pytest.fixture
def books():
    return Books(shares_journal=True)


def begin_such(books, call):
    return books.ledger.other_clients.begin_such(call, [], Begun())


def test_an_operation_is_another_clients_when_the_journal_was_asked(books, ledger):
    # While the journal answers about one operation, others are found of which it will be asked next.
    call = books.lost(books.create_disk())
    books.learned(books.operation(11, books.create_disk("another"), disk_id=1))
    assert not begin_such(books, call)
    ledger.know_elsewhere([], (), books.tick())
    assert not begin_such(books, call)
    ledger.know_elsewhere([], (), books.tick(), asked=[11])
    assert begin_such(books, call)


def test_an_operation_that_the_journal_knows_is_nobodys_else(books, ledger):
    call = books.lost(books.create_disk())
    books.learned(books.operation(11, books.create_disk("another"), disk_id=1))
    ledger.know_elsewhere([], {("disk_id", 1)}, books.tick(), asked=[11])
    assert not begin_such(books, call)


def test_what_another_client_has_claimed_stays_its_own(books, ledger):
    call = books.lost(books.create_disk())
    theirs = books.learned(books.operation(11, call, disk_id=1))
    ledger.know_elsewhere([], {("id", 11)}, books.tick())
    assert books.saw(11, 12) == [12]

    # The next look shows nothing of it, because it has its owner, and so does not ask for it.
    ledger.know_elsewhere([], (), books.tick())
    assert ledger.owners.has_any_name_of(theirs)
    assert books.saw(11, 12) == [12]


def test_what_another_client_has_claimed_leaves_no_doubt(books, ledger):
    first, second = books.lost(books.create_disk()), books.lost(books.create_disk())
    books.learned(books.operation(11, first, disk_id=1))
    ledger.know_elsewhere([], {("id", 11), ("disk_id", 1)}, books.tick())
    mine = books.learned(books.operation(12, first, disk_id=2))
    ledger.know_elsewhere([], (), books.tick())

    ledger.take(first, mine, books.tick(SETTLE))

    assert second.doubts == set()  # 12 is the oldest that one of the two can be given


def test_claims_are_forgotten_with_what_is_older_than_all_calls(books, ledger):
    ledger.know_elsewhere([], {("id", 11)}, books.tick())
    ledger.note(1000, books.tick(1000))
    books.end(books.answered(books.create_disk(), 1001))

    assert not ledger.owners.has(("id", 11))


def test_a_look_goes_back_to_the_oldest_equal_call_of_another_client(books, ledger):
    # Its operation would be given to this one, and this one's own be nobody's.
    theirs = books.create_disk()
    theirs.prepare(3, books.now)
    theirs.send(books.tick())
    theirs.is_ours = False
    ledger.note(20, books.tick())
    books.lost(books.create_disk())
    ledger.know_elsewhere([theirs], (), books.tick())
    assert ledger.oldest() == 20  # it may yet be answered
    books.lose(theirs)
    ledger.know_elsewhere([theirs], (), books.tick())
    assert ledger.oldest() == 3
    another = books.create_disk("other")
    another.prepare(1, books.now)
    another.send(books.tick())
    books.lose(another)
    ledger.know_elsewhere([another], (), books.tick())
    assert ledger.oldest() == 20


def test_a_call_that_was_taken_over_owns_what_it_may_own_once(books, ledger):
    """recover() has it and then has told that nothing is known of it: others may find out more."""
    theirs = books.lost_elsewhere(5, books.tick())
    theirs.is_ours = True
    ledger.resume(theirs)

    def rival_is_theirs(number):
        """Whether the one call that may own a new operation as well is the one that was taken over."""
        mine = books.lost(books.create_disk())
        found = books.learned(books.operation(number, mine, disk_id=number))
        seen = books.lost_elsewhere(5, theirs.since)
        ledger.know_elsewhere([seen], (), books.tick(), asked=[number])
        [rival] = ledger.rivals(mine, found)
        mine.find_absent()
        books.end(mine)
        return rival is theirs

    assert rival_is_theirs(11)
    theirs.give_up()
    books.end(theirs)
    assert rival_is_theirs(12)
    books.tick(3600)
    ledger.note(12, books.now)
    for number in (13, 14, 15):  # now and then, what is over is forgotten
        books.end(books.answered(books.start(), number))
    assert not rival_is_theirs(16)
