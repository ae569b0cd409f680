"""One poller for all processes of an account: each tells the store what it watches, one polls for all, and
tells all what it has learned.
"""

from __future__ import annotations

import asyncio
import enum
import logging
import math
import secrets
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, TypeVarTuple

from aiogandi import chores
from aiogandi.cancellation import cancel
from aiogandi.errors import HubError
from aiogandi.hub.owed import Owed
from aiogandi.hub.store import Store
from aiogandi.hub.watches.inbox import Inbox
from aiogandi.hub.watches.outbox import Outbox
from aiogandi.hub.watches.scripts import ELECT, LEAVE, READ, TELL
from aiogandi.hub.watches.texts import Notice, read_notice
from aiogandi.models import OperationDetails
from aiogandi.operations.guests import WatchKey
from aiogandi.operations.sharing import Relay

log = logging.getLogger("aiogandi.hub")

BREATH: Final = 200
"""After so many watches of others were taken up, the event loop gets a turn."""

STALE: Final = 0.5
"""After so many leases without an exchange a client asks who polls. So a process that was frozen for so long that it
counts as gone asks before it does anything else.
"""

What = TypeVarTuple("What")


class Role(enum.Enum):
    """Who polls, as far as one client knows."""

    UNKNOWN = "unknown"
    LEADS = "leads"
    """This client polls for all."""
    FOLLOWS = "follows"
    """Another client does."""
    ALONE = "alone"
    """The store is away: each polls for itself."""


