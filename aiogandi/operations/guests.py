"""What clients that share a poller know of each other's watches. A *guest* is the watch of another client in the one
that polls.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from aiogandi.models import OperationDetails, OperationState
from aiogandi.operations.creations import CREATIONS
from aiogandi.operations.operation import Operation

WatchKey: TypeAlias = int | tuple[str | None, int | None]
"""What a watch is known by: the operation's id, or while that is not known its type and what it works on."""


def key_of(operation: Operation) -> tuple[str | None, int | None]:
    """Return what an operation whose id is not known is watched by."""
    return operation.type, operation.thing


def keys_of(operation: Operation, details: OperationDetails) -> list[WatchKey]:
    """Return all that an operation which has ended may be watched by."""
    keys: list[WatchKey] = [details.id] if details.id else []
    kind = operation.type or details.type
    if kind in CREATIONS:
        name = CREATIONS[kind][1]
        thing = getattr(operation, name) or getattr(details, name)
        keys += [(kind, thing)] if thing is not None else []
    return keys


@dataclass(frozen=True, slots=True)
class Watched:
    """What another client must know of an operation to poll for it. *started* is when its call was answered,
    on the loop's clock of whoever reads this; None where that is not known. *follows*: somebody wants to
    see each of its states.
    """

    type: str | None
    vm_id: int | None
    disk_id: int | None
    product_id: int | None
    started: float | None
    follows: bool


@dataclass(slots=True)
class Guest:
    """A watch of another client in the one that polls. *shown* is the state that the other was told last."""

    key: WatchKey
    operation: Operation
    follows: bool
    shown: OperationState | None = None


class Told(Protocol):
    """Is told what is watched here and what was learned, and tells other clients. No method waits for that."""

    def changed(self, key: WatchKey) -> None:
        """Somebody here began or ended to wait for this operation, or may have."""

    def ended(self, keys: Sequence[WatchKey], details: OperationDetails, late: float) -> None:
        """The operation that is known by each of *keys* has ended, at most so many seconds ago."""

    def saw(self, key: WatchKey, details: OperationDetails) -> None:
        """An operation of which others follow each state is in another one."""

    def found(self, key: WatchKey, operation_id: int) -> None:
        """The id of an operation that others watch is known now."""

    def failed(self, key: WatchKey, guests: Collection[str], error: Exception) -> None:
        """The waits of these *guests* for this operation end with *error*."""

    def gives_up(self) -> None:
        """All waits here have failed: another client may have better luck with polling."""
