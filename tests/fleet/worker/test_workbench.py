"""Items that are delivered, without an engine: each delivery is a call of the workbench."""

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest

from aiogandi import RedisHub
from aiogandi.fleet.fleet import Fleet
from aiogandi.fleet.items import item_of
from aiogandi.fleet.worker.clients import Clients
from aiogandi.fleet.worker.workbench import SUSPECT, UNKNOWN_ACTION, Workbench
from tests.fleet.fleets import PASSWORD, ROOT, books_of, make_server, until_true
from tests.waiting import until

LEASE = 0.5


class Bench:
    """A workbench of a process, and what it stands on."""

    def __init__(self, fleet, books, journal, *, limit=10, alone=None):
        self.fleet = fleet
        self.books = books
        self.store = fleet.hub.store
        self.clients = Clients(fleet, journal)
        self.bench = Workbench(
            *(self.store, books, self.clients, fleet.actions),
            limit=limit,
            tries=fleet.tries,
            alone=alone,
        )

    async def submit(self, action, values, account="default"):
        """Note items in the books; the names by which they are delivered."""
        items = [item_of(value, str, account) for value in values]
        await self.books.open("run", action, items)
        await self.books.submit("run", items)
        return [("run", item.id) for item in items]

    async def outcomes(self):
        return [outcome for _, _, outcome in (await self.books.outcomes("run", 0)).outcomes]

    async def failures(self):
        return [outcome.get("kind") for outcome in await self.outcomes()]


@asynccontextmanager
async def benched(fleet, **settings):
    async with books_of(fleet) as books, fleet.hub.journal() as journal:
        bench = Bench(fleet, books, journal, **settings)
        try:
            yield bench
        finally:
            await bench.bench.leave()
            await bench.clients.close(wait=0)


@pytest.fixture
async def at(fleet):
    async with benched(fleet) as bench:
        yield bench


async def test_an_item_is_carried_out_and_its_outcome_written(at, sandbox):
    [item] = await at.submit("make_server", ["web-1"])

    assert await at.bench.attend(*item) is None

    assert len(sandbox.vms) == 1
    assert (await at.books.progress("run")).done == 1
    assert await at.bench.attend(*item) is None
    assert len(await at.outcomes()) == 1


async def test_several_deliveries_of_an_item_carry_it_out_once(at, fleet):
    begun, gate = 0, asyncio.Event()

    @fleet.action
    async def wait(_, item):
        nonlocal begun
        begun += 1
        await gate.wait()

    [item] = await at.submit("wait", [1])
    deliveries = [asyncio.create_task(at.bench.attend(*item)) for _ in range(3)]
    await until(lambda: begun)
    deliveries[0].cancel()
    await asyncio.wait(deliveries[:1])
    assert deliveries[0].cancelled()
    assert at.bench.under_way == 1
    gate.set()

    assert await asyncio.gather(*deliveries[1:]) == [None, None]
    assert begun == 1


async def test_an_item_goes_on_where_its_delivery_is_cut_off(at, fleet):
    begun, gate = asyncio.Event(), asyncio.Event()

    @fleet.action
    async def wait(_, item):
        begun.set()
        await gate.wait()

    [item] = await at.submit("wait", [1])
    delivery = asyncio.create_task(at.bench.attend(*item))
    await begun.wait()
    delivery.cancel()
    await asyncio.wait([delivery])
    gate.set()
    await at.bench.idle()

    assert (await at.books.progress("run")).done == 1


async def test_no_more_items_are_under_way_than_the_limit(fleet):
    """Also where deliveries are cut off, and others come in their place."""
    most = now = 0
    gate = asyncio.Event()

    @fleet.action
    async def wait(_, item):
        nonlocal most, now
        now += 1
        most = max(most, now)
        await gate.wait()
        now -= 1

    async with benched(fleet, limit=3) as at:
        items = await at.submit("wait", range(9))
        deliveries = [asyncio.create_task(at.bench.attend(*item)) for item in items[:3]]
        await until(lambda: now == 3)
        for delivery in deliveries:
            delivery.cancel()
        rest = [asyncio.create_task(at.bench.attend(*item)) for item in items]
        await asyncio.wait(deliveries)
        assert at.bench.under_way == 3
        gate.set()
        await asyncio.gather(*rest)

    assert most == 3


