"""A bulk run: one change to many things, begun at once, watched together, left in good order.

Ctrl-C and ``--timeout`` end the waiting, not the work of the service: nothing more is begun, and the
answers to calls that were sent are awaited, so that the id of each operation is known in the end.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from aiogandi.bulk import Outcome, bulk
from aiogandi.cli.batch.items import Ending, Item, Target, Waiting, Wording
from aiogandi.cli.batch.resuming import KeptRun, Left
from aiogandi.cli.exits import ENDED, FAILED, NOT_LOGGED_IN, OK, refuses_login
from aiogandi.cli.service.connection import Connection
from aiogandi.cli.terminal.progress import NO_WAIT, WORDS, progress
from aiogandi.cli.terminal.screen import counted
from aiogandi.errors import GandiError, OperationError, OutcomeUnknown
from aiogandi.operations.operation import Operation


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a bulk run does at the same time, and how long it waits when it is ended early."""

    at_once: int = 1000
    """Things under way at most. Each costs a part of a request now and then while it is."""

    calls: int = 20
    """Changing calls under way at most. A call that waits in the queue of the rate limit cannot be
    called back, so there should be few when the user wants to leave."""

    answers: float = 10.0
    """Seconds for which answers to calls that were sent are awaited after the waiting has ended."""

    finding: float = 5.0
    """Seconds for finding the operations of new servers and disks, whose calls tell no id."""

    finding_one: float = 0.1
    """Seconds that are added to *finding* for each operation, unless the waiting has ended."""


LIMITS: Final = Limits()

PAUSE: Final = 0.2
"""Seconds between two tries to get a thing that another command has under way."""


class Step(Protocol):
    """Sends a changing call; if the call begins an operation, waits for its end."""

    async def __call__(
        self, call: Callable[..., Awaitable[Operation | None]], *args: Any
    ) -> None: ...


Action = Callable[[Item, Step], Awaitable[None]]
"""What is done to one thing. In a run that goes on it must come to the same calls: see `resuming`."""


