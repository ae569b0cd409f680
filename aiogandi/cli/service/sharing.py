"""The hub through which a command shares session and rate with the service beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiogandi
from aiogandi.cli.exits import Interrupted, WrongUse
from aiogandi.cli.service.credentials import find_hub
from aiogandi.cli.terminal.screen import Screen
from aiogandi.cli.terminal.signals import Interrupts
from aiogandi.errors import HubError
from aiogandi.redaction import Secret


@asynccontextmanager
async def joined(url: Secret) -> AsyncIterator[aiogandi.RedisHub]:
    """The hub at *url*, which the command is in meanwhile. Where its store does not answer, a warning says so: what
    reads goes on alone, what changes waits.
    """
    hub = aiogandi.RedisHub(url.reveal())
    hub.store.join()
    try:
        try:
            await hub.store.begun()
        except HubError:
            if not hub.store.is_away:
                raise
        yield hub
    finally:
        await hub.store.leave()


@dataclass(frozen=True, slots=True)
class Sight:
    """What a command works with that looks into the hub's store alone: the hub, Ctrl-C, and the screen."""

    hub: aiogandi.RedisHub
    interrupts: Interrupts
    screen: Screen


@dataclass(frozen=True, slots=True)
class Look:
    """What a command does in the hub's store alone, without a client. *work* returns the exit code."""

    work: Callable[[Sight], Coroutine[Any, Any, int]]
    as_json: bool = False
    """Whether the result is printed as JSON."""

    def carry_out(self, client: object = None, *, insecure: bool = False, hub: str | None) -> int:
        """Do the work; returns the exit code. Nobody logs in, so *client* and *insecure* do not matter.

        *hub*: the URL that the command line has for it. Raises `WrongUse` where nothing names a hub.
        """
        del client, insecure
        url = find_hub(hub)
        if url is None:
            raise WrongUse("there is no hub: give --hub URL, or set GANDI_HUB")
        try:
            return asyncio.run(self._look(aiogandi.RedisHub(url.reveal())))
        except asyncio.CancelledError:
            raise Interrupted from None

    async def _look(self, hub: aiogandi.RedisHub) -> int:
        screen = Screen(as_json=self.as_json)
        with Interrupts(screen) as interrupts:
            try:
                return await self.work(Sight(hub, interrupts, screen))
            except asyncio.CancelledError:
                raise Interrupted(interrupts.code) from None
