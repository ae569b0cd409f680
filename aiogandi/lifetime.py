"""The end of a client's life: whatever a call waits for at that moment, `ClientClosed` wakes it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
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

    def begins(self) -> None:
        if self._lifetime.closed:
            raise ClientClosed
        self._lifetime.inside.add(self)

    def ends(self) -> None:
        self._lifetime.inside.discard(self)


async def cancel(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel the tasks, and wait until each has ended, whichever way."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
