"""A bad day at the service, seeded, in virtual time: for the chaos test and for who runs it by hand."""

import asyncio
import random
from collections import Counter

from aiogandi import Retry, bulk
from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.trouble import Delay, DropReply, DropRequest, Garble, Refuse
from tests.virtual_time import run_in_virtual_time

TIMEOUT = 30.0
"""Seconds after which the client gives a request up."""

WEEK = 7 * 86400.0
"""Seconds: longer than the day lasts."""

POLICY = Retry(attempts=20, within=3600)
"""One request in three meets trouble: with the usual five attempts, one call in three hundred would
meet it in each of them."""

INTENDED = {
    "vm_create": 1,
    "disk_create": 1,
    "disk_attach": 1,
    "vm_stop": 2,
    "vm_start": 1,
    "disk_detach": 1,
    "disk_delete": 1,
    "vm_delete": 1,
}
"""How often each thing is to happen for one server."""


class BadDay:
    """What `Sandbox.interfere` is set to: one request in three meets some trouble."""

    def __init__(self, sandbox, seed):
        self._sandbox = sandbox
        self._random = random.Random(seed)
        self.met = Counter()
        self._expires_at = 50

    def __call__(self, method):
        if self._sandbox.executed.total() >= self._expires_at:
            self._expires_at += 50
            self._sandbox.expire_sessions()
        lot = self._random.random()
        for name, share, trouble in (
            ("dropped before", 0.10, DropRequest()),
            ("dropped after", 0.10, DropReply()),
            ("503", 0.05, Refuse(503)),
            ("garbage", 0.02, Garble()),
            ("stalled", 0.01, Delay(WEEK)),
            # A stall that is just too long: the request runs after it was given up.
            ("late", 0.01, Delay(TIMEOUT + 1)),
            # And no trouble, but requests that overtake each other.
            ("slow", 0.20, Delay(self._random.uniform(0, 5))),
        ):
            if lot < share:
                self.met[name] += 1
                return trouble
            lot -= share
        return None


async def run(seed, servers=90):
    """Each server's whole life, all at once; returns the sandbox's books, outcomes and stats."""
    clock = asyncio.get_running_loop().time
    async with (
        # Room for duplicates, if there were any.
        Sandbox(clock=clock, shares=4 * servers) as sandbox,
        sandbox.client(timeout=TIMEOUT, retry=POLICY) as gandi,
    ):
        day = sandbox.interfere = BadDay(sandbox, seed)

        async def life(number):
            vm, disk = await asyncio.gather(
                gandi.vm_create(f"web-{number}", "s3cret-pw", 111, 1, 1),
                gandi.disk_create({"size": 1024, "name": f"data-{number}", "fstype": "ext3"}),
            )
            await asyncio.gather(vm.wait(), disk.wait())
            for change in (
                lambda: gandi.disk_attach(vm.vm_id, disk.disk_id),
                lambda: gandi.vm_stop(vm.vm_id),
                lambda: gandi.vm_start(vm.vm_id),
                lambda: gandi.vm_stop(vm.vm_id),
                lambda: gandi.disk_detach(vm.vm_id, disk.disk_id),
                lambda: gandi.disk_delete(disk.disk_id),
            ):
                await (await change())
            return await gandi.vm_delete(vm.vm_id)

        outcomes = [outcome async for outcome in bulk(life, range(servers), limit=servers)]
        sandbox.interfere = None
        return sandbox, outcomes, gandi.stats, day.met


def complaints(sandbox, outcomes, servers=90):
    """What is not as it was meant to be, by the sandbox's own books."""
    found = [f"{o.item}: {o.error!r}" for o in outcomes if o.error is not None]
    happened = Counter(o["type"] for o in sandbox.operations if o["state"] == "DONE")
    for method, times in INTENDED.items():
        if happened[method] != times * servers:
            found.append(f"{method} happened {happened[method]} times, not {times * servers}")
    left = {"vms": sandbox.vms, "disks": sandbox.disks, "used shares": sandbox.used_shares}
    found.extend(f"left over: {name} {value!r:.200}" for name, value in left.items() if value)
    return found


if __name__ == "__main__":
    import sys
    import time

    for chosen in map(int, sys.argv[1:]):
        began = time.monotonic()
        books, ended, stats, met = run_in_virtual_time(run(chosen))
        print(  # noqa: T201
            f"seed {chosen}: {time.monotonic() - began:.1f} s, {stats}, met {dict(met)}:",
            complaints(books, ended) or "as intended",
        )
