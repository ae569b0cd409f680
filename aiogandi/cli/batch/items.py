"""What a bulk run is made of: its things, the words for its change, and how long it waits."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aiogandi.cli.exits import WrongUse, explain
from aiogandi.operations.operation import Operation


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to change: a server, a disk, a product, an operation.

    ``id`` is 0 as long as it is not created. ``name`` is known if it was given or had to be read.
    ``key`` is what a run calls it, where that is neither.
    """

    id: int
    name: str | None = None
    key: str | None = None

    def __str__(self) -> str:
        known = (self.name, f"({self.id})" if self.name and self.id else str(self.id or ""))
        return " ".join(filter(None, known))


class Ending(StrEnum):
    """How far a thing has come, and in the end what became of it."""

    NOT_BEGUN = "not_begun"
    UNKNOWN = "unknown"
    """A call was sent for it, and no answer has come."""
    UNDER_WAY = "under_way"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Wording:
    """The words for a change: ``Stop all 20 servers``, ``Stopping 20 servers``, ``… stopped``."""

    verb: str
    doing: str
    done: str
    noun: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whether to wait until the operations have ended, and for how many seconds at most."""

    wait: bool
    timeout: float | None

    @classmethod
    def of(cls, no_wait: bool, timeout: float | None) -> "Waiting":
        """Return what ``--no-wait`` and ``--timeout`` ask for. Raises `WrongUse` for both."""
        if no_wait and timeout is not None:
            raise WrongUse("--no-wait and --timeout exclude each other")
        return cls(not no_wait, timeout)


@dataclass(slots=True, eq=False)
class Item:
    """One thing of a bulk run, and what has become of it so far."""

    target: Target
    noun: str
    """What kind of thing it is: ``server``."""
    ending: Ending = Ending.NOT_BEGUN
    operation: Operation | None = None
    """The operation that was begun last."""
    error: Exception | None = None
    more: bool = False
    """Whether another step follows the one under way: deleting, after stopping."""
    held: bool = False
    """Whether another command of the same run has it under way."""

    @property
    def goes_on(self) -> bool:
        """Whether the service still works on it although the command no longer waits."""
        left = self.ending in (Ending.UNDER_WAY, Ending.NOT_BEGUN)
        return left and self.operation is not None and not self.operation.done()

    @property
    def unfinished(self) -> bool:
        """Whether a step of it is still to be begun."""
        if self.ending is Ending.NOT_BEGUN:
            return self.more or not self.goes_on
        return self.more and self.ending is Ending.UNDER_WAY

    @property
    def refused(self) -> bool:
        """Whether nothing was begun for it, and its error says why."""
        return self.ending is Ending.FAILED and self.operation is None

    def record(self) -> dict[str, Any]:
        """Return the fields that JSON holds for every change."""
        operation = self.operation
        return {
            "operation_id": operation.id if operation else None,
            "operation": operation.type if operation else None,
            "state": str(operation.state) if operation and operation.state else None,
            "outcome": str(self.ending),
            "error": explain(self.error, self.noun) if self.error else None,
        }
