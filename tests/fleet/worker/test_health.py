"""Whether workers of this machine are well, read in the store."""

import asyncio
import os
import signal
from datetime import UTC, datetime

import pytest

from aiogandi import Fleet, RedisHub
from aiogandi.errors import HubError
from aiogandi.fleet.worker.health import workers_here
from aiogandi.fleet.worker.worker import Worker
from tests.fleet.workers import PATIENCE, line_with


async def found(hub, number):
    """The workers, as soon as there are so many."""
    async with asyncio.timeout(PATIENCE):
        while len(workers := await workers_here(hub)) != number:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.05)
    return workers


@pytest.fixture
async def present():
    """Has this process be in a store, in the name of hubs."""
    hubs = []

    async def enter(hub, **about):
        hubs.append(hub)
        hub.store.join()
        hub.store.about.update(about)
        await hub.store.begun()
        return hub

    yield enter
    for hub in hubs:
        await hub.store.leave()


WORKER = {"limit": 7, "under_way": 3, "accounts": 1}


async def test_nobody_has_used_the_store(make_hub):
    assert await workers_here(make_hub()) == []


async def test_a_worker_tells_of_itself_until_it_has_ended(make_hub):
    fleet = Fleet(make_hub(lease=0.5))
    fleet.action(action)
    worker = Worker(fleet, limit=7)
    working = asyncio.create_task(worker.work())
    [told] = await found(make_hub(), 1)
    assert (told.pid, told.under_way, told.limit) == (os.getpid(), 0, 7)
    assert abs((datetime.now(UTC) - told.since).total_seconds()) < PATIENCE
    worker.drain()
    await working
    assert await workers_here(make_hub()) == []


async def action(gandi, item):
    return item


async def test_the_oldest_worker_is_first(make_hub, present):
    for pid, since in (("2", 20.0), ("1", 10.0), ("3", 30.0)):
        await present(make_hub(lease=60), worker=WORKER, pid=pid, since=since)
    assert [each.pid for each in await workers_here(make_hub())] == ["1", "2", "3"]


async def test_who_is_no_worker_or_on_another_machine_does_not_count(make_hub, present):
    await present(make_hub(lease=60))
    await present(make_hub(lease=60), worker=WORKER, host="elsewhere.internal")
    assert await workers_here(make_hub()) == []
    hub = await present(make_hub(lease=60), worker=WORKER)
    [told] = await workers_here(make_hub())
    assert told.to_dict() == {
        "pid": os.getpid(),
        "since": datetime.fromtimestamp(hub.store.about["since"], UTC).isoformat(
            timespec="seconds"
        ),
        "under_way": 3,
        "limit": 7,
    }


async def test_a_worker_that_stands_still_is_not_well(make_hub, workplace):
    worker = await workplace.worker("--limit", 7)
    await line_with(worker, "begins")
    [told] = await found(make_hub(), 1)
    assert (told.pid, told.limit) == (worker.pid, 7)
    worker.send_signal(signal.SIGSTOP)
    await found(make_hub(), 0)
    worker.send_signal(signal.SIGCONT)
    await found(make_hub(), 1)


async def test_looking_changes_nothing(make_hub, present):
    hub = await present(make_hub(lease=60), worker=WORKER)
    before = await hub.store.command("DBSIZE"), await hub.store.command("LASTSAVE")
    await workers_here(make_hub())
    assert (await hub.store.command("DBSIZE"), await hub.store.command("LASTSAVE")) == before


async def test_what_another_release_has_left_is_not_read(make_hub, prefix, present):
    hub = await present(make_hub(lease=60), worker=WORKER)
    await hub.store.command("HSET", f"{prefix}:about", "format", 99)
    with pytest.raises(HubError, match="another release's: it has format 99"):
        await workers_here(make_hub())


async def test_a_store_that_does_not_answer_is_told_without_its_password():
    hub = RedisHub("redis://:s3cret@127.0.0.1:1/0")
    with pytest.raises(HubError, match=r"^the hub redis://127.0.0.1:1/0 is away: ") as told:
        await workers_here(hub)
    assert "s3cret" not in repr(told.value)