async def test_leaving_cuts_off_what_is_under_way_and_it_is_handed_back(fleet, make_fleet, sandbox):
    begun = asyncio.Event()

    @fleet.action
    async def slow(gandi, name):
        await make_server(gandi, name)
        begun.set()
        await asyncio.sleep(600)

    async with benched(fleet) as at:
        [item] = await at.submit("slow", ["web-1"])
        delivery = asyncio.create_task(at.bench.attend(*item))
        await begun.wait()
        await at.bench.leave()
        assert await delivery == 0
        assert await at.bench.attend(*item) == 0
        progress = await at.books.progress("run")
        assert (progress.under_way, progress.waiting) == (0, 1)

    heir = make_fleet()

    @heir.action
    async def slow(gandi, name):  # noqa: F811 - the same one, elsewhere
        return await make_server(gandi, name)

    async with benched(heir) as at:
        assert await until_true(lambda: is_over(at, item))
        assert [outcome["ok"] for outcome in await at.outcomes()] == [True]
    assert len(sandbox.vms) == 1


async def is_over(at, item):
    return await at.bench.attend(*item) is None


async def test_an_unknown_action_is_left_to_others_and_told_once(at, caplog):
    items = await at.submit("elsewhere", [1, 2])

    assert [await at.bench.attend(*item) for item in items] == [UNKNOWN_ACTION] * 2

    progress = await at.books.progress("run")
    assert (progress.under_way, progress.waiting) == (0, 2)
    assert caplog.text.count("action elsewhere is not known here") == 1


async def test_an_item_of_a_living_process_is_delivered_again_later(at, make_fleet):
    [item] = await at.submit("echo", [1])
    async with books_of(make_fleet()) as others:
        await others.begin(*item, ["echo"])

        assert await at.bench.attend(*item) == LEASE
        assert (await at.books.progress("run")).under_way == 1


async def test_a_key_that_somebody_else_holds_is_waited_for_by_the_engine(at, fleet):
    """Not here: it would take a place."""
    [item] = await at.submit("echo", [1])
    client = await at.clients.of("default")
    gate, is_held = asyncio.Event(), asyncio.Event()

    async def hold(_):
        is_held.set()
        await gate.wait()

    holding = asyncio.create_task(client.run("run").carry_out(hold, "1", waits=False))
    await is_held.wait()

    assert await at.bench.attend(*item) == LEASE
    progress = await at.books.progress("run")
    assert (progress.under_way, progress.waiting) == (0, 1)
    gate.set()
    await holding
    assert await at.bench.attend(*item) is None


async def test_other_calls_than_last_time_are_a_failure_that_says_so(at, fleet, sandbox):
    names = ["web-1", "web-2"]

    @fleet.action
    async def change(gandi, _):
        await make_server(gandi, names.pop(0))
        raise LookupError("the first time")

    for _ in range(2):
        [item] = await at.submit("change", [1])
        assert await at.bench.attend(*item) is None

    assert (await at.failures())[-1] == "JournalConflict"
    assert len(sandbox.vms) == 1


async def test_an_action_that_cancels_its_own_task_has_failed(at, fleet):
    @fleet.action
    async def cancel(_, item):
        asyncio.current_task().cancel()
        await asyncio.sleep(1)

    [item] = await at.submit("cancel", [1])

    assert await at.bench.attend(*item) is None
    assert await at.failures() == ["CancelledError"]


async def test_an_action_that_closes_its_client_fails_and_others_go_on(at, fleet):
    @fleet.action
    async def close(gandi, item):
        if item == 1:
            await gandi.close()
        return len(await gandi.vm_list())

    items = await at.submit("close", [1, 2])

    assert [await at.bench.attend(*item) for item in items] == [None, None]
    assert await at.failures() == ["ClientClosed", None]


async def test_a_key_that_repeats_a_password_fails_and_is_not_told(at, fleet):
    """The journal refuses it, because it would keep it."""
    [item] = await at.submit("make_server", [f"web-{ROOT}"])

    assert await at.bench.attend(*item) is None
    [outcome] = await at.outcomes()
    assert outcome["kind"] == "InvalidArgument"
    assert "repeats a password" in outcome["message"]


