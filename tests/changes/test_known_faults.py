"""Where a changing call does not run exactly once today. Each test says what should hold, and fails."""

import pytest

from aiogandi.changes.decisions import Adopt, decide
from aiogandi.changes.ledger import FRESH
from aiogandi.changes.lookup import Lookup
from aiogandi.errors import NotFound
from aiogandi.operations.directory import Directory


@pytest.mark.xfail(
    strict=True,
    reason="a younger call takes an equal older one's operation, and the older is believed absent"
    " while the younger's own operation may still appear: it is sent again, and there are three",
)
def test_two_equal_lost_calls_do_not_make_three_operations(books, ledger):
    older, younger = books.lost(books.start()), books.lost(books.start())
    first = books.operation(11, older)
    books.saw(11)

    taken = decide(ledger, younger, [first], thorough=False)
    if taken == Adopt(first):
        ledger.take(younger, first, books.tick())
    # The older call's patience ends; the younger's request is about to run as operation 12.
    verdict = decide(ledger, older, [first], thorough=True)

    assert verdict is not None, "the older call is sent again"


@pytest.mark.xfail(
    strict=True,
    reason="a service that writes names in lower case shows other parameters than were sent, so the"
    " call's own operation is taken for another's, and its absence is believed",
)
def test_an_operation_whose_name_the_service_has_normalised_is_not_absence(books, ledger):
    call = books.lost(books.create("WEB-01"))
    shown = books.operation(11, books.create("web-01"), vm_id=500)

    assert decide(ledger, call, [shown], thorough=True) is not None


@pytest.mark.xfail(
    strict=True,
    reason="an operation that a list shows and whose details the service does not tell is left out"
    " of a look that counts as complete, so absence is believed",
)
async def test_a_listed_operation_that_cannot_be_read_is_not_absence(books, ledger):
    async def ask(method, arguments):
        if method == "operation_list":
            return [11]
        raise NotFound(541042, "no such operation", method)

    call = books.lost(books.start())
    look = await Lookup(Directory(ask), ledger).look(call.filter)

    believed_absent = look.complete and not look.operations
    assert not believed_absent


@pytest.mark.xfail(
    strict=True,
    reason="where ids do not grow, the call's own operation has a lower id than the newest one"
    " before it, so it is taken for an older one, and absence is believed",
)
def test_where_ids_do_not_grow_nothing_is_absent(books, ledger):
    books.answered(books.start(3), 30)
    books.answered(books.start(4), 20)  # this one was begun later
    call = books.lost(books.start())

    assert decide(ledger, call, [books.operation(25, call)], thorough=True) is not None


@pytest.mark.xfail(
    strict=True,
    reason="a call that was given up is forgotten as soon as a newer operation is known, though its"
    " request may run later: an equal call with another password is given what it begins",
)
def test_a_call_that_was_given_up_stays_a_rival_while_its_request_may_still_run(books, ledger):
    # Its caller is cancelled while the service is slow to begin it.
    given_up = books.end(books.sent(books.create(password="one")))
    bystander = books.answered(books.start(5), 11)
    call = books.lost(books.create(password="two"))
    books.end(bystander)
    books.end(books.answered(books.start(6), 12))
    late = books.operation(13, given_up, vm_id=500)
    books.saw(13)

    assert decide(ledger, call, [late], thorough=False) is None


@pytest.mark.xfail(
    strict=True,
    reason="a call that was answered is no rival, though an earlier send of it may have run late:"
    " an equal call with another password is given that surplus",
)
def test_the_surplus_of_a_call_with_another_password_is_not_adopted(books, ledger):
    twice = books.sent_again(books.create(password="one"))
    call = books.lost(books.create(password="two"))
    surplus = books.operation(11, twice, vm_id=500)
    assert ledger.own(twice, 501, books.tick())
    books.saw(11)

    assert decide(ledger, call, [surplus], thorough=False) is None


@pytest.mark.xfail(
    strict=True,
    reason="what was the newest operation when a call was prepared is not looked at again when it"
    " leaves after a long wait in line, and may be out of date by any amount of time",
)
def test_a_call_that_waited_long_in_line_is_not_given_what_another_client_began(books, ledger):
    call = books.begun(books.start())
    books.tick(10 * FRESH)  # another client's vm_start of the same server runs, and is done
    foreign = books.operation(11, call)
    ledger.sent(call, books.tick())
    call.lose()

    assert decide(ledger, call, [foreign], thorough=False) is None
