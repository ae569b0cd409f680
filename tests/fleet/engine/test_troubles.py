"""What becomes of deliveries when a process or the store goes away."""

import asyncio
import logging
import signal
from collections import Counter

import pytest

from aiogandi import HubError
from aiogandi.fleet.engine.engine import LEASES
from tests.fleet.conftest import LEASE
from tests.fleet.engine.test_engine import ONE, Held, Seen, gone, items
from tests.fleet.tls import certificate, encrypted
from tests.waiting import until

PASSWORD, WRITTEN = "st0re/p@ss:wörd", "st0re%2Fp%40ss%3Aw%C3%B6rd"
WRONG = "0ther-p4ssw0rd"


@pytest.fixture(autouse=True)
def _nothing_is_lost_on_the_way(caplog):
    """All is logged, and no error of a task that nobody waits for is among it."""
    caplog.set_level(logging.DEBUG)
    yield
    told = [*caplog.get_records("call"), *caplog.get_records("teardown")]
    assert [each for each in told if each.name == "asyncio" and each.levelno > logging.INFO] == []


class TestAProcess:
    async def test_what_a_killed_one_had_is_delivered_to_another(self, engine, serve, attender):
        victim = await attender()
        await engine.publish("acme", items(2))
        assert {await line(victim) for _ in range(2)} == {"begins web-0", "begins web-1"}
        seen, loop = Seen(), asyncio.get_running_loop()
        serve(seen)
        victim.kill()
        killed = loop.time()
        await until(lambda: len(seen) == 2, within=20)
        # It may have been heard of just before, and others look after them once in that time.
        assert loop.time() - killed < 2 * LEASES * LEASE + 3  # some seconds for a busy machine
        await gone(engine, items(2))

    async def test_that_does_not_wait_for_what_others_have(self, engine, serve, attender):
        held, seen, all_items = Held(), Seen(), items(42)
        serve(held, size=40)
        await engine.publish("acme", all_items[:40])
        await until(lambda: len(held.begun) == 40)
        victim = await attender()
        await engine.publish("acme", all_items[40:])
        for _ in range(2):
            await line(victim)
        victim.kill()
        serve(seen, size=1)
        await until(lambda: len(seen) == 2)
        assert not held.may_end.is_set()
        held.may_end.set()
        await gone(engine, all_items)

    async def test_a_stopped_one_goes_on_beside_its_successor(self, engine, serve, attender):
        """Both attend to the item. That is what the journal is for."""
        stopped, held = await attender(), Held()
        await engine.publish("acme", ONE)
        assert await line(stopped) == "begins web-1"
        stopped.send_signal(signal.SIGSTOP)
        serve(held)
        await until(lambda: held.begun)
        stopped.send_signal(signal.SIGCONT)
        stopped.stdin.write(b"\n")
        assert await line(stopped) == "ends web-1"
        held.may_end.set()
        await gone(engine, ONE)

    async def test_one_that_works_keeps_what_it_has(self, engine, serve):
        held, seen = Held(), Seen()
        serve(held)
        await engine.publish("acme", ONE)
        await until(lambda: held.begun)
        serve(seen)
        stall = await longest_stall(2 * LEASES * LEASE + 0.5)
        held.may_end.set()
        await gone(engine, ONE)
        # On a machine so busy that this loop stood still it may have been taken for gone (see `LEASES`).
        assert (held.begun, seen) == (["web-1"], {}) or stall > LEASES * LEASE / 10


