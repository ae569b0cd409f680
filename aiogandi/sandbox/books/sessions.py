"""Sessions: a login opens one, and it admits calls until it ends."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING

from aiogandi.sandbox.books.faults import Cause, ServiceFault, Subject, data_fault

if TYPE_CHECKING:
    from aiogandi.sandbox.books.clock import ServiceClock


class Sessions:
    """The sessions of the one account. A session ends by its age (documented), and by nothing else: there
    is no logout (*assumed*; the documentation is silent).

    A session id begins with a letter (*assumed*): senders that type a value by its look would turn one of
    nothing but digits into a number. The length of this is the number of sessions that are remembered.
    """

    def __init__(self, clock: ServiceClock, login: str, password: str, lifetime: float) -> None:
        self._clock = clock
        self._login = login
        self._password = password
        self._lifetime = lifetime
        self._ends: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._ends)

    def login(self, login: str, password: str, safe: bool = True) -> str:
        """``login``: return a new session id.

        In the provider's samples, a safe session calls without `su`. So *safe* makes no difference
        here (*assumed*: it is documented that a safe session must call `su` first).

        The refusal is 510150 (documented); that it names and repeats the password is *assumed*.
        """
        del safe
        known = hmac.compare_digest(login.encode(), self._login.encode())
        if hmac.compare_digest(password.encode(), self._password.encode()) and known:
            return self._open()
        raise data_fault(Subject.ACCOUNT, Cause.PRIVILEGES, "bad credential", "password", password)

    def su(self, handle: str) -> str:
        """``su``: return a new session for *handle*, which must be the account's own (*assumed*)."""
        if handle != self._login:
            raise data_fault(Subject.ACCOUNT, Cause.EXISTENCE, "no such handle", "handle", handle)
        return self._open()

    def admit(self, session: str) -> None:
        """Raise the fault 500250 (*assumed*) unless *session* is one that has not ended."""
        if self._ends.get(session, 0.0) <= self._clock.now():
            raise self._refusal(session)

    def expire(self) -> None:
        """End every session now."""
        self._ends.clear()

    def _open(self) -> str:
        now = self._clock.now()
        # All sessions last equally long, so those that have ended come first.
        while self._ends and self._ends[oldest := next(iter(self._ends))] <= now:
            del self._ends[oldest]
        session = f"{secrets.choice('abcdef')}{secrets.token_hex(16)[1:]}"
        self._ends[session] = now + self._lifetime
        return session

    @staticmethod
    def _refusal(session: str) -> ServiceFault:
        return data_fault(Subject.SESSION, Cause.PRIVILEGES, "unknown session", "session", session)
