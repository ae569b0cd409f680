"""What a lot is made of: the things, how they are called, how long they are waited for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aiogandi.cli.batch.selection import Target
from aiogandi.cli.failures import WrongUse, explain
from aiogandi.operations.operation import Operation


class Ending(StrEnum):
    """How far a thing has come, and in the end what became of it."""

    NOT_BEGUN = "not_begun"
    UNKNOWN = "unknown"
    """It was asked for, and there is no answer."""
    UNDER_WAY = "under_way"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Wording:
    """How a change is called: ``Stop all 20 servers``, ``Stopping 20 servers``, ``… stopped``."""

    verb: str
    doing: str
    done: str
    noun: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whether to wait for the end, and how many seconds at most."""

    wait: bool
    timeout: float | None

    @classmethod
    def of(cls, no_wait: bool, timeout: float | None) -> "Waiting":
        """What the options say; `WrongUse` for what cannot be meant."""
        if no_wait and timeout is not None:
            raise WrongUse("--no-wait and --timeout exclude each other")
        return cls(not no_wait, timeout)


@dataclass(slots=True, eq=False)
class Item:
    """One thing of the lot."""

    target: Target
    ending: Ending = Ending.NOT_BEGUN
    operation: Operation | None = None
    error: Exception | None = None
    more: bool = False
    """Whether another step follows the one under way."""

    @property
    def goes_on(self) -> bool:
        """Whether the service works on it without us."""
        left = self.ending in (Ending.UNDER_WAY, Ending.NOT_BEGUN)
        return left and self.operation is not None and not self.operation.done()

    @property
    def unfinished(self) -> bool:
        """Whether something about it is still to be begun."""
        if self.ending is Ending.NOT_BEGUN:
            return self.more or not self.goes_on
        return self.more and self.ending is Ending.UNDER_WAY

    def record(self) -> dict[str, Any]:
        """What JSON tells of any change."""
        operation = self.operation
        return {
            "operation_id": operation.id if operation else None,
            "operation": operation.type if operation else None,
            "state": str(operation.state) if operation and operation.state else None,
            "outcome": str(self.ending),
            "error": explain(self.error) if self.error else None,
        }
