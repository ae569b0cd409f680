"""Whose an operation may be: what the books say of it."""

import pytest

from aiogandi.changes.change import Change, State
from aiogandi.changes.ledger import FRESH


class TestFits:
    """Whether an operation may be a call's: by its age, its owner and its parameters."""

    def test_a_newer_operation_with_its_parameters_does(self, books, ledger):
        call = books.lost(books.start())
        assert ledger.fits(call, books.operation(11, call)) is True

    def test_an_operation_that_is_older_than_the_call_does_not(self, books, ledger):
        call = books.lost(books.start())
        assert ledger.fits(call, books.operation(10, call)) is False

    def test_one_that_a_list_had_shown_before_the_call_left_does_not(self, books, ledger):
        # The call is of unknown age, so that the id alone tells nothing.
        books.tick(FRESH)
        books.lost(books.start(2))
        books.saw(11)
        call = books.lost(books.start())
        assert call.newest is None
        assert ledger.fits(call, books.operation(11, call)) is False
        assert ledger.fits(call, books.operation(12, call)) is True

    def test_one_with_other_parameters_does_not(self, books, ledger):
        call = books.lost(books.start())
        assert ledger.fits(call, books.operation(11, books.start(2))) is False

    def test_one_that_tells_no_parameters_may(self, books, ledger):
        call = books.lost(books.start())
        assert ledger.fits(call, books.operation(11, call, params=None)) is None

    @pytest.mark.parametrize(("kind", "thing"), [("create", "vm_id"), ("create_disk", "disk_id")])
    def test_one_that_does_not_tell_what_it_creates_may(self, kind, thing, books, ledger):
        call = books.lost(getattr(books, kind)())
        assert ledger.fits(call, books.operation(11, call)) is None
        assert ledger.fits(call, books.operation(11, call, **{thing: 500})) is True

    def test_one_that_a_reply_has_named_does_not(self, books, ledger):
        books.answered(books.start(), 11)
        call = books.lost(books.start())
        assert ledger.fits(call, books.operation(11, call)) is False

    def test_one_whose_server_a_reply_has_named_does_not(self, books, ledger):
        books.answered(books.create(), 500)
        call = books.lost(books.create())
        assert ledger.fits(call, books.operation(11, call, vm_id=500)) is False
        assert ledger.fits(call, books.operation(12, call, vm_id=501)) is True

    def test_one_on_a_server_that_another_call_created_does(self, books, ledger):
        books.answered(books.create(), 1)
        call = books.lost(books.start(1))
        assert ledger.fits(call, books.operation(12, call)) is True

    def test_one_that_another_call_was_given_does_not(self, books, ledger):
        one, other = books.lost(books.create()), books.lost(books.create())
        found = books.operation(11, one, vm_id=500)
        ledger.take(one, found, books.tick())
        assert (one.state, one.adopted) == (State.ADOPTED, found)
        assert ledger.fits(other, found) is False

    def test_one_that_is_discarded_does_not(self, books, ledger):
        call = books.lost(books.start())
        ledger.discard(books.operation(11, call), books.tick())
        assert ledger.fits(call, books.operation(11, call)) is False


class TestDisputed:
    """Whether an operation that fits a call may be another's, which the service cannot tell."""

    def test_one_that_fits_nobody_else_is_not(self, books, ledger):
        call = books.lost(books.start())
        books.lost(books.start(2))
        assert not ledger.disputed(call, books.operation(11, call))

    def test_equal_calls_are_interchangeable(self, books, ledger):
        call, other = books.lost(books.create()), books.lost(books.create())
        found = books.operation(11, call, vm_id=500)
        assert ledger.rivals(call, found) == [other]
        assert not ledger.disputed(call, found)

    def test_calls_with_another_password_are_not(self, books, ledger):
        call = books.lost(books.create(password="one"))
        other = books.lost(books.create(password="two"))
        found = books.operation(11, call, vm_id=500)
        assert ledger.disputed(call, found)
        assert ledger.disputed(other, found)

    def test_a_call_whose_parameters_the_service_leaves_out_is_another(self, books, ledger):
        call = books.lost(books.start())
        books.sent(Change("vm_start", {"argument 1": 1}))
        assert ledger.disputed(call, books.operation(11, call))

    def test_everything_is_for_a_call_of_unknown_age(self, books, ledger):
        books.tick(FRESH)
        call = books.lost(books.start())
        assert ledger.disputed(call, books.operation(11, call))

    def test_what_was_once_disputed_stays_so(self, books, ledger):
        call = books.lost(books.start())
        ledger.dispute(books.operation(11, call))
        assert ledger.disputed(call, books.operation(11, call))
        assert not ledger.disputed(call, books.operation(12, call))


class TestRivals:
    """The other calls that an operation may belong to."""

    def test_one_that_has_not_left_is_none(self, books, ledger):
        call = books.lost(books.start())
        books.begun(books.start())
        assert ledger.rivals(call, books.operation(11, call)) == []

    def test_one_that_left_after_the_operation_was_seen_is_none(self, books, ledger):
        call = books.lost(books.start())
        books.saw(11)
        late = books.lost(books.start())
        assert ledger.rivals(call, books.operation(11, call)) == []
        assert ledger.rivals(call, books.operation(12, call)) == [late]

    def test_one_whose_reply_is_due_is_one(self, books, ledger):
        call, other = books.lost(books.start()), books.sent(books.start())
        assert ledger.rivals(call, books.operation(11, call)) == [other]

    def test_one_whose_operation_is_known_is_none(self, books, ledger):
        call = books.lost(books.start())
        books.answered(books.start(), 12)
        assert ledger.rivals(call, books.operation(11, call)) == []

    def test_one_that_was_given_up_is_still_one_though_not_under_way(self, books, ledger):
        given_up = books.lost(books.start())
        given_up.give_up()
        call = books.lost(books.start())
        books.end(given_up)
        assert ledger.rivals(call, books.operation(11, call)) == [given_up]
        assert not ledger.is_active(given_up)

    def test_one_that_ended_without_being_sent_is_none(self, books, ledger):
        call = books.lost(books.start())
        refused = books.sent(books.start())
        refused.did_not_run()
        books.end(refused)
        books.end(books.begun(books.start()))
        assert ledger.rivals(call, books.operation(11, call)) == []
