"""Whether workers of this machine are well, as they say it in the hub's store. It is read without entering that."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from aiogandi.hub.overview.reading import processes
from aiogandi.hub.redis_hub import RedisHub
from aiogandi.journals.process import this_process


@dataclass(frozen=True, slots=True)
class WorkerHere:
    """A worker of this machine, *since* when it is there, and how many of at most *limit* items it has under way."""

    pid: int
    since: datetime
    under_way: int
    limit: int

    def to_dict(self) -> dict[str, Any]:
        """All of it, as `json.dumps` takes it."""
        return {**asdict(self), "since": self.since.isoformat(timespec="seconds")}


async def workers_here(hub: RedisHub) -> list[WorkerHere]:
    """The workers of this machine that were heard of within their lease, the oldest first. `HubError` where the
    store does not answer, or another release uses it.
    """
    host = this_process()["host"]
    return [
        WorkerHere(each.pid, each.since, each.worker["under_way"], each.worker["limit"])
        for each in await processes(hub)
        if each.host == host and each.worker is not None
    ]
