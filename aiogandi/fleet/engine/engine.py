"""What delivers the items: streaq, in the hub's store. This file alone knows it, and with `connections` coredis, its client
of the store.

What is known of it and does not suit us is met here:

- it gives up after three tries, and keeps pickles: our task has no limit, and all that it writes is JSON, with a
  run's name and an item's id. Its results, which are polled for, are not used, and not kept;
- its worker ends when the store does not answer, and with the worker what it runs: a `Lane` starts another one;
- its worker takes SIGINT and SIGTERM for itself: ours does not;
- it delivers at least once: a process that was stopped goes on beside the one that has taken its items over. Who
  attends to an item must be safe against that.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Final, TypeAlias, TypeVar
from urllib.parse import quote

from anyio import TASK_STATUS_IGNORED, CancelScope, CapacityLimiter, move_on_after
from anyio.abc import TaskStatus
from anyio.streams.memory import MemoryObjectReceiveStream
from coredis.exceptions import ConnectionError as Disconnected
from coredis.exceptions import RedisError
from coredis.retry import ConstantRetryPolicy, NoRetryPolicy
from streaq import StreaqRetry, Worker
from streaq.constants import REDIS_GROUP
from streaq.types import StreamMessage, Streaq
from streaq.utils import now_ms

from aiogandi import chores
from aiogandi.fleet.engine.connections import Connections
from aiogandi.fleet.engine.foreign import quiet_libraries, trouble_in
from aiogandi.fleet.engine.kept import Kept
from aiogandi.fleet.engine.lane import Attend, Lane, Parcel
from aiogandi.fleet.engine.names import delivery_of, in_json
from aiogandi.fleet.engine.scripts import LEAVE, RECOVER
from aiogandi.redaction import Secret

Result = TypeVar("Result")
_Ask: TypeAlias = Callable[[Sequence[Parcel], Worker[None]], Awaitable[list[Result]]]

TASK: Final = "item"
"""The name of the engine's one task."""

AT_ONCE: Final = 500
"""So many parcels go to the store in one exchange at most."""

LEASES: Final = 2.0
"""An item is taken from a worker that has not been heard of for so many leases, and from one whose loop stands still
for a tenth of that time: streaq is heard of after nine tenths. So it is not shorter. Nor is it longer: before a
lease is over the item's key is held in the journal, and right after it others may go on."""

LOOKS: Final = 5
"""In each lease a lane looks so many times for what is due, and once for what a worker had that has gone."""

log = logging.getLogger("aiogandi.fleet")


class Engine:
    """Delivers items to workers, at least once. Each account has a queue of its own.

    *url* is the hub's, *told* is what errors call the store, *prefix* is the hub's. What a process attends to is
    delivered to others when it has not been heard of for about two *leases*, and an exchange with the store may
    take *deadline* seconds.
    """

    def __init__(self, url: Secret, told: str, prefix: str, lease: float, deadline: float) -> None:
        self.told = told
        self.lease = lease
        self.deadline = deadline
        self.connections = Connections(url, told, deadline)
        self._prefix = prefix
        self._kept = Kept(self._opened, told)

    async def publish(self, account: str, parcels: Sequence[Parcel]) -> None:
        """Have these *parcels* delivered to who serves *account*. One that is being delivered is not delivered a second
        time. `HubError` if the store does not take them; it may have taken some of them then.
        """
        names = self._names(account)

        async def send(some: Sequence[Parcel], opened: Worker[None]) -> list[None]:
            now = now_ms()
            async with opened.redis.pipeline(transaction=False) as pipe:
                library = Streaq(pipe)
                for parcel in some:
                    task = names.enqueue_unsafe(TASK, *parcel)
                    task.id = delivery_of(parcel)
                    names.publish_task(pipe, task, await task.serialize(now), now, lib=library)
            return []

        await self._ask(send, parcels)

    async def is_known(self, account: str, parcels: Sequence[Parcel]) -> list[bool]:
        """Whether the engine has each of these *parcels*, for who makes up for what it has lost. `HubError` if the
        store does not say it.
        """
        names = self._names(account)

        async def look(some: Sequence[Parcel], opened: Worker[None]) -> list[bool]:
            async with opened.redis.pipeline(transaction=False) as pipe:
                found = [pipe.exists([names.task_key + delivery_of(parcel)]) for parcel in some]
            return [bool(await each) for each in found]

        return await self._ask(look, parcels)

    def lane(self, account: str, size: int, attend: Attend) -> Lane:
        """What takes items of *account* and attends to up to *size* of them at once."""
        begin = partial(_LaneWorker, self, account, size, attend)
        return Lane(begin, self.told, shortest=self.deadline / 4, longest=self.lease)

    async def close(self) -> None:
        """Close the connections on which items are published. Lanes have their own."""
        await self._kept.close()

    def queue(self, account: str) -> str:
        """What streaq calls the queue of an account."""
        return f"{self._prefix}:fleet:{quote(account, safe='')}"

    def _names(self, account: str) -> Worker[None]:
        """A worker that never runs: it knows how the things of an account's queue are called."""
        return Worker(queue_name=self.queue(account), serializer=in_json)

    def _opened(self) -> Worker[None]:
        policy = {"retry_policy": NoRetryPolicy()}  # whether once more is useful, `Kept` knows
        return Worker(redis_pool=self.connections.pool(self.deadline), redis_kwargs=policy)

    async def _ask(self, ask: _Ask[Result], parcels: Sequence[Parcel]) -> list[Result]:
        answers: list[Result] = []
        for begin in range(0, len(parcels), AT_ONCE):
            answers += await self._kept.use(partial(ask, parcels[begin : begin + AT_ONCE]))
        return answers


