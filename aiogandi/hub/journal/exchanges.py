"""The exchanges of one client's journal with the store: in their order, waited for, or made up for later."""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from typing import Any, Final, TypeVar, cast

from aiogandi import chores
from aiogandi.errors import HubError
from aiogandi.hub.journal.scripts.calls import DROP, END, INTEND, LOSE, SEND_AGAIN, SETTLE
from aiogandi.hub.journal.scripts.claims import CLAIM, DISOWN
from aiogandi.hub.journal.scripts.clients import ENTER, LEAVE
from aiogandi.hub.journal.scripts.keys import CONCLUDE, FAIL, RELEASE
from aiogandi.hub.link import Word
from aiogandi.hub.scripts import Script
from aiogandi.hub.store import Store

log = logging.getLogger("aiogandi.hub")

Result = TypeVar("Result")
Make = Callable[[], Sequence[Word]]
"""Makes the arguments of a script when it is sent: the client's number may be another one by then."""

_DURABLE: Final = frozenset(
    script.name
    for script in (
        *(INTEND, SEND_AGAIN, LOSE, SETTLE, END, DROP),
        *(CLAIM, DISOWN, CONCLUDE, FAIL),
        RELEASE,
    )
)
"""The scripts that write what must outlive the store, and what must not overtake that."""


