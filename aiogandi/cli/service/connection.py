"""What a command does at the service, and what it has at hand there.

A command returns a `Job`. `Job.carry_out` finds the credentials, opens the client, runs the job on
an event loop of its own and lets Ctrl-C end it in good order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

# The client is named `aiogandi.Gandi` here: the package imports it at the first use, which is when
# a job is carried out. Help and wrong use do without it.
import aiogandi
from aiogandi.cli.exits import Interrupted
from aiogandi.cli.service.credentials import Credentials, find_credentials
from aiogandi.cli.service.state import Record
from aiogandi.cli.terminal.screen import Screen
from aiogandi.cli.terminal.signals import Interrupts


@dataclass(frozen=True, slots=True)
class Connection:
    """What a command works with: an open client, who is logged in, Ctrl-C, and the screen; with a
    `Record`, also the journal.
    """

    gandi: aiogandi.Gandi
    login: str
    interrupts: Interrupts
    screen: Screen
    account: str = ""
    """What keys and runs live under, and what says apart who logged in where."""
    journal: aiogandi.Journal | None = None
    """None also where a command looks into the journal and there is none."""
    run: str | None = None
    """The run that the command goes on with."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a command does at the service. *work* returns the command's exit code."""

    work: Callable[[Connection], Coroutine[Any, Any, int]]
    as_json: bool = False
    """Whether the result is printed as JSON."""
    record: Record | None = None
    """Where it is written down what it does."""

    def carry_out(
        self,
        client: Callable[..., aiogandi.Gandi] | None = None,
        *,
        insecure: bool = False,
        hub: str | None = None,
    ) -> int:
        """Do the work with the user's credentials; returns the exit code.

        *client* makes the client; it takes the arguments of `Gandi`, which is used by default.
        *insecure*: the credentials may be sent unencrypted. *hub*: the URL that the command line has for
        it. Raises `NotLoggedIn` without credentials,
        and `Interrupted` after Ctrl-C, or another signal that ends it.
        """
        credentials = find_credentials(insecure=insecure, hub=hub)
        try:
            return asyncio.run(self.talk(credentials, client or aiogandi.Gandi))
        except asyncio.CancelledError:
            raise Interrupted from None

    async def talk(self, credentials: Credentials, client: Callable[..., aiogandi.Gandi]) -> int:
        """Do the work with these credentials; returns the exit code."""
        screen = Screen(as_json=self.as_json)
        interrupts = Interrupts(screen)
        try:
            return await self._talk(credentials, client, screen, interrupts)
        except asyncio.CancelledError:
            if interrupts.code is None:
                raise
            raise Interrupted(interrupts.code) from None

    async def _talk(
        self,
        credentials: Credentials,
        client: Callable[..., aiogandi.Gandi],
        screen: Screen,
        interrupts: Interrupts,
    ) -> int:
        # Here, because help and wrong use do without aiohttp.
        from aiogandi.cli.service.notices import Notices  # noqa: PLC0415
        from aiogandi.cli.service.proxies import proxy_for  # noqa: PLC0415
        from aiogandi.cli.service.sharing import joined  # noqa: PLC0415
        from aiogandi.journals.journal import account_of  # noqa: PLC0415
        from aiogandi.settings import RateLimitUnlessNone  # noqa: PLC0415
        from aiogandi.transport.connections import own_session  # noqa: PLC0415

        proxy = proxy_for(credentials.url)
        async with AsyncExitStack() as stack:
            stack.enter_context(interrupts)
            hub = None
            if credentials.hub is not None:
                if self.record is not None:
                    self.record.require_no_file()
                hub = await stack.enter_async_context(joined(credentials.hub))
            journal = self._journal(hub)
            if journal is not None:
                await stack.enter_async_context(journal)
            http = await stack.enter_async_context(own_session(proxy)) if proxy else None
            gandi = await stack.enter_async_context(
                client(
                    credentials.login,
                    credentials.password.reveal(),
                    url=credentials.url,
                    insecure=credentials.insecure,
                    # A sandbox of ours without a limit says so, and everybody else has one.
                    rate_limit=RateLimitUnlessNone(30, per=2.0),
                    http=http,
                    journal=journal,
                    hub=hub,
                    on_event=Notices(screen.problem),
                )
            )
            account = account_of(credentials.login, None, credentials.url)
            run = None if self.record is None else self.record.run
            return await self.work(
                Connection(gandi, credentials.login, interrupts, screen, account, journal, run)
            )

    def _journal(self, hub: aiogandi.RedisHub | None) -> aiogandi.Journal | None:
        """The hub's journal, or without a hub that in a file; None where there is none, or none is meant."""
        if self.record is None:
            return None
        if hub is not None:
            return hub.journal()
        file = self.record.file()
        return None if file is None else aiogandi.Journal(file)
