"""A process that attends to the items of an account::

    python tests/fleet/attender.py URL PREFIX ACCOUNT LEASE

It prints ``begins ITEM`` for each item that it is given, and ``ends ITEM`` for all of them when it reads a line.
As in a fleet, an item goes on when its delivery does not.
"""

import asyncio
import sys

from aiogandi.fleet.engine.engine import Engine
from aiogandi.redaction import Secret


async def main(url, prefix, account, lease):
    may_end = asyncio.Event()
    items = {}

    async def go(item):
        print("begins", item, flush=True)  # noqa: T201 - the test reads it
        await may_end.wait()
        print("ends", item, flush=True)  # noqa: T201 - as above

    async def attend(_run, item):
        if item not in items:
            items[item] = asyncio.create_task(go(item))
        await asyncio.shield(items[item])

    engine = Engine(Secret(url), "the hub", prefix, float(lease), deadline=1.0)
    serving = asyncio.create_task(engine.lane(account, 2, attend).serve())
    await asyncio.to_thread(sys.stdin.readline)
    may_end.set()
    await serving


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
