"""A process that works with a hub, as that of `tests.journals.worker` does with a file::

python tests/hub/journal/worker.py hold|equal|recover|run URL STORE PREFIX journal|claims [MORE]
"""

import asyncio
import sys
from contextlib import AsyncExitStack

from aiogandi import Gandi, RedisHub
from aiogandi.sandbox import QUICK
from tests.journals.worker import WORK

LEASE = 0.5


async def main(what, url, store, prefix, keeps, *more):
    hub = RedisHub(store, prefix=prefix, lease=LEASE)
    async with AsyncExitStack() as stack:
        journal = None
        if keeps == "journal":
            journal = await stack.enter_async_context(hub.journal())
        settings = {**QUICK, "journal": journal, "hub": hub, "rate_limit": None}
        gandi = await stack.enter_async_context(
            Gandi("AA1234-GANDI", "mypassword", url=url, **settings)
        )
        await WORK[what](gandi, journal, *more)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
