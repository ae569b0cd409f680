"""A worker of any engine that delivers each item at least once: it is told the keys of items, a line for each,
until there are no more, and lives the life of each under its key::

    python tests/fleet/seam_worker.py URL STORE

It tells in lines of JSON that it is ready, and of each item what it came to.
"""

import asyncio
import logging
import sys

from aiogandi import Gandi
from tests.hub.life import SETTINGS, hub_at, live, tell


async def lines():
    """What it is told, line by line."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    async for line in reader:
        yield line.decode().strip()


async def main(url, store):
    logging.getLogger("aiogandi").setLevel(logging.ERROR)
    hub = hub_at(store)
    async with (
        hub.journal() as journal,
        Gandi("AA1234-GANDI", "mypassword", url=url, hub=hub, journal=journal, **SETTINGS) as gandi,
        asyncio.TaskGroup() as group,
    ):

        async def work(key):
            async with gandi.once(key):
                result = await live(gandi)
            tell("done", key, result)

        tell("ready")
        async for key in lines():
            group.create_task(work(key))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
