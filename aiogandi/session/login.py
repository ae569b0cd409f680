"""How a session begins: ``login``, and ``su`` where the client acts for a handle."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiogandi.errors import AuthenticationError, DataFault, unusable
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import LoginBegan, LoginEnded
from aiogandi.overtaking import overtaking
from aiogandi.redaction import Secret
from aiogandi.retries import Repeater
from aiogandi.transport.exchange import Exchanger
from aiogandi.transport.rank import Rank
from aiogandi.transport.rate import Turns
from aiogandi.transport.request import Request

log = logging.getLogger("aiogandi.session")


class Login:
    """Makes session ids.

    Its requests are repeated here, for everybody who waits for the session: none of them begins
    again by itself. So they are repeated for as long as ``Retry.within`` allows, and one that hangs is
    overtaken by a second one.
    """

    def __init__(
        self,
        transport: Exchanger,
        turns: Turns,
        repeater: Repeater,
        events: Emitter,
        *,
        login: str,
        password: Secret,
        safe: bool,
        handle: str | None,
    ) -> None:
        self._transport = transport
        self._turns = turns
        self._repeater = repeater
        self._events = events
        self._arguments = {"login": login, "password": password, "safe": safe}
        self._handle = handle

    async def __call__(self) -> Secret:
        """A new session id; `AuthenticationError` if the service refuses."""
        began = asyncio.get_running_loop().time()
        if self._events.listening:
            self._events.emit(LoginBegan())
        try:
            session_id = await self._step("login", self._arguments)
            if self._handle is not None:
                arguments = {"session": session_id, "handle": self._handle}
                session_id = await self._step("su", arguments)
        except BaseException as error:  # also when the client closes meanwhile
            self._ended(began, error)
            raise
        self._ended(began, None)
        log.info("logged in")
        return session_id

    def _ended(self, began: float, error: BaseException | None) -> None:
        self._events.emit(LoginEnded(asyncio.get_running_loop().time() - began, error))

    async def _step(self, method: str, arguments: dict[str, Any]) -> Secret:
        request = Request.of(method, arguments)

        async def attempt(left: float | None) -> Secret:
            async def send(sent: Request, leaves: Callable[[], None]) -> Secret:
                return await self._send(sent, left, leaves)

            return await overtaking(request, send)

        try:
            return await self._repeater.run(request, attempt, until_within=True)
        except DataFault as fault:
            refusal = fault
        raise AuthenticationError(f"{method} refused: {refusal}", refusal)

    async def _send(
        self, request: Request, timeout: float | None, leaves: Callable[[], None]
    ) -> Secret:
        turn = self._turns.turn(Rank.LOGIN)
        try:
            async with turn:
                request.leaves()
                leaves()
                reply = await self._transport.exchange(request, timeout=timeout)
        finally:
            request.queued += turn.waited
        if isinstance(reply, str) and reply:
            return Secret(reply)
        problem = unusable(request.method, reply, "a session id")
        del reply  # it may hold one, and this frame is part of the traceback
        raise problem
