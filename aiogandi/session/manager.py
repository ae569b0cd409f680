"""One session id for all calls, renewed before it ends and replaced when it is refused."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from aiogandi import chores
from aiogandi.cancellation import cancel
from aiogandi.clock import Clock
from aiogandi.errors import AuthenticationError, ClientClosed, DataFault, GandiError
from aiogandi.faults import refuses_session
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import PollEnded
from aiogandi.redaction import Secret
from aiogandi.session.session import Hopeless, Session
from aiogandi.transport.exchange import Exchanger
from aiogandi.transport.rank import Rank
from aiogandi.transport.rate import Turns, Unwanted
from aiogandi.transport.request import Request

log = logging.getLogger("aiogandi.session")
OnSend = Callable[[float], None]

MAX_UNPROVEN: Final = 5
"""When so many new sessions in a row were refused before any had served a call, logging in does not
help."""

MAX_REFUSALS: Final = 50
"""A call gives up after so many refused sessions, though they serve other calls."""

REMEMBERED: Final = 8
"""Session ids that are remembered, so that no text which quotes one is kept: an old one may still be good."""


class Readiness(Protocol):
    """What a request must know before it leaves, and what may be out of date when its turn comes."""

    def is_ready(self) -> bool:
        """Whether it may stand in line."""

    def may_leave(self) -> bool:
        """Whether it may leave, now that its turn has come."""

    async def make_ready(self) -> None:
        """See to it that both hold, at least for a while. What is raised is the call's error."""


def _nobody_listens(*_: object) -> None:
    pass


class SessionManager:
    """Adds the session id to calls.

    *login* makes a new session id; it repeats what is worth repeating by itself. A session lasts
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
        login: Callable[[], Awaitable[Secret]],
        events: Emitter,
        *,
        clock: Clock,
        lifetime: float,
        margin: float,
        backoff: float,
        login_pause: float,
    ) -> None:
        self._transport = transport
        self._turns = turns
        self._events = events
        self._login = login
        self._clock = clock
        self._lifetime = lifetime
        self._margin = margin
        self._backoff = backoff
        self._login_pause = login_pause
        self._session: Session | None = None
        self._ids: deque[Secret] = deque(maxlen=REMEMBERED)
        self._unproven = 0  # new sessions refused in a row before any had served a call
        self._hopeless: Hopeless | None = None  # what was found last
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
        on_send: OnSend = _nobody_listens,
        on_refused: Callable[[], None] = _nobody_listens,
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
        known = self._hopeless
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
                        known = self._hopeless
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
                        self._accepted(session)
                        raise
                    refusal = Hopeless(fault.code, fault.message)
                else:
                    self._accepted(session)
                    return result
                finally:
                    request.queued += turn.waited
                on_refused()
                self._refused(session, refusal)
                refusals += 1
                if self._hopeless is not known or refusals == MAX_REFUSALS:
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
        if (renewal := self._renewal) is not None:
            await cancel([renewal])

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
        if self._session is None and self._hopeless not in (None, known):
            raise self._hopeless.error(method)
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
            if self._unproven:
                await asyncio.sleep(self._backoff * 2 ** (self._unproven - 1))
            # Counted from here and not from the reply: the service's clock started in between.
            ends_at = self._clock() + self._lifetime
            session_id = await self._login()
        except GandiError as error:
            now = self._clock()
            if isinstance(error, AuthenticationError):
                self._refused_until = now + self._login_pause
            if (session := self._session) is not None and now < session.ends_at:
                # Calls go on with the old id; try again well before it ends.
                again = now + max((session.ends_at - now) / 4, 0.1)
                session.renew_at = max(again, self._refused_until)
                self._schedule(session.renew_at)
                log.warning("renewing the session failed, the old one is still good: %s", error)
            raise
        self._forget()
        self._ids.append(session_id)
        self._session = Session(session_id, ends_at - self._margin, ends_at)
        self._schedule(self._session.renew_at)

    def _schedule(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = chores.later(when - self._clock(), self._renew_if_used)

    def _renew_if_used(self) -> None:
        # A client that nobody uses lets its session end, rather than log in twice a day for ever.
        if self._session is not None and self._session.users and not self._closed:
            self._renew()

    # -- what the service says of a session ----------------------------------------------------

    def _accepted(self, session: Session) -> None:
        session.proven = True
        self._unproven = 0

    def _refused(self, session: Session, refusal: Hopeless) -> None:
        """Drop a session; `MAX_UNPROVEN` new ones in a row are *hopeless*."""
        if self._session is not session:
            return  # another call has done so, and perhaps fetched a newer one already
        self._forget()
        if session.proven:
            return  # it was good, and has ended
        self._unproven += 1
        if self._unproven == MAX_UNPROVEN:
            self._unproven = 0
            self._hopeless = refusal

    def _forget(self) -> None:
        self._session = None
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
