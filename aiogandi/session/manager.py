"""One session id for all calls, renewed before it ends and replaced when it is refused."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from aiogandi import chores
from aiogandi.cancellation import cancel
from aiogandi.clock import Clock
from aiogandi.errors import AuthenticationError, ClientClosed, DataFault, GandiError
from aiogandi.faults import refuses_session
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import PollEnded
from aiogandi.redaction import Secret
from aiogandi.session.readiness import OnSend, Readiness, nobody_listens
from aiogandi.session.session import Doubts, Hopeless, Session
from aiogandi.session.store import Kept, LogIn, OwnSessions, SessionStore, StandingRefusal
from aiogandi.transport.exchange import Exchanger
from aiogandi.transport.rank import Rank
from aiogandi.transport.rate import Turns, Unwanted
from aiogandi.transport.request import Request

log = logging.getLogger("aiogandi.session")

MAX_REFUSALS: Final = 50
"""A call gives up after so many refused sessions, though they serve other calls."""

REMEMBERED: Final = 8
"""Session ids that are remembered, so that no text which quotes one is kept: an old one may still be good."""


class SessionManager:
    """Adds the session id to calls.

    *login* makes a new session id; it repeats what is worth repeating by itself. *sessions* has it made
    where there is none that others share; None is a login for each session. A session lasts
    *lifetime* seconds (the service's 12 hours, documented), counted from before its login was sent;
    *margin* seconds before its end a new login begins, while calls go on with the old id. *clock*
    counts the time for which the machine slept, since the service's clock went on. After a new session
    that was refused before it had served anybody, the next login waits for *backoff* seconds, and twice
    as long after each further one. A login that is refused stands for *login_pause* seconds: whoever
    needs one meanwhile is told so, and no further one is sent. A thousand calls with a rotated password
    would else send enough of them to lock the account.
    """

    def __init__(
        self,
        transport: Exchanger,
        turns: Turns,
        login: LogIn,
        events: Emitter,
        *,
        clock: Clock,
        lifetime: float,
        margin: float,
        backoff: float,
        login_pause: float,
        sessions: SessionStore | None = None,
    ) -> None:
        self._transport = transport
        self._turns = turns
        self._events = events
        self._login = login
        self._clock = clock
        self._sessions = OwnSessions(clock, lifetime) if sessions is None else sessions
        self._sessions.tell_of_refusals(self._refused_elsewhere)
        self._margin = margin
        self._backoff = backoff
        self._login_pause = login_pause
        self._session: Session | None = None
        self._lost: Secret | None = None  # the id that was refused, until there is another one
        self._ids: deque[Secret] = deque(maxlen=REMEMBERED)
        self._doubts = Doubts()
        self._timer: asyncio.TimerHandle | None = None
        self._renewal: asyncio.Task[None] | None = None  # the last login, ended or not
        self._refused_until = -math.inf  # how long the last one stands, if it was refused
        self._closed = False

    def ids(self) -> Iterable[Secret]:
        """The latest session ids."""
        return tuple(self._ids)

    async def call(
        self,
        request: Request,
        *,
        rank: Rank | None = None,
        timeout: float | None = None,
        ready: Readiness | None = None,
        on_send: OnSend = nobody_listens,
        on_refused: Callable[[], None] = nobody_listens,
    ) -> Any:
        """Send *request* with the session id before its arguments, and return the service's answer.

        *rank* says who goes first, where turns are scarce. *timeout*, in seconds, shortens the
        client's. *ready* is asked when the request's turn comes, which may be long after the call was
        made: where it may not leave, it is made ready and keeps its place in line. *on_send* is told
        the time, of the client's clock, whenever the request leaves. *on_refused* is called when what
        has left was refused together with its session, so that it did not run.

        A refused session is replaced and the call repeated, since it was refused before it ran. When
        logging in turns out not to help, all calls that wait for a session get `SessionExpired`; the
        next one tries afresh.
        """
        turn = self._turns.turn(rank, lambda: self._sendable(self._clock(), ready) is not None)
        known = self._doubts.hopeless
        refusals = 0
        try:
            while True:
                if ready is not None and not ready.is_ready():
                    await ready.make_ready()
                if self._session is None or not self._session.is_fresh(self._clock()):
                    await self._current(request.method, known)
                try:
                    async with turn:
                        now = self._clock()
                        session = self._use(now, ready)
                        known = self._doubts.hopeless
                        request.leaves()
                        on_send(now)
                        result = await self._transport.exchange(
                            request, session.id, timeout=timeout
                        )
                except Unwanted:
                    turn.step_out()
                    continue  # while it stood in line, what it needs has ended
                except DataFault as fault:
                    if not refuses_session(fault):
                        self._doubts.accepted(session)
                        raise
                    refusal = Hopeless(fault.code, fault.message)
                else:
                    self._doubts.accepted(session)
                    return result
                finally:
                    request.queued += turn.waited
                on_refused()
                self._refused(session, refusal)
                refusals += 1
                if self._doubts.hopeless is not known or refusals == MAX_REFUSALS:
                    raise refusal.error(request.method)
                log.info("%s: the session was refused, logging in again", request.method)
        finally:
            turn.give_up()

    async def poll(self, method: str, arguments: Mapping[str, Any], *, on_send: OnSend) -> Any:
        """Send a poll once; *on_send* as in `call`. It does not stand in line behind callers' own."""
        number = self._events.poll_began(method)
        poll = self.call(Request.of(method, arguments), rank=Rank.POLL, on_send=on_send)
        if not self._events.listening:
            return await poll
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            result = await poll
        except BaseException as error:
            self._events.emit(PollEnded(method, number, clock() - began, error))
            raise
        self._events.emit(PollEnded(method, number, clock() - began, None))
        return result

    def retire(self) -> None:
        """Begin no further login."""
        self._closed = True

    async def close(self) -> None:
        """Stop renewing. Nothing is sent: the service has no logout (assumed; none is documented)."""
        self.retire()
        self._forget()
        try:
            if (renewal := self._renewal) is not None:
                await cancel([renewal])
        finally:
            await self._sessions.close()

    def _sendable(self, now: float, ready: Readiness | None) -> Session | None:
        """The session that a call may be sent with *now*, if there is one and the call is *ready*."""
        session = self._session
        if session is None or not session.is_good(now):
            return None
        return session if ready is None or ready.may_leave() else None

    def _use(self, now: float, ready: Readiness | None) -> Session:
        """The session that a call is sent with *now*; `Unwanted` where it may not be sent."""
        session = self._sendable(now, ready)
        if session is None:
            raise Unwanted
        session.users += 1
        return session

    async def _current(self, method: str, known: Hopeless | None) -> None:
        """See to it that there is a session; while the old one is good, without waiting.

        A call of *method* has *known* what was found last: it waited if there is a newer finding.
        """
        if self._session is None and self._doubts.hopeless not in (None, known):
            raise self._doubts.hopeless.error(method)
        renewal = self._renew()
        if self._session is None or self._clock() >= self._session.ends_at:
            # Shielded: the login is everybody's, whoever happened to start it.
            await asyncio.shield(renewal)

    def _renew(self) -> asyncio.Task[None]:
        """The login under way, begun if there is none. One that was refused is not repeated while it
        stands.
        """
        if self._closed:
            raise ClientClosed
        if (last := self._renewal) is not None and (
            not last.done() or self._clock() < self._refused_until
        ):
            return last
        self._renewal = chores.begin(self._log_in, _noticed)
        return self._renewal

    async def _log_in(self) -> None:
        self._refused_until = -math.inf
        try:
            if pause := self._doubts.pause(self._backoff):
                await asyncio.sleep(pause)
            kept = await self._obtain()
        except GandiError as error:
            now = self._clock()
            if isinstance(error, AuthenticationError) and self._refused_until == -math.inf:
                self._refused_until = now + self._login_pause
            if (session := self._session) is not None and now < session.ends_at:
                # Calls go on with the old id; try again well before it ends.
                again = now + max((session.ends_at - now) / 4, 0.1)
                session.renew_at = max(again, self._refused_until)
                self._schedule(session.renew_at)
                log.warning("renewing the session failed, the old one is still good: %s", error)
            raise
        self._forget()
        if kept.id not in self._ids:
            self._ids.append(kept.id)
        renew_at = kept.ends_at - self._margin
        self._session = Session(kept.id, renew_at, kept.ends_at, proven=not kept.made_here)
        self._schedule(renew_at)

    async def _obtain(self) -> Kept:
        """A session other than the one that was refused, or that there is."""
        instead_of = self._lost if self._session is None else self._session.id
        kept = await self._sessions.obtain(
            self._login, instead_of, refused=self._session is None and instead_of is not None
        )
        if isinstance(kept, StandingRefusal):
            self._refused_until = self._clock() + kept.seconds
            raise kept.error
        return kept

    def _schedule(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = chores.later(when - self._clock(), self._renew_if_used)

    def _renew_if_used(self) -> None:
        # A client that nobody uses lets its session end, rather than log in twice a day for ever.
        if self._session is not None and self._session.users and not self._closed:
            self._renew()

    # -- what the service says of a session ----------------------------------------------------

    def _refused(self, session: Session, refusal: Hopeless) -> None:
        """Drop a session."""
        if self._session is not session:
            return  # it was dropped already, and perhaps there is a newer one
        self._forget(session.id)
        self._doubts.refused(session, refusal)

    def _refused_elsewhere(self, session_id: Secret) -> None:
        """Drop a session that was refused to another process. One that nobody was served with yet is tried
        here as well: whether logging in helps is counted by those who did.
        """
        session = self._session
        if session is not None and session.proven and session.id == session_id:
            self._forget(session.id)

    def _forget(self, refused: Secret | None = None) -> None:
        self._session = None
        self._lost = refused
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _noticed(renewal: asyncio.Task[None]) -> None:
    """Look at the error of a login for which perhaps nobody waits; those who wait are told of it."""
    if renewal.cancelled():
        return
    error = renewal.exception()
    if error is not None and not isinstance(error, GandiError):
        log.error("the login broke", exc_info=error)  # this is a fault in our code
