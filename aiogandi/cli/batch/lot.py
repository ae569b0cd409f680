"""One change to many things at once: begun, watched together, and left in good order.

Ctrl-C and ``--timeout`` end the wait, never what goes on at the service: nothing more is begun, and
the answers under way are awaited, so that no operation is lost sight of.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final, Protocol

from aiogandi.bulk import Outcome, bulk
from aiogandi.cli.batch.items import Ending, Item, Waiting, Wording
from aiogandi.cli.batch.selection import Target
from aiogandi.cli.connection import Connection
from aiogandi.cli.failures import (
    FAILED,
    INTERRUPTED,
    NOT_LOGGED_IN,
    OK,
    explain,
    refuses_login,
)
from aiogandi.cli.terminal.progress import progress
from aiogandi.cli.terminal.screen import counted
from aiogandi.errors import GandiError, OutcomeUnknown
from aiogandi.operations.operation import Operation

AT_ONCE: Final = 1000
"""Things under way at most: while they are, they cost a part of a request now and then."""

CALLS: Final = 20
"""Calls that begin something at the same time: those that stand in the queue of the rate limit are
beyond recall, and should be few when somebody wants to leave."""

ANSWERS: Final = 10.0
"""Seconds for which answers under way are awaited once the wait has been ended."""

FINDING: Final = 5.0
"""Seconds for finding the operations of new servers or disks, whose calls do not tell their ids."""

FINDING_ONE: Final = 0.1
"""Seconds that each of them adds, unless somebody wants to leave."""


class Step(Protocol):
    """Sends a changing call; where it begins an operation, waits for its end."""

    async def __call__(
        self, call: Callable[..., Awaitable[Operation | None]], *args: Any
    ) -> None: ...


Action = Callable[[Item, Step], Awaitable[None]]


class Left(Exception):
    """The wait was ended before this was."""


class Lot:
    """Things that are changed together."""

    def __init__(
        self,
        connection: Connection,
        wording: Wording,
        targets: Sequence[Target],
        waiting: Waiting,
    ) -> None:
        self.wording = wording
        self.waiting = waiting
        self.items = [Item(target) for target in targets]
        self.stopped: int | None = None
        """The exit code with which the wait was ended before its time."""
        self.refusal: Exception | None = None
        """Why nothing else can be done: nobody is logged in."""
        self._connection = connection
        self._counts = Counter({Ending.NOT_BEGUN: len(self.items)})
        self._show: Callable[[int, int, int], None] = lambda *_: None
        self._calls = asyncio.Semaphore(CALLS)
        self._blocks: dict[asyncio.Timeout, float] = {}

    async def run(self, action: Action) -> None:
        """Do *action* to every item; what becomes of them stands in the items."""
        timer: asyncio.TimerHandle | None = None
        if self.waiting.timeout is not None:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(self.waiting.timeout, self._stop, FAILED)
        try:
            with self._connection.interrupts.handed_to(partial(self._stop, INTERRUPTED)):
                await self._change(action)
                await self._find_operations()
        finally:
            if timer is not None:
                timer.cancel()

    def exit_code(self) -> int:
        """The command's exit code for what became of the items."""
        if self.stopped is not None:
            return self.stopped
        good = (Ending.DONE,) if self.waiting.wait else (Ending.DONE, Ending.UNDER_WAY)
        return OK if all(item.ending in good for item in self.items) else FAILED

    async def _change(self, action: Action) -> None:
        screen = self._connection.screen
        title = f"{self.wording.doing} {counted(len(self.items), self.wording.noun)}"
        with progress(screen.err, title, len(self.items)) as self._show, suppress(Left):
            async with self._until_stopped(ANSWERS):
                outcomes = bulk(
                    lambda item: action(item, partial(self._step, item)),
                    self._next(),
                    limit=AT_ONCE,
                )
                async for outcome in outcomes:
                    self._note(outcome)

    def _next(self) -> Iterator[Item]:
        for item in self.items:
            if self.stopped is not None:
                return
            yield item

    async def _step(
        self, item: Item, call: Callable[..., Awaitable[Operation | None]], *args: Any
    ) -> None:
        async with self._calls:
            if self.stopped is not None:
                self._move(item, Ending.NOT_BEGUN)
                raise Left
            self._move(item, Ending.UNKNOWN)
            try:
                operation = await call(*args)
            except GandiError as error:
                self._look_for_refusal(error)  # at once: the next call waits for this one's place
                raise
        if operation is None:
            return
        item.operation = operation
        self._move(item, Ending.UNDER_WAY)
        if not self.waiting.wait:
            return
        if self.stopped is not None:
            raise Left
        async with self._until_stopped():
            await operation

    @asynccontextmanager
    async def _until_stopped(
        self, grace: float = 0.0, limit: float | None = None
    ) -> AsyncIterator[None]:
        """Ends the block with `Left`, *grace* seconds after the wait was ended, or at *limit*."""
        try:
            async with asyncio.timeout(limit) as timeout:
                self._blocks[timeout] = grace
                try:
                    yield
                finally:
                    del self._blocks[timeout]
        except TimeoutError:
            if not timeout.expired():
                raise
            raise Left from None

    def _stop(self, code: int) -> None:
        if self.stopped is not None:
            return
        self.stopped = code
        now = asyncio.get_running_loop().time()
        for timeout, grace in self._blocks.items():
            timeout.reschedule(now + grace)
        if code == INTERRUPTED and (asked := self._counts[Ending.UNKNOWN]):
            self._connection.screen.line(
                f"Nothing more is begun; awaiting {counted(asked, 'answer')}."
                " Ctrl-C again leaves at once."
            )

    def _note(self, outcome: Outcome[Item, None]) -> None:
        item, error = outcome.item, outcome.error
        if error is None:
            if self.waiting.wait or item.ending is Ending.UNKNOWN:
                self._move(item, Ending.DONE)
        elif not isinstance(error, Left):
            item.error = error
            lost = isinstance(error, OutcomeUnknown)
            self._move(item, Ending.UNKNOWN if lost else Ending.FAILED)
            if not self._look_for_refusal(error):
                self._connection.screen.problem(
                    f"{self.wording.noun} {item.target}: {explain(error)}"
                )

    def _look_for_refusal(self, error: Exception) -> bool:
        """Whether nobody is logged in; then nothing more is begun."""
        if not refuses_login(error):
            return False
        self.refusal = self.refusal or error
        self._stop(NOT_LOGGED_IN)
        return True

    def _move(self, item: Item, ending: Ending) -> None:
        self._counts[item.ending] -= 1
        item.ending = ending
        self._counts[ending] += 1
        done, begun = self._counts[Ending.DONE], self._counts[Ending.UNDER_WAY]
        if not self.waiting.wait:
            done, begun = done + begun, 0
        asked = self._counts[Ending.UNKNOWN]
        self._show(done, self._counts[Ending.FAILED], begun + asked)

    async def _find_operations(self) -> None:
        """What goes on without us must have an id by which it can be taken up."""
        nameless = [
            item.operation
            for item in self.items
            if item.ending is Ending.UNDER_WAY and item.operation and item.operation.id is None
        ]
        limit = FINDING
        if self.stopped is None:
            limit += FINDING_ONE * len(nameless)
        with suppress(Left):
            async with self._until_stopped(0.0, limit):
                await asyncio.gather(*map(_find, nameless))


async def _find(operation: Operation) -> None:
    with suppress(GandiError):
        # An operation's first state is seen after it was found.
        await anext(aiter(operation), None)
