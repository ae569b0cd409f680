"""What this process has to do with the store: it begins, is here, hears news, notices that the store has gone
away, and that it has come back.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ClassVar, Final

from aiogandi import chores
from aiogandi.cancellation import cancel
from aiogandi.errors import HubError
from aiogandi.home import Home
from aiogandi.hub.link import Link as RedisLink
from aiogandi.hub.link import StoreLink, StoreTrouble, Word
from aiogandi.hub.news import Newsroom
from aiogandi.hub.process import this_process
from aiogandi.hub.scripts import BEAT, BEGIN, FORMAT, LEAVE, Script
from aiogandi.redaction import Secret

log = logging.getLogger("aiogandi.hub")

BEATS: Final = 5
"""So many times in a lease a process says that it is here. It is gone when it was not heard of for all but
one of them, so that another one notices it within the lease.
"""


class Store:
    """The store as the parts of one process see it.

    *told* is what warnings call it. *lease* is after how many seconds a process that is not heard of has
    gone, *deadline* how many an exchange may take. Nothing is done before something is asked for.

    `run` raises `HubError` where the store is away. The parts put what they must do then into ``on_away``,
    ``on_back`` and ``on_replaced``, and what keeps them here into ``on_beat``.
    """

    def __init__(self, url: Secret, told: str, prefix: str, lease: float, deadline: float) -> None:
        self._url = url
        self._told = told
        self.prefix = prefix
        self.lease = lease
        self.deadline = deadline
        self.process = secrets.token_hex(8)
        """The name of this process in the store."""
        self.salt = b""
        """The store's own, for what is derived from passwords."""
        self.generation = 0
        """How often the store was found to be another one than before."""
        self.about: dict[str, Any] = {}
        """What others are told of this process, beside where it runs."""
        self.on_away: list[Callable[[], object]] = []
        self.on_back: list[Callable[[], object]] = []
        self.on_replaced: list[Callable[[], object]] = []
        self.on_beat: list[Callable[[], Awaitable[object]]] = []
        self._news = Newsroom()
        self.hear = self._news.hear
        self.hear_no_more = self._news.hear_no_more
        self._home = Home("hub")
        self._link: StoreLink | None = None
        self._epoch = ""
        self._conflict: HubError | None = None
        self._trouble: str | None = None
        self._beginning: asyncio.Task[None] | None = None
        self._here = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._users = 0

    # What lies outside the program. A subclass may put a model of it in its place.
    _make_link: ClassVar[Callable[..., StoreLink]] = RedisLink
    _wall_clock = staticmethod(time.time)

    @property
    def told(self) -> str:
        """What texts call it: its address, without a password."""
        return self._told

    @property
    def trouble(self) -> str | None:
        """Why the store is away; None where it is not."""
        return self._trouble

    @property
    def is_away(self) -> bool:
        """Whether the store is away."""
        return self._trouble is not None

    @property
    def exchanges(self) -> dict[str, int]:
        """How often each script and command was sent."""
        return {} if self._link is None else dict(self._link.exchanges)

    # -- who uses it ---------------------------------------------------------------------------

    def join(self) -> None:
        """One more client of this process uses it."""
        self._users += 1

    async def leave(self) -> None:
        """A client uses it no more. With the last one the process leaves the store."""
        self._users -= 1
        if self._users or self._link is None:
            return
        link, self._link = self._link, None
        tasks, self._tasks = self._tasks, []
        beginning, self._beginning = self._beginning, None
        try:
            await cancel([*tasks, *([] if beginning is None else [beginning])])
            if self._trouble is None and self._epoch:
                try:
                    await link.run(LEAVE, self.prefix, self._epoch, [self.process])
                except StoreTrouble as error:
                    # The others notice it when the lease has ended.
                    log.info("%s: leaving has failed: %s", self._told, error)
        finally:
            self._here.clear()
            self._epoch = ""
            self._trouble = None
            self._home = Home("hub")  # it may be used again, in any loop
            await link.close()

    def require_fit(self) -> None:
        """`HubError` where another release, which stores things in another way, uses the store."""
        if self._conflict is not None:
            raise HubError(str(self._conflict))

    # -- what is asked -------------------------------------------------------------------------

    async def run(self, script: Script, *arguments: Word) -> Any:
        """What the script returns; `HubError` where the store is away, or goes away."""
        return await self._asked(lambda link: link.run(script, self.prefix, self._epoch, arguments))

    async def run_durably(self, script: Script, *arguments: Word) -> Any:
        """The same; when it has returned, what it wrote is on the store's disk. `HubError` as well where it
        did not get there. For a store that keeps a log and knows ``WAITAOF``.
        """
        result, is_durable = await self._asked(
            lambda link: link.run_durably(script, self.prefix, self._epoch, arguments)
        )
        if not is_durable:
            raise HubError(f"{self._told}: what was written there is not on its disk yet")
        return result

    async def look(self, *words: Word) -> Any:
        """What a command returns that asks for the store's settings; None where the store refuses it."""
        return await self._asked(lambda link: link.look(*words))

    async def command(self, *words: Word) -> Any:
        """What a command returns, as `run` does. It is not known whether the store is still the same."""
        return await self._asked(lambda link: link.command(*words))

    async def _asked(self, ask: Callable[[StoreLink], Awaitable[Any]]) -> Any:
        await self.begun()
        link = self._link
        if link is None:
            raise HubError(f"{self._told}: this process has left it")
        try:
            return await ask(link)
        except StoreTrouble as error:
            self._goes_away(str(error))
        raise self._error()

    async def begun(self) -> None:
        """Return when the process is in the store; `HubError` where it is away."""
        if self._here.is_set():
            return
        self._home.require()
        self.require_fit()
        if self._trouble is not None:
            raise self._error()
        if self._beginning is None:
            if self._link is None:
                self._link = self._make_link(self._url, self.deadline)
            self._beginning = chores.begin(self._begin_first)
        await asyncio.shield(self._beginning)
        self.require_fit()
        if self._trouble is not None:
            raise self._error()

    async def back(self) -> None:
        """Wait until the store answers."""
        try:
            await self.begun()
        except HubError:
            self.require_fit()
            await self._here.wait()

    # -- beginning, going away and coming back -------------------------------------------------

    def _error(self) -> HubError:
        return HubError(f"{self._told} is away: {self._trouble}")

    async def _begin_first(self) -> None:
        try:
            await self._begin()
        except StoreTrouble as error:
            self._goes_away(str(error))
        finally:
            self._beginning = None

    async def _begin(self) -> None:
        """Enter the store, or enter it anew."""
        link = self._link
        if link is None:
            return
        arguments: list[Word] = [FORMAT, secrets.token_hex(16), secrets.token_hex(16)]
        version, epoch, salt, last = await link.run(BEGIN, self.prefix, "", arguments)
        if int(version) != FORMAT:
            self._conflict = HubError(
                f"{self._told}: what stands there under the prefix {self.prefix!r} has format {int(version)}, and"
                f" this release of aiogandi knows {FORMAT}. Use the same release everywhere, or another prefix"
            )
            return
        was_other = bool(self._epoch) and epoch.decode() != self._epoch
        if epoch.decode() != self._epoch:
            self._epoch = epoch.decode()
            self.salt = bytes.fromhex(salt.decode())
            self._news.last = last.decode()
        await self._beat_once(link)
        self._trouble = None
        if was_other:
            self.generation += 1
            log.warning(
                "%s is another one than before, or was emptied: keys that were held there are lost, the rest"
                " begins anew",
                self._told,
            )
            _call(self.on_replaced)
        self._here.set()
        if not self._tasks:
            self._tasks = [self._start(self._beat), self._start(self._listen)]

    def _goes_away(self, trouble: str) -> None:
        if self._trouble is not None or self._link is None:
            return
        self._trouble = trouble
        self._here.clear()
        log.warning("%s is away: %s", self._told, trouble)
        _call(self.on_away)
        self._tasks.append(self._start(self._come_back))

    async def _come_back(self) -> None:
        began = asyncio.get_running_loop().time()
        while self._trouble is not None:
            await asyncio.sleep(self.deadline / 4)
            try:
                await self._begin()
            except StoreTrouble as error:
                log.debug("%s is still away: %s", self._told, error)
            if self._conflict is not None:
                return
        away = asyncio.get_running_loop().time() - began
        log.warning("%s is back after %.1f s", self._told, away)
        self._tasks = [
            task for task in self._tasks if not task.done() and task is not asyncio.current_task()
        ]
        if not self._tasks:
            self._tasks = [self._start(self._beat), self._start(self._listen)]
        _call(self.on_back)

    def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        return chores.begin(work, _noticed)

    # -- being here ----------------------------------------------------------------------------

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.lease / BEATS)
            link = self._link
            if self._trouble is not None or link is None:
                continue
            try:
                await self._beat_once(link)
            except StoreTrouble as error:
                self._goes_away(str(error))
                continue
            for beat in list(self.on_beat):
                try:
                    await beat()
                except HubError:
                    break  # it went away, which was told

    async def _listen(self) -> None:
        while True:
            await self._here.wait()
            link = self._link
            if link is None:
                return
            try:
                news = await link.news(f"{self.prefix}:news", self._news.last, self.deadline / 2)
            except StoreTrouble as error:
                self._goes_away(str(error))
                continue
            self._news.spread(news)

    async def _beat_once(self, link: StoreLink) -> None:
        kept = int(self.lease * 1000 * (BEATS - 1) / BEATS)
        told = json.dumps({**this_process(), **self.about})
        await link.run(BEAT, self.prefix, self._epoch, [self.process, kept, told])


def _call(callbacks: list[Callable[[], object]]) -> None:
    for callback in list(callbacks):
        callback()


def _noticed(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("the hub broke", exc_info=error)  # this is a fault in our code
