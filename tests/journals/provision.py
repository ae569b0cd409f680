"""A bulk run that survives `kill -9`: run again, it goes on where it was. ``provision.py URL JOURNAL ITEMS``."""

import asyncio
import sys

from aiogandi import Gandi, Journal, Polling, Retry, bulk

URL, PATH, ITEMS = sys.argv[1:4]


async def main():
    retry = Retry(settle=0.3, backoff=0.05)
    polling = Polling(interval=0.02, max_interval=0.1)
    async with (
        Journal(PATH) as journal,
        Gandi("AA1234-GANDI", "mypassword", url=URL, journal=journal, rate_limit=None, retry=retry,
              polling=polling) as gandi,
    ):  # fmt: skip

        async def provision(number):
            name = f"web-{number % 20:02}"  # three of each name
            vm = await gandi.vm_create(name, "s3cret-pw", 111, shares=1, cpu=1)
            await vm
            disk = await gandi.disk_create({"size": 2048, "name": f"data-{number % 20}"})
            await disk
            await (await gandi.disk_attach(vm.vm_id, disk.disk_id))
            return vm.vm_id

        failed = 0
        run = journal.run("release", key=str)
        async for outcome in bulk(provision, range(int(ITEMS)), run=run):
            if outcome.error is not None:
                failed += 1
                print(outcome.item, repr(outcome.error), flush=True)
        print("through", failed, flush=True)


asyncio.run(main())
