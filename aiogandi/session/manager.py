"""One session id for all calls, renewed before it ends and replaced when it is refused."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiogandi.cancellation import cancel
from aiogandi.errors import ClientClosed, DataFault, GandiError, SessionExpired, refuses_session
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import PollEnded
from aiogandi.redaction import Secret
from aiogandi.transport.exchange import Exchanger
from aiogandi.transport.rate import Rank, Turns, Unwanted
from aiogandi.transport.request import Request

log = logging.getLogger("aiogandi.session")

MAX_REFUSALS = 50
"""A call gives up after so many refused sessions."""


@dataclass(slots=True)
class Session:
    """A session id with its times, in seconds of the event loop's *clock*."""

    id: Secret
    clock: Callable[[], float]
    """Kept, since every call looks at it, and ``get_running_loop`` asks the operating system."""
    renew_at: float
    ends_at: float
    users: int = 0
    """How many calls were sent with it."""
    proven: bool = False
    """Whether the service has accepted it."""

    def is_good(self) -> bool:
        """Whether a call may be sent with it. One that was not tried yet is tried also after its
        end: where a login takes longer than a session lasts, it would else be made for ever.
        """
        return not self.users or self.clock() < self.ends_at

    def is_due(self) -> bool:
        """Whether it is time for a new one."""
        return self.clock() >= self.renew_at


def _nobody_listens(*_: object) -> None:
    pass


class SessionManager:
    """Adds the session id to calls.

    *login* makes a new session id; it repeats what is worth repeating by itself. A session lasts
    *lifetime* seconds (the service's 12 hours, documented), counted from before its login was sent;
    *margin* seconds before its end a new login begins, while calls go on with the old id.
    """

    def __init__(
        self,
        transport: Exchanger,
        turns: Turns,
        login: Callable[[], Awaitable[Secret]],
        events: Emitter,
        *,
        lifetime: float,
        margin: float,
    ) -> None:
        self._transport = transport
        self._turns = turns
        self._events = events
        self._login = login
        self._lifetime = lifetime
        self._margin = margin
        self._session: Session | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._closed = False

    async def call(
        self,
        request: Request,
        *,
        rank: Rank = Rank.CALL,
        timeout: float | None = None,
        on_send: Callable[[float], None] = _nobody_listens,
        on_refused: Callable[[], None] = _nobody_listens,
    ) -> Any:
        """Send *request* with the session id before its arguments, and return the service's answer.

        *timeout*, in seconds, shortens the client's. *on_send* is told the time whenever the request
        leaves, which may be long after the call was made. *on_refused* is called when what has left was
        refused together with its session, so that it did not run.

        A refused session is replaced and the call repeated, since it was refused before it ran. If
        the new one is refused as well, logging in does not help: `SessionExpired`. But if the
        service has accepted that one from another call, it was good, and has ended again meanwhile.
        """
        accepted: list[bool] = []  # whether the service ever accepted each session that it refused
        while True:
            if self._session is None or self._session.is_due():
                await self._current()
            turn = self._turns.turn(rank, self._is_live)
            try:
                async with turn:
                    if (live := self._live()) is None:
                        continue  # it ended while the call waited for its turn
                    session = live
                    session.users += 1
                    now = session.clock()
                    request.leaves(now)
                    on_send(now)
                    result = await self._transport.exchange(request, session.id, timeout=timeout)
            except Unwanted:
                continue
            except DataFault as fault:
                if not refuses_session(fault):
                    raise
                refusal = fault
            else:
                session.proven = True
                return result
            finally:
                request.queued += turn.waited
            on_refused()
            self._drop(session)
            accepted.append(session.proven)
            if _is_hopeless(session, accepted):
                raise SessionExpired(refusal.code, refusal.message, request.method)
            log.info("%s: the session was refused, logging in again", request.method)

    async def poll(self, method: str, arguments: Mapping[str, Any], *, timeout: float) -> Any:
        """Send a call that the tracker watches operations with, once, for *timeout* seconds at most.
        It does not stand in line behind the callers' own.
        """
        events = self._events
        request = Request.of(method, arguments)
        number = events.poll_began(method)
        if not events.listening:
            return await self.call(request, rank=Rank.POLL, timeout=timeout)
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            result = await self.call(request, rank=Rank.POLL, timeout=timeout)
        except BaseException as error:
            events.emit(PollEnded(method, number, clock() - began, error))
            raise
        events.emit(PollEnded(method, number, clock() - began, None))
        return result

    async def close(self) -> None:
        """Stop renewing. Nothing is sent: the service has no logout (documented)."""
        self._closed = True
        self._forget()
        if (renewal := self._renewal) is not None:
            await cancel([renewal])

    def _live(self) -> Session | None:
        """The session that a call may be sent with."""
        session = self._session
        return session if session is not None and session.is_good() else None

    def _is_live(self) -> bool:
        return self._live() is not None

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
            clock = asyncio.get_running_loop().time
            self._session = Session(session_id, clock, ends_at - self._margin, ends_at)
            self._schedule(self._session.renew_at)
        finally:
            self._renewal = None

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _schedule(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
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


def _is_hopeless(session: Session, accepted: list[bool]) -> bool:
    """Whether one call need not try another session after this one, its latest, was refused.

    A second refusal says so, if the service has never accepted that session from anybody. One that
    other calls have as well may have been good, and have ended again just then: once.
    """
    if len(accepted) == MAX_REFUSALS:
        return True
    alone = not session.proven and session.users == 1
    return len(accepted) > 1 and (alone or accepted.count(False) > 1)


def _noticed(renewal: asyncio.Task[None]) -> None:
    """Look at the error of a login for which perhaps nobody waits; those who wait are told of it."""
    if renewal.cancelled():
        return
    error = renewal.exception()
    if error is not None and not isinstance(error, GandiError):
        log.error("the login broke", exc_info=error)  # this is a fault in our code
