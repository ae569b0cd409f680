"""Whose an operation may be: what the books say of it."""

import pytest

from aiogandi.changes.change import Change
from aiogandi.changes.decisions import exact_rivals
from aiogandi.changes.journal import Begun
from aiogandi.changes.ledger import FRESH
from aiogandi.changes.recognition import Likeness
from aiogandi.changes.state import State
from tests.changes.conftest import LATENESS


class TestLikeness:
    """How much an operation looks like a call's own: by its age, its owner and its parameters."""

    def test_a_newer_operation_with_its_parameters_does(self, books, ledger):
        call = books.lost(books.start())
        assert ledger.likeness(call, books.operation(11, call)) is Likeness.EXACT

    def test_an_operation_that_is_older_than_the_call_does_not(self, books, ledger):
        call = books.lost(books.start())
        assert ledger.likeness(call, books.operation(10, call)) is Likeness.DIFFERENT

    def test_one_that_a_list_had_shown_before_the_call_left_does_not(self, books, ledger):
        # The call is of unknown age, so that the id alone tells nothing.
        books.tick(FRESH)
        books.lost(books.start(2))
        books.saw(11)
        call = books.lost(books.start())
        assert call.newest is None
        assert ledger.likeness(call, books.operation(11, call)) is Likeness.DIFFERENT
        assert ledger.likeness(call, books.operation(12, call)) is Likeness.EXACT

    def test_one_with_other_parameters_does_not(self, books, ledger):
        call = books.lost(books.start())
        assert ledger.likeness(call, books.operation(11, books.start(2))) is Likeness.DIFFERENT

    def test_one_that_tells_no_parameters_may(self, books, ledger):
        call = books.lost(books.start())
        assert ledger.likeness(call, books.operation(11, call, params=None)) is Likeness.UNTOLD

    @pytest.mark.parametrize(("kind", "thing"), [("create", "vm_id"), ("create_disk", "disk_id")])
    def test_one_that_does_not_tell_what_it_creates_may(self, kind, thing, books, ledger):
        call = books.lost(getattr(books, kind)())
        assert ledger.likeness(call, books.operation(11, call)) is Likeness.UNTOLD
        assert ledger.likeness(call, books.operation(11, call, **{thing: 500})) is Likeness.EXACT

    def test_one_that_a_reply_has_named_does_not(self, books, ledger):
        books.answered(books.start(), 11)
        call = books.lost(books.start())
        assert ledger.likeness(call, books.operation(11, call)) is Likeness.DIFFERENT

    def test_one_whose_server_a_reply_has_named_does_not(self, books, ledger):
        books.answered(books.create(), 500)
        call = books.lost(books.create())
        assert ledger.likeness(call, books.operation(11, call, vm_id=500)) is Likeness.DIFFERENT
        assert ledger.likeness(call, books.operation(12, call, vm_id=501)) is Likeness.EXACT

    def test_one_on_a_server_that_another_call_created_does(self, books, ledger):
        books.answered(books.create(), 1)
        call = books.lost(books.start(1))
        assert ledger.likeness(call, books.operation(12, call)) is Likeness.EXACT

    def test_one_that_another_call_was_given_does_not(self, books, ledger):
        one, other = books.lost(books.create()), books.lost(books.create())
        found = books.operation(11, one, vm_id=500)
        ledger.take(one, found, books.tick())
        assert (one.state, one.adopted) == (State.ADOPTED, found)
        assert ledger.likeness(other, found) is Likeness.DIFFERENT

    def test_one_that_is_discarded_does_not(self, books, ledger):
        call = books.lost(books.start())
        ledger.discard(books.operation(11, call), books.tick())
        assert ledger.likeness(call, books.operation(11, call)) is Likeness.DIFFERENT


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
        found = [books.learned(books.operation(number, call)) for number in (11, 12)]
        ledger.dispute(call, [11])
        assert [ledger.disputed(call, details) for details in found] == [True, False]

    def test_a_call_disputes_only_what_is_as_much_its_own_as_anybodys(self, books, ledger):
        call, folding = books.lost(books.create("web")), books.lost(books.create("WEB"))
        found = books.learned(books.operation(11, call, vm_id=500))
        ledger.dispute(folding, [found.id])
        ledger.take(folding, books.operation(12, folding, vm_id=501), books.tick())
        assert not ledger.disputed(call, found)

    def test_everything_is_where_ids_do_not_grow(self, books, ledger):
        call = books.lost(books.start())
        assert not ledger.disputed(call, books.operation(11, call))
        books.answered(books.start(2), 9)
        assert ledger.disputed(call, books.operation(11, call))

    @pytest.mark.parametrize("password", ["one", "two"])
    def test_what_a_call_that_was_sent_twice_may_have_left_is_given_to_its_equals_alone(
        self, password, books, ledger
    ):
        twice = books.sent_again(books.create(password="one"))
        call = books.lost(books.create(password=password))
        books.saw(11)
        assert ledger.own(twice, 501, books.tick())
        surplus = books.operation(11, twice, vm_id=500)
        assert ledger.disputed(call, surplus) == (password == "two")

    def test_what_another_call_may_have_begun_in_another_form_serves_both(self, books, ledger):
        call, folding = books.lost(books.create("web")), books.lost(books.create("WEB"))
        found = books.operation(11, call, vm_id=500)
        assert not ledger.disputed(call, found)
        assert ledger.disputed(folding, found)
        folding.give_up()  # it may have been told that this is its own
        assert ledger.disputed(call, found)

    def test_but_not_with_another_password(self, books, ledger):
        call = books.lost(books.create("web", "one"))
        books.lost(books.create("WEB", "two"))
        assert ledger.disputed(call, books.operation(11, call, vm_id=500))


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

    def test_one_that_was_given_up_is_one_while_its_request_may_still_run(self, books, ledger):
        given_up = books.end(books.sent(books.create(password="one")))  # its caller is cancelled
        bystander = books.answered(books.start(5), 11)
        call = books.lost(books.create(password="two"))
        books.end(bystander)
        books.end(books.answered(books.start(6), 12))
        books.saw(13)
        assert ledger.rivals(call, books.operation(13, call, vm_id=500)) == [given_up]

    def test_one_that_ended_so_long_ago_that_it_cannot_run_any_more_is_none(self, books, ledger):
        books.end(books.sent(books.start()))
        ledger.note(10, books.tick(LATENESS))
        call = books.lost(books.start())
        books.end(books.begun(books.start(2)))
        books.end(books.begun(books.start(2)))
        assert ledger.rivals(call, books.operation(13, call)) == []

    def test_the_exact_ones_are_those_under_way_that_it_repeats(self, books, ledger):
        call = books.lost(books.create("WEB"))
        exact, ended = books.lost(books.create("web")), books.sent(books.create("web"))
        found = books.operation(11, exact, vm_id=500)
        books.end(ended)
        assert ledger.rivals(call, found) == [exact, ended]
        assert exact_rivals(ledger, call, found) == [exact]
        assert exact_rivals(ledger, exact, found) == []


