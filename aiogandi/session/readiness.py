"""What a call tells those who send it, and what they ask it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

OnSend: TypeAlias = Callable[[float], None]
"""Is told the time, of the client's clock, whenever a request leaves."""


def nobody_listens(*_: object) -> None:
    """Do nothing with what is told."""


class Readiness(Protocol):
    """What a request must know before it leaves, and what may be out of date when its turn comes."""

    def is_ready(self) -> bool:
        """Whether it may stand in line."""

    def may_leave(self) -> bool:
        """Whether it may leave, now that its turn has come."""

    async def make_ready(self) -> None:
        """See to it that both hold, at least for a while. What is raised is the call's error."""