class Lot:
    """The things of one bulk run, and the run itself. What became of each stands in `items`."""

    def __init__(
        self,
        connection: Connection,
        wording: Wording,
        targets: Sequence[Target],
        waiting: Waiting,
        limits: Limits = LIMITS,
    ) -> None:
        self.wording = wording
        self.waiting = waiting
        self.items = [Item(target, wording.noun) for target in targets]
        self.stopped: int | None = None
        """If the waiting was ended early, the exit code for that: `FAILED` after ``--timeout``."""
        self.refusal: Exception | None = None
        """The error that says that nobody is logged in. Nothing more is begun after it."""
        self.repeated = 0
        """How many things an earlier command of the same run has done."""
        self.run = None if connection.run is None else KeptRun(connection, self._pause)
        """The run that it goes on with."""
        self._connection = connection
        self._limits = limits
        self._counts = Counter({Ending.NOT_BEGUN: len(self.items)})
        self._show: Callable[[int, int, int], None] = _nobody
        self._calls = asyncio.Semaphore(limits.calls)
        # The waits that `_stop` ends, each with the seconds that it may still take then.
        self._blocks: dict[asyncio.Timeout, float] = {}

    async def carry_out(self, action: Action) -> None:
        """Do *action* to every item, until all have ended or the waiting is ended."""
        timer: asyncio.TimerHandle | None = None
        if self.waiting.timeout is not None:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(self.waiting.timeout, self._stop, FAILED)
        try:
            with self._connection.interrupts.handed_to(self._stop):
                await self._change(action)
                await self._find_operations()
                await self._take_over_ends()
        finally:
            if timer is not None:
                timer.cancel()

    def exit_code(self) -> int:
        """Return the command's exit code for what became of the items."""
        if self.stopped is not None:
            return self.stopped
        good = (Ending.DONE,) if self.waiting.wait else (Ending.DONE, Ending.UNDER_WAY)
        return OK if all(item.ending in good for item in self.items) else FAILED

    async def _change(self, action: Action) -> None:
        screen = self._connection.screen
        title = f"{self.wording.doing} {counted(len(self.items), self.wording.noun)}"
        words = WORDS if self.waiting.wait else NO_WAIT
        bar = progress(screen.err, title, len(self.items), words=words)
        with bar as self._show, suppress(Left):
            async with self._until_stopped(self._limits.answers):
                outcomes = bulk(
                    partial(self._act, action),
                    self._next(),
                    limit=self._limits.at_once,
                    run=self.run,
                )
                async for outcome in outcomes:
                    self._note(outcome)
        self._show = _nobody

    def _next(self) -> Iterator[Item]:
        for item in self.items:
            if self.stopped is not None:
                return
            yield item

    async def _act(self, action: Action, item: Item) -> Item:
        """Do *action* to one thing. It is what is returned, because the journal keeps no such result: so
        the action is done again over the recorded calls, which sees whether it is still the same.
        """
        await action(item, partial(self._step, item))
        return item

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
                # Before the semaphore lets the next call go.
                self._look_for_refusal(error)
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
        """End the block with `Left`: *grace* seconds after `_stop`, or *limit* seconds from now."""
        timeout = asyncio.timeout(limit)
        try:
            async with timeout:
                self._blocks[timeout] = grace
                try:
                    yield
                finally:
                    del self._blocks[timeout]
        except TimeoutError:
            if not timeout.expired():
                raise
            raise Left from None

    async def _pause(self) -> None:
        """Let some time pass for another command, unless nobody waits any more."""
        if self.stopped is not None:
            raise Left
        async with self._until_stopped():
            await asyncio.sleep(PAUSE)

    def _stop(self, code: int) -> None:
        if self.stopped is not None:
            return
        self.stopped = code
        now = asyncio.get_running_loop().time()
        for timeout, grace in self._blocks.items():
            timeout.reschedule(now + grace)
        if code in ENDED and (asked := self._counts[Ending.UNKNOWN]):
            self._connection.screen.line(
                f"Nothing more is begun; awaiting {counted(asked, 'answer')}."
                " Ctrl-C again leaves at once."
            )

    def _note(self, outcome: Outcome[Item, Item]) -> None:
        item, error = outcome.item, outcome.error
        if outcome.ok:
            self.repeated += outcome.repeated
        if error is None:
            if self.waiting.wait or item.ending is Ending.UNKNOWN:
                self._move(item, Ending.DONE)
        elif not isinstance(error, Left):
            item.error = error
            lost = isinstance(error, OutcomeUnknown)
            self._move(item, Ending.UNKNOWN if lost else Ending.FAILED)
            self._look_for_refusal(error)

    def _look_for_refusal(self, error: Exception) -> None:
        """Begin nothing more if *error* says that nobody is logged in."""
        if refuses_login(error):
            self.refusal = self.refusal or error
            self._stop(NOT_LOGGED_IN)

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
        """Find the id of each operation that goes on, so that the user can take it up later."""
        nameless = [
            item.operation
            for item in self.items
            if item.ending is Ending.UNDER_WAY and item.operation and item.operation.id is None
        ]
        limit = self._limits.finding
        if self.stopped is None:
            limit += self._limits.finding_one * len(nameless)
        with suppress(Left):
            async with self._until_stopped(0.0, limit):
                await asyncio.gather(*map(_find, nameless))

    async def _take_over_ends(self) -> None:
        """Note the end of operations that nobody waited for, where it was seen all the same: an
        outcome is never *under way* beside an operation that is DONE.
        """
        for item in self.items:
            operation = item.operation
            if item.held and item.ending is Ending.NOT_BEGUN:
                self._move(item, Ending.UNDER_WAY)  # in another command
            if item.ending is not Ending.UNDER_WAY or operation is None or not operation.done():
                continue
            try:
                await operation.wait()
            except OperationError as error:
                item.error = error
                self._move(item, Ending.FAILED)
            else:
                # The stop before a deletion is done, and the deletion is not begun.
                self._move(item, Ending.NOT_BEGUN if item.more else Ending.DONE)


def _nobody(done: int, failed: int, under_way: int) -> None:
    """Show nobody how far the run is: the bar is not there yet, or no longer."""


async def _find(operation: Operation) -> None:
    with suppress(GandiError):
        # Its first state is seen as soon as its id is found.
        await anext(aiter(operation), None)
