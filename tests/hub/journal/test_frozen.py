"""Where exactly-once ends with a hub's journal: a process that is frozen between its check and its send. One that is
frozen before its check sends nothing.
"""

import asyncio
import os
import signal
import sys

import redis

from aiogandi import Gandi, RedisHub, Retry
from aiogandi.instrumentation import SurplusFound
from aiogandi.sandbox import Sandbox
from tests.hub.slow_way import SlowWay
from tests.processes import unmeasured
from tests.waiting import until

RETRY = Retry(settle=0.2, backoff=0.05)
LEASE = 0.5

DELAY = 0.3
"""Seconds that the store's answers to the frozen process take: so it misses the turn at which its call was written down,
and waits for the next one.
"""

WORKER = """
import asyncio, os, signal, sys
from aiogandi import Gandi, RedisHub, Retry
from aiogandi.instrumentation import ExchangeBegan

def freeze(event):
    if isinstance(event, ExchangeBegan) and event.method == "vm_create":
        os.kill(os.getpid(), signal.SIGSTOP)

async def main(url, store, prefix, lease):
    hub = RedisHub(store, prefix=prefix, lease=float(lease))
    async with hub.journal() as journal:
        settings = {"url": url, "hub": hub, "journal": journal, "on_event": freeze}
        settings |= {"timeout": 1.0, "retry": Retry(settle=0.2)}
        async with Gandi("AA1234-GANDI", "mypassword", **settings) as gandi:
            async with gandi.once("web"):
                await gandi.vm_create("web", "s3cret-pw", 111, shares=1, cpu=1)

asyncio.run(main(*sys.argv[1:]))
"""


WAITING_WORKER = """
import asyncio, sys
from aiogandi import Gandi, RateLimit, RedisHub, Retry

async def main(url, store, prefix, lease):
    hub = RedisHub(store, prefix=prefix, lease=float(lease))
    async with hub.journal() as journal:
        settings = {"url": url, "hub": hub, "journal": journal}
        settings |= {"timeout": 1.0, "retry": Retry(settle=0.2), "rate_limit": RateLimit(1, per=0.6)}
        async with Gandi("AA1234-GANDI", "mypassword", **settings) as gandi:
            await gandi.vm_list()
            async with gandi.once("web"):
                print("in", flush=True)
                await asyncio.to_thread(sys.stdin.readline)
                await gandi.vm_create("web", "s3cret-pw", 111, shares=1, cpu=1)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_what_it_has_written_down_counts_no_more_when_it_thaws(shared_store, prefix):
    way = SlowWay(shared_store)
    url = await way.open()
    store = redis.Redis.from_url(shared_store)
    try:
        async with Sandbox(speed=100) as sandbox:
            frozen = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", WAITING_WORKER, sandbox.url, url, prefix, str(LEASE)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=unmeasured(),
            )
            await frozen.stdout.readline()
            way.seconds = DELAY
            frozen.stdin.write(b"\n")
            await until(lambda: store.keys(f"{prefix}:*:call:*"))
            await asyncio.sleep(1.5 * DELAY)  # the answer has come, and its turn has not
            frozen.send_signal(signal.SIGSTOP)
            hub = RedisHub(shared_store, prefix=prefix, lease=LEASE)
            async with (
                hub.journal() as journal,
                sandbox.client(hub=hub, journal=journal, timeout=1.0, retry=RETRY) as gandi,
            ):
                async with gandi.once("web"):
                    await gandi.vm_create("web", "s3cret-pw", 111, shares=1, cpu=1)
                frozen.send_signal(signal.SIGCONT)
                _, said = await frozen.communicate()

            assert len(sandbox.vms) == 1
            assert "is not held any more" in said.decode()
    finally:
        store.close()
        await way.close()


async def test_what_it_sends_after_all_is_told_as_a_surplus(shared_store, prefix):
    told = []

    def listen(event):
        if isinstance(event, SurplusFound):
            told.append(event.operation_id)

    async with Sandbox(speed=100) as sandbox:
        frozen = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", WORKER, sandbox.url, shared_store, prefix, str(LEASE)),
            stderr=asyncio.subprocess.PIPE,
            env=unmeasured(),
        )
        await asyncio.to_thread(os.waitid, os.P_PID, frozen.pid, os.WSTOPPED | os.WNOWAIT)
        hub = RedisHub(shared_store, prefix=prefix, lease=LEASE)
        async with (
            hub.journal() as journal,
            Gandi(
                *("AA1234-GANDI", "mypassword"),
                url=sandbox.url,
                hub=hub,
                journal=journal,
                timeout=5.0,
                retry=RETRY,
                on_event=listen,
            ) as gandi,
        ):
            async with gandi.once("web"):
                server = await gandi.vm_create("web", "s3cret-pw", 111, shares=1, cpu=1)
                frozen.send_signal(signal.SIGCONT)
                _, said = await frozen.communicate()
            await until(lambda: told)

            [_, late] = sandbox.operations
            assert len(sandbox.vms) == 2
            assert len({vm["id"] for vm in sandbox.vms} - {server.vm_id}) == 1
            assert told == [late["id"]]
            [left] = [call for call in gandi.pending() if call.surplus]
            assert left.surplus == (late["id"],)
            assert "is not held any more" in said.decode()
