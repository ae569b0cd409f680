"""The engine delivers items to who serves their account, at least once, and forgets those that have ended."""

import asyncio
import json
import logging
import signal
from collections import Counter

import pytest
import redis.asyncio

from tests.hub.contents import contents
from tests.waiting import until

ONE = [("moves", "web-1")]


def items(number):
    return [("moves", f"web-{each}") for each in range(number)]


@pytest.fixture
async def store(shared_store):
    """The store, as its operator sees it."""
    async with redis.asyncio.from_url(shared_store) as operator:
        yield operator


class Seen(Counter):
    """Attends to items, and counts how often to each."""

    async def __call__(self, run, item):
        self[run, item] += 1


class Held:
    """Attends to items until it is told to end them."""

    def __init__(self):
        self.begun = []
        self.may_end = asyncio.Event()

    async def __call__(self, run, item):
        self.begun.append(item)
        await self.may_end.wait()


class TestDelivery:
    async def test_what_is_published_twice_is_delivered_once(self, engine, make_engine, serve):
        seen, many = Seen(), items(1000)
        await engine.publish("acme", many)
        await make_engine().publish("acme", many)
        assert await engine.is_known("acme", many) == [True] * 1000
        for _ in range(2):
            serve(seen)
        await until(lambda: len(seen) == 1000)
        await gone(engine, many)
        assert set(seen.values()) == {1}

    async def test_an_item_that_ended_may_be_delivered_again(self, engine, serve):
        seen = Seen()
        serve(seen)
        for times in (1, 2):
            await engine.publish("acme", ONE)
            await until(lambda: seen[ONE[0]] == times)  # noqa: B023 - it is called at once
            await gone(engine, ONE)

    async def test_what_is_being_delivered_is_not_delivered_a_second_time(self, engine, serve):
        held, ended = Held(), Seen()
        serve(held)
        await engine.publish("acme", ONE)
        await until(lambda: held.begun)
        await engine.publish("acme", ONE)
        serve(ended)
        await engine.publish("acme", [("moves", "another")])
        await until(lambda: ended or len(held.begun) > 1)
        held.may_end.set()
        await gone(engine, ONE)
        assert (held.begun.count("web-1"), ended[ONE[0]]) == (1, 0)

    async def test_each_account_has_its_own_items(self, engine, serve):
        accounts = ["acme", "acme:queues", "köln/1", ""]
        seen = {account: Seen() for account in accounts}
        for account in accounts:
            await engine.publish(account, [("moves", account)])
            serve(seen[account], account=account)
        await until(lambda: all(seen.values()))
        assert seen == {account: {("moves", account): 1} for account in accounts}

    async def test_no_more_are_attended_to_at_once_than_the_lane_is_wide(self, engine, serve):
        held, other = Held(), Held()
        lane, _ = serve(held, size=2)
        await engine.publish("acme", items(5))
        await until(lambda: lane.under_way == 2)
        serve(other, size=3)  # the first lane keeps none back
        await until(lambda: len(other.begun) == 3)
        assert sorted(held.begun + other.begun) == [f"web-{each}" for each in range(5)]
        held.may_end.set()
        await until(lambda: lane.under_way == 0)


class TestHandedBack:
    async def test_it_is_delivered_again_after_so_many_seconds(self, engine, serve):
        loop = asyncio.get_running_loop()
        times = []

        async def attend(run, item):
            times.append(loop.time())
            return 0.7 if len(times) == 1 else None

        serve(attend)
        await engine.publish("acme", ONE)
        await gone(engine, ONE)
        assert len(times) == 2
        assert times[1] - times[0] >= 0.69  # the engine counts in whole milliseconds

    async def test_it_is_delivered_as_often_as_need_be(self, engine, serve):
        times = []

        async def attend(run, item):
            times.append(item)
            return 0 if len(times) < 6 else None

        serve(attend)
        await engine.publish("acme", ONE)
        await gone(engine, ONE)
        assert times == ["web-1"] * 6

    async def test_an_attend_that_breaks_is_told_and_loses_nothing(self, engine, serve, caplog):
        times = []

        async def attend(run, item):
            times.append(item)
            if len(times) == 1:
                raise ZeroDivisionError

        serve(attend)
        await engine.publish("acme", ONE)
        await gone(engine, ONE)
        [told] = [each for each in caplog.records if each.levelno >= logging.WARNING]
        assert told.getMessage() == "item web-1 of run moves is delivered again"
        assert told.exc_info[0] is ZeroDivisionError


