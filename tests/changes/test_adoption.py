"""What is found is given to calls one by one, while other clients on the same journal give it to theirs."""

import asyncio
from functools import partial

import pytest

from aiogandi.changes.adoption import Adoption
from aiogandi.changes.lookup import Found
from tests.changes.conftest import Books


@pytest.fixture
def books():
    return Books(shares_journal=True)


class Recorder:
    """What this client is told by the journal that it shares, as far as looks need it."""

    def __init__(self, books):
        self.turns = asyncio.Lock()
        self.elsewhere = self
        self._books = books

    async def take_note(self, call):
        return False


class Shared(Recorder):
    """Another client has claimed *theirs* a moment ago: after this one had looked who owns what."""

    def __init__(self, books, theirs):
        super().__init__(books)
        self._theirs = theirs
        self._told = set()

    async def see(self, found):
        asked = [details.id for details in found]
        claims = {("id", number) for number in asked if number in self._told}
        self._books.ledger.know_elsewhere([], claims, self._books.tick(), asked)
        self._told = self._theirs

    async def adopt(self, call, details):
        return details.id not in self._theirs


async def test_what_another_client_was_quicker_to_take_leaves_no_doubt(books):
    # The second call is given nothing by what was decided with the first one's operation in view: else it
    # would look as if it had been passed over, and the first could never be found absent.
    first, second = books.lost(books.create_disk()), books.lost(books.create_disk())
    found = [books.learned(books.operation(number, first, disk_id=number)) for number in (11, 12)]
    adoption = Adoption(books.ledger, Shared(books, {11}), books.tick)

    assert await adoption.enter(second, Found(found, True), believed=True, final=False) is None

    assert (first.adopted, second.adopted) == (found[1], None)
    assert first.doubts == second.doubts == set()


class Refusing(Recorder):
    """It shows an operation as nobody's, and lets nobody have it. With an *older* call of another client, which it
    tells of anew each time.
    """

    def __init__(self, books, older=None):
        super().__init__(books)
        self.asked = 0
        self._older = older

    async def see(self, found):
        await asyncio.sleep(0)
        theirs = () if self._older is None else (self._older(),)
        self._books.ledger.know_elsewhere(theirs, (), self._books.tick())

    async def adopt(self, call, details):
        self.asked += 1
        return False


@pytest.mark.parametrize("of_another", [False, True])
async def test_a_journal_that_refuses_what_it_shows_is_asked_again_at_the_next_look(
    books, of_another
):
    theirs = partial(books.lost_elsewhere, 5, left_at=100.5) if of_another else None
    call = books.lost(books.create_disk())
    found = books.learned(books.operation(11, call, disk_id=1))
    recorder = Refusing(books, theirs)
    adoption = Adoption(books.ledger, recorder, books.tick)
    for looks in (1, 2):
        async with asyncio.timeout(10):
            undecided = await adoption.enter(call, Found([found], True), believed=True, final=False)
        assert undecided.candidates == (11,)
        assert undecided.may_clear
        assert recorder.asked == looks
