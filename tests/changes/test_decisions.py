"""What a look at the service says of a call whose reply was lost, or that was sent twice."""

import pytest

from aiogandi.changes.decisions import Adopt, LeftOver, Undecided, decide, left_over
from aiogandi.changes.ledger import FRESH


class TestDecide:
    @pytest.mark.parametrize("thorough", [False, True])
    def test_a_call_is_given_the_operation_that_fits_it_alone(self, thorough, books, ledger):
        call = books.lost(books.start())
        own, other = books.operation(12, call), books.operation(11, books.start(2))
        assert decide(ledger, call, [other, own], thorough=thorough) == Adopt(own)

    @pytest.mark.parametrize("thorough", [False, True])
    def test_it_is_given_nothing_where_nothing_fits(self, thorough, books, ledger):
        call = books.lost(books.start())
        others = [books.operation(11, books.start(2)), books.operation(9, call)]
        assert decide(ledger, call, others, thorough=thorough) is None
        assert decide(ledger, call, [], thorough=thorough) is None

    def test_it_is_given_the_oldest_in_whatever_order_they_are_listed(self, books, ledger):
        call = books.lost(books.start())
        found = [books.operation(number, call) for number in (13, 11, 12)]
        assert decide(ledger, call, found, thorough=False) == Adopt(found[1])

    def test_it_is_given_the_oldest_that_nobody_else_has(self, books, ledger):
        first, second = books.lost(books.start()), books.lost(books.start())
        found = [books.operation(number, first) for number in (11, 12)]
        ledger.take(first, found[0], books.tick())
        assert decide(ledger, second, found, thorough=False) == Adopt(found[1])

    def test_equal_calls_may_be_given_each_others(self, books, ledger):
        call, other = books.lost(books.create()), books.lost(books.create())
        found = books.operation(11, call, vm_id=500)
        assert decide(ledger, call, [found], thorough=False) == Adopt(found)
        assert decide(ledger, other, [found], thorough=False) == Adopt(found)

    def test_what_may_be_another_calls_with_another_password_is_left_for_later(self, books, ledger):
        call = books.lost(books.create(password="one"))
        books.lost(books.create(password="two"))
        found = books.operation(11, call, vm_id=500)
        assert decide(ledger, call, [found], thorough=False) is None

    def test_it_is_given_once_the_other_has_its_own(self, books, ledger):
        call = books.lost(books.create(password="one"))
        other = books.sent(books.create(password="two"))
        found = books.operation(11, call, vm_id=500)
        assert ledger.own(other, 501, books.tick())
        assert decide(ledger, call, [found], thorough=False) == Adopt(found)

    def test_at_the_end_of_patience_it_is_undecided_and_never_absent(self, books, ledger):
        call = books.lost(books.create(password="one"))
        books.lost(books.create(password="two"))
        found = books.operation(11, call, vm_id=500)
        assert decide(ledger, call, [found], thorough=True) == Undecided(found)

    def test_what_tells_too_little_is_left_for_later_and_then_undecided(self, books, ledger):
        call = books.lost(books.start())
        found = books.operation(11, call, params=None)
        assert decide(ledger, call, [found], thorough=False) is None
        assert decide(ledger, call, [found], thorough=True) == Undecided(found)

    def test_a_creation_that_does_not_say_what_it_creates_is_undecided(self, books, ledger):
        call = books.lost(books.create())
        found = books.operation(11, call)
        assert decide(ledger, call, [found], thorough=False) is None
        assert decide(ledger, call, [found], thorough=True) == Undecided(found)

    def test_an_undecided_one_does_not_hide_a_newer_one_that_is_sure(self, books, ledger):
        call = books.lost(books.start())
        vague, sure = books.operation(11, call, params=None), books.operation(12, call)
        assert decide(ledger, call, [vague, sure], thorough=False) == Adopt(sure)

    def test_a_thorough_look_stops_at_what_may_be_its_own_and_is_older(self, books, ledger):
        call = books.lost(books.start())
        vague, sure = books.operation(11, call, params=None), books.operation(12, call)
        assert decide(ledger, call, [vague, sure], thorough=True) == Undecided(vague)

    def test_nothing_is_given_to_a_call_of_unknown_age(self, books, ledger):
        books.tick(FRESH)
        call = books.lost(books.start())
        found = books.operation(7, call)
        assert decide(ledger, call, [found], thorough=False) is None
        assert decide(ledger, call, [found], thorough=True) == Undecided(found)

    def test_nobody_is_given_what_was_once_undecided(self, books, ledger):
        call, other = books.lost(books.create()), books.lost(books.create())
        found = books.operation(11, call, vm_id=500)
        ledger.dispute(found)
        for each in (call, other):
            assert decide(ledger, each, [found], thorough=False) is None
            assert decide(ledger, each, [found], thorough=True) == Undecided(found)

    def test_deciding_writes_nothing_down(self, books, ledger):
        call = books.lost(books.start())
        before, found = books.sizes(), books.operation(11, call)
        for thorough in (False, True):
            decide(ledger, call, [found], thorough=thorough)
        assert books.sizes() == before
        assert (call.state, call.adopted) == ("lost", None)


