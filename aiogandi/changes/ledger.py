"""The books of changing calls: which is under way, and whose operation is which.

The ledger is told what was seen, in the order in which it was seen. It reads no clock and asks
nobody: every time that it needs is an argument, in seconds of one clock of the caller's.
"""

from __future__ import annotations

import math
from typing import Final

from aiogandi.changes.change import Change
from aiogandi.models import OperationDetails
from aiogandi.operations.directory import CREATIONS

FRESH: Final = 60.0
"""Seconds for which the newest id that was seen counts as current. There is a risk in it: where another
client begins the same operation within that time, and the reply to our call is lost, its operation may
be taken for ours."""


class Ledger:
    """Knows the calls under way, what belongs to them, and what they could be given."""

    def __init__(self) -> None:
        self._newest: int | None = None
        self._as_of = -math.inf
        self._active: dict[Change, None] = {}
        self._ends = 0  # since the last clean-up
        # Calls that were given up, but may have begun an operation, with the time of their end.
        self._ghosts: dict[Change, float] = {}
        self._owned: dict[tuple[str, int], float] = {}  # with the time at which that was known
        self._seen: dict[int, float] = {}  # operations, and when a list first showed them
        self._in_dispute: set[int] = set()
        self.details: dict[int, OperationDetails] = {}
        """What is known of operations that lists have shown."""

    # -- a call's life -------------------------------------------------------------------------

    def is_fresh(self, now: float) -> bool:
        """Whether the newest operation id is known well enough to send a changing call."""
        return now - self._as_of < FRESH

    def begin(self, call: Change, now: float) -> None:
        """Enter a call that will be sent soon."""
        # Not what is out of date: an operation of unknown age is nobody's.
        call.prepare(self._newest if self.is_fresh(now) else None, self._as_of)
        self._active[call] = None

    def sent(self, call: Change, now: float) -> None:
        """Record that the call is sent at *now*."""
        if call.first_sent is None and call.newest is not None:
            # It may have waited long, and more is known by now.
            call.prepare(self._newest, self._as_of)
        call.send(now)

    def own(self, call: Change, number: int, now: float) -> bool:
        """Enter *number*, the id in the call's reply, as its own. Return False if another call owns it
        already.
        """
        if call.yields is not None:
            if (call.yields, number) in self._owned:
                return False
            self._owned[call.yields, number] = now
            if call.yields == "id":
                self.note(number, call.last_sent)
        call.answer()
        return True

    def end(self, call: Change, now: float) -> None:
        """Record that the call is over, whichever way. Now and then, operations that no open call can
        own are forgotten.
        """
        del self._active[call]
        if not call.owner_known and call.sends:
            self._ghosts[call] = now
        if call.yields is None and call.method != "operation_cancel":
            # Nobody knows what it began: whatever comes after it must not be taken for that.
            self._as_of = -math.inf
        self._ends += 1
        if self._ends > len(self._active):  # so that the work for each end does not grow
            self._ends = 0
            self._forget()

    def _forget(self) -> None:
        # Only operations that are newer than the oldest open call can still be given to a call.
        since, newest = self._as_of, self._newest or 0
        if self._active:
            since = min(other.since for other in self._active)
            newest = min(other.newest or 0 for other in self._active)
        for known in (self._owned, self._ghosts):
            while known and next(iter(known.values())) < since:
                del known[next(iter(known))]  # type: ignore[arg-type]
        for seen in (self.details, self._seen):
            for number in [number for number in seen if number <= newest]:
                del seen[number]
        self._in_dispute = {number for number in self._in_dispute if number > newest}

    # -- what was seen -------------------------------------------------------------------------

    def note(self, number: int, as_of: float) -> None:
        """Record that this was the newest operation at that time."""
        self._newest = max(self._newest or 0, number)
        self._as_of = max(self._as_of, as_of)

    def saw(self, numbers: list[int], now: float) -> list[int]:
        """Record that a list showed these operations. Return those that an open call may own."""
        oldest = self.oldest()
        wanted = [n for n in numbers if n > oldest and ("id", n) not in self._owned]
        for number in wanted:
            self._seen.setdefault(number, now)
        if wanted:
            # Later sends get higher ids than these, though it is not known when they were the newest.
            self._newest = max(self._newest or 0, *wanted)
        return wanted

    def oldest(self) -> int:
        """Operations up to this id are older than all calls under way."""
        return min((call.newest or 0 for call in self._active), default=0)

    # -- whose is it ---------------------------------------------------------------------------

    def fits(self, call: Change, details: OperationDetails) -> bool | None:
        """Whether an operation may be the call's; None where the service tells too little."""
        number = details.id
        if number <= (call.newest or 0) or self._is_owned(details):
            return False
        if call.first_sent is not None and self._seen.get(number, math.inf) < call.first_sent:
            return False
        fits = call.matches(details)
        if fits and call.yields and call.id_in(details) is None:
            return None  # it is the call's, but does not say which VM or disk it creates
        return fits

    def disputed(self, call: Change, details: OperationDetails) -> bool:
        """Whether this operation may belong to more than one open call.

        True when two open calls differ only in a password, which the service does not repeat, or
        when the operation may be older than the call.
        """
        return (
            call.newest is None
            or details.id in self._in_dispute
            or any(
                other.key != call.key or other.passwords != call.passwords
                for other in self.rivals(call, details)
            )
        )

    def rivals(self, call: Change, details: OperationDetails) -> list[Change]:
        """The other calls whose outcome is not known and that the operation may belong to."""
        seen = self._seen.get(details.id, math.inf)
        return [
            other
            for other in (*self._active, *self._ghosts)
            if other is not call
            and not other.owner_known
            and other.first_sent is not None
            and other.first_sent <= seen
            and other.matches(details) is not False
        ]

    def is_active(self, call: Change) -> bool:
        """Whether the call is still under way."""
        return call in self._active

    def take(self, call: Change, details: OperationDetails, now: float) -> None:
        """Enter the operation as this call's own."""
        self._owned["id", details.id] = now
        number = call.id_in(details)
        if call.yields is not None and number is not None:
            self._owned[call.yields, number] = now
        call.adopt(details)

    def dispute(self, details: OperationDetails) -> None:
        """Record that it can never be told whose this is: no call will be given it."""
        self._in_dispute.add(details.id)

    def discard(self, details: OperationDetails, now: float) -> None:
        """Record that it is surplus and has been dealt with."""
        self._owned["id", details.id] = now

    def _is_owned(self, details: OperationDetails) -> bool:
        names = (("id", details.id), ("vm_id", details.vm_id), ("disk_id", details.disk_id))
        _, creates = CREATIONS.get(details.type or "", (None, None))
        return any(
            (name, number) in self._owned
            for name, number in names
            if number is not None and name in ("id", creates)
        )
