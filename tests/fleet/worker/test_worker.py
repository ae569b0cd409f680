"""Workers: what they take, and how they end."""

import asyncio
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from aiogandi import Done, HubError, InvalidArgument, RateLimit, RedisHub
from aiogandi.fleet.fleet import Fleet
from aiogandi.fleet.worker.allotment import IDLE
from aiogandi.fleet.worker.worker import Worker
from aiogandi.sandbox import Sandbox
from tests.fleet.fleets import echo, make_server, outcomes_of, until_true, working
from tests.processes import REPOSITORY, unmeasured
from tests.waiting import until

PROGRAM = Path(__file__).parents[1] / "in_two_loops.py"


class Gauge:
    """Counts who is inside its action, and keeps them there until its gate is open."""

    def __init__(self, fleet):
        self.now = self.most = self.begun = 0
        self.gate = asyncio.Event()

        @fleet.action
        async def wait(gandi, item):
            await gandi.vm_list()
            self.begun += 1
            self.now += 1
            self.most = max(self.most, self.now)
            try:
                await self.gate.wait()
            finally:
                self.now -= 1
            return item

        self.action = wait


@pytest.fixture
def gauge(fleet):
    return Gauge(fleet)


def first_word(item):
    return item.split()[0]


async def test_a_drained_worker_ends_what_it_has_and_takes_no_more(fleet, gauge):
    worker = Worker(fleet, limit=2)
    working_ = asyncio.create_task(worker.work())
    run = await fleet.submit(gauge.action, range(20), run="numbers")
    await until(lambda: gauge.now == 2)
    worker.drain()
    await asyncio.sleep(0.1)
    assert not working_.done()
    gauge.gate.set()
    async with asyncio.timeout(30):
        await working_

    progress = await run.progress()
    assert progress.done == gauge.begun
    assert progress.under_way == 0
    assert progress.waiting == 20 - gauge.begun
    async with working(fleet):
        assert len(await outcomes_of(run)) == 20
    assert gauge.begun == 20


async def test_a_worker_that_leaves_ends_at_once_and_others_go_on(fleet, make_fleet, gauge):
    worker = Worker(fleet, limit=5)
    working_ = asyncio.create_task(worker.work())
    run = await fleet.submit(gauge.action, range(5), run="numbers")
    await until(lambda: gauge.now == 5)
    worker.leave()
    async with asyncio.timeout(30):
        await working_
    progress = await make_fleet().run("numbers").progress()
    assert (progress.done, progress.failed, progress.under_way, progress.waiting) == (0, 0, 0, 5)

    gauge.gate.set()
    async with working(fleet):
        assert len(await outcomes_of(run)) == 5


async def test_nothing_is_left_when_a_worker_has_ended(fleet):
    before = asyncio.all_tasks()
    async with working(fleet):
        run = await fleet.submit(make_server, ["web-1"], run="servers", account="acme")
        await outcomes_of(run)

    assert asyncio.all_tasks() == before


async def test_a_worker_that_is_cancelled_hands_back_what_it_has(fleet, gauge, make_fleet):
    before = asyncio.all_tasks()
    task = asyncio.create_task(Worker(fleet, limit=5).work())
    await fleet.submit(gauge.action, range(5), run="numbers")
    await until(lambda: gauge.now == 5)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert asyncio.all_tasks() == before
    assert (await make_fleet().run("numbers").progress()).waiting == 5


@pytest.mark.parametrize("limit", [1, 3, 16])
async def test_the_limit_is_never_exceeded_whatever_the_accounts(fleet, gauge, limit):
    items = [f"account-{number % 5} {number}" for number in range(60)]
    async with working(fleet, limit=limit):
        run = await fleet.submit(gauge.action, items, run="numbers", account=first_word)
        await until(lambda: gauge.now == limit)
        await asyncio.sleep(0.6)
        assert gauge.now == limit
        gauge.gate.set()
        assert len(await outcomes_of(run, 60)) == 60

    assert gauge.most == limit


async def test_one_account_comes_to_use_all_places(fleet):
    now, gate = 0, asyncio.Event()

    @fleet.action
    async def wait(gandi, _):
        nonlocal now
        await gandi.vm_list()
        now += 1
        await gate.wait()

    async with working(fleet, limit=20):
        run = await fleet.submit(wait, range(50), run="numbers")
        await until(lambda: now == 20)
        gate.set()
        await outcomes_of(run, 60)


async def test_items_that_make_no_calls_come_to_use_more_places(fleet):
    now = most = 0

    @fleet.action
    async def wait(_, item):
        nonlocal now, most
        now += 1
        most = max(now, most)
        await asyncio.sleep(0.3)
        now -= 1

    async with working(fleet, limit=20):
        await fleet.submit(wait, range(1000), run="numbers")
        await until(lambda: most >= 8)


async def test_all_accounts_have_their_turn_where_there_are_more_than_places(fleet):
    items = [f"account-{number % 12} {number}" for number in range(36)]
    async with working(fleet, limit=2):
        run = await fleet.submit(echo, items, run="numbers", account=first_word)
        assert len(await outcomes_of(run, 90)) == 36


