"""How every command reaches the service: credentials, client, event loop, Ctrl-C."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from aiogandi.cli.credentials import find_credentials
from aiogandi.cli.failures import Interrupted
from aiogandi.cli.terminal.interrupts import Interrupts
from aiogandi.cli.terminal.screen import Screen
from aiogandi.client import Gandi
from aiogandi.settings import RateLimit


@dataclass(frozen=True, slots=True)
class Connection:
    """What a command works with."""

    gandi: Gandi
    login: str
    interrupts: Interrupts
    screen: Screen


def with_service(
    work: Callable[[Connection], Coroutine[Any, Any, int]], *, as_json: bool = False
) -> int:
    """Do *work* with the user's credentials; returns its exit code."""
    credentials = find_credentials()
    screen = Screen(as_json=as_json)

    async def talk() -> int:
        with Interrupts(screen) as interrupts:
            async with Gandi(
                credentials.login,
                credentials.password.reveal(),
                url=credentials.url,
                rate_limit=rate_limit_for(credentials.url),
            ) as gandi:
                return await work(Connection(gandi, credentials.login, interrupts, screen))

    try:
        return asyncio.run(talk())
    except asyncio.CancelledError:
        raise Interrupted from None


def rate_limit_for(url: str) -> RateLimit | None:
    """The service's limit; none for a sandbox, which is what a plain http URL leads to."""
    return None if url.lower().startswith("http:") else RateLimit(30, per=2.0)
