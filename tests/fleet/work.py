"""A module with a fleet, as a user would write one, for workers that are processes of their own. The environment says
where its store and its sandbox are.
"""

import asyncio
import os
import signal
from pathlib import Path

from aiogandi import Fleet, Gandi, Polling, RedisHub

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
        "polling": Polling(interval=0.05, max_interval=0.2),
        "rate_limit": None,
    }


fleet = Fleet(hub, account=account)


def attempts(name):
    """Note that *name* is begun once more; return how often that was."""
    file = Path(os.environ["WORK_FOLDER"], name)
    with file.open("a") as notes:
        notes.write(f"{os.getpid()}\n")
    return len(file.read_text().split())


@fleet.action
async def create(gandi: Gandi, name: str):
    attempts(name)
    await (await gandi.disk_create({"name": name, "size": 2048}))
    return name


@fleet.action
async def slowly(gandi: Gandi, name: str):
    """Takes its time, and has begun something by then."""
    operation = await gandi.disk_create({"name": name, "size": 2048})
    attempts(name)
    while not Path(os.environ["WORK_FOLDER"], "go").exists():
        await asyncio.sleep(0.02)
    await operation
    return name


@fleet.action
async def deadly(gandi: Gandi, name: str):
    """Some items end their process in one way or another."""
    attempts(name)
    match name.partition("-")[0]:
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "exits":
            os._exit(0)
        case "killed twice" if attempts(name) <= 4:
            os.kill(os.getpid(), signal.SIGKILL)
    await (await gandi.disk_create({"name": name, "size": 2048}))
    return name
