"""The clients of a worker: one for each account."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any, Final

from aiogandi.client import Gandi
from aiogandi.errors import GandiError, InvalidArgument
from aiogandi.fleet.fleet import DEFAULT, Fleet
from aiogandi.journals.journal import Journal
from aiogandi.journals.run import Run

log = logging.getLogger("aiogandi.fleet")

IDLE: Final = 60.0
"""Seconds after which a client that has nothing to do is closed."""

LOOKS: Final = 4
"""In so many looks, one after the other, calls must have waited for their turn: then the rate is used up."""


class NoClient(Exception):
    """There are no settings for an account, or they are wrong. The text has no secret."""


class AccountClient:
    """The client of one *account*, and its runs."""

    def __init__(self, account: str, gandi: Gandi, journal: Journal) -> None:
        self.account = account
        self.gandi = gandi
        self._journal = journal
        self._runs: dict[str, Run] = {}
        self._waiting: deque[int] = deque([0], maxlen=LOOKS)
        self.used_at = asyncio.get_running_loop().time()

    def run(self, name: str) -> Run:
        """The account's run of this name, whose items are called by their keys."""
        if name not in self._runs:
            self._runs[name] = self._journal.run(name, gandi=self.gandi)
        return self._runs[name]

    def look(self) -> None:
        """Note how many calls wait for their turn."""
        self._waiting.append(self.gandi.stats.waiting)

    @property
    def has_turns_left(self) -> bool:
        """Whether the account's rate is not used up: lately there was a moment at which no call waited for it."""
        return min(self._waiting) == 0


class Clients:
    """Makes the clients of *fleet*, all of them with *journal*, and closes those that are idle."""

    def __init__(self, fleet: Fleet, journal: Journal) -> None:
        self._fleet = fleet
        self._journal = journal
        self._clients: dict[str, asyncio.Task[AccountClient]] = {}

    async def of(self, account: str) -> AccountClient:
        """The client of an account, made if need be. `NoClient` where it cannot be made."""
        making = self._clients.get(account)
        if making is None:
            making = asyncio.get_running_loop().create_task(self._make(account))
            self._clients[account] = making
        try:
            client = await asyncio.shield(making)
        except NoClient:
            if self._clients.get(account) is making:
                del self._clients[account]  # the settings may be there next time
            raise
        client.used_at = asyncio.get_running_loop().time()
        return client

    def known(self, account: str) -> AccountClient | None:
        """The client of an account, if it is made."""
        making = self._clients.get(account)
        if making is None or not making.done() or making.exception() is not None:
            return None
        return making.result()

    async def _make(self, account: str) -> AccountClient:
        try:
            gandi = await self._gandi(account)
        except GandiError as error:
            raise NoClient(f"the settings of account {account!r}: {error}") from None
        except Exception as error:
            # Its text may be anything, and this one is sent to others.
            log.exception("the settings of account %r cannot be had", account)
            raise NoClient(
                f"the settings of account {account!r} cannot be had: {type(error).__name__}"
            ) from None
        return AccountClient(account, gandi, self._journal)

    async def _gandi(self, account: str) -> Gandi:
        if self._fleet.account is None:
            if account != DEFAULT:
                raise InvalidArgument(f"the fleet has no account=…, and so only {DEFAULT!r}")
            return Gandi.from_env(hub=self._fleet.hub, journal=self._journal)
        told = self._fleet.account(account)
        settings = {**(await told if inspect.isawaitable(told) else told)}
        try:
            del told
            if wrong := [name for name in ("hub", "journal") if name in settings]:
                raise InvalidArgument(f"{' and '.join(wrong)}: those of the fleet, and no others")
            group = settings.pop("rate_group", self._fleet.hub.rate_group)
            hub = self._fleet.hub.grouped(group)
            return Gandi(**settings, hub=hub, journal=self._journal)
        except TypeError as error:
            raise InvalidArgument(str(error)) from None  # it names an argument
        finally:
            settings.clear()  # no password stays in a frame of the traceback

    async def close_idle(self, busy: Mapping[str, Any]) -> None:
        """Close the clients that have had nothing to do for a while, but for those of *busy* accounts."""
        before = asyncio.get_running_loop().time() - IDLE
        for account in [*self._clients]:
            client = self.known(account)
            if client is not None and account not in busy and client.used_at < before:
                del self._clients[account]
                await client.gandi.close()

    async def close(self, *, wait: float | None = None) -> None:
        """Close all clients, each as `Gandi.close` does."""
        async with AsyncExitStack() as parts:  # whatever interrupts one, the others are closed, too
            for making in self._clients.values():
                if making.done() and not making.cancelled() and making.exception() is None:
                    parts.push_async_callback(making.result().gandi.close, wait=wait)
                else:
                    making.cancel()