class TestTwins:
    """The calls under way that are interchangeable."""

    def test_are_those_with_equal_parameters_and_passwords_whose_outcome_is_not_known(
        self, books, ledger
    ):
        call = books.lost(books.create())
        twins = [books.sent(books.create()), books.lost(books.create())]
        for other in (books.create(password="other"), books.create("WEB"), books.create_disk()):
            books.lost(other)
        books.begun(books.create())
        books.answered(books.create(), 500)
        books.lost(books.create()).give_up()
        books.lost(books.create()).find_absent()
        assert ledger.twins(call) == twins

    def test_one_that_has_ended_is_none(self, books, ledger):
        call = books.lost(books.create())
        books.end(books.sent(books.create()))
        assert ledger.twins(call) == []


class TestAnotherClient:
    """Whether somebody else begins operations on the account."""

    def test_an_operation_that_fits_no_call_of_ours_is_foreign(self, books, ledger):
        call = books.lost(books.create())
        ours = books.learned(books.operation(11, call, vm_id=500))
        folded = books.learned(books.operation(12, books.create("WEB"), vm_id=501))
        vague = books.learned(books.operation(13, call, params=None))
        other = books.learned(books.operation(14, books.create("db"), vm_id=502))
        found = [ours, folded, vague, other]
        assert [ledger.other_clients.have_begun(details) for details in found] == [
            False,
            False,
            False,
            True,
        ]
        assert ledger.other_clients.begin_such(call, [], Begun())

    def test_what_an_answered_call_began_is_not(self, books, ledger):
        call = books.lost(books.create())
        books.end(books.answered(books.create("db"), 502))
        own = books.learned(books.operation(14, books.create("db"), vm_id=502))
        assert not ledger.other_clients.have_begun(own)
        assert not ledger.other_clients.begin_such(call, [], Begun())

    def test_what_a_call_that_has_ended_may_have_begun_is_not(self, books, ledger):
        books.lost(books.create())
        books.end(books.sent(books.create("db")))
        late = books.learned(books.operation(14, books.create("db"), vm_id=502))
        assert not ledger.other_clients.have_begun(late)

    def test_one_of_another_type_shows_nothing_for_the_call(self, books, ledger):
        call = books.lost(books.create())
        books.learned(books.operation(11, books.create_disk("other"), disk_id=7))
        assert not ledger.other_clients.begin_such(call, [], Begun())

    def test_more_of_them_than_this_client_has_sent_show_it(self, books, ledger):
        call = books.lost(books.create())
        books.lost(books.create("db"))
        assert not ledger.other_clients.begin_such(call, [12, 11, 10, 9], Begun())
        assert ledger.other_clients.begin_such(call, [13, 12, 11, 10], Begun())

    def test_those_of_clients_that_share_the_journal_do_not(self, books, ledger):
        call = books.lost(books.create())
        assert not ledger.other_clients.begin_such(call, [14, 13, 12, 11], Begun(others=3))
        assert ledger.other_clients.begin_such(call, [15, 14, 13, 12, 11], Begun(others=3))

    def test_what_this_client_began_long_before_is_told_by_the_journal(self, books, ledger):
        # A call of a process that has ended enters late, and is older than all that is kept of the sends.
        call = books.lost(books.create())
        assert not ledger.other_clients.begin_such(call, [14, 13, 12, 11], Begun(own=4))
        assert ledger.other_clients.begin_such(call, [15, 14, 13, 12, 11], Begun(own=4))

    def test_sends_that_may_have_run_late_count_as_ours(self, books, ledger):
        books.end(books.sent(books.create("db")))
        ledger.note(10, books.tick())
        call = books.lost(books.create())
        assert not ledger.other_clients.begin_such(call, [12, 11], Begun())
        books.tick(FRESH)
        ledger.note(12, books.now)
        late = books.lost(books.create())
        assert ledger.other_clients.begin_such(late, [14, 13], Begun())

    def test_where_age_is_unknown_nothing_is_shown(self, books, ledger):
        books.tick(FRESH)
        call = books.lost(books.create())
        assert not ledger.other_clients.begin_such(call, [13, 12, 11], Begun())
