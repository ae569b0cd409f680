"""What follows from a look at the service for a call whose reply was lost: decisions without I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aiogandi.changes.change import Change
from aiogandi.changes.ledger import Ledger
from aiogandi.models import OperationDetails


@dataclass(frozen=True, slots=True)
class Adopt:
    """This operation is the call's own."""

    details: OperationDetails


@dataclass(frozen=True, slots=True)
class Undecided:
    """This operation may be the call's own, which can never be told for sure."""

    details: OperationDetails


def decide(
    ledger: Ledger, call: Change, found: Iterable[OperationDetails], *, thorough: bool
) -> Adopt | Undecided | None:
    """What the operations *found* at the service say of *call*; None: none of them is its own.

    The oldest that fits is chosen: calls with equal parameters are interchangeable, and a call that
    began later can only own a newer operation. What may be the call's own, but
    cannot be told for sure, is left for a later look, unless this one is *thorough*.
    """
    for details in sorted(found, key=lambda details: details.id):
        fits = ledger.fits(call, details)
        if fits is False:
            continue
        if fits and not ledger.disputed(call, details):
            return Adopt(details)
        if thorough:
            return Undecided(details)
    return None


@dataclass(frozen=True, slots=True)
class LeftOver:
    """What *call* left behind beyond its own operation.

    *surplus* are operations that nobody else can own. *waits* says whether there are others that
    may still be another call's, which is for that call to find first.
    """

    surplus: list[OperationDetails]
    waits: bool


def left_over(ledger: Ledger, call: Change, found: Iterable[OperationDetails]) -> LeftOver:
    """The operations among *found* that *call*, sent more than once, has begun without need."""
    surplus: list[OperationDetails] = []
    waits = False
    for details in found:
        if ledger.fits(call, details):
            rivals = ledger.rivals(call, details)
            if not rivals:
                surplus.append(details)
            waits = waits or any(map(ledger.is_active, rivals))
    return LeftOver(surplus, waits)
