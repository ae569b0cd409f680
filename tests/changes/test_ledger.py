"""The books of changing calls: what is under way, what was the newest operation, what is forgotten."""

from aiogandi.changes.change import Change
from aiogandi.changes.ledger import FRESH, Ledger
from aiogandi.changes.recognition import Likeness
from aiogandi.changes.state import State
from tests.changes.conftest import LATENESS, Books


class TestTheNewestOperation:
    """Before a changing call, the newest operation is known: only newer ones can be the call's."""

    def test_is_not_known_at_first(self):
        assert not Ledger().is_fresh(0)

    def test_is_known_well_enough_for_a_minute(self, ledger):
        assert ledger.is_fresh(100)
        assert ledger.is_fresh(100 + FRESH - 0.1)
        assert not ledger.is_fresh(100 + FRESH)

    def test_is_what_a_new_call_is_told(self, books):
        call = books.begun(books.start())
        assert (call.newest, call.since) == (10, 100)

    def test_is_not_told_where_it_is_out_of_date(self, books):
        books.tick(FRESH)
        assert books.begun(books.start()).newest is None

    def test_never_goes_back(self, books, ledger):
        ledger.note(9, 103)
        ledger.note(12, 102)
        call = books.begun(books.start())
        assert (call.newest, call.since) == (12, 103)

    def test_of_an_account_without_operations_is_0(self):
        ledger, call = Ledger(), Change("vm_start", {"vm_id": 1}, "id")
        ledger.note(0, 5)
        ledger.begin(call, 6)
        assert call.newest == 0

    def test_is_the_operation_that_a_reply_names_as_of_when_that_call_left(self, books):
        first = books.answered(books.start(), 14)
        second = books.begun(books.start(2))
        assert (second.newest, second.since) == (14, first.last_sent)

    def test_is_learned_from_no_reply_that_names_a_server_or_disk(self, books):
        books.answered(books.create(), 500)
        assert books.begun(books.start()).newest == 10

    def test_is_at_least_what_a_list_has_shown_to_a_call_under_way(self, books):
        books.lost(books.start())
        books.saw(13, 12)
        assert books.begun(books.start(2)).newest == 13

    def test_does_not_become_fresh_by_a_list_that_was_asked_for_something_else(self, books, ledger):
        books.lost(books.start())
        books.saw(13)
        assert not ledger.is_fresh(100 + FRESH)

    def test_is_told_anew_when_the_call_leaves_since_it_may_have_waited_long(self, books, ledger):
        call = books.begun(books.start())
        ledger.note(20, books.tick())
        ledger.sent(call, books.tick())
        assert call.newest == 20

    def test_is_not_told_anew_when_the_call_leaves_again(self, books, ledger):
        call = books.lost(books.start())
        ledger.note(20, books.tick())
        call.find_absent()
        ledger.sent(call, books.tick())
        assert call.newest == 10

    def test_is_told_to_a_call_that_began_without_knowing_it_and_leaves_knowing_it(
        self, books, ledger
    ):
        books.tick(FRESH)
        call = books.begun(books.start())
        assert call.newest is None
        ledger.note(20, books.tick())
        ledger.sent(call, books.tick())
        assert call.newest == 20

    def test_is_out_of_date_for_a_call_that_waited_long_in_line(self, books, ledger):
        # Another client's operation on the same server may have run and ended meanwhile.
        call = books.begun(books.start())
        books.tick(FRESH)
        ledger.sent(call, books.tick())
        assert call.newest is None
        assert ledger.disputed(call, books.operation(11, call))

    def test_is_not_known_after_a_call_of_which_nobody_knows_what_it_began(self, books, ledger):
        books.end(books.sent(Change("some_call", {"argument 1": 1})))
        assert not ledger.is_fresh(books.now)

    def test_is_still_known_after_a_cancellation_which_begins_nothing(self, books, ledger):
        books.end(books.sent(Change("operation_cancel", {"operation_id": 9})))
        assert ledger.is_fresh(books.now)


class TestACallsLife:
    def test_it_is_under_way_from_its_beginning_to_its_end(self, books, ledger):
        call = books.start()
        assert not ledger.is_active(call)
        assert ledger.is_active(books.begun(call))
        books.end(call)
        assert not ledger.is_active(call)

    def test_leaving_is_written_down_in_the_call(self, books, ledger):
        call = books.begun(books.start())
        ledger.sent(call, 150)
        assert (call.state, call.sends, call.first_sent) == (State.SENT, 1, 150)

    def test_its_reply_answers_it(self, books):
        assert books.answered(books.start(), 11).state is State.ANSWERED

    def test_a_reply_that_names_what_another_call_was_given_is_not_its_own(self, books, ledger):
        lost, other = books.lost(books.start()), books.sent(books.start())
        books.saw(11)
        ledger.take(lost, books.operation(11, lost), books.tick())
        assert not ledger.own(other, 11, books.tick())
        assert other.state is State.SENT

    def test_the_same_holds_for_a_server_that_another_call_was_given(self, books, ledger):
        lost, other = books.lost(books.create()), books.sent(books.create())
        books.saw(11)
        ledger.take(lost, books.operation(11, lost, vm_id=500), books.tick())
        assert not ledger.own(other, 500, books.tick())
        assert ledger.own(other, 501, books.tick())

    def test_a_server_and_a_disk_may_have_the_same_id(self, books, ledger):
        books.answered(books.create(), 500)
        assert ledger.own(books.sent(books.create_disk()), 500, books.tick())

    def test_a_reply_that_names_nothing_is_anybodys(self, books, ledger):
        for _ in range(2):
            assert ledger.own(books.sent(Change("some_call", {})), 500, books.tick())

    def test_operations_up_to_the_oldest_calls_newest_are_older_than_all_calls(self, books, ledger):
        assert ledger.oldest() == 0
        old = books.begun(books.start())
        ledger.note(20, books.tick())
        books.begun(books.start(2))
        assert ledger.oldest() == 10
        books.end(old)
        assert ledger.oldest() == 20

    def test_while_a_call_of_unknown_age_is_under_way_no_operation_is_too_old(self, books, ledger):
        books.tick(FRESH)
        books.begun(books.start())
        assert ledger.oldest() == 0


