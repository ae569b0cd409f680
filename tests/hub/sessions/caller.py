"""A process that calls the service once, to be killed meanwhile: ``python tests/hub/sessions/caller.py URL STORE PREFIX LEASE``."""

import asyncio
import sys

from aiogandi import Gandi, RedisHub


async def main(url, store, prefix, lease):
    hub = RedisHub(store, prefix=prefix, lease=float(lease))
    async with Gandi("AA1234-GANDI", "mypassword", url=url, hub=hub) as gandi:
        await gandi.vm_list()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
