"""What a look at the service says, and what it leaves open."""

from datetime import UTC, datetime

from aiogandi.changes.lookup import Found, Lookup
from aiogandi.errors import NotFound
from aiogandi.models import LISTED
from aiogandi.operations.directory import Directory


async def test_an_operation_that_is_listed_and_cannot_be_read_is_told(books, ledger):
    async def ask(method, arguments):
        if method == "operation_list":
            return [11]
        raise NotFound(541042, "no such operation", method)

    async def newest():
        raise AssertionError("nobody needs it")

    call = books.lost(books.start())
    lookup = Lookup(Directory(ask), ledger, books.tick, newest)

    assert await lookup.look(call.filter) == Found([], complete=True, unread=(11,))


async def test_what_is_read_on_the_way_down_is_learned_too(books, ledger):
    """A page's lowest operation is read for its date. What it says of other clients counts as well."""

    async def ask(method, arguments):
        if method == "operation_list":
            below = arguments["filter"].get("created_before")
            return [] if below else list(range(10 + LISTED, 10, -1))
        number = arguments["operation_id"]
        return {
            "id": number,
            "type": "vm_start",
            "params": {"vm_id": 7},
            "date_created": datetime(2026, 1, 1, tzinfo=UTC),
        }

    async def newest():
        raise AssertionError("nobody needs it")

    call = books.lost(books.start())
    lookup = Lookup(Directory(ask), ledger, books.tick, newest)
    await lookup.look(call.filter)

    assert ledger.other_clients.have_begun(ledger.sightings.details[11])


async def test_an_answer_that_tells_nothing_is_asked_for_again(books, ledger):
    answers = [{}, {"type": "vm_start", "params": {"vm_id": 1}}]

    async def ask(method, arguments):
        return [11] if method == "operation_list" else answers.pop(0)

    async def newest():
        raise AssertionError("nobody needs it")

    call = books.lost(books.start())
    lookup = Lookup(Directory(ask), ledger, books.tick, newest)

    assert await lookup.look(call.filter) == Found([], complete=True, unread=(11,))
    [found] = (await lookup.look(call.filter)).operations
    assert (found.id, found.vm_id) == (11, 1)
