"""The clients of a worker: one for each account."""

from __future__ import annotations

import asyncio
import inspect
import logging
import traceback
from collections import deque
from collections.abc import Collection
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Final

from aiogandi.cancellation import cancel
from aiogandi.chores import SharedTasks
from aiogandi.client import Gandi
from aiogandi.errors import GandiError, InvalidArgument
from aiogandi.fleet.fleet import AccountSettings, Fleet
from aiogandi.fleet.items import DEFAULT
from aiogandi.journals.journal import Journal
from aiogandi.journals.run import Run

log = logging.getLogger("aiogandi.fleet")

IDLE: Final = 60.0
"""Seconds after which a client that has nothing to do is closed."""

WITHIN: Final = 60.0
"""Seconds for which an account's settings are waited for."""

LOOKS: Final = 4
"""Calls must have waited for their turn in most of so many looks, one after the other: then the rate is used up."""


class NoClient(Exception):
    """There are no settings for an account, or they are wrong. The text has no secret."""


class AccountClient:
    """The client of one *account*, and its runs."""

    def __init__(self, account: str, gandi: Gandi, journal: Journal) -> None:
        self.account = account
        self.gandi = gandi
        self._journal = journal
        self._runs: dict[str, Run] = {}
        self._waiting: deque[int] = deque(maxlen=LOOKS)
        self.ended = 0
        """How many items of it have ended here."""
        self._came_to = 0  # what it had done when it had its latest place
        self.is_closing = False
        """Whether it is closed by us, and not by an action."""
        self.used_at = asyncio.get_running_loop().time()

    def run(self, name: str) -> Run:
        """The account's run of this name, whose items are called by their keys."""
        if name not in self._runs:
            self._runs[name] = self._journal.run(name, gandi=self.gandi)
        return self._runs[name]

    def look(self) -> None:
        """Note how many calls wait for their turn, at a moment at which each place of the account has an item."""
        if self._done > self._came_to:  # else all may wait for a login of another process
            self._waiting.append(self.gandi.stats.waiting)

    def has_more_places(self) -> None:
        """Note that the account has more places: what was seen before says nothing of those."""
        self._waiting.clear()
        self._came_to = self._done

    @property
    def _done(self) -> int:
        """A number that grows while its items come further, whether or not they make calls."""
        return self.gandi.stats.requests + self.ended

    @property
    def has_turns_left(self) -> bool:
        """Whether the account's rate is known not to be used up by the items that it has under way."""
        return len(self._waiting) == LOOKS and sorted(self._waiting)[LOOKS // 2 - 1] == 0

    async def close(self, wait: float | None = None) -> None:
        """Close it, as `Gandi.close` does."""
        self.is_closing = True
        await self.gandi.close(wait=wait)


class Clients:
    """Makes the clients of *fleet*, all of them with *journal*, and closes those that are *idle* for so many seconds.
    An account's settings must be there *within* so many.
    """

    def __init__(
        self, fleet: Fleet, journal: Journal, *, idle: float = IDLE, within: float = WITHIN
    ) -> None:
        self._fleet = fleet
        self._journal = journal
        self._idle = idle
        self._within = within
        self._making = SharedTasks()
        self._clients: dict[str, asyncio.Task[AccountClient]] = {}
        """What makes, or has made, the client of an account."""

    async def of(self, account: str) -> AccountClient:
        """The client of an account, made if need be. `NoClient` where it cannot be made."""
        making = self._clients.get(account)
        if making is None:
            making = self._making.begin(partial(self._make, account))
            self._clients[account] = making
        client = await asyncio.shield(making)
        client.used_at = asyncio.get_running_loop().time()
        return client

    def known(self, account: str) -> AccountClient | None:
        """The client of an account, if it is made."""
        making = self._clients.get(account)
        return making.result() if making is not None and making.done() else None

    async def discard(self, client: AccountClient) -> None:
        """Have another one made: this one is of no use any more."""
        if self.known(client.account) is client:
            del self._clients[client.account]
            await client.close()

    async def close_idle(self, busy: Collection[str]) -> None:
        """Close the clients that have had nothing to do for a while, but for those of *busy* accounts."""
        before = asyncio.get_running_loop().time() - self._idle
        for account in [*self._clients]:
            client = self.known(account)
            if client is not None and account not in busy and client.used_at < before:
                await self.discard(client)

    async def close(self, *, wait: float | None = None) -> None:
        """Close all clients, each as `Gandi.close` does."""
        await cancel([*self._making.under_way])
        async with AsyncExitStack() as parts:  # whatever interrupts one, the others are closed, too
            for account in self._clients:
                if (client := self.known(account)) is not None:
                    parts.push_async_callback(client.close, wait)
        self._clients.clear()

    # -- making one ----------------------------------------------------------------------------

    async def _make(self, account: str) -> AccountClient:
        try:
            return AccountClient(account, await self._gandi(account), self._journal)
        except BaseException:
            del self._clients[account]  # the settings may be there next time
            raise

    async def _gandi(self, account: str) -> Gandi:
        hub, of = self._fleet.hub, self._fleet.account
        try:
            if of is not None:
                return self._made_of(await _told(of, account, self._within))
            if account != DEFAULT:
                raise InvalidArgument(f"the fleet has no account=…, and so only {DEFAULT!r}")
            return Gandi.from_env(hub=hub, journal=self._journal)
        except GandiError as error:
            raise NoClient(f"the settings of account {account!r}: {error}") from None

    def _made_of(self, settings: dict[str, Any]) -> Gandi:
        try:
            if wrong := [name for name in ("hub", "journal") if name in settings]:
                raise InvalidArgument(f"{' and '.join(wrong)}: those of the fleet, and no others")
            hub = self._fleet.hub
            hub = hub.grouped(settings.pop("rate_group", hub.rate_group))
            return Gandi(**settings, hub=hub, journal=self._journal)
        except TypeError as error:
            raise InvalidArgument(str(error)) from None  # it names an argument
        finally:
            settings.clear()  # no password stays in a frame of the traceback


async def _told(of: AccountSettings, account: str, within: float) -> dict[str, Any]:
    """A copy of the settings that *of* returns for an account. `NoClient` where it fails, in whatever way."""
    try:
        told = of(account)
        async with asyncio.timeout(within):
            return {**(await told if inspect.isawaitable(told) else told)}
    except BaseException as error:  # it must not end the worker
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        # What it says may be anything, a password as well: it is told neither to others nor to who reads logs.
        kind = type(error).__name__
        where = "".join(traceback.format_tb(error.__traceback__))
    log.error("the settings of account %r cannot be had: %s, at\n%s", account, kind, where)
    raise NoClient(f"the settings of account {account!r} cannot be had: {kind}")
