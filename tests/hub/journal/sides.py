"""Journals in a store as several processes see it, without clients and service."""

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager

from aiogandi.changes.journal import HeldElsewhere, Intent
from aiogandi.hub.journal.storage import HubStorage
from aiogandi.hub.scripts import LEAVE

ACCOUNT = '["login", null, "url"]'
LONG = 600.0
"""A lease in which no process is heard of but once."""


def intent(key=None, step=None, *, since=None, method="vm_create", timeout=1.0, settle=1.0):
    since = time.time() if since is None else since
    arguments = {"hostname": "web"}
    return Intent(
        *(method, arguments, (), "vm_id", 1, 5, since, timeout, settle),
        *(None if key is None else key.number, step),
    )


async def held(journal, key):
    """The key, as soon as it is free."""
    async with asyncio.timeout(20):
        # Nobody tells that it is free.
        while isinstance(found := await journal.hold(key), HeldElsewhere):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found


class Process:
    """One process, with a journal of one client in it."""

    def __init__(self, hub, number, **settings):
        self.hub = hub
        self.store = hub.store
        self.told = f"process {number}"
        self.storage = HubStorage(self.store, **settings)
        self.is_brief = settings.get("brief", False)
        self.journal = None
        self.is_over = False

    async def begin(self, within=5.0):
        await (self.joined() if self.is_brief else self.storage.open())
        self.journal = await self.client(within)
        return self

    async def joined(self):
        self.store.join()

    async def client(self, within=5.0):
        """One more client of the process."""
        return (await self.storage.enter(ACCOUNT, self.told, within))[0]

    async def vanish(self):
        """Be heard of no more, as one that was killed or is frozen."""
        await self.store.run(LEAVE, self.store.process)

    async def kill(self):
        """End without leaving anything as it should be."""
        self.journal.stop()
        await self.end()

    async def end(self):
        if self.is_over:
            return
        self.is_over = True
        if self.journal is not None:
            await self.journal.leave()
        await (self.store.leave() if self.is_brief else self.storage.close())


@asynccontextmanager
async def processes(make_hub, number=2, *, lease=LONG, within=5.0, hub=None, **settings):
    """So many processes on one store. *hub* are settings of their hubs."""
    async with AsyncExitStack() as stack:
        sides = []
        for each in range(1, number + 1):
            side = Process(make_hub(lease=lease, **(hub or {})), each, **settings)
            stack.push_async_callback(side.end)
            sides.append(await side.begin(within))
        yield sides
