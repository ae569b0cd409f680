"""What stands in the store, as the overview tells it."""

import asyncio
import json
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from aiogandi import AuthenticationError, Gandi, RateLimit
from aiogandi.hub.overview.reading import overview
from aiogandi.hub.turns.scripts import HOLD_BACK
from aiogandi.sandbox import QUICK, Sandbox

LOGIN, PASSWORD = "AA1234-GANDI", "mypassword"


@pytest.fixture
async def sandbox():
    """Operations in it take as long as at the service."""
    async with Sandbox(speed=1) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox):
    """Makes clients of the sandbox."""

    def make(hub, password=PASSWORD, **settings):
        given = {**QUICK, "rate_limit": RateLimit(50, per=1.0), **settings}
        return Gandi(LOGIN, password, url=sandbox.url, hub=hub, **given)

    return make


async def seen(hub, holds, within=60):
    """What is told of the only account, once that *holds*."""
    async with asyncio.timeout(within):
        while True:
            accounts = (await overview(hub)).accounts
            if len(accounts) == 1 and holds(accounts[0]):
                return accounts[0]
            await asyncio.sleep(0.05)


@asynccontextmanager
async def here(hub):
    """The hub's process is in the store."""
    hub.store.join()
    try:
        await hub.store.begun()
        yield hub.store
    finally:
        await hub.store.leave()


async def test_nothing_stands_there_before_the_first_comes(make_hub, prefix):
    found = await overview(make_hub())
    assert (found.format, found.prefix, found.is_of_another_release) == (None, prefix, False)
    assert found.processes == found.rates == found.sessions == found.accounts == found.keys == ()
    assert (await overview(make_hub())) == found  # that somebody looked has left nothing


async def test_who_is_there(make_hub, client):
    began = datetime.now(UTC)
    async with client(make_hub(lease=30)) as gandi, here(make_hub(lease=20)) as other:
        await gandi.vm_list()
        found = await overview(make_hub())
        first, second = found.processes
        assert (first.pid, first.logins, second.logins) == (os.getpid(), (LOGIN,), ())
        assert second.name == other.process
        assert began - timedelta(seconds=1) < first.since < second.since < datetime.now(UTC)
        assert 0 <= first.heard < 30
    assert (await overview(make_hub())).processes == ()


async def test_one_that_is_not_heard_of_any_more_is_not_there(make_hub, client, prefix):
    async with client(make_hub(lease=60)) as gandi, here(make_hub(lease=60)) as other:
        operation = await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
        waiting = asyncio.create_task(operation.wait())
        account = await seen(make_hub(), lambda account: account.poller and account.watches)
        await other.command("DEL", f"{prefix}:here:{account.poller}")
        found = await overview(make_hub())
        assert [each.name for each in found.processes] == [other.process]
        assert [(each.poller, each.watches) for each in found.accounts] == [(None, 0)]
        waiting.cancel()


async def test_turns(make_hub, client):
    async with client(make_hub(rate_group="ours")) as gandi, here(make_hub()) as store:
        for _ in range(3):
            await gandi.vm_list()
        [group] = (await overview(make_hub())).rates
        assert (group.name, group.held) == ("ours", 0.0)
        assert group.gap == pytest.approx(1 / 49, rel=0.1)
        assert group.used >= 2
        await store.run(HOLD_BACK, "ours", 30)
        [group] = (await overview(make_hub())).rates
        assert 25 < group.held <= 30
        assert group.free >= group.held - 0.1


async def test_sessions_and_refused_logins_without_what_they_hide(make_hub, client, sandbox):
    async with client(make_hub()) as gandi, client(make_hub(), "an-old-password") as stale:
        await gandi.vm_list()
        with pytest.raises(AuthenticationError):
            await stale.vm_list()
        found = await overview(make_hub())
        [kept] = [each for each in found.sessions if each.began is not None]
        [refused] = [each for each in found.sessions if each.refused is not None]
        assert kept.process in {each.name for each in found.processes}
        assert kept.ends - kept.began == timedelta(seconds=43200)
        assert kept.login is kept.refused is None
        assert 0 < refused.refused <= 60
        told = json.dumps(found.to_dict())
        assert PASSWORD not in told
        assert "an-old-password" not in told
        assert len(kept.fingerprint) == len(refused.fingerprint) == 8


async def test_who_polls_and_what_is_watched(make_hub, client, sandbox):
    async with client(make_hub()) as gandi, client(make_hub()) as other:
        operations = [
            await each.vm_create(f"web-{number}", "s3cret-pw", 111, 1, 1)
            for number, each in enumerate((gandi, other, other))
        ]
        waits = [asyncio.create_task(operation.wait()) for operation in operations]
        account = await seen(make_hub(), lambda account: account.poller and account.watches == 3)
        assert (account.login, account.url) == (LOGIN, sandbox.url)
        assert account.watchers == 2
        assert account.claims >= 3
        assert account.poller in {each.name for each in (await overview(make_hub())).processes}
        sandbox.advance(120)
        await asyncio.gather(*waits)
        await seen(make_hub(), lambda account: account.watches == 0)


async def test_keys_that_are_held(make_hub, client):
    hub = make_hub()
    async with hub.journal() as journal, client(hub, journal=journal) as gandi:
        async with gandi.once("done"):
            await gandi.disk_create({"size": 1024, "name": "data"})
        async with gandi.once("web"), gandi.once("inner"):
            held = (await overview(make_hub())).keys
            assert [(each.key, each.run) for each in held] == [
                (("web",), None),
                (("web", "inner"), None),
            ]
            assert f"process {os.getpid()} " in held[0].holder
        assert (await overview(make_hub())).keys == ()
