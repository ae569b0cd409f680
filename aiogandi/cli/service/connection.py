"""What a command does at the service, and what it has at hand there.

A command returns a `Job`. `Job.carry_out` finds the credentials, opens the client, runs the job on
an event loop of its own and lets Ctrl-C end it in good order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

# The client is named `aiogandi.Gandi` here: the package imports it at the first use, which is when
# a job is carried out. Help and wrong use do without it.
import aiogandi
from aiogandi.cli.exits import Interrupted
from aiogandi.cli.service.credentials import find_credentials
from aiogandi.cli.terminal.screen import Screen
from aiogandi.cli.terminal.signals import Interrupts


@dataclass(frozen=True, slots=True)
class Connection:
    """What a command works with: an open client, who is logged in, Ctrl-C, and the screen."""

    gandi: aiogandi.Gandi
    login: str
    interrupts: Interrupts
    screen: Screen


@dataclass(frozen=True, slots=True)
class Job:
    """What a command does at the service. *work* returns the command's exit code."""

    work: Callable[[Connection], Coroutine[Any, Any, int]]
    as_json: bool = False
    """Whether the result is printed as JSON."""

    def carry_out(self, client: Callable[..., aiogandi.Gandi] | None = None) -> int:
        """Do the work with the user's credentials; returns the exit code.

        *client* makes the client; it takes the arguments of `Gandi`, which is used by default.
        Raises `NotLoggedIn` without credentials, and `Interrupted` after Ctrl-C.
        """
        credentials = find_credentials()
        screen = Screen(as_json=self.as_json)

        async def talk() -> int:
            with Interrupts(screen) as interrupts:
                async with (client or aiogandi.Gandi)(
                    credentials.login,
                    credentials.password.reveal(),
                    url=credentials.url,
                    rate_limit=rate_limit_for(credentials.url),
                ) as gandi:
                    return await self.work(Connection(gandi, credentials.login, interrupts, screen))

        try:
            return asyncio.run(talk())
        except asyncio.CancelledError:
            raise Interrupted from None


def rate_limit_for(url: str) -> aiogandi.RateLimit | None:
    """Return the service's limit, or None for a plain http URL, which only a sandbox has."""
    return None if url.lower().startswith("http:") else aiogandi.RateLimit(30, per=2.0)
