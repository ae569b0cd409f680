"""A session id with its times, and what a call is told where no session helps."""

from __future__ import annotations

from dataclasses import dataclass

from aiogandi.errors import SessionExpired
from aiogandi.redaction import Secret


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
