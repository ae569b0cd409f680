"""A call on its way through the client: what is sent, and how its operation is recognised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiogandi.errors import TransportError
from aiogandi.models import OperationDetails
from aiogandi.redaction import Secret, secrets_in

FILTERS = ("hostname", "disk_id", "vm_id")
"""Parameters that ``operation_list`` can be asked for (assumed), the most telling first."""


@dataclass(slots=True, eq=False)
class Call:
    """One call of the API, without the session.

    *arguments* by name, in the wire's order. *read* turns the reply into the result and raises
    `TransportError` for a reply that cannot be one.
    """

    method: str
    arguments: Mapping[str, Any]
    read: Callable[[Any], Any] = field(default=lambda reply: reply)
    first_sent: float = 0.0
    """When it left for the first time, on the loop's clock; 0 before."""
    last_sent: float = 0.0
    """And for the last time so far."""

    def sent(self, now: float) -> None:
        """It leaves."""
        self.last_sent = now
        self.first_sent = self.first_sent or now


@dataclass(slots=True, eq=False)
class Change(Call):
    """A call that changes something, with what is known of its outcome.

    *yields* says what the reply is the id of: "id" (the operation's own), "vm_id" or "disk_id";
    None for a call that begins no operation.
    """

    yields: str | None = None
    sends: int = 0
    """How often it was sent, without the sends that are known not to have run."""
    newest: int | None = None
    """The newest operation id that is older than the call; None where none is known."""
    since: float = 0.0
    """When that was the newest, on the loop's clock."""
    adopted: OperationDetails | None = None
    """The operation that turned out to be this call's after its reply was lost."""
    settled: bool = False
    """Whether its outcome is known."""

    @property
    def key(self) -> tuple[str, str]:
        """What the service can know of the call: two calls of the same key cannot be told apart."""
        return self.method, repr(sorted(self.arguments.items()))

    @property
    def secrets(self) -> tuple[str, ...]:
        """What the service does not tell of it."""
        return tuple(s.reveal() for s in secrets_in(tuple(self.arguments.values())))

    @property
    def filter(self) -> dict[str, Any]:
        """The ``operation_list`` filter that fits the call best."""
        for name in FILTERS:
            if name in self.arguments:
                return {"type": self.method, "param": {name: self.arguments[name]}}
        return {"type": self.method}

    def matches(self, details: OperationDetails) -> bool | None:
        """Whether *details* may be of this call: None where they tell too little to say."""
        if details.type is not None and details.type != self.method:
            return False
        params = details.params or {}
        told = 0
        for name, value in _comparable(self.arguments):
            if name in params:
                told += 1
                if not _same(value, params[name]):
                    return False
        return True if told or not self.arguments else None


def _comparable(arguments: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The arguments that an operation's params may repeat: specs may stand among them or within."""
    pairs: list[tuple[str, Any]] = []
    for name, value in arguments.items():
        if isinstance(value, Mapping):
            pairs.extend((inner, item) for inner, item in value.items() if inner not in arguments)
        if not isinstance(value, Secret):
            pairs.append((name, value))
    return [(name, value) for name, value in pairs if not isinstance(value, Secret)]


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, Mapping):
        return isinstance(theirs, Mapping) and all(
            _same(value, theirs[name])
            for name, value in ours.items()
            if name in theirs and not isinstance(value, Secret)
        )
    if isinstance(ours, list | tuple):
        return (
            isinstance(theirs, list | tuple)
            and len(ours) == len(theirs)
            and all(map(_same, ours, theirs))
        )
    # A service that was written for clients without types may repeat a number as a string.
    return bool(ours == theirs) or (
        isinstance(ours, int | str) and isinstance(theirs, int | str) and str(ours) == str(theirs)
    )


def unusable(method: str, reply: Any, due: str) -> TransportError:
    """The error for a reply that is XML-RPC, but not what *method* answers."""
    return TransportError(f"{method}: {due} was due, but a {type(reply).__name__} came", 200)
