"""Workers of a fleet in processes of their own, and the fleet that they and the benchmark share."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Final

from aiogandi import Fleet, Gandi, RateLimit, RedisHub
from aiogandi.fleet.worker import worker
from aiogandi.instrumentation import Event, Held
from benchmarks.servers import LOGIN, PASSWORD
from benchmarks.workers import Worker, obey

ORDERS: Final = ("vm_create", "disk_create")
"""What is called for an item."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account, with a service of its own, at *url*. Its items are orders; with *waits* they wait for what was ordered, and
    attach the disk.
    """

    name: str
    url: str
    limit: RateLimit
    waits: bool = False

    @property
    def rate(self) -> float:
        """Requests in a second."""
        return self.limit.calls / self.limit.per


@dataclass(slots=True)
class Noted:
    """What a worker has noted so far. *busy* is processor time in seconds; *most* is how many items were under way at
    once, of all accounts and of each; *took* is how long items of each took, all together.
    """

    busy: float = 0.0
    held: int = 0
    most: int = 0
    most_of: Counter[str] = field(default_factory=Counter)
    took: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    ended: Counter[str] = field(default_factory=Counter)
    exchanges: Counter[str] = field(default_factory=Counter)


def provisions(hub: str, accounts: Sequence[Account], noted: Noted) -> tuple[Fleet, Any]:
    """The fleet, and its action. An item is the name of its account and that of a server."""
    by_name = {account.name: account for account in accounts}
    under_way: Counter[str] = Counter()

    def note(event: Event) -> None:
        noted.held += isinstance(event, Held)

    def settings(name: str) -> Mapping[str, Any]:
        account = by_name[name]
        return {
            "login": LOGIN,
            "password": PASSWORD,
            "url": account.url,
            "rate_limit": account.limit,
            "rate_group": name,
            "on_event": note,
        }

    fleet = Fleet(RedisHub(hub), account=settings)

    @fleet.action
    async def provision(gandi: Gandi, item: str) -> None:
        account, _, hostname = item.partition(" ")
        began = time.monotonic()
        under_way[account] += 1
        noted.most = max(noted.most, under_way.total())
        noted.most_of[account] = max(noted.most_of[account], under_way[account])
        try:
            vm = await gandi.vm_create(hostname, "s3cret-pw", 111, shares=1, cpu=1)
            disk = await gandi.disk_create({"size": 2048, "name": "data"})
            if by_name[account].waits:
                await vm
                await disk
                await (await gandi.disk_attach(vm.vm_id, disk.disk_id))
            noted.took[account] += time.monotonic() - began
            noted.ended[account] += 1
        finally:
            under_way[account] -= 1

    return fleet, provision


@contextmanager
def fleet_workers(
    number: int, hub: str, accounts: Sequence[Account], limit: int
) -> Iterator[Sequence[Worker]]:
    """So many workers, with a *limit* each.

    Commands: ``work`` until told to leave; ``leave``; ``noted`` is what it has noted so far.
    """
    team = [Worker(_work, hub, accounts, limit) for _ in range(number)]
    try:
        yield team
    finally:
        for one in team:
            one.close()


# -- in the other process ----------------------------------------------------------------------


def _work(pipe: Connection, *settings: Any) -> None:
    with suppress(KeyboardInterrupt):  # the parent, interrupted as well, says what there is to say
        asyncio.run(_main(pipe, *settings))


async def _main(pipe: Connection, hub: str, accounts: Sequence[Account], limit: int) -> None:
    logging.basicConfig(level=logging.WARNING)
    await obey(pipe, _Work(hub, accounts, limit))
    pipe.send(None)


class _Work:
    """What a worker of the fleet can be told to do."""

    def __init__(self, hub: str, accounts: Sequence[Account], limit: int) -> None:
        self._noted = Noted()
        self._fleet, _ = provisions(hub, accounts, self._noted)
        self._worker = worker.Worker(self._fleet, limit=limit)

    async def work(self) -> None:
        await self._worker.work()

    async def leave(self) -> None:
        self._worker.leave()

    async def noted(self) -> Noted:
        self._noted.busy = time.process_time()
        self._noted.exchanges = Counter(self._fleet.hub.store.exchanges)
        return self._noted
