"""Operations looked up at the service, once for all calls that want to know."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from weakref import WeakValueDictionary

from aiogandi.cancellation import cancel
from aiogandi.changes.ledger import Ledger
from aiogandi.errors import NotFound
from aiogandi.models import OperationDetails
from aiogandi.operations.directory import Directory, Filtered, read_down

DETAILS_AT_ONCE: Final = 8
"""Operations that are asked for at the same time."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Found:
    """Operations that a list showed; *complete* unless there may be others that it did not."""

    operations: list[OperationDetails]
    complete: bool


class Lookup:
    """Asks *directory* for what *ledger* may need."""

    def __init__(self, directory: Directory, ledger: Ledger) -> None:
        self.directory = directory
        self._ledger = ledger
        self._newest: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._looks: dict[str, asyncio.Task[Found]] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def newest(self) -> None:
        """Learn the newest operation id."""
        if self._newest is None:
            self._newest = self._start(self._learn_newest())
        await asyncio.shield(self._newest)

    async def look(self, filters: Mapping[str, Any]) -> Found:
        """The operations that a list shows and that may be somebody's whose reply was lost.

        One look serves all who asked for it before it began; who asks later waits for the next.
        """
        key = repr(filters)
        look = self._looks.get(key)
        if look is None:
            look = self._looks[key] = self._start(self._look(key, filters))
        return await asyncio.shield(look)

    async def operation(self, number: int) -> OperationDetails | None:
        """What the service says of one operation; None if it does not know it."""
        try:
            return await self.directory.details(number)
        except NotFound:
            return None

    async def close(self) -> None:
        """Stop looking."""
        await cancel(list(self._tasks))

    async def _look(self, key: str, filters: Mapping[str, Any]) -> Found:
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        async with lock:
            del self._looks[key]
            oldest = self._ledger.oldest()
            known = self._ledger.details

            def page(before: datetime | None) -> Filtered:
                return Filtered({**filters, **({"created_before": before} if before else {})})

            pages = await self.directory.carry_out(read_down(page, lambda: oldest), known)
            wanted = self._ledger.saw(pages.ids, asyncio.get_running_loop().time())
            await self._fetch(wanted)
            return Found([known[number] for number in wanted if number in known], pages.complete)

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

    async def _learn_newest(self) -> None:
        asked = asyncio.get_running_loop().time()
        self._ledger.note(await self.directory.newest(), asked)

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