class TestTheStore:
    async def test_one_that_restarts_with_its_data_loses_nothing(
        self, make_engine, serve, store_server, caplog
    ):
        server = store_server(appendonly="yes")
        engine, many = make_engine(server.url), items(40)
        begun, ended = Counter(), Counter()

        async def attend(run, item):
            begun[run, item] += 1
            await asyncio.sleep(0.05)
            ended[run, item] += 1

        _, serving = serve(attend, size=4, of=engine)
        await engine.publish("acme", many)
        await until(lambda: len(ended) >= 8)
        server.kill()
        await until(lambda: "begins again" in caplog.text)
        with pytest.raises(HubError):
            await engine.publish("acme", [("moves", "late")])
        server.start()
        await engine.publish("acme", [("moves", "late")])
        await gone(engine, [*many, ("moves", "late")])
        assert ended.keys() == {*many, ("moves", "late")}
        assert not serving.done()

    async def test_an_item_goes_on_when_its_delivery_does_not(
        self, make_engine, serve, store_server
    ):
        server = store_server(appendonly="yes")
        engine = make_engine(server.url)
        begun, cancelled = [], []
        may_end = asyncio.Event()

        async def attend(run, item):
            begun.append(item)
            try:
                await may_end.wait()
            except asyncio.CancelledError:
                cancelled.append(item)
                raise

        lane, _ = serve(attend, of=engine)
        await engine.publish("acme", ONE)
        await until(lambda: begun)
        server.kill()
        await until(lambda: cancelled)  # who attends lets go, and is asked again
        await until(lambda: lane.under_way == 0)
        server.start()
        await until(lambda: len(begun) == 2)
        may_end.set()
        await gone(engine, ONE)

    async def test_one_that_starts_empty_is_taken_as_it_is(self, make_engine, serve, store_server):
        server = store_server()
        engine, held = make_engine(server.url), Held()
        _, serving = serve(held, of=engine)
        await engine.publish("acme", ONE)
        await until(lambda: held.begun)
        server.kill()
        server.start()
        assert await engine.is_known("acme", ONE) == [False]
        await engine.publish("acme", ONE)
        await until(lambda: len(held.begun) > 1)
        held.may_end.set()
        await gone(engine, ONE)
        assert not serving.done()

    async def test_one_that_answers_nothing_for_a_while_loses_nothing(
        self, make_engine, serve, store_server, caplog
    ):
        server = store_server()
        engine, held, seen = make_engine(server.url), Held(), Seen()
        _, serving = serve(held, size=1, of=engine)
        await engine.publish("acme", ONE)
        await until(lambda: held.begun)
        server.freeze()
        await until(lambda: "begins again" in caplog.text)
        server.thaw()
        held.may_end.set()
        serve(seen, of=engine)
        await engine.publish("acme", items(3))
        await gone(engine, items(3))
        assert held.begun.count("web-0") + seen["moves", "web-0"] > 0
        assert not serving.done()

    async def test_a_lane_is_stopped_while_the_store_answers_nothing(
        self, make_engine, serve, store_server
    ):
        server = store_server()
        engine = make_engine(server.url)
        server.freeze()
        lane, serving = serve(Seen(), of=engine)
        with pytest.raises(HubError, match=r"^the hub: .*: HELLO timed out after"):
            await engine.publish("acme", ONE)
        lane.stop()
        await asyncio.wait_for(serving, 10)

    async def test_a_lane_is_stopped_while_the_store_is_away(
        self, make_engine, serve, store_server, caplog
    ):
        server = store_server()
        engine = make_engine(server.url)
        server.kill()
        lane, serving = serve(Seen(), of=engine)
        await until(lambda: "begins again" in caplog.text)
        lane.stop()
        await asyncio.wait_for(serving, 10)

    async def test_what_libraries_warn_of_is_told_to_who_debugs_us(
        self, make_engine, serve, store_server, caplog
    ):
        server = store_server()
        engine = make_engine(server.url)
        serve(Seen(), of=engine)
        await engine.publish("acme", ONE)
        await gone(engine, ONE)
        server.kill()
        await until(lambda: "begins again" in caplog.text)
        assert {each.name.split(".")[0] for each in caplog.records} <= {"aiogandi", "asyncio"}
        assert max(each.levelno for each in caplog.records) == logging.INFO
        assert "starting worker" in caplog.text
        logging.getLogger("streaq").warning("of somebody else's worker")
        assert caplog.records[-1].name == "streaq"


class TestTheWayThere:
    async def test_a_password_is_sent_as_it_is_and_told_to_nobody(
        self, make_engine, serve, store_server, caplog
    ):
        server = store_server(requirepass=PASSWORD)
        place = server.url.partition("//")[2]
        engine, seen = make_engine(f"redis://:{WRITTEN}@{place}"), Seen()
        serve(seen, of=engine)
        await engine.publish("acme", ONE)
        await until(lambda: seen)
        wrong = make_engine(f"redis://:{WRONG}@{place}")
        with pytest.raises(HubError) as told:
            await wrong.publish("acme", ONE)
        assert told.value.__context__ is None  # nor do frames of others come along
        assert str(told.value).startswith("the hub: ")
        everything = f"{told.getrepr(showlocals=True)} {caplog.text}"
        assert not [each for each in (PASSWORD, WRITTEN, WRONG) if each in everything]

    async def test_a_socket(self, make_engine, serve, store_server, tmp_path):
        path = tmp_path / "store.sock"
        store_server(unixsocket=str(path))
        engine, seen = make_engine(f"unix://{path}?db=3"), Seen()
        serve(seen, of=engine)
        await engine.publish("acme", ONE)
        await until(lambda: seen)

    async def test_tls(self, make_engine, serve, shared_store, enter, tmp_path):
        paths = certificate(tmp_path)
        place = await enter(encrypted(shared_store, paths))
        engine, seen = make_engine(f"rediss://{place}/0?ssl_ca_certs={paths[0]}"), Seen()
        serve(seen, of=engine)
        await engine.publish("acme", ONE)
        await until(lambda: seen)

    async def test_a_store_that_cannot_show_who_it_is(
        self, make_engine, shared_store, enter, tmp_path
    ):
        place = await enter(encrypted(shared_store, certificate(tmp_path)))
        with pytest.raises(HubError, match="certificate verify failed"):
            await make_engine(f"rediss://{place}/0").publish("acme", ONE)

    async def test_authorities_that_are_not_there(self, make_engine, tmp_path):
        engine = make_engine(f"rediss://localhost:1/0?ssl_ca_certs={tmp_path / 'none.pem'}")
        with pytest.raises(HubError, match=r"^the hub: TLS: .*No such file"):
            await engine.publish("acme", ONE)


async def longest_stall(seconds):
    """Wait for so long, and return for how long the loop stood still at most meanwhile."""
    loop, longest = asyncio.get_running_loop(), 0.0
    end = loop.time() + seconds
    while (before := loop.time()) < end:
        await asyncio.sleep(0.01)
        longest = max(longest, loop.time() - before - 0.01)
    return longest


async def line(process):
    async with asyncio.timeout(60):
        return (await process.stdout.readline()).decode().strip()
