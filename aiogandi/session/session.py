"""A session id with its times, whether new ones help, and what a call is told where none does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aiogandi.errors import SessionExpired
from aiogandi.redaction import Secret

MAX_UNPROVEN: Final = 5
"""When so many new sessions in a row were refused before any had served a call, logging in does not
help."""


@dataclass(slots=True)
class Session:
    """A session id with its times, in seconds of the client's clock."""

    id: Secret
    renew_at: float
    ends_at: float
    users: int = 0
    """How many calls were sent with it."""
    proven: bool = False
    """Whether the service has accepted it."""

    def is_good(self, now: float) -> bool:
        """Whether a call may be sent with it. One that was not tried yet is tried also after its
        end: where a login takes longer than a session lasts, it would else be made for ever.
        """
        return not self.users or now < self.ends_at

    def is_fresh(self, now: float) -> bool:
        """Whether it is good, and no renewal of it is due."""
        return now < self.renew_at and self.is_good(now)


@dataclass(frozen=True, slots=True, eq=False)
class Hopeless:
    """That logging in does not help, with the service's refusal."""

    code: int
    message: str

    def error(self, method: str) -> SessionExpired:
        """What a call of *method* is told."""
        return SessionExpired(self.code, self.message, method)


@dataclass(slots=True)
class Doubts:
    """Whether logging in helps."""

    unproven: int = 0
    """New sessions refused in a row before any had served a call."""
    hopeless: Hopeless | None = None
    """What was found last."""

    def pause(self, backoff: float) -> float:
        """For how many seconds to wait before the next login."""
        return backoff * 2 ** (self.unproven - 1) if self.unproven else 0.0

    def accepted(self, session: Session) -> None:
        """The service has accepted a session."""
        session.proven = True
        self.unproven = 0

    def refused(self, session: Session, refusal: Hopeless) -> None:
        """The service has refused one; `MAX_UNPROVEN` new ones in a row are *hopeless*."""
        if session.proven:
            return  # it was good, and has ended
        self.unproven += 1
        if self.unproven == MAX_UNPROVEN:
            self.unproven = 0
            self.hopeless = refusal
