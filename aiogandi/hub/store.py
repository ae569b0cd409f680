"""This process in the store: it enters, says again and again that it is there, hears the news, and notices when
the store goes away and comes back.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, ClassVar

from aiogandi import chores
from aiogandi.cancellation import cancel
from aiogandi.errors import HubError
from aiogandi.home import Home
from aiogandi.hub.link import Link as RedisLink
from aiogandi.hub.link import StoreLink, StoreTrouble, Word
from aiogandi.hub.news import Newsroom, call_all
from aiogandi.hub.presence import Presence
from aiogandi.hub.scripts import BEGIN, FORMAT, Script
from aiogandi.redaction import Secret

log = logging.getLogger("aiogandi.hub")


class Store:
    """The store as the parts of one process see it.

    *told* is what warnings call it. A process that is not heard of for *lease* seconds has gone, and an exchange may
    take *deadline* seconds. Nothing is sent before the first question.

    The store is *away* from the first exchange that fails until one succeeds: `run` raises `HubError` at once then.
    ``on_away``, ``on_back`` and ``on_replaced`` have what the hub's parts do when the store goes away, comes back, and
    turns out to be another one or empty; ``on_beat`` what they do in each lease, ``on_left`` when this process leaves.
    """

    def __init__(self, url: Secret, told: str, prefix: str, lease: float, deadline: float) -> None:
        self.url = url
        self.told = told
        self.prefix = prefix
        self.lease = lease
        self.deadline = deadline
        self.salt = b""
        """The store's salt, for keys that are made from passwords. It is known after `begun`."""
        self.generation = 0
        """How often the store was found to be another one than before."""
        self.on_away: list[Callable[[], object]] = []
        self.on_back: list[Callable[[], object]] = []
        self.on_replaced: list[Callable[[], object]] = []
        self.on_left: list[Callable[[], object]] = []
        self.on_beat: list[Callable[[], Awaitable[object]]] = []
        self._news = Newsroom()
        self.hear, self.hear_no_more = self._news.hear, self._news.hear_no_more
        self._users = 0
        self._begin_anew()

    # What lies outside the program. A subclass may put a model of it in its place.
    _make_link: ClassVar[Callable[..., StoreLink]] = RedisLink
    wall_clock = staticmethod(time.time)

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
        """Note that one more client of this process uses it."""
        self._users += 1

    async def leave(self) -> None:
        """Note that a client uses it no more. With the last one the process leaves the store."""
        self._users -= 1
        if self._users:
            return
        link, presence, epoch = self._link, self._presence, "" if self.is_away else self._epoch
        tasks = [*self._tasks, *filter(None, [self._beginning])]
        self._begin_anew()
        if link is None:
            return
        try:
            await cancel(tasks)
            if epoch:
                await presence.leave(link, self.prefix, epoch)
        except StoreTrouble as error:
            # The others notice it when the lease has ended.
            log.info("%s: leaving has failed: %s", self.told, error)
        finally:
            await link.close()

    def let_go(self) -> None:
        """Note that a client uses it no more whose event loop is closed: nothing can be sent or waited for."""
        self._users -= 1
        if not self._users:
            self._begin_anew()

    def _begin_anew(self) -> None:
        """Be a process that has done nothing yet, and may be used in any loop. It has another name: what may
        still be held under the one that it had is seen to by nobody.
        """
        call_all(self.on_left)
        self._presence = Presence(self.lease)
        self.about = self._presence.about
        """What this process tells the others of itself, beside where it runs."""
        self.process = self._presence.name
        """The name of this process in the store."""
        self._home = Home("hub")
        self._link: StoreLink | None = None
        self._epoch = ""
        self._conflict: HubError | None = None
        self._trouble: str | None = None
        self._beginning: asyncio.Task[None] | None = None
        self._here = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def require_fit(self) -> None:
        """Raise `HubError` where a release uses the store that stores things in another way."""
        if self._conflict is not None:
            raise HubError(str(self._conflict))

    # -- what is asked -------------------------------------------------------------------------

    async def run(self, script: Script, *arguments: Word) -> Any:
        """Run a script and return its answer; `HubError` where the store is away, or goes away."""
        return await self._asked(lambda link: link.run(script, self.prefix, self._epoch, arguments))

    async def run_durably(self, script: Script, *arguments: Word) -> Any:
        """Do the same, and wait until what the script wrote is on the store's disk, which must have a log and know
        ``WAITAOF``; `HubError` as well where it does not get there.
        """
        result, is_durable = await self._asked(
            lambda link: link.run_durably(script, self.prefix, self._epoch, arguments)
        )
        if not is_durable:
            raise HubError(f"{self.told}: what was written there is not on its disk yet")
        return result

    async def say_here(self) -> None:
        """Say at once that this process is there, which the store may not have heard for a while."""
        await self._asked(lambda link: self._presence.tell(link, self.prefix, self._epoch))

    async def look(self, *words: Word) -> Any:
        """Run a command that asks what the store is, or is set to. Return its answer, None where the store refuses."""
        return await self._asked(lambda link: link.look(*words))

    async def command(self, *words: Word) -> Any:
        """Run a command and return its answer, as `run` does; but no epoch is compared, so the store may be another one."""
        return await self._asked(lambda link: link.command(*words))

    async def _asked(self, ask: Callable[[StoreLink], Awaitable[Any]]) -> Any:
        await self.begun()
        if (link := self._link) is None:
            raise HubError(f"{self.told}: this process has left it")
        try:
            return await ask(link)
        except StoreTrouble as error:
            trouble = str(error)
        if self._link is not link:
            raise HubError(f"{self.told}: this process has left it: {trouble}")
        self._goes_away(trouble)
        raise self._error()

    async def begun(self) -> None:
        """Return when the process is in the store; `HubError` where it is away."""
        self._home.require()
        if self._here.is_set():
            return
        self.require_fit()
        if self._trouble is not None:
            raise self._error()
        if self._beginning is None:
            if self._link is None:
                self._link = self._make_link(self.url, self.deadline)
                self._tasks = [
                    self._start(self._beat),
                    self._start(self._listen),
                ]
            self._beginning = chores.begin(self._begin_first, self._has_begun)
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
        return HubError(f"{self.told} is away: {self._trouble}")

    async def _begin_first(self) -> None:
        try:
            await self._begin()
        except StoreTrouble as error:
            self._goes_away(str(error))

    def _has_begun(self, beginning: asyncio.Task[None]) -> None:
        if self._beginning is beginning:
            self._beginning = None

    async def _begin(self) -> None:
        """Enter the store, or enter it anew."""
        if (link := self._link) is None:
            return
        arguments: list[Word] = [FORMAT, secrets.token_hex(16), secrets.token_hex(16)]
        version, epoch, salt, last = await link.run(BEGIN, self.prefix, "", arguments)
        if int(version) != FORMAT:
            self._conflict = HubError(
                f"{self.told}: what stands there under the prefix {self.prefix!r} has format {int(version)}, and"
                f" this release of aiogandi knows {FORMAT}. Use the same release everywhere, or another prefix"
            )
            return
        await self._presence.tell(link, self.prefix, epoch.decode())
        was_other = bool(self._epoch) and epoch.decode() != self._epoch
        if epoch.decode() != self._epoch:
            self._epoch = epoch.decode()
            self.salt = bytes.fromhex(salt.decode())
            self._news.last = last.decode()
        self._trouble = None
        if was_other:
            self.generation += 1
            log.warning("%s is another one, or was emptied: held keys are lost", self.told)
            call_all(self.on_replaced)
        self._here.set()

    def _goes_away(self, trouble: str) -> None:
        if self._trouble is not None or self._link is None:
            return
        self._trouble = trouble
        self._here.clear()
        log.warning("%s is away: %s", self.told, trouble)
        call_all(self.on_away)
        self._tasks.append(self._start(self._come_back))

    async def _come_back(self) -> None:
        began = asyncio.get_running_loop().time()
        while self._trouble is not None:
            await asyncio.sleep(self.deadline / 4)
            with suppress(StoreTrouble):  # it is still away, which was told
                await self._begin()
            if self._conflict is not None:
                return
        away = asyncio.get_running_loop().time() - began
        log.warning("%s is back after %.1f s", self.told, away)
        call_all(self.on_back)

    def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        return chores.begin(work, self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task in self._tasks:
            self._tasks.remove(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the hub broke", exc_info=error)  # this is a fault in our code

    # -- being here ----------------------------------------------------------------------------

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._presence.pause)
            await self._here.wait()
            if (link := self._link) is None:
                return
            try:
                await self._presence.tell(link, self.prefix, self._epoch)
            except StoreTrouble as error:
                self._goes_away(str(error))
                continue
            with suppress(HubError):  # it goes away, which is told
                for beat in list(self.on_beat):
                    await beat()

    async def _listen(self) -> None:
        while True:
            await self._here.wait()
            if (link := self._link) is None:
                return
            try:
                news = await link.news(f"{self.prefix}:news", self._news.last, self.deadline / 2)
            except StoreTrouble as error:
                self._goes_away(str(error))
                continue
            self._news.spread(news)
