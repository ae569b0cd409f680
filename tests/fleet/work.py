"""A module with a fleet, as a user would write one, for workers that are processes of their own. The environment says
where its store and its sandbox are.
"""

import asyncio
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from aiogandi import Fleet, Gandi, RedisHub
from aiogandi.sandbox import QUICK

LEASE = 0.5

hub = RedisHub(
    os.environ["WORK_STORE"],
    prefix=os.environ["WORK_PREFIX"],
    lease=float(os.environ.get("WORK_LEASE", LEASE)),
    deadline=1.0,
)


def account(name):
    return {
        "login": "AA1234-GANDI",
        "password": "mypassword",
        "url": os.environ["WORK_URL"],
        "rate_limit": None,
        **QUICK,
    }


fleet = Fleet(hub, account=account, tries=2)


def begun(name):
    """Note that *name* is begun in this process; return how often it was begun so far."""
    file = Path(os.environ["WORK_FOLDER"], name)
    with file.open("a") as notes:
        notes.write(f"{os.getpid()}\n")
    return len(file.read_text().split())


def may_go_on():
    return Path(os.environ["WORK_FOLDER"], "go").exists()


@fleet.action
async def create(gandi: Gandi, name: str):
    begun(name)
    await (await gandi.disk_create({"name": name, "size": 2048}))
    return name


@fleet.action
async def slowly(gandi: Gandi, name: str):
    """Goes on when it may, with something begun."""
    operation = await gandi.disk_create({"name": name, "size": 2048})
    begun(name)
    while not may_go_on():  # noqa: ASYNC110 - a file is written by another process
        await asyncio.sleep(0.02)
    await operation
    return name


@fleet.action
async def deadly(gandi: Gandi, name: str):
    """Items whose name says so end their process, by a signal or by an exit code."""
    begun(name)
    how, _, number = name.rpartition("-")
    if how == "signal":
        os.kill(os.getpid(), int(number))
    if how == "exit":
        os._exit(int(number))
    await (await gandi.disk_create({"name": name, "size": 2048}))
    return name


@fleet.action
async def leaves(gandi: Gandi, name: str):
    raise SystemExit(3)


@fleet.action
async def talks(gandi: Gandi, name: str):
    """Uses stdout and stdin as if they were its own, and perhaps dies."""
    os.write(1, b"over\n")
    heard = os.read(0, 100).decode()
    if name == "and dies":
        os._exit(0)
    return heard


@fleet.action
async def blocks(gandi: Gandi, name: str):
    """Keeps the loop busy."""
    begun(name)
    time.sleep(600)  # noqa: ASYNC251 - that is the point


@fleet.action
async def lingers(gandi: Gandi, name: str):
    """Leaves a thread behind that keeps its process from ending."""
    begun(name)
    threading.Thread(target=time.sleep, args=(600,)).start()
    return name


@fleet.action
async def stays(gandi: Gandi, name: str):
    """Does not hear that it is to end."""
    begun(name)
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(600)
