"""`bulk()`: one action over many items, bounded, nothing lost."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
)
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, overload

from aiogandi.checks import is_count, require
from aiogandi.errors import InvalidArgument
from aiogandi.models import OperationDetails
from aiogandi.operations.operation import Operation

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T, R]):
    """What became of one item: its ``result``, or the ``error`` that the action raised."""

    item: T
    result: R | None = None
    error: Exception | None = None

    @property
    def ok(self) -> bool:
        """Whether the action succeeded."""
        return self.error is None


@overload
def bulk(
    action: Callable[[T], Awaitable[Operation]],
    items: Iterable[T] | AsyncIterable[T],
    *,
    limit: int = 100,
) -> AsyncIterator[Outcome[T, OperationDetails]]: ...


@overload
def bulk(
    action: Callable[[T], Awaitable[R]],
    items: Iterable[T] | AsyncIterable[T],
    *,
    limit: int = 100,
) -> AsyncIterator[Outcome[T, R]]: ...


async def bulk(
    action: Callable[[Any], Awaitable[Any]],
    items: Iterable[Any] | AsyncIterable[Any],
    *,
    limit: int = 100,
) -> AsyncIterator[Outcome[Any, Any]]:
    """Run *action* on every item, at most *limit* of them at a time.

    Yields an `Outcome` for each as it ends, in the order of ending. An action that returns an
    `Operation` is waited for, and the result is its `OperationDetails`. An exception of an action
    is an outcome (but its cancellation cancels the run); one of *items* is raised after what is
    under way has ended. Items are drawn as places fall free, also while the loop's body runs, as
    long as no more than *limit* outcomes wait for it: any number of items takes memory for *limit*.

    Leaving the loop, by ``break``, an exception or cancellation, cancels what is under way and
    waits for it to end. (After ``break``, Python leaves that to the generator's ``aclose``: wrap it
    in ``contextlib.aclosing`` where it must have happened before the next line.)
    """
    require(is_count(limit) and limit > 0, "limit", limit, "an int, 1 or more")
    run = _Run(action, _Source(items), limit)
    try:
        while (outcome := await run.next()) is not None:
            yield outcome
    finally:
        await run.stop()


class _Run:
    """What is under way, and what has ended but was not told yet: at most *limit* of each."""

    def __init__(
        self, action: Callable[[Any], Awaitable[Any]], source: _Source, limit: int
    ) -> None:
        self._action = action
        self._source = source
        self._limit = limit
        self._under_way: set[asyncio.Task[Any]] = set()
        self._ended: deque[asyncio.Task[Any]] = deque()
        self._something_ended = asyncio.Event()
        self._drawing: asyncio.Task[Any] | None = None
        self._stopped = False

    async def next(self) -> Outcome[Any, Any] | None:
        """The outcome of the next item that ends; None after the last."""
        self._fill()
        while not self._ended:
            if not self._under_way:
                if self._source.error is not None:
                    raise self._source.error
                return None
            self._something_ended.clear()
            await self._something_ended.wait()
        task = self._ended.popleft()
        self._fill()
        outcome: Outcome[Any, Any] = task.result()
        return outcome

    async def stop(self) -> None:
        """Cancel what is under way and wait for it."""
        self._stopped = True
        for task in tuple(self._under_way):
            task.cancel()
        while self._under_way:
            await asyncio.wait(tuple(self._under_way))
        for task in self._ended:
            if not task.cancelled():
                task.exception()  # it is seen; the run ends for another reason
        await self._source.close()

    def _fill(self) -> None:
        """Draw items while there are places; a draw under way stands for the item it will bring."""
        while (
            self._drawing is None
            and not self._source.exhausted
            and len(self._under_way) < self._limit
            and len(self._ended) < self._limit
        ):
            if self._source.waits:
                self._drawing = self._start(self._source.draw())
            else:
                self._begin(self._source.next())

    def _begin(self, item: Any) -> None:
        if item is not _NOTHING:
            self._start(_run(self._action, item))

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if task is not self._drawing:
            self._ended.append(task)
        else:
            self._drawing = None
            if not task.cancelled() and not self._stopped:
                self._begin(task.result())
        # Here and not when the next outcome is asked for: the loop's body may take its time.
        if not self._stopped:
            self._fill()
        self._something_ended.set()


async def _run(action: Callable[[Any], Awaitable[Any]], item: Any) -> Outcome[Any, Any]:
    try:
        result = await action(item)
        if isinstance(result, Operation):
            result = await result.wait()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this item's outcome
        return Outcome(item, error=error)
    return Outcome(item, result)


_NOTHING: Final = object()


class _Source:
    """Draws items, one at a time, from either kind of iterable; what that raises is kept."""

    def __init__(self, items: Any) -> None:
        self.exhausted = False
        self.error: Exception | None = None
        self.waits = isinstance(items, AsyncIterable)
        if isinstance(items, AsyncIterable):
            self._awaited = aiter(items)
        elif isinstance(items, Iterable):
            self._items = iter(items)
        else:
            kind = type(items).__name__
            raise InvalidArgument(f"items is a {kind}; allowed is an iterable or an async one")

    def next(self) -> Any:
        try:
            item = next(self._items, _NOTHING)
        except Exception as error:  # noqa: BLE001 - raised when what is under way has ended
            self.error, item = error, _NOTHING
        self.exhausted = item is _NOTHING
        return item

    async def draw(self) -> Any:
        try:
            item = await anext(self._awaited, _NOTHING)
        except Exception as error:  # noqa: BLE001 - as above
            self.error, item = error, _NOTHING
        self.exhausted = item is _NOTHING
        return item

    async def close(self) -> None:
        """An async generator that is left early must not wait for the garbage collector."""
        if self.waits and isinstance(self._awaited, AsyncGenerator):
            await self._awaited.aclose()
