"""How a session begins: ``login``, and ``su`` where the client acts for a handle."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from aiogandi.calls.call import unusable
from aiogandi.errors import AuthenticationError, Fault, ServerFault, TransportError
from aiogandi.redaction import Secret
from aiogandi.transport.exchange import Request, Transport
from aiogandi.transport.rate import Rank

log = logging.getLogger("aiogandi.session")


class Login:
    """Makes a session id. *repeat* is the retry policy's way to go on after a first failure."""

    def __init__(
        self,
        transport: Transport,
        repeat: Callable[..., Awaitable[Any]],
        tally: Counter[str],
        *,
        login: str,
        password: Secret,
        safe: bool,
        handle: str | None,
    ) -> None:
        self._transport = transport
        self._repeat = repeat
        self._tally = tally
        self._arguments = {"login": login, "password": password, "safe": safe}
        self._handle = handle

    async def __call__(self) -> Secret:
        """A new session id; `AuthenticationError` if the service refuses."""
        session_id = await self._step("login", self._arguments)
        if self._handle is not None:
            session_id = await self._step("su", {"session": session_id, "handle": self._handle})
        self._tally["logins"] += 1
        log.info("logged in")
        return session_id

    async def _step(self, method: str, arguments: dict[str, Any]) -> Secret:
        request = Request.of(method, arguments)
        started = asyncio.get_running_loop().time()

        async def send(left: float | None = None) -> Secret:
            reply = await self._transport.exchange(request, rank=Rank.LOGIN, timeout=left)
            if isinstance(reply, str) and reply:
                return Secret(reply)
            problem = unusable(method, reply, "a session id")
            del reply  # it may hold one, and this frame is part of the traceback
            raise problem

        try:
            try:
                return await send()
            except (TransportError, ServerFault) as error:
                first = error
            result: Secret = await self._repeat(method, send, first, started, changing=False)
        except (TransportError, ServerFault) as error:
            # Repeated here, for all who wait: none of them begins again by itself.
            error.retried = True
            raise
        except Fault as fault:
            refusal = fault
        else:
            return result
        raise AuthenticationError(f"{method} refused: {refusal}", refusal)
