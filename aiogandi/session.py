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

MAX_REFUSALS = 50
"""How often one call may meet a session that ended between two calls before it gives up."""


class _Replaced(Exception):
    """The session was dropped before the call was sent."""


@dataclass(slots=True)
class Session:
    """A session id with its times, in seconds of the event loop's clock."""

    id: Secret
    renew_at: float
    ends_at: float
    users: int = 0
    """How many requests were sent with it."""
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
        self._renewal: asyncio.Task[None] | None = None
        self._closed = False

    async def call(
        self, method: str, args: Sequence[Any], names: Sequence[str] = (), **how: Any
    ) -> Any:
        """`Transport.exchange` with the session id before *args*.

        A refused session is replaced and the call repeated, since it was refused before it ran. If
        the new one is refused as well, logging in does not help: `SessionExpired`. But where other
        calls use that session too, it may well have been good and have ended again meanwhile.
        """
        request = self._transport.prepare(method, args, names)
        sent_with: list[Session] = []

        def lead() -> Secret:
            session = self._session
            if session is None or self._now() >= session.ends_at:
                raise _Replaced
            session.users += 1
            sent_with.append(session)
            return session.id

        refusals = 0
        while True:
            if self._session is None or self._now() >= self._session.renew_at:
                await self._current()
            try:
                result = await self._transport.exchange(request, lead, **how)
            except _Replaced:
                continue  # the session ended while the call waited for its turn
            except DataFault as fault:
                if not refuses_session(fault):
                    raise
                refusals += 1
                session = sent_with[-1]
                self._drop(session)
                hopeless = not session.proven and session.users == 1
                if refusals == MAX_REFUSALS or (refusals > 1 and hopeless):
                    raise SessionExpired(fault.code, fault.message) from None
                log.info("%s: the session was refused, logging in again", method)
            else:
                sent_with[-1].proven = True
                return result

    async def close(self) -> None:
        """Stop renewing. Nothing is sent: the service has no logout (documented)."""
        self._closed = True
        self._forget()
        if (renewal := self._renewal) is not None:
            renewal.cancel()
            await asyncio.wait([renewal])

    async def _current(self) -> None:
        """See to it that there is a session; while the old one is good, without waiting."""
        renewal = self._renew()
        if self._session is None or self._now() >= self._session.ends_at:
            # Shielded: the login is everybody's, whoever happened to start it.
            await asyncio.shield(renewal)

    def _renew(self) -> asyncio.Task[None]:
        """The login under way, begun if there is none."""
        if self._closed:
            raise ClientClosed
        if self._renewal is None:
            self._renewal = asyncio.get_running_loop().create_task(self._log_in())
            self._renewal.add_done_callback(_noticed)
        return self._renewal

    async def _log_in(self) -> None:
        # Counted from here and not from the reply: the service's clock started in between.
        ends_at = self._now() + self._lifetime
        try:
            session_id = await self._login()
        except GandiError as error:
            if (session := self._session) is not None and self._now() < session.ends_at:
                # Calls go on with the old id; try again well before it ends.
                pause = (session.ends_at - self._now()) / 4
                session.renew_at = self._now() + max(pause, 0.1)
                self._schedule(session.renew_at)
                log.warning("renewing the session failed, the old one is still good: %s", error)
            raise
        else:
            self._forget()
            self._session = Session(session_id, ends_at - self._margin, ends_at)
            self._schedule(self._session.renew_at)
        finally:
            self._renewal = None

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _schedule(self, when: float) -> None:
        self._timer = asyncio.get_running_loop().call_at(when, self._renew_if_used)

    def _renew_if_used(self) -> None:
        # A client that nobody uses lets its session end, rather than log in twice a day for ever.
        if self._session is not None and self._session.users and not self._closed:
            self._renew()

    def _drop(self, session: Session) -> None:
        # Another call may have fetched a newer one, which nobody has refused.
        if self._session is session:
            self._forget()

    def _forget(self) -> None:
        self._session = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _noticed(renewal: asyncio.Task[None]) -> None:
    """A login that failed is told to whoever waits for it; nobody may."""
    if not renewal.cancelled():
        renewal.exception()
