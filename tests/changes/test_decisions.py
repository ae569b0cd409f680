"""What a look at the service says of a call whose reply was lost, or that was sent twice."""

import pytest

from aiogandi.changes.change import Change
from aiogandi.changes.decisions import Adopt, LeftOver, Undecided, decide, left_over
from aiogandi.changes.ledger import FRESH


class TestDecide:
    @pytest.mark.parametrize("believed", [False, True])
    def test_a_call_is_given_the_operation_that_fits_it_alone(self, believed, books, ledger):
        call = books.lost(books.start())
        own, other = books.operation(12, call), books.operation(11, books.start(2))
        assert decide(ledger, call, [other, own], believed=believed) == Adopt(((call, own),))

    @pytest.mark.parametrize("believed", [False, True])
    def test_it_is_given_nothing_where_nothing_fits(self, believed, books, ledger):
        call = books.lost(books.start())
        others = [books.operation(11, books.start(2)), books.operation(9, call)]
        assert decide(ledger, call, others, believed=believed) is None
        assert decide(ledger, call, [], believed=believed) is None

    def test_it_is_given_the_oldest_in_whatever_order_they_are_listed(self, books, ledger):
        call = books.lost(books.start())
        found = [books.operation(number, call) for number in (13, 11, 12)]
        assert decide(ledger, call, found, believed=False) == Adopt(((call, found[1]),))

    def test_it_is_given_the_oldest_that_nobody_else_has(self, books, ledger):
        first, second = books.lost(books.start()), books.lost(books.start())
        found = [books.operation(number, first) for number in (11, 12)]
        ledger.take(first, found[0], books.tick())
        assert decide(ledger, second, found, believed=False) == Adopt(((second, found[1]),))

    def test_what_may_be_another_calls_with_another_password_is_left_for_later(self, books, ledger):
        call = books.lost(books.create(password="one"))
        books.lost(books.create(password="two"))
        found = books.operation(11, call, vm_id=500)
        assert decide(ledger, call, [found], believed=False) is None

    def test_so_is_what_another_password_began_without_need(self, books, ledger):
        twice = books.sent_again(books.create(password="one"))
        call = books.lost(books.create(password="two"))
        surplus = books.operation(11, twice, vm_id=500)
        books.saw(11)
        assert ledger.own(twice, 501, books.tick())
        assert decide(ledger, call, [surplus], believed=False) is None
        assert decide(ledger, call, [surplus], believed=True) == Undecided((11,))

    def test_it_is_given_once_the_other_has_its_own(self, books, ledger):
        call = books.lost(books.create(password="one"))
        other = books.sent(books.create(password="two"))
        found = books.operation(11, call, vm_id=500)
        assert ledger.own(other, 501, books.tick())
        assert decide(ledger, call, [found], believed=False) == Adopt(((call, found),))

    def test_at_the_end_of_patience_it_is_undecided_and_never_absent(self, books, ledger):
        call = books.lost(books.create(password="one"))
        books.lost(books.create(password="two"))
        found = books.operation(11, call, vm_id=500)
        assert decide(ledger, call, [found], believed=True) == Undecided((found.id,))

    def test_what_tells_too_little_is_left_for_later_and_then_undecided(self, books, ledger):
        call = books.lost(books.start())
        found = books.operation(11, call, params=None)
        assert decide(ledger, call, [found], believed=False) is None
        assert decide(ledger, call, [found], believed=True) == Undecided((found.id,))

    def test_a_creation_that_does_not_say_what_it_creates_is_undecided(self, books, ledger):
        call = books.lost(books.create())
        found = books.operation(11, call)
        assert decide(ledger, call, [found], believed=False) is None
        assert decide(ledger, call, [found], believed=True) == Undecided((found.id,))

    @pytest.mark.parametrize("believed", [False, True])
    def test_one_that_tells_too_little_does_not_hide_a_newer_one_that_is_sure(
        self, believed, books, ledger
    ):
        call = books.lost(books.start())
        vague, sure = books.operation(11, call, params=None), books.operation(12, call)
        assert decide(ledger, call, [vague, sure], believed=believed) == Adopt(((call, sure),))

    def test_nothing_is_given_to_a_call_of_unknown_age(self, books, ledger):
        books.tick(FRESH)
        call = books.lost(books.start())
        found = books.operation(7, call)
        assert decide(ledger, call, [found], believed=False) is None
        assert decide(ledger, call, [found], believed=True) == Undecided((found.id,))

    def test_nobody_is_given_what_was_once_undecided(self, books, ledger):
        call, other = books.lost(books.create()), books.lost(books.create())
        found = books.learned(books.operation(11, call, vm_id=500))
        ledger.dispute(call, [found.id])
        for each in (call, other):
            assert decide(ledger, each, [found], believed=False) is None
            assert decide(ledger, each, [found], believed=True) == Undecided((found.id,))

    def test_deciding_writes_nothing_down(self, books, ledger):
        call = books.lost(books.start())
        before, found = books.sizes(), books.operation(11, call)
        for believed in (False, True):
            decide(ledger, call, [found], believed=believed)
        assert books.sizes() == before
        assert (call.state, call.adopted) == ("lost", None)


