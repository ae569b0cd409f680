"""Operations looked up at the service, once for all calls that want to know."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar
from weakref import WeakValueDictionary

from aiogandi.cancellation import cancel
from aiogandi.changes.ledger import Ledger
from aiogandi.errors import DataFault, NotFound, refuses_call
from aiogandi.models import LISTED, OperationDetails, ids_from_wire

DETAILS_AT_ONCE: Final = 8
"""Operations that are asked for at the same time."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Look:
    """Operations that a list showed; *complete* unless there may be others that it did not."""

    found: list[OperationDetails]
    complete: bool


class Lookup:
    """Asks by *ask*, which sends a reading call by name, for what *ledger* may need."""

    def __init__(self, ask: Callable[..., Awaitable[Any]], ledger: Ledger) -> None:
        self._ask = ask
        self._ledger = ledger
        self._newest: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._works: dict[str, bool] = {}  # whether a parameter works as a filter
        self._looks: dict[str, asyncio.Task[Look]] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def newest(self) -> None:
        """Learn the newest operation id."""
        if self._newest is None:
            self._newest = self._start(self._learn_newest())
        await asyncio.shield(self._newest)

    def proven(self, names: list[str]) -> None:
        """These parameters work as filters: an operation was found by them."""
        self._works.update((name, True) for name in names if name not in self._works)

    def unproven(self, names: list[str]) -> list[str]:
        """Those of these parameters of which it is not known whether they work as filters."""
        return [name for name in names if name not in self._works]

    async def look(self, filters: dict[str, Any]) -> Look:
        """The operations that a list shows and that may be somebody's whose reply was lost.

        One look serves all who asked for it before it began; who asks later waits for the next.
        """
        key = repr(filters)
        look = self._looks.get(key)
        if look is None:
            look = self._looks[key] = self._start(self._run_look(key, filters))
        return await asyncio.shield(look)

    async def _run_look(self, key: str, filters: dict[str, Any]) -> Look:
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        async with lock:
            del self._looks[key]
            oldest = self._ledger.oldest()
            ids = await self._list(filters)
            complete = True
            page = ids
            while len(page) >= LISTED and min(page) > oldest:
                # The list holds no more: it goes on below the date of its lowest id.
                lowest = min(page)
                await self._fetch([lowest])
                details = self._ledger.details.get(lowest)
                before = details.date_created if details is not None else None
                page = [] if before is None else await self._list(filters, created_before=before)
                more = [number for number in page if number < lowest]
                if not more:
                    complete = False
                    break
                ids += more
            wanted = self._ledger.saw(ids, asyncio.get_running_loop().time())
            await self._fetch(wanted)
            known = self._ledger.details
            return Look([known[number] for number in wanted if number in known], complete)

    async def _list(self, filters: dict[str, Any], **more: Any) -> list[int]:
        names = filters.get("param", {})
        if not any(self._works.get(name) is False for name in names):
            try:
                return ids_from_wire(await self._ask("operation_list", filter=filters | more))
            except DataFault as fault:
                if not names or not refuses_call(fault):
                    raise
            # The service does not know this filter.
            self._works.update(dict.fromkeys(names, False))
        wider = {"type": filters["type"]} | more
        return ids_from_wire(await self._ask("operation_list", filter=wider))

    async def _fetch(self, ids: list[int]) -> None:
        """Learn the details of those that are not known yet."""
        ids = [number for number in ids if number not in self._ledger.details]
        queue = iter(ids)

        async def work() -> None:
            for number in queue:
                if (details := await self.operation(number)) is not None:
                    self._ledger.details[number] = details

        workers = [asyncio.ensure_future(work()) for _ in range(min(DETAILS_AT_ONCE, len(ids)))]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()

    async def operation(self, number: int) -> OperationDetails | None:
        """What the service says of one operation; None if it does not know it."""
        try:
            reply = await self._ask("operation_details", operation_id=number)
        except NotFound:
            return None
        return replace(OperationDetails.from_wire(reply, id=number), id=number)

    async def _learn_newest(self) -> None:
        asked = asyncio.get_running_loop().time()
        ids = ids_from_wire(await self._ask("operation_list"))
        self._ledger.note(max(ids, default=0), asked)

    async def close(self) -> None:
        """Stop looking."""
        await cancel(list(self._tasks))

    def _start(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Begin what several calls may wait for, whichever of them is cancelled."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task is self._newest:
            self._newest = None
        if not task.cancelled():
            task.exception()  # raised by whoever still waits; nobody may
