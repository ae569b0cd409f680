"""Where sessions come from: a login for this client alone, or a store that several processes share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from aiogandi.clock import Clock
from aiogandi.errors import AuthenticationError
from aiogandi.redaction import Secret

LogIn: TypeAlias = Callable[[], Awaitable[Secret]]
"""Makes a new session id, and repeats what is worth repeating by itself."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A session id with its end, in seconds of the client's clock."""

    id: Secret
    ends_at: float
    made_here: bool
    """Whether this client has just logged in for it, so that nobody has used it yet."""


@dataclass(frozen=True, slots=True)
class StandingRefusal:
    """A login that another client made was refused, and for so many seconds nobody tries again."""

    error: AuthenticationError
    seconds: float


class SessionStore(Protocol):
    """What a `SessionManager` asks for sessions. It asks for one at a time."""

    def tell_of_refusals(self, drop: Callable[[Secret], object]) -> None:
        """Call *drop* with a session id that was refused elsewhere."""

    async def obtain(
        self, log_in: LogIn, instead_of: Secret | None, *, refused: bool
    ) -> Kept | StandingRefusal:
        """Return a session other than *instead_of*, which the service has *refused*, or which is to be renewed. Where
        there is none yet, *log_in* makes it; what that raises is raised here.
        """

    async def close(self) -> None:
        """Let go of what is kept for this client."""


class OwnSessions:
    """Logs in for this client alone. A session lasts *lifetime* seconds."""

    def __init__(self, clock: Clock, lifetime: float) -> None:
        self._clock = clock
        self._lifetime = lifetime

    def tell_of_refusals(self, drop: Callable[[Secret], object]) -> None:
        """Nothing is refused elsewhere."""

    async def obtain(
        self,
        log_in: LogIn,
        instead_of: Secret | None,  # noqa: ARG002 - there is no other to be taken for it
        *,
        refused: bool,  # noqa: ARG002 - nor one to be dropped
    ) -> Kept:
        """Log in and return the session."""
        # Counted from here and not from the reply: the service's clock started in between.
        ends_at = self._clock() + self._lifetime
        return Kept(await log_in(), ends_at, made_here=True)

    async def close(self) -> None:
        """Nothing is kept."""
