"""A manager whose sessions come from a store that others use as well."""

import asyncio

import pytest

from aiogandi import AuthenticationError, SessionExpired, TransportError
from aiogandi.redaction import Secret
from aiogandi.session.session import MAX_UNPROVEN
from aiogandi.session.store import Kept, StandingRefusal


class Shared:
    """Gives what is put into ``stock``; where that is empty the manager logs in. ``asked`` is for what it was
    asked.
    """

    def __init__(self):
        self.stock = []
        self.asked = []
        self.closed = 0

    def tell_of_refusals(self, drop):
        self.drop = drop

    async def obtain(self, log_in, instead_of, *, refused):
        self.asked.append((instead_of and instead_of.reveal(), refused))
        ends_at = asyncio.get_running_loop().time() + 100
        if not self.stock:
            return Kept(await log_in(), ends_at, made_here=True)
        found = self.stock.pop(0)
        if isinstance(found, Exception):
            raise found
        return Kept(Secret(found), ends_at, made_here=False) if isinstance(found, str) else found

    async def close(self):
        self.closed += 1


@pytest.fixture
def shared():
    return Shared()


def test_what_is_there_is_taken_without_a_login(story, shared):
    async def tell(service):
        shared.stock = ["theirs"]
        assert set(await service.call_many(1000)) == {"theirs"}
        assert (service.logins, shared.asked) == (0, [(None, False)])
        assert service.manager.ids() == ("theirs",)

    story(tell, sessions=shared)


def test_after_a_refusal_it_asks_for_another_than_the_one_refused(story, shared):
    async def tell(service):
        shared.stock = ["old", TransportError("out of order"), "new"]
        await service.call()
        service.refused.add("old")
        with pytest.raises(TransportError):
            await service.call()
        assert await service.call() == "new"
        assert shared.asked == [(None, False), ("old", True), ("old", True)]

    story(tell, sessions=shared)


def test_at_renewal_it_asks_for_another_than_it_has(story, shared):
    async def tell(service):
        shared.stock = ["old", "new"]
        await service.call()
        await asyncio.sleep(81)
        assert await service.call() == "new"
        assert (service.logins, shared.asked[1:]) == (0, [("old", False)])

    story(tell, sessions=shared)


def test_after_the_end_it_is_no_refusal(story, shared):
    async def tell(service):
        shared.stock = ["old", *[TransportError("out of order")] * 100]
        await service.call()
        await asyncio.sleep(101)
        shared.stock = ["new"]
        assert await service.call() == "new"
        assert set(shared.asked[1:]) == {("old", False)}

    story(tell, sessions=shared)


def test_those_of_others_that_have_ended_cost_no_pause_and_no_hope(story, shared):
    async def tell(service):
        ended = [f"ended {number}" for number in range(2 * MAX_UNPROVEN)]
        service.refused.update(ended)
        shared.stock = [*ended, "good"]
        began = service.now
        assert await service.call() == "good"
        assert service.now - began == pytest.approx(len(ended) + 1, abs=0.01)

    story(tell, sessions=shared)


def test_own_logins_that_do_not_help_are_counted_all_the_same(story, shared):
    async def tell(service):
        service.refused.update(f"session {number}" for number in range(1, 100))
        with pytest.raises(SessionExpired):
            await service.call()
        assert service.logins == MAX_UNPROVEN

    story(tell, sessions=shared)


def test_one_that_was_refused_elsewhere_is_not_used_again(story, shared):
    async def tell(service):
        shared.stock = ["old", "new"]
        await service.call()
        shared.drop(Secret("older"))
        assert await service.call() == "old"
        shared.drop(Secret("old"))
        assert await service.call() == "new"
        assert shared.asked == [(None, False), ("old", True)]
        shared.drop(Secret("old"))
        assert await service.call() == "new"

    story(tell, sessions=shared)


def test_an_own_one_that_was_not_tried_yet_is_tried_though_it_was_refused_elsewhere(story, shared):
    """Else two processes could log in for ever, each by what the other one has found."""

    async def tell(service):
        login = asyncio.create_task(service.call())
        await asyncio.sleep(5.5)
        shared.drop(Secret("session 1"))
        assert await login == "session 1"
        assert await service.call() == "session 1"
        shared.drop(Secret("session 1"))
        assert await service.call() == "session 2"

    story(tell, sessions=shared)


def test_a_login_refused_elsewhere_stands_for_what_is_left_of_its_pause(story, shared):
    async def tell(service):
        refusal = AuthenticationError("login refused")
        shared.stock = [StandingRefusal(refusal, 10), "good"]
        assert await service.call_many(100) == [refusal] * 100
        await asyncio.sleep(9)
        assert await service.call_many(100) == [refusal] * 100
        await asyncio.sleep(2)
        assert await service.call() == "good"
        assert service.logins == 0

    story(tell, sessions=shared)


def test_a_refused_renewal_elsewhere_leaves_the_session_that_is_good(story, shared):
    async def tell(service):
        shared.stock = ["old", StandingRefusal(AuthenticationError("login refused"), 5), "new"]
        await service.call()
        await asyncio.sleep(81)
        assert await service.call() == "old"
        await asyncio.sleep(6)
        assert await service.call() == "new"

    story(tell, sessions=shared)


def test_it_is_closed_with_the_manager_after_the_login_under_way(story, shared):
    async def tell(service):
        call = asyncio.create_task(service.call())
        await asyncio.sleep(1)
        await service.manager.close()
        assert shared.closed == 1
        await asyncio.gather(call, return_exceptions=True)

    story(tell, sessions=shared)
