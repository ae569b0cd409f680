"""The actions of a bulk run that are under way."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import copy_context
from typing import Any, Protocol

from aiogandi.bulk.outcomes import Done, Failed, Outcome
from aiogandi.bulk.source import NOTHING, Source
from aiogandi.changes.journal import KeyHeld
from aiogandi.errors import InvalidArgument
from aiogandi.operations.operation import Operation
from aiogandi.transport.rank import behind


class DurableRun(Protocol):
    """A run of a journal."""

    def key_of(self, item: Any) -> str:
        """What *item* is called in the journal."""

    async def carry_out(
        self, action: Callable[[Any], Awaitable[Any]], item: Any, *, waits: bool
    ) -> tuple[Any, bool]:
        """The result of *action* for *item*, and whether it is that of an earlier run. `KeyHeld` where
        somebody else has the item under way, unless it *waits*.
        """


class Way:
    """What is done with each item."""

    def __init__(self, action: Callable[[Any], Awaitable[Any]], run: DurableRun | None) -> None:
        self._action = action
        self._run = run
        self._keys: set[str] = set()
        self.put_off: deque[Any] = deque()
        """Items that somebody else had under way."""

    async def do(self, item: Any, *, again: bool) -> Outcome[Any, Any] | None:
        """The outcome of an item; None where somebody else has it under way. *again*: it was put off."""
        try:
            if self._run is None:
                result = await self._action(item)
                if isinstance(result, Operation):
                    result = await result.wait()
                return Done(item, result)
            key = self._run.key_of(item)
            if key in self._keys and not again:
                return Failed(
                    item, InvalidArgument(f"the run has another item with the key {key!r}")
                )
            self._keys.add(key)
            return Done(item, *await self._run.carry_out(self._action, item, waits=again))
        except KeyHeld:
            self.put_off.append(item)
            return None
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this item's outcome
            return Failed(item, error)


class Work:
    """The actions under way, and the outcomes that wait for the loop: at most *limit* of each."""

    def __init__(self, way: Way, source: Source, limit: int, stop_after: int | None) -> None:
        self._way = way
        self._failures_left = math.inf if stop_after is None else stop_after
        self._source = source
        self._limit = limit
        self._under_way: set[asyncio.Task[Any]] = set()
        self._ended: deque[asyncio.Task[Any]] = deque()
        self._something_ended = asyncio.Event()
        self._drawing: asyncio.Task[Any] | None = None
        self._context = copy_context()
        """The one in which the loop runs: further items are drawn and begun in it, whatever has ended."""
        self._stopped = False

    async def next(self) -> Outcome[Any, Any] | None:
        """Wait for the next outcome; return None after the last one."""
        self._fill()
        while True:
            while not self._ended:
                if not self._under_way:
                    if self._source.error is not None:
                        raise self._source.error
                    return None
                self._something_ended.clear()
                await self._something_ended.wait()
            task = self._ended.popleft()
            self._fill()
            outcome: Outcome[Any, Any] | None = task.result()
            if outcome is not None:
                return outcome

    async def stop(self) -> None:
        """Cancel the actions under way and wait for them to end."""
        self._stopped = True
        for task in tuple(self._under_way):
            task.cancel()
        while self._under_way:
            await asyncio.wait(tuple(self._under_way))
        for task in self._ended:
            if not task.cancelled():
                task.exception()  # asyncio would log one that nobody has looked at
        await self._source.close()

    def _fill(self) -> None:
        """Draw items while places are free. Drawing from an async source takes a place as well."""
        while (
            self._drawing is None
            and self._failures_left > 0
            and len(self._under_way) < self._limit
            and len(self._ended) < self._limit
        ):
            if self._source.exhausted:
                if not self._way.put_off or self._source.error is not None:
                    return
                self._begin(self._way.put_off.popleft(), again=True)
            elif self._source.waits:
                self._drawing = self._start(self._source.draw())
            else:
                self._begin(self._source.next())

    def _begin(self, item: Any, *, again: bool = False) -> None:
        if item is not NOTHING:
            with behind():  # the calls of single callers go first
                self._start(self._way.do(item, again=again))

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._end, context=self._context)
        return task

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if task is not self._drawing:
            self._ended.append(task)
            if not task.cancelled() and not task.exception() and isinstance(task.result(), Failed):
                self._failures_left -= 1
        else:
            self._drawing = None
            if not task.cancelled() and not self._stopped:
                self._begin(task.result())
        # Here, and not only in `next`: the loop's body may run for long before it asks for more.
        if not self._stopped:
            self._fill()
        self._something_ended.set()
