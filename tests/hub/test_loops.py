"""A hub belongs to the loop of its clients; when that was closed, it can be used in another one."""

import subprocess
import sys

from tests.processes import unmeasured

# A process of its own, since what is left of a loop that was closed too early complains at any time.
PROGRAM = """
import asyncio
import sys
from aiogandi import Gandi, RateLimit, RedisHub
from aiogandi.sandbox import QUICK, Sandbox

_, url, prefix = sys.argv
hub = RedisHub(url, prefix=prefix, lease=0.5)
settings = {**QUICK, "rate_limit": RateLimit(1000, per=1.0), "hub": hub}


async def create(gandi):
    await (await gandi.vm_create("web", "s3cret-pw", 111, 1, 1))


async def work(gandi, url):
    await gandi.close()
    store = hub.store
    print([*store.on_away, *store.on_back, *store.on_replaced, *store.on_beat])
    async with Gandi("AA1234-GANDI", "mypassword", url=url, **settings) as another:
        await create(another)


with Sandbox(speed=3000).thread() as sandbox:
    gandi = Gandi("AA1234-GANDI", "mypassword", url=sandbox.url, **settings)
    asyncio.run(create(gandi))
    asyncio.run(work(gandi, sandbox.url))
    print(len(sandbox.vms))
"""


def test_after_its_loop_a_client_hears_nothing_of_the_store(shared_store, prefix):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, shared_store, prefix],
        check=True, capture_output=True, text=True, timeout=120, env=unmeasured(),
    )  # fmt: skip
    assert done.stdout == "[]\n2\n"
