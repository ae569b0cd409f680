"""A run of a fleet, as whoever asks for it sees it: on any machine, while others work at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import Any, Final, Generic, NoReturn, TypeVar

from aiogandi.bulk import Outcome
from aiogandi.errors import HubError
from aiogandi.fleet import outcomes
from aiogandi.fleet.books.books import Books, EndedItems, RunProgress
from aiogandi.fleet.items import Item
from aiogandi.hub.store import Store

T = TypeVar("T")
R = TypeVar("R")
E = TypeVar("E")

SHORTEST, LONGEST = 0.05, 1.0
"""Seconds between two looks for outcomes: the first, and at most."""

_NOT_BEGUN: Final = outcomes.failed(
    outcomes.CANCELLED, "the run was cancelled before this item was begun"
)


class FleetRun(Generic[T, R]):
    """The run *name* of a fleet: `Fleet.submit` and `Fleet.run` make it.

        async for outcome in run:
            print(outcome.item, outcome.error or outcome.result)

    The loop yields an outcome for each item, as `bulk` does: first those that have ended already, in the order of
    their ends, then each as soon as it ends, on whatever machine. It ends when all have. Leaving it
    ends nothing: the workers go on, and another loop, here or elsewhere, begins from the first outcome again. While
    the store is away the loop waits.

    An outcome's ``result`` is what the action returned; ``error`` is `ItemFailed`, with the name and the text of the
    exception that the worker met.
    """

    def __init__(self, name: str, store: Store) -> None:
        self.name = name
        self._store = store
        self._books = Books(store)

    def __repr__(self) -> str:
        return f"<FleetRun {self.name}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{self!r} belongs to its fleet's store and is neither copied nor pickled: its name, given to Fleet.run() of"
            " another process, is the same run"
        )

    def __aiter__(self) -> AsyncIterator[Outcome[T, R]]:
        return self._ends(lambda item, outcome: outcomes.read(item.value, outcome))

    def ends(self) -> AsyncGenerator[tuple[Item, Mapping[str, Any]], None]:
        """Each item, in the same order, and its outcome as it is written down. (For the command.)"""
        return self._ends(lambda item, outcome: (item, outcome))

    async def _ends(self, told: Callable[[Item, Mapping[str, Any]], E]) -> AsyncGenerator[E, None]:
        # Nothing is held while it waits for whoever takes the outcomes: a loop that is left early, when the event loop
        # ends, is closed in a task that is cancelled at once.
        seen: set[str] = set()  # a failed item that is tried again ends once more
        first = 0
        while (ended := await self._further(first)).looked_at:
            first += ended.looked_at
            for id_, item, outcome in ended.outcomes:
                if id_ not in seen:
                    seen.add(id_)
                    yield told(item, outcome)

    async def _further(self, first: int) -> EndedItems:
        """The outcomes from the *first* on, as soon as there are some, or none will come."""
        pause = SHORTEST
        self._store.join()
        try:
            while not (ended := await self._look(first)).looked_at and not ended.is_all:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST)
            return ended
        finally:
            await self._store.leave()

    async def _look(self, first: int) -> EndedItems:
        while True:
            try:
                return await self._books.outcomes(self.name, first)
            except HubError:
                if not self._store.is_away:
                    raise
                await self._store.back()

    async def progress(self) -> RunProgress:
        """How far the run is. Raises `InvalidArgument` where there is none of this name, and `HubError` where the store
        is away.
        """
        async with self._books.at_hand():
            return await self._books.progress(self.name)

    async def cancel(self) -> int:
        """End what nobody has begun, as failed with the kind ``"Cancelled"``, and return how many items that
        were. What was begun goes on to its end, because it may have created something. `Fleet.submit`
        with the same name and items tries the cancelled ones again; one that is under way goes on as well. Raises what
        `progress` does.
        """
        async with self._books.at_hand():
            return await self._books.cancel(self.name, _NOT_BEGUN)

    async def forget(self) -> None:
        """Remove the run with its outcomes from the store. Its keys in the journal stay: a run of the same name gives
        again what it had done (see `Journal.forget`). Raises what `progress` does, and `InvalidArgument` while
        items are open.
        """
        async with self._books.at_hand():
            await self._books.forget(self.name)
