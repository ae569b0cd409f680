"""What the workers of the storm do: ``aiogandi worker tests.fleet.life:fleet``. The environment says where the store
and the sandbox are. They print what happens to a life as those of the hub's storm do.
"""

import os
import signal

from aiogandi import RedisHub, Retry
from aiogandi.fleet.fleet import Fleet
from tests.hub.life import LIFE, SETTINGS, listen, live, tell

LEASE = 1.0

RETRY = Retry(settle=1.0, backoff=0.05)
TIMEOUT = 3
"""More than the sandbox ever takes for a call while so many processes share a small machine. What it begins later than
that happens twice, as README says.
"""

DIES_AT_ONCE, DIES_LATER = -1, -2
"""Items that end whatever process they run in; the second one when it has created a disk."""

LEFT_OVER = "left-over"
"""What that disk is called."""


def account(_):
    """The settings of the one account that there is."""
    own = {"login": "AA1234-GANDI", "password": "mypassword", "timeout": TIMEOUT, "retry": RETRY}
    return {**SETTINGS, **own, "url": os.environ["STORM_SANDBOX"], "on_event": listen}


def hub_at(store):
    """The hub that all of them have."""
    return RedisHub(store, lease=LEASE)


fleet = Fleet(hub_at(os.environ.get("STORM_STORE", "redis://127.0.0.1:6379/0")), account=account)


@fleet.action
async def provision(gandi, number):
    """Live one life."""
    LIFE.set(number)
    if number == DIES_LATER:
        await (await gandi.disk_create({"size": 2048, "name": LEFT_OVER}))
    if number < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    lived = await live(gandi)
    tell("Lived", number)
    return lived
