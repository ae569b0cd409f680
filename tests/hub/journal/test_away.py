"""The store goes away, and comes back with what it had or with nothing."""

import asyncio
import math

import pytest

from aiogandi.changes.journal import Begun, View
from aiogandi.changes.state import State
from aiogandi.errors import HubError
from aiogandi.hub.redis_hub import RedisHub
from aiogandi.hub.scripts import Script
from tests.hub.journal.sides import ACCOUNT, Process, held, intent, processes
from tests.waiting import until

WEB = ("web",)
QUICK = {"deadline": 0.3}


@pytest.fixture
def server(store_server):
    return store_server(appendonly="yes", **{"maxmemory-policy": "noeviction"})


@pytest.fixture
def make_hub(server, prefix):
    return lambda **settings: RedisHub(server.url, **{"prefix": prefix, **QUICK, **settings})


NOTHING = Script.of("nothing", "return 1")


def soon(awaitable):
    return asyncio.ensure_future(awaitable)


async def away(side, server):
    """The store answers nothing, and the process has noticed it."""
    server.freeze()
    with pytest.raises(HubError):
        await side.journal.settle(1, State.ABSENT)
    assert side.store.is_away


async def back(*sides):
    await asyncio.gather(*(side.store.back() for side in sides))


async def begun_anew(side):
    """The process has met a store that has nothing of it."""
    async with asyncio.timeout(30):
        while not side.store.generation:
            try:
                await side.store.run(NOTHING)
            except HubError:
                await side.store.back()


class TestWaiting:
    async def test_an_intent_waits_and_is_written_once(self, make_hub, server, told):
        async with processes(make_hub, within=math.inf) as (one, other):
            server.freeze()  # it takes in what is asked, and answers when nobody waits any more
            intending = soon(one.journal.intend(intent()))
            await until(lambda: one.store.is_away)
            assert not intending.done()
            server.thaw()
            call = await intending
            await back(other)
            assert [each.number for each in await other.journal.left()] == [call]

    @pytest.mark.parametrize(
        "work",
        [
            lambda journal: journal.intend(intent()),
            lambda journal: journal.send_again(1, 2),
            lambda journal: journal.hold(WEB),
            lambda journal: journal.view([]),
        ],
        ids=["intend", "send_again", "hold", "view"],
    )
    async def test_what_waits_ends_after_within(self, make_hub, server, told, work):
        async with processes(make_hub, 1, within=0.4) as [one]:
            await away(one, server)
            with pytest.raises(HubError, match=r"is away: .* has been for 0.4 s"):
                await work(one.journal)
            server.thaw()

    async def test_an_intent_that_was_given_up_is_nobodys_later(self, make_hub, server, told):
        async with processes(make_hub, within=0.0) as (one, other):
            server.freeze()
            with pytest.raises(HubError):
                await one.journal.intend(intent())
            server.thaw()
            await back(one, other)
            await one.journal.view([])  # after what was to be written before
            assert await other.journal.left() == []

    async def test_a_step_that_was_given_up_leaves_its_place(self, make_hub, server, told):
        async with processes(make_hub, 1, within=0.0) as [one]:
            key = await one.journal.hold(WEB)
            server.freeze()
            with pytest.raises(HubError):
                await one.journal.intend(intent(key, 0))
            server.thaw()
            await back(one)
            call = await one.journal.intend(intent(key, 0))
            [step] = (await one.journal.hold_again(key.number)).steps
            assert step.number == call

    async def test_a_run_begins_when_the_store_is_back(self, make_hub, server, told):
        async with processes(make_hub, 1) as (side,):
            await away(side, server)
            number = soon(side.storage.run(ACCOUNT, "release-42"))
            await asyncio.sleep(0)
            server.thaw()
            assert await number == await side.storage.run(ACCOUNT, "release-42")

    async def test_it_does_not_wait_for_it_longer_than_within(self, make_hub, server, told):
        async with processes(make_hub, 1, within=0.1) as (side,):
            await away(side, server)
            with pytest.raises(HubError, match="is away"):
                await side.storage.run(ACCOUNT, "release-42")
            server.thaw()

    async def test_who_closes_meanwhile_waits_for_nothing(self, make_hub, server, told):
        async with processes(make_hub, 1, within=math.inf) as [one]:
            await away(one, server)
            intending = soon(one.journal.intend(intent()))
            await asyncio.sleep(0)
            await one.journal.leave()
            assert intending.done()
            intending.cancelled() or intending.exception()
            server.thaw()


