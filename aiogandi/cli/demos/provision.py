"""The fleet of the demo: its account and its one action, as a program of yours would have them."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeAlias

from aiogandi.cli.demos.recipe import DISK_SIZE
from aiogandi.client import Gandi
from aiogandi.fleet.fleet import Fleet
from aiogandi.hub.redis_hub import RedisHub
from aiogandi.redaction import Secret
from aiogandi.settings import Polling, RateLimit

LEASE: Final = 2.0
"""Seconds after which others notice that a worker has gone. It is shorter than usual, as a demo is."""

RATE: Final = RateLimit(30, 2.0)
"""What the service allows to one address, and so to all workers together."""

POLLING: Final = Polling(interval=0.5, max_interval=2.0)
"""Operations take a second or less, but each look takes one of the few turns."""

TIMEOUT: Final = 5.0
"""Seconds that a reply may take. So long a call may be under way of which the killed worker heard no reply, and whoever
takes its item over waits until that is certain.
"""

STEPS: Final = (
    "vm_create",
    "disk_create",
    "disk_attach",
    "vm_stop",
    "disk_detach",
    "disk_delete",
    "vm_delete",
)
"""The operations of each item."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the demo's processes know, the workers by their environment: the store's *hub*, the service's *url*, who
    logs in with which *password*, and the password of the *servers*.
    """

    hub: str
    url: str
    login: str
    password: Secret
    servers: Secret

    def environment(self) -> dict[str, str]:
        """What a worker's environment has of it."""
        return {
            "GANDI_HUB": self.hub,
            "GANDI_URL": self.url,
            "GANDI_LOGIN": self.login,
            "GANDI_PASSWORD": self.password.reveal(),
            "AIOGANDI_DEMO_SERVERS": self.servers.reveal(),
        }

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Setting:
        """What stands in a worker's environment."""
        return cls(
            hub=environment["GANDI_HUB"],
            url=environment["GANDI_URL"],
            login=environment["GANDI_LOGIN"],
            password=Secret(environment["GANDI_PASSWORD"]),
            servers=Secret(environment["AIOGANDI_DEMO_SERVERS"]),
        )

    def of_client(self, _: str = "") -> dict[str, Any]:
        """The settings of a client."""
        return {
            "login": self.login,
            "password": self.password.reveal(),
            "url": self.url,
            "polling": POLLING,
            "rate_limit": RATE,
            "timeout": TIMEOUT,
        }


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What an item has had, and the process that has ended it."""

    vm_id: int
    disk_id: int
    pid: int


Provision: TypeAlias = Callable[[Gandi, dict[str, Any]], Awaitable[dict[str, int]]]
"""The fleet's action: it takes a ``hostname`` and an ``os_id``, and returns what `Provisioned` has."""


def fleet_of(setting: Setting) -> tuple[Fleet, Provision]:
    """Return the fleet, and its action."""
    fleet = Fleet(RedisHub(setting.hub, lease=LEASE), account=setting.of_client)

    @fleet.action
    async def provision(gandi: Gandi, item: dict[str, Any]) -> dict[str, int]:
        """Create a server with a disk, use them, and delete them."""
        hostname = item["hostname"]
        server = await (
            await gandi.vm_create(
                hostname, setting.servers.reveal(), item["os_id"], shares=1, cpu=1
            )
        )
        disk = await (
            await gandi.disk_create(
                {"name": f"{hostname}-data", "size": DISK_SIZE, "fstype": "ext3"}
            )
        )
        vm_id, disk_id = server.vm_id or 0, disk.disk_id or 0
        await (await gandi.disk_attach(vm_id, disk_id))
        await (await gandi.vm_stop(vm_id))
        await (await gandi.disk_detach(vm_id, disk_id))
        await (await gandi.disk_delete(disk_id))
        await (await gandi.vm_delete(vm_id))
        return asdict(Provisioned(vm_id, disk_id, os.getpid()))

    return fleet, provision