async def test_a_run_whose_name_is_a_password_fails_its_items(fleet):
    async with benched(fleet) as at:
        item = item_of(1, str, "default")
        await at.books.open(PASSWORD, "echo", [item])
        await at.books.submit(PASSWORD, [item])

        assert await at.bench.attend(PASSWORD, item.id) is None
        assert (await at.books.progress(PASSWORD)).failed == 1


async def test_what_cannot_be_begun_is_delivered_again(store_server, settings):
    server = store_server(appendonly="yes")
    fleet = Fleet(RedisHub(server.url, lease=LEASE, deadline=0.3), account=settings)
    fleet.action(make_server)
    async with benched(fleet) as at:
        [item] = await at.submit("make_server", ["web-1"])
        server.kill()
        assert await at.bench.attend(*item) == 0.3
        server.start()
        await at.store.back()
        assert await until_true(lambda: is_over(at, item))


async def test_an_outcome_is_written_when_the_store_is_back(store_server, settings, sandbox):
    server = store_server(appendonly="yes")
    fleet = Fleet(RedisHub(server.url, lease=LEASE, deadline=0.3), account=settings)

    @fleet.action
    async def interrupted(gandi, name):
        await make_server(gandi, name)
        server.kill()
        raise LookupError("it fails while the store is away")

    async with benched(fleet) as at:
        [item] = await at.submit("interrupted", ["web-1"])
        delivery = asyncio.create_task(at.bench.attend(*item))
        await until(lambda: at.store.is_away)
        server.start()
        await delivery
        assert await until_true(lambda: is_over(at, item))
        assert await at.failures() == ["LookupError"]
    assert len(sandbox.vms) == 1


# -- items that seem to end their processes ------------------------------------------------------


async def died(make_fleet, item, times):
    """Let processes begin the item and leave it, as if they had died."""
    for _ in range(times):
        async with books_of(make_fleet()) as books:
            await books.begin(*item, ["echo", "make_server"])


@pytest.mark.parametrize("deaths", [SUSPECT - 1, SUSPECT])
async def test_an_item_whose_processes_died_twice_is_looked_at(fleet, make_fleet, deaths):
    alone = []

    async def run_alone(run, begun):
        alone.append(begun.item.value)
        await at.books.end(run, begun.item.id, {"ok": True, "result": {}, "repeated": False})

    async with benched(fleet, alone=run_alone) as at:
        [item] = await at.submit("echo", ["web-1"])
        await died(make_fleet, item, deaths)
        await at.books.note_steps(*item, 0, are_more=False)
        assert await at.bench.attend(*item) is None

    assert alone == (["web-1"] if deaths >= SUSPECT else [])


async def test_an_item_that_comes_further_between_deaths_is_no_suspect(fleet, make_fleet):
    async def run_alone(run, begun):
        raise AssertionError

    async with benched(fleet, alone=run_alone) as at:
        [item] = await at.submit("echo", ["web-1"])
        await died(make_fleet, item, SUSPECT + 3)
        assert await at.bench.attend(*item) is None
        assert await at.failures() == [None]


async def test_an_item_that_dies_alone_again_and_again_has_failed(fleet, make_fleet, caplog):
    caplog.set_level(logging.WARNING)
    deaths = iter(["SIGKILL", "SIGKILL", "exit code 3"])

    async def run_alone(run, begun):
        return next(deaths)

    async with benched(fleet, alone=run_alone) as at:
        [item] = await at.submit("echo", ["web-1"])
        await died(make_fleet, item, SUSPECT)
        await at.books.note_steps(*item, 0, are_more=False)
        assert await at.bench.attend(*item) is None
        [outcome] = await at.outcomes()

    assert outcome["kind"] == "Died"
    assert "died 3 times while it ran alone, at last by exit code 3" in outcome["message"]
    assert "it runs alone" in caplog.text


async def test_an_item_that_cannot_be_run_alone_is_delivered_again(fleet, make_fleet):
    async def run_alone(run, begun):
        raise OSError("no process can be begun")

    async with benched(fleet, alone=run_alone) as at:
        [item] = await at.submit("echo", ["web-1"])
        await died(make_fleet, item, SUSPECT)
        await at.books.note_steps(*item, 0, are_more=False)

        assert await at.bench.attend(*item) == LEASE
        assert (await at.books.progress("run")).waiting == 1