class TestLeftOver:
    def answered_twice(self, books, number=12):
        """A call that was sent twice; the second send is answered."""
        call = books.sent_again(books.start())
        assert books.ledger.own(call, number, books.tick())
        return call

    def test_nothing_is_left_where_only_its_own_is_there(self, books, ledger):
        call = self.answered_twice(books)
        assert left_over(ledger, call, [books.operation(12, call)]) == LeftOver([], waits=False)
        assert left_over(ledger, call, []) == LeftOver([], waits=False)

    def test_what_nobody_else_can_own_is_surplus(self, books, ledger):
        call = self.answered_twice(books)
        found = [books.operation(number, call) for number in (13, 12, 11)]
        assert left_over(ledger, call, found) == LeftOver([found[0], found[2]], waits=False)

    def test_what_is_older_or_another_calls_is_not(self, books, ledger):
        call = self.answered_twice(books)
        found = [books.operation(10, call), books.operation(13, books.start(2))]
        assert left_over(ledger, call, found) == LeftOver([], waits=False)

    def test_what_a_call_under_way_may_have_begun_is_waited_for(self, books, ledger):
        call = self.answered_twice(books)
        books.lost(books.start())
        found = books.operation(13, call)
        assert left_over(ledger, call, [found]) == LeftOver([], waits=True)

    def test_it_is_surplus_once_that_call_has_its_own(self, books, ledger):
        call, other = self.answered_twice(books), books.lost(books.start())
        found = [books.operation(number, call) for number in (13, 14)]
        ledger.take(other, found[0], books.tick())
        assert left_over(ledger, call, found) == LeftOver([found[1]], waits=False)

    def test_what_a_call_that_was_given_up_may_have_begun_is_left_alone(self, books, ledger):
        call, other = self.answered_twice(books), books.lost(books.start())
        other.give_up()
        books.end(other)
        found = books.operation(13, call)
        assert left_over(ledger, call, [found]) == LeftOver([], waits=False)

    def test_what_tells_too_little_is_left_alone(self, books, ledger):
        call = self.answered_twice(books)
        found = books.operation(13, call, params=None)
        assert left_over(ledger, call, [found]) == LeftOver([], waits=False)

    def test_what_is_dealt_with_is_not_left_over_any_more(self, books, ledger):
        call = self.answered_twice(books)
        found = books.operation(13, call)
        ledger.discard(found, books.tick())
        assert left_over(ledger, call, [found]) == LeftOver([], waits=False)

    def test_a_server_that_was_created_twice_is_surplus(self, books, ledger):
        call = books.sent_again(books.create())
        assert ledger.own(call, 501, books.tick())
        own, more = (books.operation(n, call, vm_id=n + 489) for n in (12, 11))
        assert left_over(ledger, call, [own, more]) == LeftOver([more], waits=False)
