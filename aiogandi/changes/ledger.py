"""The books of changing calls: which is under way, and whose operation is which."""

from __future__ import annotations

import asyncio
import math
from typing import Final

from aiogandi.calls.call import Change
from aiogandi.models import OperationDetails

FRESH: Final = 60.0
"""Seconds for which the newest operation id that was seen is taken for the service's newest: an
operation that another client begins on the same thing, in the same way, in that time and just
before ours is lost could be taken for ours."""

THINGS: Final = ("vm_id", "disk_id")
"""What ``vm_create`` and ``disk_create`` return the id of."""


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
        """Of operations that lists have shown."""

    def is_fresh(self) -> bool:
        """Whether the newest operation id is known well enough to send a changing call."""
        return asyncio.get_running_loop().time() - self._as_of < FRESH

    def begin(self, call: Change) -> None:
        """The call is on its way to be sent."""
        # Not what is out of date: an operation of unknown age is nobody's.
        call.newest = self._newest if self.is_fresh() else None
        call.since = self._as_of
        self._active[call] = None

    def sent(self, call: Change, now: float) -> None:
        """The call leaves."""
        if not call.first_sent and call.newest is not None:
            # It may have waited long, and more is known by now.
            call.newest, call.since = self._newest, self._as_of
        call.sent(now)

    def own(self, call: Change, number: int) -> bool:
        """The call's reply names this id; False if it was given to another call before."""
        if call.yields is None:
            return True
        if (call.yields, number) in self._owned:
            return False
        self._owned[call.yields, number] = asyncio.get_running_loop().time()
        call.settled = True
        if call.yields == "id":
            self.note(number, call.last_sent)
        return True

    def end(self, call: Change) -> None:
        """The call is over, whichever way. Now and then, what no call can be given is forgotten."""
        del self._active[call]
        now = asyncio.get_running_loop().time()
        if not call.settled and call.sends:
            self._ghosts[call] = now
        if call.yields is None and call.method != "operation_cancel":
            # Nobody knows what it began: whatever comes after it must not be taken for that.
            self._as_of = -math.inf
        self._ends += 1
        if self._ends > len(self._active):  # so that the work for each end does not grow
            self._ends = 0
            self._forget()

    def _forget(self) -> None:
        # What a call can be given at most: the oldest that is under way, or the next one.
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

    def note(self, number: int, as_of: float) -> None:
        """This was the newest operation at that time."""
        self._newest = max(self._newest or 0, number)
        self._as_of = max(self._as_of, as_of)

    def saw(self, numbers: list[int], now: float) -> list[int]:
        """A list showed these operations; those that may be given to somebody."""
        oldest = self.oldest()
        wanted = [n for n in numbers if n > oldest and ("id", n) not in self._owned]
        for number in wanted:
            self._seen.setdefault(number, now)
        if wanted:
            # Not the newest at any time, but older than all that is sent from now on.
            self._newest = max(self._newest or 0, *wanted)
        return wanted

    def oldest(self) -> int:
        """Operations up to this id are older than all calls under way."""
        return min((call.newest or 0 for call in self._active), default=0)

    def waits_for(self, rivals: list[Change]) -> bool:
        """Whether one of these is still under way."""
        return any(rival in self._active for rival in rivals)

    # -- whose is it ---------------------------------------------------------------------------

    def fits(self, call: Change, details: OperationDetails) -> bool | None:
        """Whether an operation may be the call's; None where the service tells too little."""
        number = number_of(details)
        if number <= (call.newest or 0) or self._is_owned(details):
            return False
        if self._seen.get(number, math.inf) < call.first_sent:
            return False
        fits = call.matches(details)
        if fits and call.yields and getattr(details, call.yields) is None:
            return None  # it is the call's, but does not say which VM or disk it creates
        return fits

    def disputed(self, call: Change, details: OperationDetails) -> bool:
        """Whether its age is unknown, or only what the service does not tell could say whose it is:
        a password, most of all.
        """
        return (
            call.newest is None
            or number_of(details) in self._in_dispute
            or any(
                other.key != call.key or other.secrets != call.secrets
                for other in self.rivals(call, details)
            )
        )

    def rivals(self, call: Change, details: OperationDetails) -> list[Change]:
        """The other calls whose outcome is not known and that the operation may belong to."""
        seen = self._seen.get(number_of(details), math.inf)
        return [
            other
            for other in (*self._active, *self._ghosts)
            if other is not call
            and not other.settled
            and 0 < other.first_sent <= seen
            and other.matches(details) is not False
        ]

    def _is_owned(self, details: OperationDetails) -> bool:
        names = (("id", details.id), ("vm_id", details.vm_id), ("disk_id", details.disk_id))
        creates = {"vm_create": "vm_id", "disk_create": "disk_id"}.get(details.type or "")
        return any(
            (name, number) in self._owned
            for name, number in names
            if number is not None and name in ("id", creates)
        )

    def take(self, call: Change, details: OperationDetails) -> None:
        """The operation is this call's from now on."""
        now = asyncio.get_running_loop().time()
        self._owned["id", number_of(details)] = now
        if call.yields in THINGS:
            self._owned[call.yields, getattr(details, call.yields)] = now
        call.settled = True

    def dispute(self, details: OperationDetails) -> None:
        """Whose it is can never be told: nobody is given it."""
        self._in_dispute.add(number_of(details))

    def discard(self, details: OperationDetails) -> None:
        """It is surplus, and has been dealt with."""
        self._owned["id", number_of(details)] = asyncio.get_running_loop().time()


def number_of(details: OperationDetails) -> int:
    """The operation's id."""
    return details.id or 0
