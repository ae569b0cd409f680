"""Workers that are processes of their own, of the fleet in ``tests/fleet/work.py``."""

import asyncio
import importlib
import os
import sys
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from aiogandi.sandbox import Sandbox
from tests.processes import REPOSITORY

TARGET = "tests.fleet.work:fleet"
COMMAND = (sys.executable, "-W", "error", "-m", "aiogandi.cli", "worker")

PATIENCE = 120
"""Seconds after which a process hangs: it takes some, and many on a loaded machine."""


class Workplace:
    """The fleet's *module* as this process sees it, the *sandbox* that its workers call, and their notes."""

    def __init__(self, module, sandbox, folder, stack):
        self.module = module
        self.fleet = module.fleet
        self.sandbox = sandbox
        self._folder = folder
        self._stack = stack

    async def worker(self, *options, target=TARGET, **environment):
        """Start a worker. It is killed in the end."""
        process = await asyncio.create_subprocess_exec(
            *(*COMMAND, target, *map(str, options)),
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
            stderr=asyncio.subprocess.PIPE,
        )
        self._stack.push_async_callback(killed, process)
        return process

    def begun(self, name):
        """The processes that have begun an item, one after the other."""
        file = self._folder / name
        return [int(pid) for pid in file.read_text().split()] if file.exists() else []

    def go_on(self):
        """Let items go on that wait for it."""
        (self._folder / "go").touch()

    def disks(self):
        """How many disks of each name there are."""
        return Counter(disk["name"] for disk in self.sandbox.disks)

    async def outcomes(self, run):
        """All outcomes of a run, by the item."""
        async with asyncio.timeout(PATIENCE):
            return {outcome.item: outcome async for outcome in run}


async def killed(process):
    """Kill a process, if it is there."""
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def line_with(process, words):
    """The next line of its log that has these *words* in it."""
    async with asyncio.timeout(PATIENCE):
        while line := (await process.stderr.readline()).decode():
            if words in line:
                return line
    raise AssertionError(f"it has ended without {words!r}")


async def end_of(process):
    """The exit code of a process, and what was left of its log."""
    async with asyncio.timeout(PATIENCE):
        _, log = await process.communicate()
    return process.returncode, log.decode()


@asynccontextmanager
async def opened(store, prefix, tmp_path, monkeypatch):
    """Where workers work: with a store, a sandbox, and a folder for their notes."""
    folder = tmp_path / "notes"
    folder.mkdir()
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(speed=200))
        where = {"STORE": store, "PREFIX": prefix, "URL": sandbox.url, "FOLDER": folder}
        for name, value in where.items():
            monkeypatch.setenv(f"WORK_{name}", str(value))
        name = TARGET.partition(":")[0]
        monkeypatch.delitem(sys.modules, name, raising=False)  # another test's
        module = importlib.import_module(name)
        yield Workplace(module, sandbox, folder, stack)


@pytest.fixture
async def workplace(shared_store, prefix, tmp_path, monkeypatch):
    """A place with the store that no test stops."""
    async with opened(shared_store, prefix, tmp_path, monkeypatch) as place:
        yield place
