"""One operation of the service, the work that it does, and the fate that a test has ordered for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable

    from aiogandi.sandbox.books.faults import ServiceFault

PENDING, RUN, DONE, ERROR, CANCEL = STATES = ("PENDING", "RUN", "DONE", "ERROR", "CANCEL")
"""The states of an operation (documented)."""


class Work:
    """What an operation does to the books. *at* is the moment, on the service's clock, at which the
    operation ended.
    """

    def obstacle(self) -> ServiceFault | None:
        """Return why the operation cannot start although its turn has come, or None: the fault that
        would refuse its call now.
        """
        return None

    def done(self, at: float) -> None:
        """Carry the work out: the operation has ended well."""

    def failed(self, at: float) -> None:
        """Undo what was reserved: the operation has ended in ERROR, or could not start."""

    def cancelled(self, at: float) -> None:
        """Undo what was reserved: the operation was cancelled before it started."""
        self.failed(at)


@dataclass(frozen=True, slots=True)
class Fate:
    """What a test has ordered for one operation.

    *failure*: it ends in ERROR with this text. *stalled*: it never leaves RUN. *held*: it stays
    PENDING until it is released.
    """

    failure: str | None = None
    stalled: bool = False
    held: bool = False


@dataclass(slots=True, eq=False)
class OperationRecord:
    """One operation.

    *created* and *updated* are moments on the service's clock, *takes* is in service seconds.
    *things* are what it works on, for example ``("vm", 10001)``; *held* is whether it still waits
    to be released.
    """

    id: int
    type: str
    params: dict[str, Any]
    created: float
    updated: float
    takes: float
    work: Work
    fate: Fate
    things: tuple[Hashable, ...]
    held: bool
    state: str = PENDING
    last_error: str | None = None
