"""The provider's own recipe for a server, at bulk size, on a sandbox."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from aiogandi.bulk import bulk
from aiogandi.cli.batch.lot import LIMITS
from aiogandi.cli.batch.passwords import generate
from aiogandi.cli.exits import CommandFailed, explain
from aiogandi.cli.terminal.progress import progress
from aiogandi.cli.terminal.screen import Screen, counted
from aiogandi.client import Gandi
from aiogandi.models import OperationDetails
from aiogandi.operations.operation import Operation
from aiogandi.sandbox import Sandbox
from aiogandi.settings import Polling

DISK_SIZE: Final = 2048
"""MB of each disk."""

T = TypeVar("T")


async def run(vms: int, speed: float, screen: Screen) -> None:
    """Follow the recipe for so many servers, on a sandbox in this process."""
    # All shares are bought, so the account has just the money for them.
    sandbox = Sandbox(speed=speed, shares=0, balance=float(vms))
    async with sandbox, sandbox.client(polling=_polling(speed)) as gandi:
        screen.line(f"Sandbox at {sandbox.url}, {speed:g} service seconds in one second")
        await Recipe(gandi, sandbox, screen).follow(vms)


def _polling(speed: float) -> Polling:
    """Return intervals of some seconds of the service's time, so that a quick one is polled often."""
    interval = min(1.0, max(0.1, 6.0 / speed))
    return Polling(interval=interval, max_interval=10 * interval)


@dataclass(slots=True)
class Recipe:
    """The steps of the provider's recipe, and how many operations they have begun."""

    gandi: Gandi
    sandbox: Sandbox
    screen: Screen
    operations: int = 0

    async def follow(self, vms: int) -> None:
        """Create *vms* servers with a disk each, delete all of them, and print the figures."""
        gandi, began, service_began = self.gandi, time.monotonic(), self.sandbox.now
        system = await self._prepare(vms)
        hostnames = [f"web-{number:03d}" for number in range(1, vms + 1)]

        async def create(hostname: str) -> Operation:
            return await gandi.vm_create(hostname, generate(), system, shares=1, cpu=1)

        async def create_disk(hostname: str) -> Operation:
            return await gandi.disk_create(
                {"name": f"{hostname}-data", "size": DISK_SIZE, "fstype": "ext3"}
            )

        servers = [
            details.vm_id or 0
            for details in await self._all("Creating", "server", create, hostnames)
        ]
        disks = [
            details.disk_id or 0
            for details in await self._all("Creating", "disk", create_disk, hostnames)
        ]
        pairs = list(zip(servers, disks, strict=True))
        await self._all("Attaching", "disk", lambda pair: gandi.disk_attach(*pair), pairs)
        await self._all("Stopping", "server", gandi.vm_stop, servers)
        await self._all("Detaching", "disk", lambda pair: gandi.disk_detach(*pair), pairs)
        await self._all("Deleting", "disk", gandi.disk_delete, disks)
        await self._all("Deleting", "server", gandi.vm_delete, servers)
        self._print_figures(
            time.monotonic() - began, (self.sandbox.now - service_began).total_seconds()
        )

    async def _prepare(self, vms: int) -> int:
        """Log in, buy shares, choose a system."""
        gandi, line = self.gandi, self.screen.line
        balance, currency = await gandi.account_balance(), await gandi.account_currency()
        line(f"Logged in; {balance:.2f} {currency} on the account")
        self.operations += 1
        await (await gandi.hosting_account_product_add("shares", vms, "1m"))
        account = await gandi.hosting_account_info()
        line(f"Added {counted(vms, 'share')}; {account.used_shares} of {account.shares} in use")
        system = (await gandi.os_list())[0]
        line(f"Chose {system.label}")
        return system.id or 0

    async def _all(
        self,
        doing: str,
        noun: str,
        action: Callable[[T], Awaitable[Operation]],
        items: list[T],
    ) -> list[OperationDetails]:
        """Do *action* to all items at once and wait; returns details in the order of *items*."""
        ended: dict[T, OperationDetails] = {}
        title = f"{doing} {counted(len(items), noun)}"
        widest = f"Attaching {counted(len(items), 'server')}"
        begun = 0

        async def begin(item: T) -> Operation:
            nonlocal begun
            operation = await action(item)
            begun += 1
            show(len(ended), 0, begun - len(ended))
            return operation

        with progress(self.screen.err, title.ljust(len(widest)), len(items)) as show:
            async for outcome in bulk(begin, items, limit=LIMITS.at_once):
                if outcome.result is None:
                    problem = explain(outcome.error) if outcome.error else "no result"
                    raise CommandFailed(f"{title}: {problem}")
                ended[outcome.item] = outcome.result
                show(len(ended), 0, begun - len(ended))
        self.operations += len(items)
        return [ended[item] for item in items]

    def _print_figures(self, seconds: float, service_seconds: float) -> None:
        stats = self.gandi.stats
        figures = {
            "operations": self.operations,
            "requests": stats.requests,
            "logins": stats.logins,
            "seconds": round(seconds, 1),
            "service_seconds": round(service_seconds),
        }
        headings = {
            "Operations": "operations",
            "Requests": "requests",
            "Logins": "logins",
            "Seconds": "seconds",
            "Service seconds": "service_seconds",
        }
        self.screen.facts(figures, headings)