class SharedWatches:
    """The watches of one client, and those of all others of its *account*, in *store*. It is a `Sharing`.

    One task does all exchanges: it tells the store what the outbox has, as much as there is at once; it asks who
    polls; and, where this client does, it reads what all others watch. A watch is told when it is taken up, and
    the answer says whether its operation has ended already, so that no end is missed, whenever it came. The
    store forgets what a process has told when that is not heard of for a lease. The process notices it with its
    next exchange, and tells all again.
    """

    def __init__(self, store: Store, account: str) -> None:
        self._store = store
        self._account = account
        self._name = f"{store.process}.{secrets.token_hex(4)}"
        self.role = Role.UNKNOWN
        self._outbox = Outbox()
        self._inbox: Inbox | None = None
        self._elects = False
        self._reads = False
        self._waiting: list[tuple[float, str, Notice]] | None = None  # until all was read
        self._stands_back_until = self._asked_at = -math.inf
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def join(self, relay: Relay) -> None:
        self._inbox = Inbox(self._name, relay, self._outbox)
        relay.poll(here=False)
        store = self._store
        store.on_away.append(self._goes_alone)
        store.on_back.append(self._comes_back)
        store.on_beat.append(self._beats)
        store.hear("watches", self._account, self._hear)
        store.hear("poller", self._account, self._hear_of_poller)
        store.hear("gone", "", self._hear_of_poller)

    def blank_by(self, blanked: Callable[[Any], Any]) -> None:
        """Take the client's own secrets out as well, as it knows them."""
        self._outbox.blanked = blanked

    def let_go(self) -> None:
        """The client is closed, and so is its loop, perhaps: the store tells it nothing more."""
        if self._closed:
            return
        self._closed = True
        store = self._store
        store.on_away.remove(self._goes_alone)
        store.on_back.remove(self._comes_back)
        store.on_beat.remove(self._beats)
        store.hear_no_more("watches", self._account, self._hear)
        store.hear_no_more("poller", self._account, self._hear_of_poller)
        store.hear_no_more("gone", "", self._hear_of_poller)

    async def close(self) -> None:
        if self._closed:
            return
        self.let_go()
        store = self._store
        if (task := self._task) is not None:
            await cancel([task])
        if self._outbox.is_known:
            try:
                await store.run(LEAVE, self._account, self._name)
            except HubError:
                # It would count as here, and as polling, as long as its process does.
                Owed(store, LEAVE, self._account, self._name)

    # -- what is to be told --------------------------------------------------------------------

    def changed(self, key: WatchKey) -> None:
        self._tell(self._outbox.changed, [key])

    def ended(self, keys: Sequence[WatchKey], details: OperationDetails, late: float) -> None:
        self._tell(self._outbox.ended, keys, details, late)

    def saw(self, key: WatchKey, details: OperationDetails) -> None:
        self._tell(self._outbox.saw, key, details)

    def found(self, key: WatchKey, operation_id: int) -> None:
        self._tell(self._outbox.found, key, operation_id)

    def failed(self, key: WatchKey, guests: Collection[str], error: Exception) -> None:
        self._tell(self._outbox.failed, key, guests, error)

    def _tell(self, put: Callable[[*What], None], *what: *What) -> None:
        if self.role is not Role.ALONE:
            put(*what)
            self._begin()

    def gives_up(self) -> None:
        if self._closed or self.role is not Role.LEADS:
            return
        self._stands_back_until = asyncio.get_running_loop().time() + self._store.lease
        self._follow()
        self._elect()

    # -- what comes in -------------------------------------------------------------------------

    def _hear(self, text: str) -> None:
        head, *lines = text.split("\n")
        name, at = head.split("\t")
        if name == self._name:
            return
        for notice in map(read_notice, lines):
            if notice[0] not in ("watch", "unwatch", "left"):
                self._here.take_over(notice)
            elif self.role is Role.LEADS:
                if self._waiting is None:
                    self._here.serve(name, notice)
                else:
                    self._waiting.append((float(at), name, notice))

    def _hear_of_poller(self, _: str) -> None:
        """A process has gone, or polls no more."""
        if self.role is Role.LEADS:
            self._reads = True
        self._elect()

    # -- the store goes and comes --------------------------------------------------------------

    def _goes_alone(self) -> None:
        self.role = Role.ALONE
        self._outbox.clear()
        self._elects = self._reads = False
        self._here.relay.dismiss_all()
        self._here.relay.poll(here=True)

    def _comes_back(self) -> None:
        self.role = Role.UNKNOWN  # and goes on to poll until that is known
        self._tell_all()
        self._elect()

    async def _beats(self) -> None:
        now = asyncio.get_running_loop().time()
        if self.role is Role.ALONE:  # the store is there, whatever went wrong
            self._comes_back()
        elif self._takes_part() and now - self._asked_at >= STALE * self._store.lease:
            self._elect()

    def _elect(self) -> None:
        if self._outbox.is_known and self.role is not Role.ALONE:
            self._elects = True
            self._begin()

    def _tell_all(self) -> None:
        """What was told does not stand in the store any more."""
        self._outbox.begin_anew(self._here.relay.keys())
        self._begin()

    # -- the task ------------------------------------------------------------------------------

    @property
    def _here(self) -> Inbox:
        if self._inbox is None:
            raise RuntimeError("nobody has joined")
        return self._inbox

    def _begin(self) -> None:
        if self._task is None and not self._closed:
            self._task = chores.begin(self._work, self._rests)

    def _rests(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            log.error("sharing the poller broke", exc_info=error)  # this is a fault in our code
            self._goes_alone()
        elif self._outbox or self._elects or self._reads:
            self._begin()

    async def _work(self) -> None:
        try:
            while True:
                if self._outbox:
                    await self._tell_some()
                elif self._elects:
                    await self._vote()
                elif self._reads:
                    await self._read()
                else:
                    return
        except HubError:
            self._goes_alone()

    async def _tell_some(self) -> None:
        asked_at = asyncio.get_running_loop().time()
        words = self._outbox.next(self._here.relay, asked_at)
        if words is None:
            return
        forgotten, polls, ends = await self._store.run(TELL, self._account, self._name, *words)
        self._asked_at = asked_at
        for notice in ends:
            self._here.take_over(read_notice(notice))
        if forgotten:
            self._tell_all()
        if not polls or (polls.decode() == self._name) is not (self.role is Role.LEADS):
            self._elects = True
        elif self.role is Role.UNKNOWN:
            self._follow()

    async def _vote(self) -> None:
        self._elects = False
        now = asyncio.get_running_loop().time
        asked_at = now()
        wants = "no" if not self._takes_part() else "yes"
        if wants == "yes" and asked_at < self._stands_back_until:
            wants = "last"
        answer = await self._store.run(ELECT, self._account, self._name, wants)
        polls, at, is_known = answer
        self._asked_at = asked_at
        self._here.offset = float(at) - now()
        if self._outbox.told and not is_known and not self._outbox.begins_anew:
            await self._store.say_here()  # else what is told now is forgotten as well
            self._tell_all()
        if polls.decode() != self._name:
            self._follow()
        elif self.role is not Role.LEADS:
            self.role = Role.LEADS
            self._reads = True
            self._here.relay.poll(here=True)

    def _takes_part(self) -> bool:
        return bool(self._outbox.told) or self.role is Role.LEADS

    def _follow(self) -> None:
        if self.role is not Role.FOLLOWS:
            self.role = Role.FOLLOWS
            self._here.relay.dismiss_all()
            self._here.relay.poll(here=False)

    async def _read(self) -> None:
        """Take up all that others watch, and nothing else."""
        self._reads = False
        self._waiting = waiting = list[tuple[float, str, Notice]]()
        try:
            at, *clients = await self._store.run(READ, self._account, self._name)
            for number, _ in enumerate(self._here.serve_only(clients), 1):
                if self.role is not Role.LEADS:
                    return
                if number % BREATH == 0:
                    await asyncio.sleep(0)
            for told_at, name, notice in waiting:
                if self.role is Role.LEADS and told_at >= float(at):
                    self._here.serve(name, notice)
        finally:
            self._waiting = None
