"""What becomes of clients whose store is in trouble: for the tests, and for who wants to see what is printed::

python -m tests.hub.troubles
"""

import asyncio
import logging
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass, field

import redis

from aiogandi import HubError, JournalError, RateLimit, RedisHub, Retry
from aiogandi.sandbox import QUICK, Sandbox
from tests.hub import bad_stores
from tests.hub.seen import DEADLINE, LEASE, WITHIN, Seen, create, overheard
from tests.hub.slow_way import SlowWay
from tests.hub.stores import StoreServer
from tests.waiting import until

LASTS = 5.0
"""Seconds of each trouble, by hand."""

PASSWORD = "store-pw"


class Place:
    """A store, and the way to it."""

    def __init__(self, server):
        self.server = server
        self.way = SlowWay(server.url)
        self._password = None

    def order(self, *words):
        """Give the store a command of its operator."""
        with redis.Redis(port=self.server.port, password=self._password) as operator:
            operator.execute_command(*words)

    def set_password(self, password):
        """Let in only who knows it; who is in already is thrown out."""
        self.order("CONFIG", "SET", "requirepass", password)
        self._password = password or None
        self.order("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


@dataclass(frozen=True)
class Trouble:
    """How a store gets into trouble, and out of it. *on_the_way*: it is the way that has it. *empties*: the
    store has nothing any more.
    """

    name: str
    begins: object = field(repr=False)
    ends: object = field(repr=False)
    on_the_way: bool = False
    empties: bool = False


def _start_empty(place):
    place.server.empty()
    place.server.start()


def _delay(place):
    place.way.seconds = 2.0


def _delay_no_more(place):
    place.way.seconds = 0.0


TROUBLES = (
    Trouble(
        "killed, restarted with its data",
        lambda place: place.server.kill(),
        lambda place: place.server.start(),
    ),
    Trouble(
        "killed, restarted empty", lambda place: place.server.kill(), _start_empty, empties=True
    ),
    Trouble("stopped", lambda place: place.server.freeze(), lambda place: place.server.thaw()),
    Trouble("answering in 2 s", _delay, _delay_no_more, on_the_way=True),
    Trouble(
        "cut off", lambda place: place.way.shut(), lambda place: place.way.clear(), on_the_way=True
    ),
    Trouble(
        "wrong password",
        lambda place: place.set_password(PASSWORD),
        lambda place: place.set_password(""),
    ),
    Trouble(
        "out of memory",
        lambda place: place.order("CONFIG", "SET", "maxmemory", "1"),
        lambda place: place.order("CONFIG", "SET", "maxmemory", "0"),
    ),
    Trouble(
        "a replica that is read only",
        lambda place: place.order("REPLICAOF", "127.0.0.1", "1"),
        lambda place: place.order("REPLICAOF", "NO", "ONE"),
    ),
)


async def play(trouble, alone="wait", lasts=0.0):
    """Let two clients, as those of two processes, work before, in and after a trouble, which *lasts* so many
    seconds at least; return what was seen.

    The first one's calls wait for a moment, the second one's as long as it takes. Those that go on have no
    journal: with one, no call leaves before it stands there.
    """
    async with AsyncExitStack() as stack:
        told = stack.enter_context(overheard())
        server = StoreServer(appendonly="yes").start()
        stack.callback(server.close)
        place = Place(server)
        url = server.url
        if trouble.on_the_way:
            url = await place.way.open()
            stack.push_async_callback(place.way.close)
        sandbox = await stack.enter_async_context(Sandbox(speed=3000))

        async def client(within):
            hub = RedisHub(url, lease=LEASE, deadline=DEADLINE, alone=alone)
            own = {"rate_limit": RateLimit(2000, per=1.0), "hub": hub}
            if alone == "wait":
                own["journal"] = await stack.enter_async_context(hub.journal())
            own["retry"] = Retry(backoff=0, settle=0.05, within=within)
            return await stack.enter_async_context(sandbox.client(**QUICK | own))

        both = [await client(WITHIN), await client(60.0)]
        return await _work(both, sandbox, place, trouble, Seen(told), alone, lasts)


async def _work(both, sandbox, place, trouble, seen, alone, lasts):
    hasty, patient = both
    vm = await create(hasty, "before")
    is_over = asyncio.Event()
    site = asyncio.create_task(_build(patient, is_over, alone))
    await until(lambda: sandbox.executed["vm_create"] == 2)
    sandbox.hold_operation("vm_reboot")
    reboot = await hasty.vm_reboot(vm.vm_id)
    waits = [asyncio.create_task(each.operation(reboot.id).wait()) for each in both]
    before = Counter(sandbox.calls)

    trouble.begins(place)
    began = time.monotonic()
    await until(lambda: seen.count("is away: ") == 2)
    for each in both:  # what reads goes on
        await each.vm_info(vm.vm_id)
    waiting = asyncio.create_task(create(patient, "patient"))
    try:
        await create(hasty, "hasty")
    except HubError as error:
        seen.unsent = error
    sandbox.release_operations()
    for wait in waits:  # so do waits
        await wait
    await asyncio.sleep(began + lasts - time.monotonic())
    seen.sent = sandbox.calls["vm_create"] - before["vm_create"]

    trouble.ends(place)
    await until(lambda: seen.count("is back") == 2)
    is_over.set()
    await waiting
    for each in both:
        await create(each, "after")
    try:
        await site
    except JournalError as error:
        seen.stopped = error
        if not trouble.empties:  # it goes on where it was
            await _build(hasty, is_over, alone)
    seen.logins = sandbox.calls["login"]
    seen.complaints = _complaints(sandbox, trouble, alone)
    return seen


async def _build(gandi, is_over, alone):
    """One server before and one after a trouble, under a key where there is a journal."""
    async with gandi.once("site") if alone == "wait" else nullcontext():
        await create(gandi, "first")
        await is_over.wait()
        await create(gandi, "second")


def _complaints(sandbox, trouble, alone):
    wanted = {"before": 1, "first": 1, "patient": 1, "after": 2}
    wanted |= {"hasty": 1} if alone == "send" else {}
    wanted |= {} if trouble.empties and alone == "wait" else {"second": 1}
    servers = Counter(vm["hostname"] for vm in sandbox.vms)
    begun = Counter(each["type"] for each in sandbox.operations)
    meant = {"vm_create": sum(wanted.values()), "vm_reboot": 1}
    return [
        f"{what}: {found} instead of {right}"
        for what, found, right in (("servers", servers, wanted), ("begun", begun, meant))
        if found != right
    ]


def main():
    """Play them all, and print what a person sees; the exit code says whether all is well."""
    logging.getLogger("aiogandi").propagate = False
    plays = [
        (f"{trouble.name}, alone={alone!r}", play(trouble, alone, LASTS))
        for alone in ("wait", "send")
        for trouble in TROUBLES
    ]
    plays.append(("a password that was mistyped", bad_stores.mistype()))
    plays.append(("evicting", bad_stores.evict()))
    return max([_show(name, asyncio.run(playing)) for name, playing in plays])


def _show(name, seen):
    print(f"{name}: books {'; '.join(seen.complaints) or 'exact'}")  # noqa: T201
    print(f"  changing calls sent meanwhile: {seen.sent}; logins: {seen.logins}")  # noqa: T201
    for what, error in (("failed", seen.unsent), ("under a key", seen.stopped)):
        if error is not None:
            print(f"  {what}: {error!r}")  # noqa: T201
    for text, times in Counter(seen.told).items():
        print(f"  {times} x WARNING {text}", flush=True)  # noqa: T201
    return bool(seen.complaints)


if __name__ == "__main__":
    sys.exit(main())
