"""A process that works with a journal, as its first argument says. For tests of processes beside each other::

    python tests/journals/worker.py hold|equal|recover|run URL JOURNAL [MORE]

It prints a line of JSON for each thing that a test waits for.
"""

import asyncio
import json
import sys

from aiogandi import Gandi, Journal, bulk
from aiogandi.sandbox import QUICK


def tell(value):
    print(json.dumps(value), flush=True)  # noqa: T201 - a test reads it


async def create(gandi, hostname="web"):
    return (await gandi.vm_create(hostname, "s3cret-pw", 111, shares=1, cpu=1)).vm_id


async def hold(gandi, journal, key):
    """Hold a key, and create a server under it when there is a line to read."""
    async with gandi.once(key):
        tell("held")
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        tell(await create(gandi, key))


async def equal(gandi, journal, number):
    """Make so many equal calls at once, none of them under a key."""
    tell(await asyncio.gather(*(create(gandi) for _ in range(int(number)))))


async def recover(gandi, journal):
    """Tell what earlier processes have left, and live on."""
    found = await gandi.recover()
    tell([[each.pending.method, each.outcome, each.pending.operation_id] for each in found])
    await asyncio.sleep(3600)


async def run(gandi, journal, number, wait):
    """A run of so many servers, each of which takes some seconds more."""

    async def provision(name):
        vm_id = await create(gandi, name)
        tell(["begun", name])
        await asyncio.sleep(float(wait))
        return vm_id

    names = [f"web-{n}" for n in range(int(number))]
    async for outcome in bulk(provision, names, run=journal.run("release"), limit=2):
        tell([outcome.item, outcome.ok, outcome.result, repr(outcome.error)])
    tell("through")


async def main(what, url, path, *more):
    async with (
        Journal(path) as journal,
        Gandi("AA1234-GANDI", "mypassword", url=url, journal=journal, **QUICK) as gandi,
    ):
        await WORK[what](gandi, journal, *more)


WORK = {each.__name__: each for each in (hold, equal, recover, run)}

if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
