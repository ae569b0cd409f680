"""What a look at the service says, and what it leaves open."""

from aiogandi.changes.lookup import Found, Lookup
from aiogandi.errors import NotFound
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
