"""How long one poll may take, and what an outage of the service means for the next."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Protocol

from aiogandi.errors import TransportError
from aiogandi.settings import Polling

REPLY_WITHIN: Final = 5.0
"""Seconds a poll may take before it is given up and asked again; more where the service is slow."""


class Poll(Protocol):
    """Sends a poll: its method, its arguments by name, and how many seconds it may take."""

    async def __call__(self, method: str, arguments: Mapping[str, Any], *, timeout: float) -> Any:
        """The service's answer, or a `GandiError`."""


class OutageGuard:
    """Sends polls by *poll*, and learns from how they fare. It is a directory's `Ask`."""

    def __init__(self, poll: Poll, polling: Polling) -> None:
        self._poll = poll
        self._polling = polling
        self._within = REPLY_WITHIN
        self._failures = 0  # in a row
        self.resume_at = 0.0
        """When the next poll is worth sending, on the loop's clock: later in an outage."""

    async def __call__(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """The service's answer, or a `GandiError`."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        try:
            reply = await self._poll(method, arguments, timeout=self._within)
        except TransportError as error:
            if isinstance(error.__cause__, TimeoutError):
                self._within *= 2  # a service that is merely slow must not be given up for ever
            # In an outage, those who wait do not each find out for themselves.
            self.resume_at = loop.time() + self._polling.backoff(self._failures)
            self._failures += 1
            raise
        self._failures = 0
        self.resume_at = 0.0
        self._within = max(REPLY_WITHIN, 4 * (loop.time() - asked))
        return reply
