"""The books of one day: every call that a caller made, every wait, and what each was told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class Call:
    """One call of one caller, and what it was told."""

    number: int
    shift: int
    method: str
    arguments: dict[str, Any]
    task: Any
    began: float
    leaves_at_reply: str | None = None
    deadline: float | None = None
    ended: float | None = None
    left: float | None = None
    """When its caller went, before it was told anything."""
    outcome: str = "under way"
    told: Any = None
    error: BaseException | None = None
    exchanges: list[Any] = field(default_factory=list)
    ran: list[float] = field(default_factory=list)
    """When the service ran it: known to the judge alone."""

    def leave(self):
        """Its caller goes, unless it was told already."""
        if self.task is None:
            return
        if self.left is None:
            self.left = self.task.get_loop().awake()
        self.task.cancel()


@dataclass(slots=True)
class Wait:
    """One wait for an operation."""

    call: Call
    began: float
    ended: float | None = None
    outcome: Any = None


@dataclass(slots=True)
class Books:
    """All that callers did and were told in one day."""

    calls: list[Call] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    surplus: list[int] = field(default_factory=list)
    pending: list[Any] = field(default_factory=list)
    closed: dict[int, float] = field(default_factory=dict)
    """When each shift's client was closed."""
    complaints: list[tuple[str, str]] = field(default_factory=list)


def key_of(method, arguments, habits=None):
    """What makes two calls equal; to a service with these *habits*, also where it folds names."""
    known = {"specs": {}} if method == "vm_create" else {}
    return method, _sorted({**known, **arguments}, habits)


def _sorted(value, habits, name=None):
    if isinstance(value, Mapping):
        return tuple(sorted((key, _sorted(item, habits, key)) for key, item in value.items()))
    is_name = habits is not None and name in ("hostname", "name") and isinstance(value, str)
    return repr(habits.folded(value) if is_name else value)
