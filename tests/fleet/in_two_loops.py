"""A program that uses one fleet in two event loops, one after the other, and leaves its loop of outcomes early."""

import asyncio
import logging
import sys

from aiogandi import RedisHub
from aiogandi.fleet.fleet import Fleet
from aiogandi.fleet.worker.worker import Worker
from aiogandi.sandbox import QUICK

url, prefix, sandbox_url = sys.argv[1:]
logging.getLogger("aiogandi.hub").setLevel(logging.ERROR)
fleet = Fleet(
    RedisHub(url, prefix=prefix, lease=0.5),
    account=lambda _: dict(login="AA1234-GANDI", password="mypassword", url=sandbox_url, **QUICK),
)


@fleet.action
async def provision(gandi, name):
    await (await gandi.vm_create(name, "s3cret-pw", 111, 1, 1))
    return name


async def main(name):
    worker = Worker(fleet, limit=5)
    working = asyncio.create_task(worker.work())
    run = await fleet.submit(provision, [f"{name}-{number}" for number in range(3)], run=name)
    assert len([outcome async for outcome in run]) == 3
    await fleet.submit(provision, [f"{name}-3"], run=name)
    async for _ in run:
        break
    worker.leave()
    await working
    async for _ in fleet.run(name):
        break


for name in ("one", "two"):
    asyncio.run(main(name))