async def test_an_account_with_a_tiny_rate_leaves_places_to_others(make_fleet, settings):
    def account(name):
        rate = RateLimit(1, per=600) if name == "slow" else None
        return {**settings(name), "rate_limit": rate, "rate_group": name}

    fleet = make_fleet(account)
    inside = Counter()

    @fleet.action
    async def look(gandi, item):
        inside[first_word(item)] += 1
        await gandi.vm_list()
        inside[first_word(item)] -= 1

    slow = [f"slow {number}" for number in range(200)]
    async with working(fleet, limit=60):
        await fleet.submit(look, slow, run="slow", account=first_word)
        await until(lambda: inside["slow"])
        await asyncio.sleep(0.5)  # in which it would take more and more places
        quick = [f"quick {number}" for number in range(50)]
        run = await fleet.submit(look, quick, run="quick", account=first_word)
        assert all(outcome.ok for outcome in await outcomes_of(run))

        assert inside["slow"] <= 8


async def test_what_a_worker_is_at_is_told(fleet, gauge):
    async with working(fleet, limit=7) as worker:
        await fleet.submit(gauge.action, range(2), run="numbers")
        await until(lambda: gauge.now == 2)
        assert worker.under_way == 2
        store = fleet.hub.store
        await until(lambda: store.about["worker"]["under_way"] == 2)
        told = {"limit": 7, "under_way": 2, "accounts": 1, "drains": False}
        assert store.about["worker"] == told
        worker.drain()
        await until(lambda: store.about["worker"] == {**told, "drains": True})
        gauge.gate.set()
        await until(lambda: "worker" not in store.about)


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "5", None])
def test_a_wrong_limit_is_refused(fleet, wrong):
    with pytest.raises(InvalidArgument, match="limit"):
        Worker(fleet, limit=wrong)


# -- the store ---------------------------------------------------------------------------------


@pytest.fixture
def fleet_on(settings):
    """Makes fleets on a store of the test's own."""

    def make(server):
        hub = RedisHub(server.url, lease=0.5, deadline=0.5)
        fleet = Fleet(hub, account=settings)
        for action in (echo, make_server):
            fleet.action(action)
        return fleet

    return make


async def test_a_worker_does_not_begin_without_a_store(store_server, fleet_on):
    server = store_server()
    server.kill()
    with pytest.raises(HubError, match="is away"):
        await Worker(fleet_on(server), limit=2).work()


async def test_a_run_goes_on_when_the_store_was_away(store_server, fleet_on, sandbox):
    """Also for who waits for its outcomes. Nothing is done twice."""
    server = store_server(appendonly="yes")
    fleet = fleet_on(server)
    names = [f"web-{number}" for number in range(60)]
    async with working(fleet, limit=10, lost=1.0):
        run = await fleet.submit(make_server, names, run="servers")
        found = []
        async with asyncio.timeout(90):
            async for outcome in run:
                found.append(outcome)
                if len(found) in (5, 25):
                    server.kill()
                    await until(lambda: fleet.hub.store.is_away)
                    await asyncio.sleep(0.2)
                    server.start()

    assert sorted(found, key=str) == [Done(name, name) for name in sorted(names)]
    assert sorted(vm["hostname"] for vm in sandbox.vms) == sorted(names)


async def test_a_worker_goes_on_when_the_store_was_emptied(store_server, fleet_on):
    server = store_server()
    fleet = fleet_on(server)
    gate, begun = asyncio.Event(), asyncio.Event()

    @fleet.action
    async def wait(_, item):
        begun.set()
        await gate.wait()

    async with working(fleet, limit=5):
        await fleet.submit(wait, range(5), run="lost")
        await begun.wait()
        server.kill()
        server.start()
        gate.set()
        await until(lambda: fleet.hub.store.generation == 1)
        run = await until_submitted(fleet)
        assert len(await outcomes_of(run, 60)) == 5
        assert [each.run for each in await fleet.runs()] == ["kept"]


async def until_submitted(fleet):
    async def submitted():
        try:
            return await fleet.submit(echo, range(5), run="kept")
        except HubError:
            return None

    return await until_true(submitted)


# -- loops ---------------------------------------------------------------------------------------


def test_one_fleet_works_in_one_loop_after_the_other_without_a_warning(
    shared_store, prefix, sandbox_url
):
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", PROGRAM, shared_store, prefix, sandbox_url],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env=unmeasured() | {"PYTHONPATH": str(REPOSITORY)},
    )

    told = [line for line in done.stderr.splitlines() if not line.startswith("Executing <")]
    assert (told, done.returncode) == ([], 0)


@pytest.fixture
def sandbox_url():
    with Sandbox(speed=300).thread() as sandbox:
        yield sandbox.url


class SlowLane:
    """A lane that takes a while to begin, as a hundred do that begin at once."""

    def __init__(self, lane):
        self._lane = lane

    def __getattr__(self, name):
        return getattr(self._lane, name)

    async def serve(self):
        with suppress(TimeoutError):
            async with asyncio.timeout(1.5 * IDLE):
                await self.stopping.wait()
        await self._lane.serve()


async def test_a_lane_that_has_not_begun_does_not_give_its_place_up(fleet, monkeypatch):
    """Where there are more accounts than places no lane would ever come so far."""
    engine = fleet.engine

    def slow_engine():
        made = engine()
        lane = made.lane
        made.lane = lambda *about: SlowLane(lane(*about))
        return made

    monkeypatch.setattr(fleet, "engine", slow_engine)
    run = await fleet.submit(echo, ["a 1", "b 1", "c 1"], run="letters", account=first_word)
    async with working(fleet, limit=1):
        async with asyncio.timeout(10):
            async for outcome in run:
                assert outcome.error is None
                break
