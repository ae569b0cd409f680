"""`bulk`: one action over many items, a bounded number at a time, with an outcome for each."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, TypeVar, overload

from aiogandi.bulk.outcomes import Outcome
from aiogandi.bulk.source import Source
from aiogandi.bulk.work import DurableRun, Way, Work
from aiogandi.checks import require, require_count
from aiogandi.models import OperationDetails
from aiogandi.operations.operation import Operation

T = TypeVar("T")
R = TypeVar("R")


@overload
def bulk(
    action: Callable[[T], Awaitable[Operation]],
    items: Iterable[T] | AsyncIterable[T],
    *,
    limit: int = 100,
    run: DurableRun | None = None,
    stop_after: int | None = None,
) -> AsyncIterator[Outcome[T, OperationDetails]]: ...


@overload
def bulk(
    action: Callable[[T], Awaitable[R]],
    items: Iterable[T] | AsyncIterable[T],
    *,
    limit: int = 100,
    run: DurableRun | None = None,
    stop_after: int | None = None,
) -> AsyncIterator[Outcome[T, R]]: ...


async def bulk(
    action: Callable[[Any], Awaitable[Any]],
    items: Iterable[Any] | AsyncIterable[Any],
    *,
    limit: int = 100,
    run: DurableRun | None = None,
    stop_after: int | None = None,
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

    With a *run* of a journal, ``journal.run("release-42")``, the run is durable: begun again after its
    process was ended, however that was, it goes on where it was. An item that is done is yielded at once,
    as ``repeated``; one that another process has under way is looked at again in the end. Changing calls
    of one item go one after the other (see `Gandi.once`). Two items of the same key are refused.

    After *stop_after* failures, no further item is drawn.

    Raises `InvalidArgument` for a *limit* below 1, for *items* that are no iterable and for a *run*
    that is none. An exception raised by *items* themselves is raised here, after the actions under way
    have ended. An action that is cancelled cancels the run.
    """
    limit = require_count("limit", limit, 1)
    if stop_after is not None:
        stop_after = require_count("stop_after", stop_after, 1)
    is_run = all(callable(getattr(run, name, None)) for name in ("key_of", "carry_out"))
    require(run is None or is_run, "run", run, "a run of a journal: journal.run(…), or None")
    work = Work(Way(action, run), Source(items), limit, stop_after)
    try:
        while (outcome := await work.next()) is not None:
            yield outcome
    finally:
        await work.stop()
