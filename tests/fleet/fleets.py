"""What tests of the fleet work with: a sandbox, fleets on the shared store, and workers in this process."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from aiogandi import Gandi
from aiogandi.fleet.books.books import Books
from aiogandi.fleet.fleet import Fleet
from aiogandi.fleet.worker.worker import Worker
from aiogandi.sandbox import QUICK, Sandbox

PASSWORD = "a pass of its own"
ROOT = "r00t-pw-of-one"
"""The password of the servers that tests make."""


@pytest.fixture
async def sandbox():
    async with Sandbox(speed=300, password=PASSWORD) as sandbox:
        yield sandbox


@pytest.fixture
def settings(sandbox):
    """The settings of any account: all are one at the sandbox."""
    quick = {**QUICK, "rate_limit": None}
    return lambda _: dict(login="AA1234-GANDI", password=PASSWORD, url=sandbox.url, **quick)


@pytest.fixture
def make_fleet(make_hub, settings):
    """Makes fleets on one store and prefix, each as that of another process."""

    def make(account=settings, *, tries=3, lease=0.5, deadline=1.0):
        fleet = Fleet(make_hub(lease=lease, deadline=deadline), account=account, tries=tries)
        for action in (echo, make_server, refuse):
            fleet.action(action)
        return fleet

    return make


@pytest.fixture
def fleet(make_fleet):
    return make_fleet()


async def echo(_: Gandi, item):
    """Gives the item back."""
    return item


async def make_server(gandi: Gandi, name):
    """Makes a server, and gives back what it is called."""
    operation = await gandi.vm_create(name, ROOT, 111, shares=1, cpu=1)
    await operation
    return name


async def refuse(_: Gandi, item):
    """Fails."""
    raise LookupError(f"{item} is not there")


@asynccontextmanager
async def working(fleet, *, limit=20, pause=0.03, **settings):
    """A worker that works meanwhile, and leaves in the end. It looks for work more often than others do."""
    worker = Worker(fleet, limit=limit, pause=pause, **settings)
    task = asyncio.create_task(worker.work())
    try:
        yield worker
    finally:
        worker.leave()
        await task


async def outcomes_of(run, within=30):
    """All outcomes of a run."""
    async with asyncio.timeout(within):
        return [outcome async for outcome in run]


@asynccontextmanager
async def books_of(fleet):
    """The books of a fleet, of a process in the store."""
    books = Books(fleet.hub.store)
    async with books.at_hand():
        yield books


async def until_true(asks, within=30):
    """Ask until the answer is true, and return it."""
    async with asyncio.timeout(within):
        while not (answer := await asks()):  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.01)
        return answer
