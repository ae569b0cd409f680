"""What the store must be set to, what is told where it is not, and that writes wait for its disk."""

import asyncio

import pytest

from aiogandi.errors import HubError
from aiogandi.hub.journal.durability import WAITAOF_SINCE
from aiogandi.hub.redis_hub import RedisHub
from tests.hub.journal.sides import intent, processes

GOOD = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


async def warnings(url, prefix, told):
    """What is told of the store when a journal is opened."""
    async with RedisHub(url, prefix=prefix).journal():
        pass
    return [each.getMessage() for each in told.records]


async def test_one_that_is_set_as_it_must_be_is_not_told_of(store_server, prefix, told):
    assert await warnings(store_server(**GOOD).url, prefix, told) == []


async def test_what_is_not_is_told_in_one_warning(store_server, prefix, told):
    bad = {"appendonly": "no", "appendfsync": "everysec", "maxmemory-policy": "allkeys-lru"}
    [told_of] = await warnings(store_server(**bad).url, prefix, told)
    assert told_of.endswith(
        "what a journal writes there may be lost: appendonly is no, and must be yes; appendfsync is"
        " everysec, and must be always; maxmemory-policy is allkeys-lru, and must be noeviction"
    )


async def test_what_may_not_be_seen_is_told_too(store_server, prefix, told):
    server = store_server(**GOOD)
    async with processes(lambda **_: RedisHub(server.url, prefix=prefix), 1) as [one]:
        await one.store.command(
            *("ACL", "SETUSER", "guest", "on", ">pw", "~*", "+@all", "-config", "-info")
        )
    url = server.url.replace("redis://", "redis://guest:pw@")
    [told_of] = await warnings(url, prefix, told)
    for name, wanted in GOOD.items():
        assert f"{name} could not be seen, and must be {wanted}" in told_of
    assert "pw" not in told_of


async def require_waitaof(store):
    version = (await store.look("INFO", "server"))["redis_version"]
    if tuple(map(int, version.split("."))) < WAITAOF_SINCE:
        pytest.skip(f"Redis {version} cannot be asked to wait for its disk")


async def test_a_write_waits_for_the_disk_and_fails_where_it_does_not_get_there(
    store_server, prefix, told
):
    server = store_server(**GOOD)
    async with processes(lambda **_: RedisHub(server.url, prefix=prefix), 1) as [one]:
        await require_waitaof(one.store)
        call = await one.journal.intend(intent())
        await one.store.command("CONFIG", "SET", "appendonly", "no")
        with pytest.raises(HubError, match="is not on its disk yet"):
            await one.journal.intend(intent())
        await one.store.command("CONFIG", "SET", "appendonly", "yes")
        later = await one.journal.intend(intent())
        # What did not get there was refused, and is nobody's.
        assert [each.number for each in await one.journal.left()] == [call, later]


async def test_claims_without_a_journal_wait_for_no_disk(store_server, prefix, told):
    server = store_server(**GOOD)
    hub = RedisHub(server.url, prefix=prefix)
    async with processes(lambda **_: hub, 1, brief=True) as [one]:
        await one.store.command("CONFIG", "SET", "appendonly", "no")
        assert await one.journal.intend(intent())
    assert told.text == ""


async def test_all_that_is_written_at_once_waits_for_the_disk_once(store_server, prefix, told):
    server = store_server(**GOOD)
    async with processes(lambda **_: RedisHub(server.url, prefix=prefix), 1) as [one]:
        await require_waitaof(one.store)
        await one.journal.intend(intent())

        async def waits():
            return (await one.store.look("INFO", "commandstats"))["cmdstat_waitaof"]["calls"]

        before = await waits()
        await asyncio.gather(*(one.journal.intend(intent()) for _ in range(100)))
        assert await waits() == before + 1
