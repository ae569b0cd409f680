"""Delivery of one account's items, as long as somebody wants it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol, TypeAlias

from aiogandi import chores
from aiogandi.cancellation import cancel
from aiogandi.errors import HubError

Parcel: TypeAlias = tuple[str, str]
"""What is delivered: a run's name, and the id of one of its items."""

Attend: TypeAlias = Callable[[str, str], Awaitable[float | None]]
"""Attends to an item of a run, and returns None when it has ended, or in how many seconds it is to be delivered
again, to anybody."""

log = logging.getLogger("aiogandi.fleet")


class Delivery(Protocol):
    """Takes items and has them attended to, until its lane is stopping or something breaks."""

    has_begun: bool

    async def run(self) -> str:
        """Do so, and return what has broken."""

    def let_go(self) -> None:
        """Hand back what is attended to."""


class Lane:
    """Takes items of one account's queue and has some of them attended to at once.

    *begin* makes its deliveries, one after the other. *told* is what logs call the store. After one that has
    broken the next one begins within *longest* seconds, and at first sooner.
    """

    def __init__(
        self, begin: Callable[[Lane], Delivery], told: str, shortest: float, longest: float
    ) -> None:
        self._begin = begin
        self._told = told
        self._shortest = shortest
        self._longest = longest
        self._delivery: Delivery | None = None
        self._running: asyncio.Task[str] | None = None
        self.attending: set[asyncio.Task[float | None]] = set()
        self.stopping = asyncio.Event()

    @property
    def under_way(self) -> int:
        """How many deliveries are attended to now."""
        return len(self.attending)

    @property
    def has_begun(self) -> bool:
        """Whether items can come: it is no more on its way to the store."""
        return self._delivery is not None and self._delivery.has_begun

    async def serve(self) -> None:
        """Take items and attend to them until the lane is stopped, however often the store goes away meanwhile. A
        cancellation hands back what is attended to.
        """
        loop = asyncio.get_running_loop()
        pause = self._shortest
        while not self.stopping.is_set():
            began = loop.time()
            trouble = await self._run()
            if self.stopping.is_set():
                return
            log.info("%s: delivery has broken, and begins again: %s", self._told, trouble)
            if loop.time() - began > self._longest:
                pause = self._shortest
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self.stopping.wait()
            pause = min(pause * 2, self._longest)

    def stop(self) -> None:
        """Take no more. What is attended to goes on; `serve` returns when all of that is acknowledged or handed
        back.
        """
        self.stopping.set()
        if not self.has_begun and self._running:
            self._running.cancel()  # it is still on its way to the store

    async def _run(self) -> str:
        try:
            delivery = self._delivery = self._begin(self)
        except HubError as error:
            return str(error)
        running = self._running = chores.begin(delivery.run)
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError:
            delivery.let_go()
            await cancel([running])
            raise
        return "" if running.cancelled() else running.result()