class TestAList:
    def test_tells_which_of_its_operations_may_be_given_to_somebody(self, books):
        books.lost(books.start())
        books.answered(books.start(2), 12)
        assert books.saw(13, 12, 11, 10, 9) == [13, 11]

    def test_keeps_the_services_order(self, books):
        books.lost(books.start())
        assert books.saw(12, 14, 13) == [12, 14, 13]

    def test_tells_nothing_of_what_is_discarded(self, books, ledger):
        call = books.lost(books.start())
        ledger.discard(books.operation(12, call), books.tick())
        assert books.saw(12, 11) == [11]


class TestForgetting:
    def test_the_books_do_not_grow_while_calls_never_cease(self):
        books = Books(shares_journal=True)
        ledger, most, under_way = books.ledger, {}, []
        for number in range(11, 2000):
            call = books.sent((books.start, books.create, books.create_disk)[number % 3](number))
            books.saw(number)
            details = books.operation(number, call, vm_id=number, disk_id=number)
            ledger.learn(books.operation(number, books.start(-number)))  # another client's
            ledger.learn(details)
            under_way.append((call, details))
            if len(under_way) < 5:
                continue
            call, details = under_way.pop(0)  # so that some are always under way
            match number % 4:
                case 0:
                    ledger.own(call, number - 4, books.tick())
                case 1:
                    call.lose(0.0)
                    ledger.take(call, details, books.tick())
                case 2:
                    call.lose(0.0)
                    ledger.dispute(call, [details.id])
                    call.give_up()
                case 3:
                    call.lose(0.0)
                    ledger.discard(details, books.tick())
                    call.find_absent()
            for name, size in books.sizes().items():
                most[name] = max(most.get(name, 0), size)
            books.end(call)
            ledger.sightings.mistrusted[number] = books.now
            claimed = [("disk_id", number)] * (number % 2)
            ledger.know_elsewhere([], claimed, books.now, asked=[number])
            ledger.note(number, books.now)
        assert min(most.values()) > 0  # each of the books was written in
        assert max(most.values()) < 60

    def test_nothing_is_left_when_no_call_is_under_way_and_the_newest_is_known(self, books, ledger):
        one, other = books.lost(books.create()), books.lost(books.start())
        ledger.take(one, books.learned(books.operation(11, one, vm_id=500)), books.tick())
        ledger.dispute(other, [books.learned(books.operation(12, other)).id])
        books.learned(books.operation(13, books.start(2)))
        other.give_up()
        books.end(one)
        books.end(other)
        assert set(books.sizes().values()) != {0}
        ledger.note(13, books.tick(LATENESS))
        books.end(books.begun(books.start(3)))

        assert set(books.sizes().values()) == {0}

    def test_what_the_oldest_call_may_need_is_kept_however_many_others_end(self, books, ledger):
        patient = books.lost(books.start())
        given_up, undecided = books.lost(books.start()), books.lost(books.start())
        mine, disputed = books.operation(11, patient), books.operation(13, patient)
        books.learned(disputed)
        books.learned(mine)
        ledger.dispute(patient, [13])
        for each in (given_up, undecided):
            each.give_up()
            books.end(each)
        books.end(books.answered(books.start(), 12))
        young = [books.begun(books.start(3)) for _ in range(2)]  # they need nothing of all that
        for number in range(14, 100):
            ledger.note(number - 1, books.tick())
            young.append(books.begun(books.start(3)))
            books.end(young.pop(0))

        assert ledger.sightings.details[11] is mine
        assert ledger.likeness(patient, mine) is Likeness.EXACT
        assert ledger.likeness(patient, books.operation(12, patient)) is Likeness.DIFFERENT
        assert ledger.rivals(patient, mine) == [given_up, undecided]
        assert ledger.disputed(patient, disputed)
        late = books.lost(books.start())
        assert ledger.rivals(late, mine) == [patient, given_up, undecided]

    def test_whose_an_operation_is_is_kept_while_the_service_may_hide_it(self, books, ledger):
        # A fresh operation may be missing in the list that told the newest one.
        books.answered(answered := books.create(), 500)
        ledger.note(10, books.tick())
        call = books.lost(books.create())
        books.end(answered)
        books.end(books.begun(books.start()))
        hidden = books.operation(11, answered, vm_id=500)
        assert ledger.likeness(call, hidden) is Likeness.DIFFERENT

    def test_a_call_of_unknown_age_keeps_everything(self, books, ledger):
        books.tick(FRESH)
        call = books.lost(books.start())
        books.saw(7)
        ledger.sightings.details[7] = books.operation(7, call)
        for number in range(13, 30):
            books.end(books.answered(books.start(number), number))
            ledger.note(number, books.tick())
        assert 7 in ledger.sightings.details
