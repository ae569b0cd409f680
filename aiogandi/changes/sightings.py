"""What was seen at the service: which operation is the newest, and what lists have shown."""

from __future__ import annotations

import math
from collections.abc import Iterable

from aiogandi.models import OperationDetails


class Sightings:
    """Operations by their ids, and what is known of each. Times as in `Ledger`."""

    def __init__(self) -> None:
        self.newest: int | None = None
        """The highest id that was seen."""
        self.as_of = -math.inf
        """When it was known to be the newest."""
        self.details: dict[int, OperationDetails] = {}
        """What is known of operations that lists have shown."""
        self.mistrusted: dict[int, float] = {}
        """Operations that may be older or younger than their ids say, and when that was seen: they are
        nobody's for sure."""
        self._first: dict[int, float] = {}  # when a list first showed each
        self._in_dispute: set[int] = set()

    def note(self, number: int, as_of: float) -> None:
        """Record that this was the newest operation at that time."""
        self._raise_to(number)
        self.as_of = max(self.as_of, as_of)

    def saw(self, numbers: list[int], now: float) -> None:
        """Record that a list showed these, which an open call may own."""
        for number in numbers:
            self._first.setdefault(number, now)
            # Later sends get higher ids than these, though it is not known when they were the newest.
            self._raise_to(number)

    def first(self, number: int) -> float:
        """When a list first showed it; infinity where none has."""
        return self._first.get(number, math.inf)

    def dispute(self, number: int) -> None:
        """Record that it can never be told whose it is."""
        self._in_dispute.add(number)

    def is_doubtful(self, number: int) -> bool:
        """Whether it is nobody's for sure."""
        return number in self._in_dispute or number in self.mistrusted

    def forget(self, newest: int, before: float) -> None:
        """Forget operations up to *newest*, and those that were mistrusted *before* that time."""
        for seen in (self.details, self._first):
            for number in _up_to(newest, seen):
                del seen[number]
        self._in_dispute.difference_update(_up_to(newest, self._in_dispute))
        for number in [number for number, at in self.mistrusted.items() if at < before]:
            del self.mistrusted[number]

    def _raise_to(self, number: int) -> None:
        self.newest = max(self.newest or 0, number)


def _up_to(newest: int, numbers: Iterable[int]) -> list[int]:
    return [number for number in numbers if number <= newest]
