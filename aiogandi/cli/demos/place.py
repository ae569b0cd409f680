"""Where the fleet's demo takes place: a store and workers, each in a process of its own on this machine."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from aiogandi import chores
from aiogandi.cancellation import cancel
from aiogandi.cli.exits import CommandFailed

KEEPER: Final = "aiogandi.cli.demos.keeper"
FLEET: Final = "aiogandi.cli.demos.workers_fleet:fleet"

LONGEST: Final = 30.0
"""Seconds in which the store must have started, and in which a worker that is told to end must have ended."""

SHOWN: Final = 500
"""Characters of the end of a worker's log that are shown when it has ended by itself."""


@dataclass(slots=True)
class DemoWorker:
    """A worker: its *number* in the demo, and the process that it is now."""

    number: int
    log: Path
    process: Process
    watching: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The process's number."""
        return self.process.pid


@dataclass(slots=True)
class Place:
    """The store at *url*, with a *folder* of the demo's own, and the workers."""

    url: str
    folder: Path
    group: int
    workers: list[DemoWorker] = field(default_factory=list)
    broken: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """Has an error as soon as a worker has ended by itself."""

    async def begin(self, number: int, environment: Mapping[str, str], limit: int) -> DemoWorker:
        """Start worker *number*, with a limit of so many items, or start it again."""
        self.workers = [each for each in self.workers if each.number != number]
        log = self.folder / f"worker-{number}.log"
        with log.open("ab") as file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "aiogandi", "worker", FLEET, "--limit", str(limit)),
                env={**_others(), **environment},
                stdin=DEVNULL,
                stdout=file,
                stderr=file,
                process_group=self.group,
            )
        worker = DemoWorker(number, log, process)
        worker.watching = chores.begin(lambda: self._watch(worker))
        self.workers.append(worker)
        return worker

    async def kill(self, worker: DemoWorker) -> None:
        """End a worker at once (SIGKILL)."""
        await _unwatched(worker)
        worker.process.kill()
        await worker.process.wait()

    async def end(self) -> None:
        """Have all workers end in good order (SIGTERM)."""
        for worker in self.workers:
            await _unwatched(worker)
            with suppress(ProcessLookupError):
                worker.process.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST):
                for worker in self.workers:
                    await worker.process.wait()

    async def let_go(self) -> None:
        """Watch no more: the workers are about to be killed."""
        for worker in self.workers:
            await _unwatched(worker)
        self.broken.cancel()

    async def _watch(self, worker: DemoWorker) -> None:
        code = await worker.process.wait()
        if not self.broken.done():
            told = worker.log.read_text(encoding="utf-8", errors="replace")[-SHOWN:].strip()
            self.broken.set_exception(
                CommandFailed(f"worker {worker.number} has ended with exit code {code}: {told}")
            )


async def _unwatched(worker: DemoWorker) -> None:
    if worker.watching is not None:
        await cancel([worker.watching])


@asynccontextmanager
async def place() -> AsyncIterator[Place]:
    """Start a store. At the end nothing is left of it, its folder and the workers (see ``keeper``)."""
    keeper = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", KEEPER),
        env=_others(),
        stdin=PIPE,
        stdout=PIPE,
        process_group=0,
    )
    here = None
    try:
        told = await _told_by(keeper)
        here = Place(told["url"], Path(told["folder"]), keeper.pid)
        yield here
    finally:
        if here is not None:
            await here.let_go()
        cast("asyncio.StreamWriter", keeper.stdin).close()
        await keeper.wait()
        for worker in [] if here is None else here.workers:
            await worker.process.wait()  # the keeper has killed it


async def _told_by(keeper: Process) -> dict[str, Any]:
    """What the keeper says of the store; `CommandFailed` where there is none."""
    line = b""
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST):
            line = await cast("asyncio.StreamReader", keeper.stdout).readline()
    told: dict[str, Any] = json.loads(line or "{}")
    if "url" not in told:
        raise CommandFailed(f"the store has not started: {told.get('error', 'no answer')}")
    return told


def _others() -> dict[str, str]:
    """This process's environment, without what is yours of the client's settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GANDI_")}
