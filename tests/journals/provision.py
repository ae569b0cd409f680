"""A bulk run that survives `kill -9`: begun again, it goes on where it was. For tests that kill it::

    python tests/journals/provision.py URL JOURNAL ITEMS [LIMIT [MOMENT]]

Three items each have the same names and sizes. With a *MOMENT*, it kills itself there: ``request`` is when
the request of a changing call is about to be sent, ``answer`` when its answer has come.
"""

import asyncio
import os
import signal
import sqlite3
import sys
from contextlib import closing

import aiohttp

from aiogandi import Gandi, Journal, Polling, Retry, bulk

RETRY = Retry(settle=0.25, backoff=0.05)
POLLING = Polling(interval=0.05, max_interval=0.1)


def names(number):
    """What the server and the disk of an item are called."""
    return f"web-{number // 3:02}", f"data-{number // 3:02}"


def intent_is_written(path):
    """Whether a call has left, or is about to, of which nothing more is known."""
    with closing(sqlite3.connect(path)) as connection:
        [[count]] = connection.execute("SELECT count(*) FROM calls WHERE state = 'sent'")
    return count > 0


def dying(path, moment):
    """An aiohttp session in which the process kills itself at its *moment*."""

    async def die(*_):
        if intent_is_written(path):
            os.kill(os.getpid(), signal.SIGKILL)

    trace = aiohttp.TraceConfig()
    if moment == "request":
        trace.on_request_start.append(die)
    else:
        trace.on_request_end.append(die)
    return aiohttp.ClientSession(trace_configs=[trace])


async def main(url, path, items, limit=100, moment=None):
    http = None if moment is None else dying(path, moment)
    settings = {"url": url, "rate_limit": None, "retry": RETRY, "polling": POLLING, "http": http}
    async with (
        Journal(path) as journal,
        Gandi("AA1234-GANDI", "mypassword", journal=journal, **settings) as gandi,
    ):

        async def provision(number):
            server, data = names(number)
            vm = await gandi.vm_create(server, "s3cret-pw", 111, shares=1, cpu=1)
            await vm
            disk = await gandi.disk_create({"size": 2048, "name": data})
            await disk
            await (await gandi.disk_attach(vm.vm_id, disk.disk_id))
            return vm.vm_id

        failed = 0
        run = journal.run("release", key=str)
        async for outcome in bulk(provision, range(int(items)), limit=int(limit), run=run):
            if outcome.error is not None:
                failed += 1
                print(outcome.item, repr(outcome.error), flush=True)  # noqa: T201 - a test reads it
        print("through", failed, flush=True)  # noqa: T201 - a test reads it


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
