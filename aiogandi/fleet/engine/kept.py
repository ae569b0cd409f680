"""What is kept open for tasks that come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

from aiogandi import chores
from aiogandi.errors import HubError
from aiogandi.fleet.engine.foreign import quiet_libraries, trouble_in

Thing = TypeVar("Thing")
Result = TypeVar("Result")


class Kept(Generic[Thing]):
    """A client of the store, opened by *manager* when it is used first, in each event loop. *told* is what errors
    call the store.
    """

    def __init__(
        self, manager: Callable[[], AbstractAsyncContextManager[Thing]], told: str
    ) -> None:
        self._manager = manager
        self._told = told
        self._client: _Entered[Thing] | None = None

    async def use(self, work: Callable[[Thing], Awaitable[Result]]) -> Result:
        """Return the result of *work* with the client; `HubError` where it fails. With one that was open already it
        is begun once more: the store may be another one since.
        """
        trouble = ""
        with quiet_libraries():
            for _ in range(2):
                client, is_new = self._client, False
                if client is None or not client.is_open:
                    client, is_new = _Entered(self._manager()), True
                    self._client = client
                try:
                    return await work(await client.thing())
                except Exception as error:  # noqa: BLE001 - of the store, the way to it, and two packages
                    trouble = trouble_in(error)
                await client.close()
                if is_new:
                    break
        # Not in the handler: its traceback has frames of the libraries, which know the password.
        raise HubError(f"{self._told}: {trouble}")

    async def close(self) -> None:
        """Close the client. It is opened again when it is used again."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()


class _Entered(Generic[Thing]):
    """A context manager that is entered at once and left by `close`, both in one task of its own. One that has a
    task group of anyio's must not be left in another task than it was entered in.
    """

    def __init__(self, manager: AbstractAsyncContextManager[Thing]) -> None:
        self._manager = manager
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        self._thing: asyncio.Future[Thing] = self._loop.create_future()
        self._keeping = chores.begin(self._keep)

    @property
    def is_open(self) -> bool:
        """Whether it can be used, in the loop that runs."""
        is_here = self._loop is asyncio.get_running_loop()
        return is_here and not self._keeping.done() and not self._closing.is_set()

    async def thing(self) -> Thing:
        """What entering has given. It raises what entering has raised."""
        return await asyncio.shield(self._thing)

    async def close(self) -> None:
        """Leave it, unless its loop has ended."""
        if self._loop is asyncio.get_running_loop():
            self._closing.set()
            await asyncio.wait([self._keeping])

    async def _keep(self) -> None:
        try:
            with quiet_libraries():
                async with self._manager as thing:
                    self._thing.set_result(thing)
                    await self._closing.wait()
        except Exception as error:  # noqa: BLE001 - who waits for it is told
            if not self._thing.done():
                self._thing.set_exception(error)
                self._thing.exception()  # seen, also where nobody waits any more
