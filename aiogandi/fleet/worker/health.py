"""Whether workers of this machine are well, as they say it in the hub's store. It is read without entering that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aiogandi.errors import HubError
from aiogandi.hub.link import StoreTrouble
from aiogandi.hub.redis_hub import RedisHub
from aiogandi.hub.scripts import FORMAT, Script
from aiogandi.journals.process import this_process

HERE: Final = Script.without_epoch(
    "fleet-here",
    """
local found = {redis.call('HGET', name('about'), 'format') or ''}
if found[1] ~= ARGV[2] then return found end
for _, process in ipairs(redis.call('SMEMBERS', name('processes'))) do
  local told = redis.call('GET', name('here', process))
  if told then found[#found + 1] = told end
end
return found
""",
)
"""Read who is there. Argument: the *format* that this release knows. Returns the one that stands in the store, and where
it is the same one, what each process that was heard of within its lease tells of itself.
"""


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
    told = hub.store.told
    link = hub.link_apart()
    try:
        form, *found = await link.run(HERE, hub.store.prefix, "", [FORMAT])
    except StoreTrouble as error:
        raise HubError(f"{told} is away: {error}") from None
    finally:
        await link.close()
    if form not in (b"", str(FORMAT).encode()):
        raise HubError(
            f"{told}: what stands there is another release's: it has format {form.decode()}"
        )
    host = this_process()["host"]
    processes = [json.loads(each) for each in found]
    workers = [_worker(each) for each in processes if each["host"] == host and "worker" in each]
    return sorted(workers, key=lambda each: each.since)


def _worker(about: Mapping[str, Any]) -> WorkerHere:
    return WorkerHere(
        about["pid"],
        datetime.fromtimestamp(about["since"], UTC),
        about["worker"]["under_way"],
        about["worker"]["limit"],
    )