class _LaneWorker(Worker[None]):
    """A worker of streaq's, for one lane, until the lane is stopping or the store goes away."""

    def __init__(self, engine: Engine, account: str, size: int, attend: Attend, lane: Lane) -> None:
        idle = engine.lease * LEASES
        super().__init__(
            # It waits for items for as long as *idle*.
            redis_pool=engine.connections.pool(idle + engine.deadline),
            # A connection that is lost is made again. Where the store does not answer it has waited long enough.
            redis_kwargs={
                "retry_policy": ConstantRetryPolicy((Disconnected,), retries=2, delay=0.01)
            },
            concurrency=size,
            queue_name=engine.queue(account),
            serializer=in_json,
            deserializer=json.loads,
            idle_timeout=idle,
        )
        # Nothing is taken before it can begin: it would be kept from others.
        self.prefetch = size
        self.has_begun = False
        self._engine = engine
        self._attend = attend
        self._lane = lane
        self._is_leaving = False
        self.task(name=TASK, max_tries=None, timeout=None, ttl=0, silent=True)(self._deliver)

    async def run(self) -> str:
        try:
            with quiet_libraries():
                await self.run_async()
        except Exception as error:  # noqa: BLE001 - of the store, the way to it, and two packages
            return trouble_in(error)
        return ""

    def let_go(self) -> None:
        """Hand back what is attended to."""
        self._is_leaving = True
        for each in self._lane.attending:
            each.cancel()

    async def signal_handler(self, scope: CancelScope) -> None:
        """End the work when the lane is stopping. (streaq begins this beside its work, to wait for signals. When
        the store goes away it cancels this, and then waits until all that it runs has ended: so that is let go.)
        """
        self.has_begun = True
        try:
            await self._lane.stopping.wait()
        except asyncio.CancelledError:
            self.let_go()
            raise
        scope.cancel("the lane is stopping")

    async def schedule_delayed_tasks(self) -> None:
        """Deliver again what is due, and what a worker had that has gone. (streaq does more, twice a second: most of
        what an idle lane costs.)
        """
        library = Streaq(self.redis)
        queue, stream = (key + self.priorities[0] for key in (self.queue_key, self.stream_key))
        for looks in itertools.count():
            await library.publish_delayed_tasks(queue, stream, now_ms())
            if looks % LOOKS == 0:
                await self.redis.eval(RECOVER, [stream], [REDIS_GROUP, self.idle_timeout])
            await asyncio.sleep(self._engine.lease / LOOKS)

    async def run_consumers(
        self,
        receive: MemoryObjectReceiveStream[StreamMessage],
        renew_scope: CancelScope,
        produce_scope: CancelScope,
        *,
        task_status: TaskStatus[CapacityLimiter] = TASK_STATUS_IGNORED,
    ) -> None:
        try:
            with receive:  # the consumers have clones of it, and streaq leaves it open
                await super().run_consumers(
                    receive, renew_scope, produce_scope, task_status=task_status
                )
        finally:
            stream = self.stream_key + self.priorities[0]
            words: list[str | int] = [REDIS_GROUP, self.id, 10 * self.idle_timeout]
            with move_on_after(self._engine.deadline, shield=True), suppress(RedisError):
                await self.redis.eval(LEAVE, [stream], words)

    async def _deliver(self, run: str, item: str) -> None:
        if self._is_leaving:
            raise StreaqRetry(delay=0)

        async def attend() -> float | None:
            return await self._attend(run, item)

        # In a task with a context of its own: what the item begins is not streaq's.
        attending = chores.begin(attend)
        self._lane.attending.add(attending)
        try:
            again = await attending
        except asyncio.CancelledError:
            again = 0.0
        except Exception:
            log.exception("item %s of run %s is delivered again", item, run)
            again = self._engine.lease
        finally:
            self._lane.attending.discard(attending)
        if again is not None:  # by the clocks of this machine and of the one that looks for it
            raise StreaqRetry(delay=timedelta(seconds=again))
