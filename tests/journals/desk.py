"""A sandbox and a journal's file, and clients that come and go as processes do."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from aiogandi import Journal, bulk
from aiogandi.sandbox import QUICK

PASSWORD = "s3cret-pw"


class Desk:
    """Opens clients of *sandbox*, one after the other or at the same time, with journals of one file."""

    def __init__(self, sandbox, path):
        self.sandbox = sandbox
        self.path = path

    def journal(self):
        """One more journal of the same place."""
        return Journal(self.path)

    def at(self, sandbox):
        """A desk with another service, and the same journals."""
        return Desk(sandbox, self.path)

    @asynccontextmanager
    async def client(self, **settings):
        """A client, with a journal of its own."""
        async with self.both(**settings) as (_, gandi):
            yield gandi

    @asynccontextmanager
    async def both(self, **settings):
        """A journal, and a client with it."""
        async with (
            self.journal() as journal,
            self.sandbox.client(journal=journal, **{**QUICK, **settings}) as gandi,
        ):
            yield journal, gandi

    @property
    def hostnames(self):
        return [vm["hostname"] for vm in self.sandbox.vms]

    def sent(self, method="vm_create"):
        """How many requests of this method have come."""
        return self.sandbox.calls[method]


async def create(gandi, hostname="web", password=PASSWORD, shares=1):
    """The operation that creates a server."""
    return await gandi.vm_create(hostname, password, 111, shares, 1)


class Stop(Exception):
    """Ends a block before it is through, as the end of its process would."""


async def stop_after(gandi, *steps, key="web"):
    """Begin the key's block, take these steps, and end it before it is through."""
    with pytest.raises(Stop):
        async with gandi.once(key):
            for step in steps:
                await step(gandi)
            raise Stop


@asynccontextmanager
async def one_under_way(gandi, run):
    """Meanwhile the run's only item, "a", is under way: its server is asked for. Then the run is left early."""
    begun = asyncio.Event()

    async def provision(name):
        await create(gandi, name)
        begun.set()
        await asyncio.sleep(3600)

    async def work():
        async for _ in bulk(provision, ["a"], run=run):
            pass

    task = asyncio.create_task(work())
    await begun.wait()
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
