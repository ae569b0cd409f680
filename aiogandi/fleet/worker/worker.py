"""A worker: takes items of a fleet from the engine, and carries them out until it is told to end."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiogandi import chores
from aiogandi.cancellation import cancel
from aiogandi.checks import require_count
from aiogandi.errors import HubError
from aiogandi.fleet.books.books import Books
from aiogandi.fleet.fleet import Fleet
from aiogandi.fleet.worker.allotment import AccountState, LaneState, allot
from aiogandi.fleet.worker.clients import AccountClient, Clients
from aiogandi.fleet.worker.lost import tend
from aiogandi.fleet.worker.workbench import RunsAlone, Workbench

if TYPE_CHECKING:
    from aiogandi.fleet.engine.engine import Engine
    from aiogandi.fleet.engine.lane import Lane

log = logging.getLogger("aiogandi.fleet")

PAUSE: Final = 0.25
"""Seconds between two looks at which accounts have work."""

LOST: Final = 30.0
"""Seconds after which it is looked whether the engine still has an item."""


class _ServedLane:
    """A lane of *size* places that is served."""

    def __init__(self, lane: Lane, size: int, now: float) -> None:
        self._lane = lane
        self.size = size
        self.began = self.busy_at = now
        self.serving = chores.begin(lane.serve)

    @property
    def under_way(self) -> int:
        """How many items it has."""
        return self._lane.under_way

    def stop(self) -> None:
        """Take no more items; it ends when those that it has have ended."""
        self._lane.stop()

    def state(self, now: float) -> LaneState:
        """How it is, for who gives out the places."""
        if (
            not self._lane.has_begun
        ):  # many at once take seconds, and have had nothing of their turn
            self.began = self.busy_at = now
        elif self.under_way:
            self.busy_at = now
        return LaneState(self.size, self.under_way, now - self.busy_at, now - self.began)


class Worker:
    """Works for *fleet*, with at most *limit* items under way at once.

        worker = Worker(fleet, limit=100)
        await worker.work()

    ``work`` ends after `drain`, when what is under way has ended, or after `leave`, at once. *alone*
    runs an item whose processes have died again and again in a process of its own; without it such an item
    is carried out as any other. After *lost* seconds it is looked whether the engine still has an item; *pause*
    is how many seconds pass between two looks at which accounts have work.
    """

    def __init__(
        self,
        fleet: Fleet,
        *,
        limit: int,
        alone: RunsAlone | None = None,
        lost: float = LOST,
        pause: float = PAUSE,
    ) -> None:
        self._fleet = fleet
        self._limit = require_count("limit", limit, 1)
        self._alone = alone
        self._lost = lost
        self._pause = pause
        self._store = fleet.hub.store
        self._books = Books(self._store)
        self._lanes: defaultdict[str, list[_ServedLane]] = defaultdict(list)
        self._ending: list[_ServedLane] = []
        self._had: dict[str, float] = {}
        """When an account that has work had a lane last, or was seen first."""
        self._bench: Workbench | None = None
        self._drains = asyncio.Event()
        self._leaves = asyncio.Event()

    @property
    def under_way(self) -> int:
        """How many items are."""
        return 0 if self._bench is None else self._bench.under_way

    def drain(self) -> None:
        """Take no more items, and end when those that are under way have ended."""
        self._drains.set()

    def leave(self) -> None:
        """End at once: others go on with what is under way."""
        self._drains.set()
        self._leaves.set()

    async def work(self) -> None:
        """Work until told to end. `HubError` where the store does not answer at the beginning; later, it is waited for."""
        async with AsyncExitStack() as parts:
            parts.enter_context(self._telling())
            await parts.enter_async_context(self._books.at_hand())
            journal = await parts.enter_async_context(self._fleet.hub.journal())
            clients = Clients(self._fleet, journal)
            parts.push_async_callback(self._close, clients)
            engine = self._fleet.engine()
            parts.push_async_callback(engine.close)
            bench = self._bench = Workbench(
                self._store,
                self._books,
                clients,
                self._fleet.actions,
                limit=self._limit,
                tries=self._fleet.tries,
                alone=self._alone,
            )
            parts.push_async_callback(self._end, bench)
            await self._work(engine, clients, bench)

    async def _work(self, engine: Engine, clients: Clients, bench: Workbench) -> None:
        leaving = chores.begin(self._leaves.wait)
        tending = chores.begin(partial(tend, self._books, engine, self._lost))
        try:
            await self._take(engine, clients, bench)
            ending = chores.begin(partial(self._end_of, bench))
            await asyncio.wait([leaving, ending], return_when=asyncio.FIRST_COMPLETED)
            await cancel([ending])
        finally:
            await cancel([leaving, tending])

    async def _take(self, engine: Engine, clients: Clients, bench: Workbench) -> None:
        """Serve the accounts that have work, until told to end."""
        while not self._drains.is_set():
            try:
                open_items = await self._books.accounts()
                self._allot(engine, clients, bench, open_items)
                await clients.close_idle({*self._lanes, *bench.accounts})
            except HubError as error:
                log.debug("which accounts have work is not known: %s", error)
            try:
                async with asyncio.timeout(self._pause):
                    await self._drains.wait()
            except TimeoutError:
                continue
        for lanes in [*self._lanes.values()]:
            for lane in [*lanes]:
                lane.stop()

    async def _end_of(self, bench: Workbench) -> None:
        """Wait until nothing is under way."""
        serving = [lane.serving for lanes in self._lanes.values() for lane in lanes]
        serving += [lane.serving for lane in self._ending]
        if serving:
            await asyncio.wait(serving)
        await bench.idle()  # its deliveries may have been cut off

    async def _end(self, bench: Workbench) -> None:
        await bench.leave()
        lanes = [lane for some in self._lanes.values() for lane in some] + self._ending
        for lane in lanes:
            lane.stop()
        # What is handed back takes a moment; what is not is delivered again all the same.
        serving = [lane.serving for lane in lanes]
        if serving:
            await asyncio.wait(serving, timeout=self._store.deadline)
        await cancel(serving)

    async def _close(self, clients: Clients) -> None:
        await clients.close(wait=0 if self._leaves.is_set() else None)

    # -- lanes ---------------------------------------------------------------------------------

    def _allot(
        self, engine: Engine, clients: Clients, bench: Workbench, open_items: dict[str, int]
    ) -> None:
        now = asyncio.get_running_loop().time()
        self._ending = [lane for lane in self._ending if not lane.serving.done()]
        states = [
            self._state(account, open_items.get(account, 0), clients.known(account), now)
            for account in {**open_items, **self._lanes}
        ]
        self._had = {state.name: self._had[state.name] for state in states}
        ending = sum(lane.under_way for lane in self._ending)
        allotted = allot(self._limit, ending, states)
        for account, number in sorted(allotted.end, reverse=True):
            lane = self._lanes[account].pop(number)
            lane.stop()
            self._ending.append(lane)
            if not self._lanes[account]:
                del self._lanes[account]
        for account, size in allotted.begin:
            begun = _ServedLane(engine.lane(account, size, bench.attend), size, now)
            self._lanes[account].append(begun)
            if (client := clients.known(account)) is not None:
                client.has_more_places()

    def _state(
        self, account: str, items: int, client: AccountClient | None, now: float
    ) -> AccountState:
        lanes = [lane.state(now) for lane in self._lanes.get(account, ())]
        had = self._had.setdefault(account, now)
        if lanes:
            self._had[account] = now
        state = AccountState(account, items, lanes, has_turns_left=False, without=now - had)
        if client is not None and state.is_full:
            client.look()
            state.has_turns_left = client.has_turns_left
        return state

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell the others what this worker is at, whenever they are told that its process is there."""
        store = self._store

        def described() -> dict[str, Any]:
            return {
                "limit": self._limit,
                "under_way": self.under_way,
                "accounts": len(self._lanes),
                "drains": self._drains.is_set(),
            }

        async def tell() -> None:
            store.about["worker"] = described()

        about = store.about
        about["worker"] = described()
        store.on_beat.append(tell)
        try:
            yield
        finally:
            store.on_beat.remove(tell)
            about.pop("worker", None)