class TestTheEnd:
    async def test_a_lane_that_is_stopped_takes_no_more_and_ends_what_it_has(
        self, engine, serve, store
    ):
        held, seen = Held(), Seen()
        lane, serving = serve(held, size=2)
        await engine.publish("acme", items(3))
        await until(lambda: lane.under_way == 2)
        lane.stop()
        serve(seen)
        await until(lambda: seen)
        assert not serving.done()
        held.may_end.set()
        await serving
        await gone(engine, items(3))
        assert (len(held.begun), len(seen), lane.under_way) == (2, 1, 0)
        [group] = await store.xinfo_groups(f"streaq:{engine.queue('acme')}:queues:normal")
        assert (group["consumers"], group["pending"]) == (1, 0)

    async def test_a_lane_that_is_cancelled_hands_back_what_it_has(self, engine, serve):
        held, seen = Held(), Seen()
        lane, serving = serve(held)
        await engine.publish("acme", ONE)
        await until(lambda: lane.under_way)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        assert lane.under_way == 0
        serve(seen)
        await until(lambda: seen)

    async def test_a_lane_that_was_stopped_before_it_began_serves_nobody(self, engine, serve):
        seen = Seen()
        lane = engine.lane("acme", 1, seen)
        lane.stop()
        await engine.publish("acme", ONE)
        await lane.serve()
        assert not seen

    async def test_workers_that_never_came_back_are_forgotten(self, make_engine, serve, store):
        engine = make_engine(lease=0.02)
        stream = f"streaq:{engine.queue('acme')}:queues:normal"
        await store.xgroup_create(stream, "workers", "0", mkstream=True)
        await store.xgroup_createconsumer(stream, "workers", "killed")
        await asyncio.sleep(10 * 2 * 0.02 + 0.05)
        await store.xgroup_createconsumer(stream, "workers", "just begun")
        lane, serving = serve(seen := Seen(), of=engine)
        await engine.publish("acme", ONE)
        await until(lambda: seen)
        lane.stop()
        await serving
        consumers = {each["name"] for each in await store.xinfo_consumers(stream, "workers")}
        assert consumers <= {b"just begun"}

    async def test_nothing_is_left_running(self, engine, serve, store):
        before = asyncio.all_tasks()
        lane, serving = serve(Seen())
        await engine.publish("acme", ONE)
        await gone(engine, ONE)
        lane.stop()
        await serving
        await engine.close()
        assert asyncio.all_tasks() <= before

    async def test_no_connection_is_left(self, make_engine, serve, store_server):
        server = store_server()
        engine = make_engine(server.url)
        lane, serving = serve(Seen(), of=engine)
        await engine.publish("acme", ONE)
        await gone(engine, ONE)
        lane.stop()
        await serving
        await engine.close()
        async with redis.asyncio.from_url(server.url) as operator:
            async with asyncio.timeout(20):
                while len(await operator.client_list()) > 1:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)

    async def test_signals_stay_the_programs(self, engine, serve):
        got = []
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, lambda: got.append("TERM"))
        lane, serving = serve(seen := Seen())
        await engine.publish("acme", ONE)
        await until(lambda: seen)
        signal.raise_signal(signal.SIGTERM)
        await until(lambda: got)
        lane.stop()
        await serving
        signal.raise_signal(signal.SIGTERM)
        await until(lambda: len(got) == 2)
        assert loop.remove_signal_handler(signal.SIGTERM)


async def test_nothing_but_names_stands_in_the_store(engine, serve, store, prefix):
    """Neither while items wait, nor while they are attended to, handed back, or ended."""

    async def attend(run, item):
        if item == "held":
            await asyncio.Event().wait()
        return 30 if item == "back" else None

    lane, _ = serve(attend, size=3)
    found = await written(store, prefix)
    await engine.publish("acme", [("moves", each) for each in ("held", "back", "ended")])
    await gone(engine, [("moves", "ended")])
    await until(lambda: lane.under_way == 1)
    found |= await written(store, prefix)
    data = [json.loads(value) for key, value in found.items() if ":task:data:" in key]
    assert {tuple(each) for each in data} == {("f", "a", "k", "t")}
    assert {(each["f"], *each["a"]) for each in data} == {
        ("item", "moves", "held"),
        ("item", "moves", "back"),
    }
    assert not [key for key in found if ":results:" in key]
    everything = " ".join([*found, *found.values()])
    assert everything.isprintable()  # no pickle is


async def gone(engine, some):
    """Wait until the engine has none of these items."""
    async with asyncio.timeout(60):
        while any(await engine.is_known("acme", some)):  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.01)


async def written(store, prefix):
    """All that stands in the store under *prefix*, as texts."""
    found = await contents(store.execute_command, f"*{prefix}*")
    return {
        key.decode(): value.decode() if isinstance(value, bytes) else repr(value)
        for key, value in found.items()
    }
