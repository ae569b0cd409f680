"""``aiogandi demo``: the provider's own recipe for a server, at bulk size, on a sandbox."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

import typer

from aiogandi.bulk import bulk
from aiogandi.cli.batch.lot import LIMITS
from aiogandi.cli.batch.passwords import generate
from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import Json
from aiogandi.cli.exits import OK, CommandFailed, Interrupted, explain
from aiogandi.cli.terminal.progress import progress
from aiogandi.cli.terminal.screen import Screen, counted
from aiogandi.cli.terminal.signals import Interrupts
from aiogandi.client import Gandi
from aiogandi.models import OperationDetails
from aiogandi.operations.operation import Operation
from aiogandi.sandbox import Sandbox
from aiogandi.settings import Polling

app = typer.Typer()

DISK_SIZE: Final = 2048
"""MB of each disk."""

T = TypeVar("T")


@app.command(epilog=examples("aiogandi demo", "aiogandi demo --vms 500 --speed 120"))
def demo(
    vms: Annotated[
        int, typer.Option("--vms", metavar="N", min=1, max=5000, help="Number of servers.")
    ] = 50,
    speed: Annotated[
        float, typer.Option(metavar="N", help="Service seconds that pass in one second.")
    ] = 60.0,
    json: Json = False,
) -> int:
    """Watch servers being created, used and deleted in bulk, on a sandbox in this process.

    The recipe is the provider's own: add shares, choose a system, create servers and disks, attach
    them. The requests are real ones, and nothing leaves this machine.
    """
    screen = Screen(as_json=json)

    interrupts = Interrupts(screen)

    async def work() -> None:
        # All shares are bought, so the account has just the money for them.
        sandbox = Sandbox(speed=speed, shares=0, balance=float(vms))
        with interrupts:
            async with sandbox, sandbox.client(polling=_polling(speed)) as gandi:
                screen.line(f"Sandbox at {sandbox.url}, {speed:g} service seconds in one second")
                await Recipe(gandi, sandbox, screen).follow(vms)

    try:
        asyncio.run(work())
    except asyncio.CancelledError:
        raise Interrupted(interrupts.code) from None
    return OK


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
