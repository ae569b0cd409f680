"""One live session id for everybody, renewed before it ends and replaced when it is refused."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiogandi.errors import ClientClosed, DataFault, GandiError, SessionExpired, refuses_session
from aiogandi.redaction import Secret
from aiogandi.transport import Transport

log = logging.getLogger("aiogandi.session")

MAX_REFUSALS = 20
"""How often one call may meet a session that ended between two calls before it gives up."""


@dataclass(slots=True)
class Session:
    """A session id with its times, in seconds of the event loop's clock."""

    id: Secret
    renew_at: float
    ends_at: float
    used: bool = False
    """Whether a call was made with it."""
    proven: bool = False
    """Whether the service has accepted it."""


class SessionManager:
    """Adds the session id to calls.

    *login* makes a new session id; it repeats what is worth repeating by itself. A session lasts
    *lifetime* seconds (the service's 12 hours, documented), counted from before its login was sent;
    *margin* seconds before its end a new login begins, while calls go on with the old id.
    """

    def __init__(
        self,
        transport: Transport,
        login: Callable[[], Awaitable[Secret]],
        *,
        lifetime: float,
        margin: float,
    ) -> None:
        self._transport = transport
        self._login = login
        self._lifetime = lifetime
        self._margin = margin
        self._session: Session | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._renewal: asyncio.Task[Session] | None = None
        self._closed = False

    async def call(
        self, method: str, args: Sequence[Any], names: Sequence[str] = (), **how: Any
    ) -> Any:
        """`Transport.exchange` with the session id before *args*.

        A refused session is replaced and the call repeated, since it was refused before it ran. If
        the new one is refused as well, though nobody's call was ever accepted with it, logging in
        does not help: `SessionExpired`. (One that was accepted in between has ended by itself.)
        """
        names = ("session", *names)
        for refusals in range(1, MAX_REFUSALS + 1):
            session = self._session
            if session is None or asyncio.get_running_loop().time() >= session.renew_at:
                session = await self._current()
            session.used = True
            try:
                result = await self._transport.exchange(method, (session.id, *args), names, **how)
            except DataFault as fault:
                if not refuses_session(fault):
                    session.proven = True
                    raise
                refusal = fault
            else:
                session.proven = True
                return result
            if self._session is session:  # not a newer one, which another call has fetched
                self._forget()
            if refusals > 1 and not session.proven:
                break
            log.info("%s: the session was refused, logging in again", method)
        raise SessionExpired(refusal.code, refusal.message)

    async def close(self) -> None:
        """Stop renewing. Nothing is sent: the service has no logout (documented)."""
        self._closed = True
        self._forget()
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.wait([self._renewal])

    async def _current(self) -> Session:
        """The session to use now: the old one while a renewal is under way, else a new one."""
        session = self._session
        now = asyncio.get_running_loop().time()
        if session is not None and now < session.ends_at:
            if now >= session.renew_at:
                self._renew()
            return session
        # Shielded: the login is everybody's, whoever happened to start it.
        return await asyncio.shield(self._renew())

    def _renew(self) -> asyncio.Task[Session]:
        """The login under way, begun if there is none."""
        if self._closed:
            raise ClientClosed
        if self._renewal is None:
            self._renewal = asyncio.get_running_loop().create_task(self._log_in())
            self._renewal.add_done_callback(self._renewed)
        return self._renewal

    async def _log_in(self) -> Session:
        # Counted from here and not from the reply: the service's clock started in between.
        ends_at = asyncio.get_running_loop().time() + self._lifetime
        session_id = await self._login()
        return Session(session_id, ends_at - self._margin, ends_at)

    def _renewed(self, renewal: asyncio.Task[Session]) -> None:
        self._renewal = None
        if renewal.cancelled():
            return
        error = renewal.exception()
        if error is None:
            self._forget()
            self._session = renewal.result()
            self._schedule(self._session.renew_at)
        elif not isinstance(error, GandiError):
            log.error("the login failed unexpectedly", exc_info=error)
        elif (session := self._session) is not None:
            # Calls go on with the old id; try again well before it ends.
            now = asyncio.get_running_loop().time()
            session.renew_at = now + max((session.ends_at - now) / 4, 0.1)
            self._schedule(session.renew_at)
            log.warning("renewing the session failed, the old one is still good: %s", error)

    def _schedule(self, when: float) -> None:
        self._timer = asyncio.get_running_loop().call_at(when, self._renew_if_used)

    def _renew_if_used(self) -> None:
        # A client that nobody uses lets its session end, rather than log in twice a day for ever.
        if self._session is not None and self._session.used and not self._closed:
            self._renew()

    def _forget(self) -> None:
        self._session = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
