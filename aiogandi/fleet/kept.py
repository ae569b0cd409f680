"""Things that are kept open for tasks that come and go."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

from aiogandi import chores
from aiogandi.fleet.foreign import ours

Thing = TypeVar("Thing")


class Kept(Generic[Thing]):
    """A context manager that is entered at once and left by `close`, both in one task of its own. One that has a
    task group of anyio's must not be left in another task than it was entered in.
    """

    def __init__(self, manager: AbstractAsyncContextManager[Thing]) -> None:
        self._manager = manager
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        self._entered: asyncio.Future[Thing] = self._loop.create_future()
        self._keeping = chores.begin(self._keep)

    @property
    def is_open(self) -> bool:
        """Whether it can be used, in the loop that runs."""
        is_here = self._loop is asyncio.get_running_loop()
        return is_here and not self._keeping.done() and not self._closing.is_set()

    async def entered(self) -> Thing:
        """What entering has given. It raises what entering has raised."""
        return await asyncio.shield(self._entered)

    async def close(self) -> None:
        """Leave it, unless its loop has ended."""
        if self._loop is asyncio.get_running_loop():
            self._closing.set()
            await asyncio.wait([self._keeping])

    async def _keep(self) -> None:
        try:
            with ours():
                async with self._manager as thing:
                    self._entered.set_result(thing)
                    await self._closing.wait()
        except Exception as error:  # noqa: BLE001 - who waits for it is told
            if not self._entered.done():
                self._entered.set_exception(error)
                self._entered.exception()  # seen, also where nobody waits any more
