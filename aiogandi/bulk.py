"""`bulk()`: one action over many items, bounded, nothing lost."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, overload

from aiogandi.errors import InvalidArgument
from aiogandi.models import OperationDetails
from aiogandi.operations import Operation
from aiogandi.settings import is_count, require

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
    is an outcome; one of *items* ends the run. Items are drawn as places fall free, so any number
    of them takes memory for *limit*.

    Leaving the loop, by ``break``, an exception or cancellation, cancels what is under way and
    waits for it to end. (After ``break``, Python leaves that to the generator's ``aclose``: wrap it
    in ``contextlib.aclosing`` where it must have happened before the next line.)
    """
    require(is_count(limit) and limit > 0, "limit", limit, "an int, 1 or more")
    under_way: set[asyncio.Task[Any]] = set()
    ended: deque[asyncio.Task[Any]] = deque()
    something_ended = asyncio.Event()
    source = _Source(items)

    def start(task: asyncio.Task[Any]) -> asyncio.Task[Any]:
        under_way.add(task)
        task.add_done_callback(end)
        return task

    def end(task: asyncio.Task[Any]) -> None:
        under_way.discard(task)
        ended.append(task)
        something_ended.set()

    loop = asyncio.get_running_loop()
    drawing: asyncio.Task[Any] | None = None
    try:
        while True:
            # A draw under way stands for the item that it will bring.
            while drawing is None and not source.exhausted and len(under_way) < limit:
                if source.waits:
                    drawing = start(loop.create_task(source.draw()))
                elif (item := source.next()) is not _NOTHING:
                    start(loop.create_task(_run(action, item)))
            if not under_way and not ended:
                return
            if not ended:
                something_ended.clear()
                await something_ended.wait()
            task = ended.popleft()
            if task is not drawing:
                yield task.result()
                continue
            drawing = None
            if (item := task.result()) is not _NOTHING:
                start(loop.create_task(_run(action, item)))
    finally:
        for task in tuple(under_way):
            task.cancel()
        while under_way:
            await asyncio.wait(tuple(under_way))
        for task in ended:
            if not task.cancelled():
                task.exception()  # it is seen; the run has ended for another reason


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
    """Draws items, one at a time, from either kind of iterable."""

    def __init__(self, items: Any) -> None:
        self.exhausted = False
        self.waits = isinstance(items, AsyncIterable)
        if isinstance(items, AsyncIterable):
            self._awaited = aiter(items)
        elif isinstance(items, Iterable):
            self._items = iter(items)
        else:
            kind = type(items).__name__
            raise InvalidArgument(f"items is a {kind}; allowed is an iterable or an async one")

    def next(self) -> Any:
        item = next(self._items, _NOTHING)
        self.exhausted = item is _NOTHING
        return item

    async def draw(self) -> Any:
        item = await anext(self._awaited, _NOTHING)
        self.exhausted = item is _NOTHING
        return item
