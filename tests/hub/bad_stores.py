"""What becomes of clients whose store is wrong from the beginning: they do not know its password, or it forgets
what it has no room for.
"""

import asyncio
import secrets
from contextlib import AsyncExitStack

import redis

from aiogandi import HubError, JournalError, RedisHub, Retry
from aiogandi.sandbox import QUICK, Sandbox
from tests.hub.seen import DEADLINE, LEASE, WITHIN, Seen, create, overheard
from tests.hub.stores import StoreServer
from tests.waiting import until

PASSWORD = "the store's own"
MISTYPED = "the-stores-owm"
JUNK = 64 * 1024
"""Bytes of a value of another program."""


async def mistype():
    """A client comes with a wrong password, which is the right one a moment later; what was seen."""
    async with AsyncExitStack() as stack:
        seen = Seen(stack.enter_context(overheard()))
        server = StoreServer(requirepass=PASSWORD).start()
        stack.callback(server.close)
        sandbox = await stack.enter_async_context(Sandbox(speed=3000))
        url = server.url.replace("//", f"//:{MISTYPED}@")
        hub = RedisHub(url, lease=LEASE, deadline=DEADLINE)
        own = {"hub": hub, "retry": Retry(backoff=0, settle=0.05, within=WITHIN)}
        gandi = await stack.enter_async_context(sandbox.client(**QUICK | own))
        await gandi.vm_list()
        try:
            await create(gandi, "hasty")
        except HubError as error:
            seen.unsent = error
        seen.sent = sandbox.calls["vm_create"]
        with redis.Redis(port=server.port, password=PASSWORD) as operator:
            operator.config_set("requirepass", MISTYPED)
        await until(lambda: seen.count("is back") == 1)
        await create(gandi, "after")
        seen.logins = sandbox.calls["login"]
        names = [vm["hostname"] for vm in sandbox.vms]
        seen.complaints = [] if names == ["after"] else [f"servers: {names}"]
        return seen


async def evict():
    """Another program fills a store that forgets what was not used for long, while a client is in the middle of
    work under a key; what was seen.
    """
    async with AsyncExitStack() as stack:
        seen = Seen(stack.enter_context(overheard()))
        server = StoreServer(appendonly="yes", **{"maxmemory-policy": "allkeys-lru"}).start()
        stack.callback(server.close)
        sandbox = await stack.enter_async_context(Sandbox(speed=3000))
        hub = RedisHub(server.url, lease=LEASE, deadline=DEADLINE)
        journal = await stack.enter_async_context(hub.journal())
        gandi = await stack.enter_async_context(sandbox.client(hub=hub, journal=journal, **QUICK))
        try:
            async with gandi.once("site"):
                await create(gandi, "first")
                await asyncio.to_thread(_fill, server.port)
                await create(gandi, "second")
        except JournalError as error:
            seen.stopped = error
        seen.logins = sandbox.calls["login"]
        names = sorted(vm["hostname"] for vm in sandbox.vms)
        meant = ["first"] if seen.stopped else ["first", "second"]
        seen.complaints = [] if names == meant else [f"servers: {names}"]
        return seen


def _fill(port):
    with redis.Redis(port=port) as other:
        other.config_set("maxmemory", other.info("memory")["used_memory"] + 20 * JUNK)
        for _ in range(400):
            other.set(f"other:{secrets.token_hex(8)}", bytes(JUNK))
