"""What shows that another client works on the same account."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from aiogandi.changes.change import Change
from aiogandi.changes.journal import Begun
from aiogandi.models import OperationDetails


class OtherClients:
    """Operations that are no call's of ours, and how many we may have begun ourselves.

    *lateness* as in `Ledger`. With *shares_journal*, such an operation is only theirs when the journal
    was asked and knows no call for it: see `confirm`.
    """

    def __init__(self, lateness: float, *, shares_journal: bool = False) -> None:
        self._lateness = lateness
        self._foreign: dict[int, str | None] = {}  # operations of theirs, and the type of each
        # Those of which the journal is still to be asked.
        self._suspected: dict[int, str | None] = {}
        self._shares_journal = shares_journal
        self._leavings: deque[tuple[float, str]] = deque()  # when which method of ours was sent

    def we_sent(self, method: str, now: float) -> None:
        """Note that a call of ours left, so that one operation of this type may be ours."""
        self._leavings.append((now, method))

    def they_began(self, details: OperationDetails) -> None:
        """Note an operation that fits no call of ours."""
        seen = self._suspected if self._shares_journal else self._foreign
        seen[details.id] = details.type

    def confirm(self, numbers: Iterable[int]) -> None:
        """Note that the journal was asked about these, and knows no call for them but as `forget_those` was
        told.
        """
        for number in numbers:
            if number in self._suspected:
                self._foreign[number] = self._suspected.pop(number)

    def forget_those(self, numbers: Iterable[int]) -> None:
        """Note that these belong to a client that shares our journal."""
        for number in numbers:
            self._foreign.pop(number, None)
            self._suspected.pop(number, None)

    def have_begun(self, details: OperationDetails) -> bool:
        """Whether the operation fitted no call of ours when it was learned, and none that the journal knows."""
        return details.id in self._foreign

    def begin_such(self, call: Change, numbers: Iterable[int], recorded: Begun) -> bool:
        """Whether they began operations of the call's type since the call was prepared: one that fits
        no call of ours was seen, or *numbers*, which a list by type has shown, are more than this client
        has sent, and than the journal has *recorded*.
        """
        newest = call.newest
        if newest is None:
            return False
        if any(number > newest and kind == call.method for number, kind in self._foreign.items()):
            return True
        since = call.since - self._lateness
        sent = sum(method == call.method and at >= since for at, method in self._leavings)
        # What this client sent is counted until it is older than all its calls, and a call of a process that
        # has ended may enter later, and be older still. What the journal has does not tell of a second send.
        ours = max(sent, recorded.own)
        return sum(number > newest for number in numbers) > ours + recorded.others

    def forget(self, newest: int, since: float) -> None:
        """Forget operations up to *newest*, and what was sent too early to begin any after *since*."""
        while self._leavings and self._leavings[0][0] < since - self._lateness:
            self._leavings.popleft()
        for seen in (self._foreign, self._suspected):
            for number in [number for number in seen if number <= newest]:
                del seen[number]
