"""A process that lives the lives of a run which it shares with others, until it is through or is killed::

    python tests/hub/life.py URL STORE LIVES LIMIT NUMBER

It prints a line of JSON for each thing that happens to one of them, so that whoever kills it knows where it
was with each; and in the end ``["through", FAILED]``.
"""

import asyncio
import json
import logging
import random
import sys
from contextvars import ContextVar

from aiogandi import Gandi, Polling, RateLimit, RedisHub, Retry, bulk
from aiogandi.instrumentation import Event

LEASE = 0.5

SETTINGS = {
    "retry": Retry(settle=0.25, backoff=0.05),
    "polling": Polling(interval=0.05, max_interval=0.1),
    "rate_limit": RateLimit(400, per=2.0),
    "timeout": 2,
}

LIFE = ContextVar("LIFE", default=None)
"""The number of the life that a task is of."""

STEPS = ("vm_create", "disk_create", "disk_attach", "vm_stop", "vm_delete", "disk_delete")
"""What happens in a life, each once."""


def hub_at(store):
    """The hub that all of them have."""
    return RedisHub(store, lease=LEASE)


def tell(*words):
    print(json.dumps(words), flush=True)  # noqa: T201 - who kills it reads it


def listen(event: Event):
    """Tell what happens to a life."""
    method = getattr(event, "method", None) or getattr(event, "type", None)
    if method in STEPS:
        tell(type(event).__name__, LIFE.get())


def called(number):
    """What the journal calls a life. It is asked in the life's own task."""
    LIFE.set(number)
    return str(number)


async def live(gandi):
    """Live one life, and return the ids of its server and of its disk."""
    vm = await gandi.vm_create("web", "s3cret-pw", 111, shares=1, cpu=1)
    await vm
    disk = await gandi.disk_create({"size": 2048, "name": "data"})
    await disk
    await (await gandi.disk_attach(vm.vm_id, disk.disk_id))
    await (await gandi.vm_stop(vm.vm_id))
    await (await gandi.vm_delete(vm.vm_id))
    await (await gandi.disk_delete(disk.disk_id))
    return [vm.vm_id, disk.disk_id]


async def main(url, store, lives, limit, number):
    logging.getLogger("aiogandi").setLevel(logging.ERROR)
    logging.getLogger("aiogandi.hub").setLevel(
        logging.WARNING
    )  # no trouble with the store is meant
    hub = hub_at(store)
    numbers = list(range(int(lives)))
    random.Random(number).shuffle(numbers)  # else all would begin with the same ones
    async with (
        hub.journal() as journal,
        Gandi(
            *("AA1234-GANDI", "mypassword"),
            **{**SETTINGS, "url": url, "hub": hub, "journal": journal, "on_event": listen},
        ) as gandi,
    ):
        failed = 0
        run = journal.run("lives", key=called)
        async for outcome in bulk(lambda _: live(gandi), numbers, limit=int(limit), run=run):
            tell("Lived", outcome.item)
            if outcome.error is not None:
                failed += 1
                tell("Failed", outcome.item, repr(outcome.error))
        tell("through", failed)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
