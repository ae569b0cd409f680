"""`bulk`: one action over many items, a bounded number at a time, with an outcome for each."""

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
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, Literal, TypeAlias, TypeVar, overload

from aiogandi.checks import require_count
from aiogandi.errors import InvalidArgument
from aiogandi.models import OperationDetails
from aiogandi.operations.operation import Operation
from aiogandi.transport.rank import behind

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Done(Generic[T, R]):
    """The outcome of an *item* whose action succeeded: *result* is what the action returned.

    ``ok`` is True and ``error`` is None.
    """

    item: T
    result: R
    ok: ClassVar[Literal[True]] = True
    error: ClassVar[None] = None


@dataclass(frozen=True, slots=True)
class Failed(Generic[T]):
    """The outcome of an *item* whose action failed: *error* is the exception that it raised.

    ``ok`` is False and ``result`` is None.
    """

    item: T
    error: Exception
    ok: ClassVar[Literal[False]] = False
    result: ClassVar[None] = None


Outcome: TypeAlias = Done[T, R] | Failed[T]
"""What became of one item of `bulk`: ``Outcome[str, VM]`` is ``Done[str, VM] | Failed[str]``.

Both have ``item``, ``ok``, ``result`` and ``error``, and type checkers tell them apart:

    if outcome.ok:                      # mypy
        print(outcome.result.hostname)
    match outcome:                      # mypy and pyright; isinstance(outcome, Done) likewise
        case Done(item, vm):
            print(item, vm.hostname)
        case Failed(item, error):
            print(item, error)
"""


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
    """Run *action* on every item of *items*, at most *limit* of them at a time.

    Yields an `Outcome` for each item as soon as it ends: `Done` with what the action returned, or
    `Failed` with the exception that it raised. A failing item does not end the run. If the action
    returns an `Operation`, that is waited for, and the result is its `OperationDetails`:

        async for outcome in bulk(gandi.vm_stop, [5, 6, 7]):
            print(outcome.item, outcome.error or "stopped")

    *items* may be any iterable, also an async one. An item is drawn when one of the *limit* places
    is free, also while the body of the loop runs, as long as fewer than *limit* outcomes wait for
    the loop. So a source of a million items takes no more memory than one of *limit*.

    Where turns are scarce, the calls of the actions queue up behind those of single callers.

    Leaving the loop, by ``break``, an exception or cancellation, cancels the actions under way and
    waits for them to end; what they have begun stands in ``Gandi.pending()``. After ``break`` Python
    does this a little later, when it closes the generator; use ``contextlib.aclosing`` where it must
    have happened before the next line.

    Raises `InvalidArgument` for a *limit* below 1 and for *items* that are no iterable. An
    exception raised by *items* themselves is raised here, after the actions under way have ended.
    An action that is cancelled cancels the run.
    """
    limit = require_count("limit", limit, 1)
    run = _Run(action, _Source(items), limit)
    try:
        while (outcome := await run.next()) is not None:
            yield outcome
    finally:
        await run.stop()


class _Run:
    """The actions under way, and the outcomes that wait for the loop: at most *limit* of each."""

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
        self._context = copy_context()
        """The one in which the loop runs: further items are drawn and begun in it, whatever has ended."""
        self._stopped = False

    async def next(self) -> Outcome[Any, Any] | None:
        """Wait for the next outcome; return None after the last one."""
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
            with behind():  # the calls of single callers go first
                self._start(_run(self._action, item))

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._end, context=self._context)
        return task

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if task is not self._drawing:
            self._ended.append(task)
        else:
            self._drawing = None
            if not task.cancelled() and not self._stopped:
                self._begin(task.result())
        # Here, and not only in `next`: the loop's body may run for long before it asks for more.
        if not self._stopped:
            self._fill()
        self._something_ended.set()


async def _run(action: Callable[[Any], Awaitable[Any]], item: Any) -> Outcome[Any, Any]:
    try:
        result = await action(item)
        if isinstance(result, Operation):
            result = await result.wait()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this item's outcome
        return Failed(item, error)
    return Done(item, result)


_NOTHING: Final = object()


class _Source:
    """Draws items one at a time from an iterable of either kind.

    An exception of the iterable ends the items and is kept in ``error``.
    """

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
        """Close an async generator now; the garbage collector would do it at some later time."""
        if self.waits and isinstance(self._awaited, AsyncGenerator):
            await self._awaited.aclose()
