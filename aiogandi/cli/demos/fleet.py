"""A run of a fleet on this machine: three workers share a store, and one of them is killed on the way."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final

from aiogandi import chores
from aiogandi.cancellation import cancel
from aiogandi.cli.batch.passwords import generate
from aiogandi.cli.demos.place import DemoWorker, Place, place
from aiogandi.cli.demos.provision import (
    LEASE,
    RATE,
    STEPS,
    Provision,
    Provisioned,
    Setting,
    fleet_of,
)
from aiogandi.cli.exits import FAILED, OK
from aiogandi.cli.terminal.progress import progress
from aiogandi.cli.terminal.screen import Screen, counted
from aiogandi.client import Gandi
from aiogandi.fleet.books.books import Books
from aiogandi.fleet.fleet import Fleet
from aiogandi.fleet.items import Item
from aiogandi.fleet.run import FleetRun
from aiogandi.hub.fields import fields
from aiogandi.hub.overview.reading import processes
from aiogandi.journals.results import unpack
from aiogandi.redaction import Secret
from aiogandi.sandbox import Sandbox

WORKERS: Final = 3
LIMIT: Final = 20
"""Items that a worker has under way at once, at most."""

RUN: Final = "demo"
PART: Final = 0.25
"""The part of the items that have ended when a worker is killed."""

LOOK: Final = 0.1
"""Seconds between two looks which workers are there."""

PAUSE: Final = 1.0
"""Seconds after which it is started again."""

FIGURES: Final = {
    "Items": "items",
    "Outcomes": "outcomes",
    "Failed": "failed",
    "Operations": "operations",
    "Each exactly once": "exact",
    "Items taken over": "taken_over",
    "Requests": "requests",
    "Refused (429, faults)": "refused",
    "Logins": "logins",
    "Seconds": "seconds",
    "Service seconds": "service_seconds",
}


async def run(vms: int, speed: float, screen: Screen) -> int:
    """Show the fleet at work on so many servers; returns the exit code."""
    login, password = "demo", generate()
    sandbox = Sandbox(login=login, password=password, speed=speed, shares=vms, rate_limit=RATE)
    async with sandbox, place() as here:
        setting = Setting(here.url, sandbox.url, login, Secret(password), Secret(generate()))
        screen.line(
            f"Sandbox at {sandbox.url}: {speed:g} service seconds in one second,"
            f" {RATE.calls} requests in {RATE.per:g} seconds at most"
        )
        fleet, action = fleet_of(setting)
        books = Books(fleet.hub.store)
        async with books.at_hand():
            show = Showing(fleet, action, books, here, setting, sandbox, screen)
            showing = chores.begin(lambda: show.follow(vms))
            broken: asyncio.Future[Any] = here.broken
            try:
                await asyncio.wait([showing, broken], return_when=asyncio.FIRST_COMPLETED)
                if broken.done():
                    broken.result()
                return showing.result()
            finally:
                await cancel([showing])


@dataclass(slots=True)
class Showing:
    """What is shown, step by step."""

    fleet: Fleet
    action: Provision
    books: Books
    here: Place
    setting: Setting
    sandbox: Sandbox
    screen: Screen
    ends: list[tuple[Item, Mapping[str, Any]]] = field(default_factory=list)
    orphans: dict[str, int] = field(default_factory=dict)
    """The items that the killed worker had, each with the number of who has done it, 0 for that one itself."""
    numbers: dict[int, int] = field(default_factory=dict)
    """The workers' numbers, by their pids."""

    async def follow(self, vms: int) -> int:
        """Start the workers, have the items done, and print the proof; returns the exit code."""
        await self._begin()
        began, service_began = time.monotonic(), self.sandbox.now
        items = await self._items(vms)
        run = await self.fleet.submit(
            self.action, items, run=RUN, key=lambda item: str(item["hostname"])
        )
        await self._watch(run, vms)
        seconds = time.monotonic() - began
        service_seconds = (self.sandbox.now - service_began).total_seconds()
        self._tell_orphans()
        await self.here.end()
        return self._judge(vms, seconds, service_seconds)

    async def _begin(self) -> None:
        line = self.screen.line
        server = fields(await self.fleet.hub.store.look("INFO", "server"))
        line(f"Store at {self.here.url}: pid {server.get('process_id', 'unknown')}")
        for number in range(1, WORKERS + 1):
            line(f"Worker {number}: pid {(await self._start(number)).pid}")
        while len(await self._workers()) < WORKERS:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(LOOK)
        line("All of them are heard of. From another terminal:")
        self.screen.command(f"aiogandi fleet watch {RUN} --hub {self.here.url}")

    async def _start(self, number: int) -> DemoWorker:
        worker = await self.here.begin(number, self.setting.environment(), LIMIT)
        self.numbers[worker.pid] = number
        return worker

    async def _items(self, vms: int) -> list[dict[str, Any]]:
        """What is to be provisioned, as a program finds it out that submits work."""
        async with Gandi(**self.setting.of_client(), hub=self.fleet.hub) as gandi:
            system = (await gandi.os_list())[0]
        return [
            {"hostname": f"web-{number:03d}", "os_id": system.id} for number in range(1, vms + 1)
        ]

    # -- the run -------------------------------------------------------------------------------

    async def _watch(self, run: FleetRun[dict[str, Any], dict[str, int]], vms: int) -> None:
        """Show how far the run is, and kill a worker on the way."""
        killing: asyncio.Task[None] | None = None
        done = failed = 0
        title = f"{counted(vms, 'server')} of {counted(len(STEPS), 'operation')} each"
        with progress(self.screen.err, title, vms) as show:
            try:
                async with aclosing(run.ends()) as ends:
                    async for item, outcome in ends:
                        self._note(item, outcome)
                        done += outcome["ok"]
                        failed += not outcome["ok"]
                        show(done, failed, (await self.books.progress(RUN)).under_way)
                        if killing is None and done + failed >= vms * PART:
                            killing = chores.begin(self._kill)
                if killing is not None:
                    await killing
            finally:
                if killing is not None:
                    await cancel([killing])

    def _note(self, item: Item, outcome: Mapping[str, Any]) -> None:
        self.ends.append((item, outcome))
        if item.id in self.orphans and outcome["ok"]:
            self.orphans[item.id] = self.numbers.get(_result(outcome).pid, 0)

    async def _kill(self) -> None:
        """Kill the worker that has the most items under way, and start it again."""
        holders = await self.books.holders(RUN)
        pids = await self._workers()
        busy = Counter(pids[process] for process in holders.values() if process in pids)
        [(pid, _)] = busy.most_common(1) or [(self.here.workers[0].pid, 0)]
        [worker] = [each for each in self.here.workers if each.pid == pid]
        await self.here.kill(worker)
        self.numbers[pid] = 0
        holders = await self.books.holders(RUN)
        self.orphans |= {id_: 0 for id_, process in holders.items() if pids.get(process) == pid}
        items = counted(len(self.orphans), "item")
        then = f": they go on elsewhere after {LEASE:g} seconds without a word of it"
        self.screen.line(
            f"Worker {worker.number}, pid {pid}, is killed (SIGKILL) with {items} under way"
            f"{then if self.orphans else ''}"
        )
        await asyncio.sleep(PAUSE)
        again = await self._start(worker.number)
        self.screen.line(f"Worker {again.number} is started again: pid {again.pid}")

    async def _workers(self) -> dict[str, int]:
        """The pids of the workers that are heard of, by the names that their processes have in the store."""
        here = await processes(self.fleet.hub)
        return {each.name: each.pid for each in here if each.worker is not None}

    def _tell_orphans(self) -> None:
        """Say who has ended what the killed worker had."""
        done_by = Counter(self.orphans.values())
        told = [
            f"{number} by worker {worker}" if worker else f"{number} by itself, which was not told"
            for worker, number in sorted(done_by.items())
        ]
        if told:
            items = counted(len(self.orphans), "item")
            self.screen.line(f"{items} of the killed worker: {', '.join(told)}")

    # -- the proof -----------------------------------------------------------------------------

    def _judge(self, vms: int, seconds: float, service_seconds: float) -> int:
        """Print the figures; returns the exit code."""
        requests, executed = sum(self.sandbox.calls.values()), sum(self.sandbox.executed.values())
        operations = self.sandbox.operations
        figures = {
            "items": vms,
            "outcomes": len(self.ends),
            "failed": sum(not outcome["ok"] for _, outcome in self.ends),
            "operations": len(operations),
            "exact": self._is_exact(operations),
            "taken_over": len(self.orphans),
            "requests": requests,
            "refused": requests - executed,
            "logins": self.sandbox.calls["login"],
            "seconds": round(seconds, 1),
            "service_seconds": round(service_seconds),
        }
        self.screen.facts(
            {**figures, "exact": "yes" if figures["exact"] else "no"}
            if not self.screen.as_json
            else figures,
            FIGURES,
        )
        holds = figures["exact"] and figures["outcomes"] == vms and not figures["failed"]
        if not holds:
            self.screen.problem("the books are not what the outcomes say")
        return OK if holds else FAILED

    def _is_exact(self, operations: list[dict[str, Any]]) -> bool:
        """Whether the service has done each operation of each item exactly once, and nothing else."""
        results = [_result(outcome) for _, outcome in self.ends if outcome["ok"]]
        of_disks = {"disk_create", "disk_attach", "disk_detach", "disk_delete"}
        wanted = Counter(
            (step, each.disk_id if step in of_disks else each.vm_id)
            for each in results
            for step in STEPS
        )
        found = Counter(
            (each["type"], each["params"]["disk_id" if each["type"] in of_disks else "vm_id"])
            for each in operations
        )
        is_over = all(each["state"] == "DONE" for each in operations)
        return is_over and found == wanted and {*wanted.values()} <= {1}


def _result(outcome: Mapping[str, Any]) -> Provisioned:
    return Provisioned(**unpack(outcome["result"]))
