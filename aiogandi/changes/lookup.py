"""Operations looked up at the service, once for all calls that want to know."""

from __future__ import annotations

import asyncio
from collections import ChainMap
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar
from weakref import WeakValueDictionary

from aiogandi import chores
from aiogandi.cancellation import cancel
from aiogandi.changes.change import Change
from aiogandi.changes.ledger import Ledger
from aiogandi.errors import NotFound
from aiogandi.models import LISTED, OperationDetails
from aiogandi.operations.creations import Creations
from aiogandi.operations.directory import Directory
from aiogandi.operations.pages import Filtered, read_down

DETAILS_AT_ONCE: Final = 8
"""Operations that are asked for at the same time."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Found:
    """Operations that a list showed; *complete* unless there may be others that it did not. *unread* are
    the ids of those that the list showed and of which the service tells nothing; *shown* are all that
    it showed, also those that nobody can own.
    """

    operations: list[OperationDetails]
    complete: bool
    unread: tuple[int, ...] = ()
    shown: tuple[int, ...] = field(default=(), repr=False, compare=False)

    def plus(self, operations: list[OperationDetails], unread: Iterable[int]) -> Found:
        """The same with further ones."""
        return replace(
            self, operations=self.operations + operations, unread=(*self.unread, *unread)
        )


class Lookup:
    """Asks *directory* for what *ledger* may need, in the time of *clock*. *ask_newest* asks for the
    ids of the newest operations.
    """

    def __init__(
        self,
        directory: Directory,
        ledger: Ledger,
        clock: Callable[[], float],
        ask_newest: Callable[[], Awaitable[list[int]]],
    ) -> None:
        self.is_crowded = False
        """Whether there are more operations than one list shows: old ones that were never seen."""
        self._directory = directory
        self._creations = Creations(directory)
        self._ledger = ledger
        self._clock = clock
        self._ask_newest = ask_newest
        self._tasks = chores.SharedTasks()
        self._looks: dict[str, asyncio.Task[Found]] = {}
        self._questions: dict[str, asyncio.Task[Any]] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def newest(self) -> None:
        """Learn the newest operation id."""
        await self._ask_once("", self._learn_newest)

    async def look(self, filters: Mapping[str, Any], *, whole: bool = False) -> Found:
        """The operations that a list shows and that may be somebody's whose reply was lost. It costs a
        further list to see that the *whole* list was shown, where that is short.

        One look serves all who asked for it before it began; who asks later waits for the next.
        """
        key = f"{whole} {filters!r}"
        if (look := self._looks.get(key)) is None:
            full = 1 if whole else LISTED
            look = self._looks[key] = self._tasks.begin(partial(self._look, key, filters, full))
        return await asyncio.shield(look)

    async def ids(self, method: str, *, created_after: datetime | None = None) -> list[int]:
        """The newest operations of a type, as one list shows them; one for all who ask at the time."""
        filters = {"type": method, **({"created_after": created_after} if created_after else {})}
        return await self._ask_once(repr(filters), lambda: self._directory.ids(filters))

    async def operation(self, number: int) -> OperationDetails | None:
        """What the service says of one operation; None if it does not know it."""
        try:
            return await self._directory.details(number)
        except NotFound:
            return None

    async def of_answer(self, call: Change, number: int) -> OperationDetails | None:
        """The operation of a call whose reply named *number*; None if the service lists none."""
        if call.yields == "id":
            return await self._directory.details_or_none(number)
        try:
            found = await self._creations.find(call.method, number)
        except NotFound:
            return None
        return None if found is None else await self._directory.details_or_none(found)

    async def close(self) -> None:
        """Stop looking."""
        await cancel(list(self._tasks.under_way))

    async def _look(self, key: str, filters: Mapping[str, Any], full: int) -> Found:
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        async with lock:
            del self._looks[key]
            oldest = self._ledger.oldest()
            read: dict[int, OperationDetails] = {}  # on the way down

            def page(before: datetime | None) -> Filtered:
                return Filtered({**filters, **({"created_before": before} if before else {})})

            # Where ids do not grow, no further page says more.
            plan = read_down(page, lambda: oldest, lambda *_: self._ledger.habits.grows, full=full)
            known = self._ledger.sightings.details
            pages = await self._directory.carry_out(plan, ChainMap(read, known))
            wanted = self._ledger.saw(pages.ids, self._clock())
            for details in read.values():
                self._learn(details)
            await self._fetch(wanted)
            return Found(
                [known[number] for number in wanted if number in known],
                pages.complete,
                tuple(number for number in wanted if number not in known),
                tuple(pages.ids),
            )

    async def _fetch(self, ids: list[int]) -> None:
        """Learn the details of those that are not known yet."""
        ids = [number for number in ids if number not in self._ledger.sightings.details]
        queue = iter(ids)

        async def work() -> None:
            for number in queue:
                if (details := await self._directory.details_or_none(number)) is not None:
                    self._learn(details)

        workers = [asyncio.ensure_future(work()) for _ in range(min(DETAILS_AT_ONCE, len(ids)))]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()

    def _learn(self, details: OperationDetails) -> None:
        """Keep what an answer tells. One that tells nothing may be a hitch, and the next one may tell."""
        if details.type is not None or details.params is not None:
            self._ledger.learn(details)

    async def _learn_newest(self) -> None:
        asked = self._clock()
        ids = await self._ask_newest()
        self.is_crowded = len(ids) >= LISTED
        self._ledger.note(max(ids, default=0), asked)

    async def _ask_once(self, key: str, ask: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """What *ask* returns, for all who ask under this *key* while the answer is due."""

        async def answered() -> Result:
            try:
                return await ask()
            finally:
                del self._questions[key]

        if (question := self._questions.get(key)) is None:
            question = self._questions[key] = self._tasks.begin(answered)
        answer: Result = await asyncio.shield(question)
        return answer
