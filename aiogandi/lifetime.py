"""The end of a client's life: whatever a call waits for at that moment, `ClientClosed` wakes it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from types import TracebackType
from typing import Any

from aiogandi.errors import ClientClosed
from aiogandi.interruption import Interruption


class Lifetime:
    """Knows the tasks that are inside a call, and gets them out when the client closes."""

    __slots__ = ("closed", "inside")

    def __init__(self) -> None:
        self.closed = False
        self.inside: set[Scope] = set()

    def scope(self) -> Scope:
        """A context manager around one call; entering it after the end is `ClientClosed`."""
        return Scope(self)

    def end(self) -> None:
        """Wake every call with `ClientClosed`, now and from now on."""
        self.closed = True
        for scope in self.inside:
            scope.interrupt()


class Scope(Interruption):
    """One call of one task."""

    __slots__ = ("_lifetime",)

    error = ClientClosed

    def __init__(self, lifetime: Lifetime) -> None:
        self._lifetime = lifetime

    def __enter__(self) -> None:
        if self._lifetime.closed:
            raise ClientClosed
        super().__enter__()
        self._lifetime.inside.add(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lifetime.inside.discard(self)
        super().__exit__(kind, error, traceback)


async def cancel(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel the tasks, and wait until each has ended, whichever way."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