class TestWhatCouldNotBeWritten:
    async def test_it_is_refused_then_and_written_when_the_store_is_back(
        self, make_hub, server, told
    ):
        async with processes(make_hub) as (one, other):
            lost, found, gone, ended = [await one.journal.intend(intent()) for _ in range(4)]
            await one.journal.claim(ended, [("id", 9)], State.ANSWERED, {"id": 9})
            await away(one, server)
            for write in (
                lambda: one.journal.lose(lost, 5.0),
                lambda: one.journal.claim(found, [("id", 7)], State.ANSWERED, {"id": 7}),
                lambda: one.journal.settle(gone, State.ABSENT),
                lambda: one.journal.end(ended, {"id": 9}, {"state": "DONE"}),
            ):
                with pytest.raises(HubError):
                    await write()
            server.thaw()
            await back(one, other)
            await one.journal.view([])
            left = {each.number: each for each in await other.journal.left()}
            assert {number: each.state for number, each in left.items()} == {
                lost: State.LOST,
                found: State.ANSWERED,
                ended: State.ANSWERED,
            }
            assert left[ended].ended == {"state": "DONE"}

    async def test_a_key_that_could_not_be_let_go_is_when_the_store_is_back(
        self, make_hub, server, told
    ):
        async with processes(make_hub) as (one, other):
            key = await one.journal.hold(WEB)
            await away(one, server)
            one.journal.let_go(key.number)
            server.thaw()
            await back(one, other)
            assert (await held(other.journal, WEB)).number == key.number

    async def test_nor_does_a_client_that_has_closed_meanwhile_keep_anything(
        self, make_hub, server, told
    ):
        async with processes(make_hub) as (one, other):
            second = await one.client()
            key = await second.hold(WEB)
            call = await second.intend(intent())
            await away(one, server)
            second.let_go(key.number)
            await second.leave()
            server.thaw()
            await back(one, other)
            assert (await held(other.journal, WEB)).number == key.number
            client = call // 2**32
            while not await other.journal.take_over(client):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)

    async def test_a_process_that_leaves_meanwhile_and_comes_again_keeps_no_key(
        self, make_hub, server, told
    ):
        async with processes(make_hub, 1, lease=1.0) as (side,):
            await side.journal.hold(WEB)
            await away(side, server)
            await side.end()
            server.thaw()
            again = Process(side.hub, 2)
            await again.begin()
            assert (await held(again.journal, WEB)).steps == []
            await again.end()


class TestAStoreThatWasKilled:
    async def test_all_that_was_written_is_there_again(self, make_hub, server, told):
        async with processes(make_hub) as (one, other):
            key = await one.journal.hold(WEB)
            calls = [await one.journal.intend(intent(key, step)) for step in range(3)]
            await one.journal.claim(calls[0], [("vm_id", 1)], State.ANSWERED, {"vm_id": 1})
            server.kill()
            server.start()
            assert [each.number for each in await other.journal.left()] == calls
            assert (await other.journal.view([("vm_id", 1)])).claimed == {("vm_id", 1)}
            assert len((await one.journal.hold_again(key.number)).steps) == 3
            assert (one.store.generation, other.store.generation) == (0, 0)


