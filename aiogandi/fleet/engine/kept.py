"""What is kept open for tasks that come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

from aiogandi import chores
from aiogandi.errors import HubError
from aiogandi.fleet.engine.foreign import ours, trouble_in

Thing = TypeVar("Thing")
Result = TypeVar("Result")


class Line(Generic[Thing]):
    """A client of the store, opened by *manager* when it is used first, in each event loop. *told* is what errors
    call the store.
    """

    def __init__(
        self, manager: Callable[[], AbstractAsyncContextManager[Thing]], told: str
    ) -> None:
        self._manager = manager
        self._told = told
        self._kept: _Kept[Thing] | None = None

    async def use(self, work: Callable[[Thing], Awaitable[Result]]) -> Result:
        """Return the result of *work* with the client; `HubError` where it fails. With one that was open already it
        is begun once more: the store may be another one since.
        """
        trouble = ""
        with ours():
            for _ in range(2):
                kept, is_new = self._kept, False
                if kept is None or not kept.is_open:
                    kept, is_new = _Kept(self._manager()), True
                    self._kept = kept
                try:
                    return await work(await kept.entered())
                except Exception as error:  # noqa: BLE001 - of the store, the way to it, and two packages
                    trouble = trouble_in(error)
                await kept.close()
                if is_new:
                    break
        # Not in the handler: its traceback has frames of the libraries, which know the password.
        raise HubError(f"{self._told}: {trouble}")

    async def close(self) -> None:
        """Close the client. It is opened again when it is used again."""
        kept, self._kept = self._kept, None
        if kept is not None:
            await kept.close()


class _Kept(Generic[Thing]):
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