class TestProof:
    """A call is absent only where that is proven."""

    def test_one_that_was_listed_and_cannot_be_read_is_not_absence(self, books, ledger):
        call = books.lost(books.start())
        assert decide(ledger, call, [], believed=False, unread=[11]) is None
        assert decide(ledger, call, [], believed=True, unread=[11]) == Undecided(
            (11,), may_clear=True
        )

    def test_one_that_cannot_be_read_does_not_hide_its_own(self, books, ledger):
        call = books.lost(books.start())
        own = books.operation(12, call)
        for believed in (False, True):
            decision = decide(ledger, call, [own], believed=believed, unread=[11])
            assert decision == Adopt(((call, own),))

    def test_where_ids_do_not_grow_nothing_is_absent_and_nothing_given(self, books, ledger):
        books.answered(books.start(3), 30)
        books.answered(books.start(4), 20)  # this one was begun later
        call = books.lost(books.start())
        found = books.operation(25, call)
        assert decide(ledger, call, [found], believed=False) is None
        assert decide(ledger, call, [found], believed=True) == Undecided((25,))
        assert decide(ledger, call, [], believed=True) == Undecided(())

    def test_a_call_of_unknown_age_is_absent_where_nothing_like_it_exists(self, books, ledger):
        books.tick(FRESH)
        call = books.lost(books.create())
        assert (
            decide(ledger, call, [books.operation(11, books.create("db"))], believed=True) is None
        )

    def test_a_call_that_waited_long_in_line_is_not_given_another_clients(self, books, ledger):
        call = books.begun(books.start())
        books.tick(FRESH)
        foreign = books.operation(11, call)
        ledger.sent(call, books.tick())
        books.lose(call)
        assert decide(ledger, call, [foreign], believed=False) is None
        assert decide(ledger, call, [foreign], believed=True) == Undecided((11,))

    @pytest.mark.parametrize("state", ["sent", "lost"])
    def test_time_may_tell_while_the_reply_of_a_rival_is_due(self, state, books, ledger):
        call = books.lost(books.create(password="one"))
        getattr(books, state)(books.create(password="two"))
        found = books.operation(11, call, vm_id=500)
        assert decide(ledger, call, [found], believed=True) == Undecided(
            (11,), may_clear=state == "sent"
        )

    def test_a_call_that_was_given_up_may_still_have_begun_it(self, books, ledger):
        # Its caller is cancelled while the service is slow to begin it.
        given_up = books.end(books.sent(books.create(password="one")))
        bystander = books.answered(books.start(5), 11)
        call = books.lost(books.create(password="two"))
        books.end(bystander)
        books.end(books.answered(books.start(6), 12))
        late = books.operation(13, given_up, vm_id=500)
        books.saw(13)
        assert decide(ledger, call, [late], believed=False) is None


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

    @pytest.mark.parametrize(
        ("asked", "told", "is_told"),
        [
            ({"size": 1024}, {"size": 1024, "name": "data"}, True),
            ({}, {"size": 1024, "name": "data"}, True),
            ({"size": 1024}, {"size": 1024}, False),
            ({"size": 1024, "name": "data"}, {"size": 1024, "name": "data"}, False),
            ({"size": 1024, "fstype": "ext3"}, {"size": 1024, "name": "data"}, True),
            ({"size": 1024, "fstype": "ext3"}, {"size": 1024, "fstype": "ext3"}, False),
        ],
    )
    def test_but_it_is_told_where_that_call_asked_for_more_or_less(
        self, books, ledger, asked, told, is_told
    ):
        call = books.sent_again(books.create_disk("data"))
        assert ledger.own(call, 501, books.tick())
        other = books.lost(Change("disk_create", {"specs": asked}, "disk_id"))
        found = books.operation(13, call, disk_id=502, params=told)
        assert left_over(ledger, call, [found]) == LeftOver([], waits=True)
        other.give_up()
        books.end(other)
        assert left_over(ledger, call, [found]).surplus == ([found] if is_told else [])

    def test_of_more_than_there_are_such_calls_the_latest_are_told(self, books, ledger):
        call = self.answered_twice(books, number=16)
        for other in [books.lost(books.start()) for _ in range(2)]:
            other.give_up()
            books.end(other)
        found = [books.operation(number, call) for number in (15, 12, 14, 13)]
        assert left_over(ledger, call, found).surplus == [found[2], found[0]]

    def test_an_operation_of_earlier_that_may_be_such_a_calls_counts_as_well(self, books, ledger):
        other = books.lost(books.start())
        other.give_up([11])
        books.end(other)
        ledger.note(12, books.tick())
        call = self.answered_twice(books, number=14)
        found = [books.operation(13, call)]
        assert left_over(ledger, call, found) == LeftOver(found, waits=False)
        ledger.discard(books.operation(11, other), books.tick())
        assert left_over(ledger, call, found) == LeftOver([], waits=False)

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

    @pytest.mark.parametrize("stored", ["web-01", "a-very-long-hos"])
    def test_what_may_be_its_own_in_another_form_is_surplus(self, stored, books, ledger):
        sent = {"web-01": "WEB-01"}.get(stored, "a-very-long-hostname")
        call = books.sent_again(books.create(sent))
        assert ledger.own(call, 501, books.tick())
        more = books.operation(12, books.create(stored), vm_id=500)
        assert left_over(ledger, call, [more]) == LeftOver([more], waits=False)

    def test_what_a_call_that_was_found_absent_began_late_is_surplus(self, books, ledger):
        call = books.lost(books.start())
        call.find_absent()
        more = books.operation(11, call)
        assert left_over(ledger, call, [more]) == LeftOver([more], waits=False)