class TestAnEmptiedStore:
    async def lose_all(self, server, *sides):
        server.kill()
        server.empty()
        server.start()
        for side in sides:
            await begun_anew(side)

    async def test_nothing_is_written_under_a_key_any_more(self, make_hub, server, told):
        async with processes(make_hub) as (one, other):
            key = await one.journal.hold(WEB)
            call = await one.journal.intend(intent(key, 0))
            await self.lose_all(server, one, other)
            for write in (
                lambda: one.journal.intend(intent(key, 1)),
                lambda: one.journal.send_again(call, 2),
                lambda: one.journal.settle(call, State.ABSENT),
                lambda: one.journal.conclude(key.number, None),
                lambda: one.journal.claim(call, [("id", 1)], State.ANSWERED, {"id": 1}),
            ):
                with pytest.raises(HubError, match=r"'web' is not held any more: .* was emptied"):
                    await write()
            assert await other.journal.left() == []
            one.journal.let_go(key.number)
            again = await one.journal.hold(WEB)
            assert again.number != key.number
            assert again.steps == []

    async def test_calls_outside_of_keys_are_registered_anew(self, make_hub, server, told):
        async with processes(make_hub) as (one, other):
            open_, answered, dropped = [await one.journal.intend(intent()) for _ in range(3)]
            await one.journal.claim(answered, [("id", 7)], State.ANSWERED, {"id": 7})
            await one.journal.drop([dropped])
            await self.lose_all(server, one, other)
            later = await one.journal.intend(intent())
            seen = await other.journal.view([("id", 7)])
            assert {each.number for each in seen.others} == {open_, later}
            assert seen.claimed == {("id", 7)}
            theirs = await other.journal.intend(intent())
            assert not await other.journal.claim(theirs, [("id", 7)], State.ADOPTED, {"id": 7})
            assert await one.journal.claim(open_, [("id", 8)], State.ANSWERED, {"id": 8})
            assert not await other.journal.claim(theirs, [("id", 8)], State.ADOPTED, {"id": 8})


class TestAlone:
    """Clients that have no journal, and go on where the store is away."""

    @pytest.fixture
    async def side(self, make_hub):
        async with processes(make_hub, 1, brief=True, alone=True, within=math.inf) as [side]:
            yield side

    async def test_they_go_on_and_say_so_once(self, side, server, told):
        before = await side.journal.intend(intent())
        server.freeze()
        calls = [await side.journal.intend(intent()) for _ in range(3)]
        assert len({*calls, before}) == 4
        assert max(calls) < 0
        for call in calls:
            await side.journal.send_again(call, 2)
            await side.journal.lose(call, 0.0)
            assert await side.journal.view([("id", 1)]) == View(frozenset(), [])
            assert await side.journal.begun("vm_create", 0.0) == Begun()
            assert await side.journal.claim(call, [("id", 1)], State.ADOPTED, {"id": 1})
            assert await side.journal.settle(call, State.ABSENT)
            assert await side.journal.read(call) is None
            await side.journal.end(call, {}, {"state": "DONE"})
        assert await side.journal.settle(before, State.UNKNOWN)
        await side.journal.drop(calls)
        text = "it is not certain that each runs once"
        assert [text in each.getMessage() for each in told.records].count(True) == 1
        server.thaw()
        await back(side)
        assert await side.journal.settle(
            calls[0], State.ABSENT
        )  # of which nothing is written later
        assert (await side.journal.read(before)).state is State.UNKNOWN
        assert await side.journal.intend(intent()) > 0

    async def test_one_that_begins_meanwhile_enters_when_the_store_is_back(
        self, make_hub, server, told
    ):
        server.freeze()
        async with processes(make_hub, 1, brief=True, alone=True, within=math.inf) as [side]:
            assert await side.journal.intend(intent()) < 0
            server.thaw()
            await back(side)
            assert await side.journal.intend(intent()) > 0

    async def test_work_under_a_key_waits(self, make_hub, server, told):
        async with processes(make_hub, 1, alone=True, within=0.2) as [side]:
            key = await side.journal.hold(WEB)
            await away(side, server)
            with pytest.raises(HubError, match="is away"):
                await side.journal.intend(intent(key, 0))
            server.thaw()