class Exchanges:
    """What one client of *account*, which is called *name* in the store, asks and tells the store. Other
    processes know the client as *told*.

    A client that asks waits *within* seconds for a store that is away. What is written *durably* is on the
    store's disk when that is done.
    """

    def __init__(
        self, store: Store, account: str, name: str, told: str, within: float, *, durably: bool
    ) -> None:
        self.store = store
        self.holder = f"{store.process}:{secrets.token_hex(4)}"
        """How the store knows who sees to this client's calls."""
        self.client: int | None = None
        """The client's number in the store, which is another one where that was emptied."""
        self._account = account
        self._name = name
        self._told = told
        self._within = within
        self._durably = durably
        self._entering = asyncio.Lock()
        self._late: list[tuple[Script, Make]] = []
        self._open: dict[int, list[tuple[Script, Make]]] = {}
        self._last: dict[Hashable, asyncio.Task[Any]] = {}
        self._tasks = chores.SharedTasks()
        self._waiting: set[asyncio.Task[Any]] = set()
        self._is_leaving = False
        self.is_closed = False
        self._listens = True
        store.on_back.append(self._came_back)
        store.on_replaced.append(self._was_replaced)
        store.on_left.append(self.let_go)

    # -- exchanges -----------------------------------------------------------------------------

    async def run(self, script: Script, make: Make) -> Any:
        """Run a script and return its answer; `HubError` where the store is away."""
        if self.is_closed:
            raise HubError(f"{self.store.told}: the journal was closed before its client")
        await self._get_ready()
        return await self._do(script, make)

    async def ask(self, script: Script, make: Make) -> Any:
        """Do the same, and wait for a store that is away."""
        return await self.patiently(lambda: self.run(script, make))

    async def patiently(self, work: Callable[[], Awaitable[Result]]) -> Result:
        """Do *work*; where the store is away, wait for it and do it again."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._within
        while True:
            try:
                return await work()
            except HubError as error:
                if not self.store.is_away or self._is_leaving or loop.time() >= ends:
                    raise
                await self._until_back(error, ends)

    async def _until_back(self, error: HubError, ends: float) -> None:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._waiting.add(task)
        try:
            async with asyncio.timeout_at(None if math.isinf(ends) else ends):
                await self.store.back()
        except TimeoutError:
            raise HubError(f"{error}, and has been for {self._within:g} s") from None
        finally:
            self._waiting.discard(task)

    async def write(self, script: Script, make: Make) -> Any:
        """Run a script and return its answer. Where the store is away, the script runs when that is back, and this raises
        `HubError` at once.
        """
        try:
            return await self.run(script, make)
        except HubError:
            if self.store.is_away:
                self._late.append((script, make))
            raise

    def write_later(self, script: Script, make: Make) -> None:
        """Run a script before the next one that is asked for."""
        self._late.append((script, make))

    async def _do(self, script: Script, make: Make) -> Any:
        run = self.store.run
        if self._durably and script.name in _DURABLE:
            run = self.store.run_durably
        return await run(script, self._name, *make())

    async def _get_ready(self) -> None:
        """Enter the journal, and write what could not be written before."""
        if self.client is not None and not self._late:
            return
        async with self._entering:
            if self.client is None:
                await self.store.begun()
                words = [self.holder, self.store.process, self._told, self._account]
                self.client = int(await self.store.run(ENTER, self._name, *words))
            while self._late:
                note = self._late[0]
                await self._do(*note)
                if note in self._late:  # else the store was emptied meanwhile
                    self._late.remove(note)

    async def enter(self) -> None:
        """Enter the journal."""
        await self.patiently(self._get_ready)

    def was_taken_over(self) -> None:
        """Somebody else sees to what this client has left, because the store did not hear of it: it enters
        anew.
        """
        self.client = None

    # -- what the store may lose ---------------------------------------------------------------

    def keep(self, number: int, script: Script, make: Make) -> None:
        """Remember what is written of a call that is under way, beginning with its intent, for a store that is
        emptied.
        """
        if script is INTEND or number in self._open:
            self._open.setdefault(number, []).append((script, make))

    def take_back(self, number: int) -> None:
        """Remember what was written last no more: it was refused."""
        if number in self._open:
            self._open[number].pop()

    def forget(self, number: int) -> None:
        """Remember no more of it."""
        self._open.pop(number, None)

    def _was_replaced(self) -> None:
        if self.is_closed:
            self.let_go()  # nothing is there that could be left
            return
        self.client = None
        self._late = [each for written in self._open.values() for each in written]

    def _came_back(self) -> None:
        if self._late or self.client is None:
            self._tasks.begin(self._catch_up)

    async def _catch_up(self) -> None:
        try:
            await self._get_ready()
        except HubError as error:
            log.debug("%s: what was to be written is not yet: %s", self.store.told, error)
        else:
            if self.is_closed:
                self.let_go()

    # -- order ---------------------------------------------------------------------------------

    def in_order(
        self, place: Hashable, work: Callable[[], Coroutine[Any, Any, Result]]
    ) -> asyncio.Future[Result]:
        """Do *work* after what was begun before at the same *place*. It is done, whoever waits for it."""
        before = self._last.get(place)

        async def do() -> Result:
            if before is not None:
                await asyncio.wait([before])
            return await work()

        def end(task: asyncio.Task[Any]) -> None:
            if self._last.get(place) is task:
                del self._last[place]

        task = self._last[place] = self._tasks.begin(do)
        task.add_done_callback(end)
        return asyncio.shield(task)

    def apart(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> asyncio.Future[Result]:
        """Do *work*, whoever waits for it."""
        return asyncio.shield(self._tasks.begin(work))

    async def close(self, clients: Sequence[int]) -> None:
        """Write what is under way, and leave, with the *clients* that were taken over. Where the store is away
        both are done when it is back, if this process still uses it then.
        """
        if self.is_closed:
            return
        self._is_leaving = True
        for task in self._waiting:
            task.cancel()
        try:
            while self._tasks.under_way:
                await asyncio.wait(self._tasks.under_way)
            if self.client is None:
                self._late.clear()  # it never was inside, and there is nothing of it
            else:
                words: list[Word] = [self.holder, self.client, *clients]
                self._late.append((LEAVE, lambda: words))
                await self._get_ready()
        except HubError as error:
            log.info("%s: the journal is left when it is back: %s", self.store.told, error)
        finally:
            self.is_closed = True
            if not self._late:
                self.let_go()

    def let_go(self) -> None:
        """Write nothing any more."""
        self.is_closed = True
        self._late.clear()
        if self._listens:
            self._listens = False
            self.store.on_back.remove(self._came_back)
            self.store.on_replaced.remove(self._was_replaced)
            self.store.on_left.remove(self.let_go)
