"""What shows that another client works on the same account."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from aiogandi.changes.change import Change
from aiogandi.models import OperationDetails


class OtherClients:
    """Operations that fitted no call of ours, and how many we may have begun ourselves.

    *lateness* as in `Ledger`.
    """

    def __init__(self, lateness: float) -> None:
        self._lateness = lateness
        self._foreign: dict[int, str | None] = {}  # operations of theirs, and the type of each
        self._leavings: deque[tuple[float, str]] = deque()  # when which method of ours was sent

    def we_sent(self, method: str, now: float) -> None:
        """Note that a call of ours left, so that one operation of this type may be ours."""
        self._leavings.append((now, method))

    def they_began(self, details: OperationDetails) -> None:
        """Note an operation that fits no call of ours."""
        self._foreign[details.id] = details.type

    def forget_those(self, numbers: Iterable[int]) -> None:
        """Note that these belong to a client that shares our journal."""
        for number in numbers:
            self._foreign.pop(number, None)

    def have_begun(self, details: OperationDetails) -> bool:
        """Whether the operation fitted no call of ours when it was learned."""
        return details.id in self._foreign

    def begin_such(self, call: Change, numbers: Iterable[int], elsewhere: int) -> bool:
        """Whether they began operations of the call's type since the call was prepared: one that fits
        no call of ours was seen, or *numbers*, which a list by type has shown, are more than this client
        has sent, and those that share its journal have begun *elsewhere*.
        """
        newest = call.newest
        if newest is None:
            return False
        if any(number > newest and kind == call.method for number, kind in self._foreign.items()):
            return True
        since = call.since - self._lateness
        ours = sum(method == call.method and at >= since for at, method in self._leavings)
        return sum(number > newest for number in numbers) > ours + elsewhere

    def forget(self, newest: int, since: float) -> None:
        """Forget operations up to *newest*, and what was sent too early to begin any after *since*."""
        while self._leavings and self._leavings[0][0] < since - self._lateness:
            self._leavings.popleft()
        for number in [number for number in self._foreign if number <= newest]:
            del self._foreign[number]
