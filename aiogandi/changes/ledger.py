"""The books of changing calls: which is under way, and whose operation is which.

The ledger is told what was seen, in the order in which it was seen. It reads no clock and asks
nobody: every time that it needs is an argument, in seconds of one clock of the caller's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Final

from aiogandi.changes.change import Change
from aiogandi.changes.habits import Habits
from aiogandi.changes.journal import Name
from aiogandi.changes.other_clients import OtherClients
from aiogandi.changes.owners import Owners
from aiogandi.changes.recognition import Likeness
from aiogandi.changes.sightings import Sightings
from aiogandi.changes.state import State
from aiogandi.models import OperationDetails

FRESH: Final = 60.0
"""Seconds for which the newest id that was seen counts as current. There is a risk in it: where another
client begins the same operation within that time, and the reply to our call is lost, its operation may
be taken for ours."""

_AS_MUCH_ITS_OWN: Final = (Likeness.EXACT, Likeness.UNTOLD)
"""How like a call an operation is that may be its own as well as anybody's."""


class Ledger:
    """Knows the calls under way, what belongs to them, and what they could be given.

    *lateness*: seconds after its last send for which a request of a call that has ended may still run.
    *shares_journal*: whether other clients may have written down what they do.
    """

    def __init__(self, lateness: float = 0.0, *, shares_journal: bool = False) -> None:
        self._lateness = lateness
        self._active: dict[Change, None] = {}
        self._ends = 0  # since the last clean-up
        # Calls that have ended, but may have begun an operation that is not known, or may yet do so:
        # with the time after which they cannot any more.
        self._lingering: dict[Change, float] = {}
        self._elsewhere: list[Change] = []  # calls of other clients whose outcome is not known
        self._oldest_elsewhere = math.inf  # the newest operation before those that take part
        self.owners = Owners()
        self.sightings = Sightings()
        self.habits = Habits()
        self.other_clients = OtherClients(lateness, shares_journal=shares_journal)

    # -- a call's life -------------------------------------------------------------------------

    def is_fresh(self, now: float) -> bool:
        """Whether the newest operation id is known well enough to send a changing call."""
        return now - self.sightings.as_of < FRESH

    def newest(self, now: float) -> int | None:
        """The newest operation, where it is known well enough."""
        return self.sightings.newest if self.is_fresh(now) else None

    def begin(self, call: Change, now: float) -> None:
        """Enter a call that will be sent soon."""
        self._tell_age(call, now)
        self._active[call] = None

    def resume(self, call: Change) -> None:
        """Enter a call that has left before, in another process. Its age is known."""
        self._active[call] = None

    def know_elsewhere(
        self, calls: list[Change], claims: Iterable[Name], now: float, asked: Iterable[int] = ()
    ) -> None:
        """Record what other clients do: *calls* of theirs may own operations, *claims* name those among the
        *asked* that are known to be somebody's. A call of one that has ended is ours while we see to it.
        """
        ours = {call.record for call in chain(self._active, self._lingering)} - {None}
        self._elsewhere = calls = [call for call in calls if call.record not in ours]
        keys = {call.key for call in self._active}
        self._oldest_elsewhere = min(
            (call.newest or 0 for call in calls if call.state is State.LOST and call.key in keys),
            default=math.inf,
        )
        self.owners.know_claims(claims, now)
        self.other_clients.forget_those(
            details.id
            for details in self.sightings.details.values()
            if self._is_somebodys(details, calls)
        )
        self.other_clients.confirm(asked)

    def sent(self, call: Change, now: float) -> None:
        """Record that the call is sent at *now*."""
        if call.sends == 0:
            # It may have waited long, and more is known by now; or what was known is out of date.
            self._tell_age(call, now)
        call.send(now)
        if call.yields is not None:
            self.other_clients.we_sent(call.method, now)

    def _tell_age(self, call: Change, now: float) -> None:
        # Not what is out of date: an operation of unknown age is nobody's.
        call.prepare(self.newest(now), self.sightings.as_of)

    def own(self, call: Change, number: int, now: float) -> bool:
        """Enter *number*, the id in the call's reply, as its own. Return False if another call owns it
        already.
        """
        if call.yields is not None:
            if self.owners.is_entered((call.yields, number)):
                return False
            self.owners.enter((call.yields, number), call, now)
            self.habits.answered(call, number)
            if call.yields == "id":
                self.note(number, call.last_sent)
        call.answer(number if call.yields else None)
        return True

    def end(self, call: Change, now: float) -> None:
        """Record that the call is over, whichever way. Now and then, operations that no open call can
        own are forgotten.
        """
        del self._active[call]
        if call.is_open or call.may_have_left_more:
            self._lingering[call] = max(now, call.last_sent + self._lateness)
        if call.yields is None and call.method != "operation_cancel":
            # Nobody knows what it began: whatever comes after it must not be taken for that.
            self.sightings.as_of = -math.inf
        self._ends += 1
        if self._ends > len(self._active):  # so that the work for each end does not grow
            self._ends = 0
            self._forget()

    def _forget(self) -> None:
        # Only operations that are newer than the oldest open call can still be given to a call.
        since, newest = self.sightings.as_of, self.sightings.newest or 0
        if self._active:
            since = min(other.since for other in self._active)
            newest = self.oldest()
        # The service may have hidden a fresh operation from the list that told the newest one.
        self.owners.forget(since - self._lateness)
        for call in [call for call, until in self._lingering.items() if until < since]:
            del self._lingering[call]
        self.sightings.forget(newest, since - self._lateness)
        self.other_clients.forget(newest, since)

    # -- what was seen -------------------------------------------------------------------------

    def note(self, number: int, as_of: float) -> None:
        """Record that this was the newest operation at that time."""
        self.sightings.note(number, as_of)

    def saw(self, numbers: list[int], now: float) -> list[int]:
        """Record that a list showed these operations. Return those that an open call may own."""
        oldest = self.oldest()
        wanted = [number for number in self.owners.without_owner(numbers) if number > oldest]
        self.sightings.saw(wanted, now)
        return wanted

    def learn(self, details: OperationDetails) -> None:
        """Record what the service tells of an operation that a list has shown."""
        self.sightings.details[details.id] = details
        self.habits.saw(details, self.owners.of(details))
        if not self._is_somebodys(details, chain(self._active, self._lingering, self._elsewhere)):
            self.other_clients.they_began(details)

    def oldest(self) -> int:
        """Operations up to this id are older than all calls under way, and than equal ones of other clients,
        which may be given what an equal call of ours would take.
        """
        if not (self.habits.grows and self._active):
            return 0
        return int(min(self._oldest_elsewhere, *(call.newest or 0 for call in self._active)))

    # -- whose is it ---------------------------------------------------------------------------

    def likeness(self, call: Change, details: OperationDetails) -> Likeness:
        """How much an operation looks like the call's own. One that is older than the call, or that
        belongs to another, is DIFFERENT whatever it looks like.
        """
        if self.owners.has_any_name_of(details) or self._is_older(call, details.id):
            return Likeness.DIFFERENT
        found = call.likeness(details, self.habits.longest)
        if found is not Likeness.DIFFERENT and call.yields and call.id_in(details) is None:
            return Likeness.UNTOLD  # it does not say which server or disk it creates
        return found

    def _is_older(self, call: Change, number: int) -> bool:
        if number in self.sightings.mistrusted:
            return False
        if self.habits.grows and number <= (call.newest or 0):
            return True
        return call.first_sent is not None and self.sightings.first(number) < call.first_sent

    def disputed(self, call: Change, details: OperationDetails) -> bool:
        """Whether an operation that fits the call may belong to another one, or be older.

        Where two calls differ only in a password, nobody can tell, because the service does not
        repeat it. A call that was sent twice may have begun one that it has no need of. Between calls
        that the operation would serve alike there is no dispute.
        """
        return (
            call.newest is None
            or not self.habits.grows
            or self.sightings.is_doubtful(details.id)
            or any(
                not self._serves_alike(call, other, details)
                for other in self._others(call, details)
                if other.is_open or other.may_have_left_more
            )
        )

    def _serves_alike(self, call: Change, other: Change, details: OperationDetails) -> bool:
        """Whether the operation is what *call* has asked for, even if *other* began it: "web" serves
        the call that sent "web", where the service has made it of another one's "WEB".
        """
        if call.is_twin_of(other):
            return True
        may_find_another = other.state in (State.SENT, State.LOST, State.ABSENT)
        exact = self.likeness(call, details) is Likeness.EXACT
        return may_find_another and exact and call.is_alike_folded(other)

    def rivals(self, call: Change, details: OperationDetails) -> list[Change]:
        """The other calls whose outcome is not known and that the operation may belong to."""
        return [other for other in self._others(call, details) if other.is_open]

    def _others(self, call: Change, details: OperationDetails) -> Iterator[Change]:
        """Other calls that had left before the operation was seen, and that it looks like."""
        seen = self.sightings.first(details.id)
        is_like = self._may_be_of(details)
        return (
            other
            for other in chain(self._active, self._lingering, self._elsewhere)
            if other is not call
            and other.first_sent is not None
            and other.first_sent <= seen
            and is_like(other)
        )

    def twins(self, call: Change) -> list[Change]:
        """The calls under way that are interchangeable with this one and whose outcome is not known."""
        return [
            other
            for other in chain(self._active, self._elsewhere)
            if other is not call
            and other.method == call.method
            and other.state in (State.SENT, State.LOST)
            and other.is_twin_of(call)
        ]

    def is_active(self, call: Change) -> bool:
        """Whether the call is still under way, here or at another client."""
        return call in self._active or call in self._elsewhere

    def take(self, call: Change, details: OperationDetails, now: float) -> None:
        """Enter the operation as this call's own. Another one that may have begun it cannot be found
        absent any more: in another form, or where an older operation may be this call's as well.
        """
        rivals = self.rivals(call, details)
        twins = [other for other in rivals if other.is_twin_of(call)]
        passed_over = bool(twins) and self._passes_over(call, details)
        for other in rivals:
            if passed_over if other in twins else call.method not in self.habits.keeps:
                other.doubts.add(details.id)
        self.owners.enter(("id", details.id), call, now)
        number = call.id_in(details)
        if call.yields is not None and number is not None:
            self.owners.enter((call.yields, number), call, now)
        call.adopt(details)

    def _passes_over(self, call: Change, details: OperationDetails) -> bool:
        return any(
            number < details.id and self.likeness(call, other) in _AS_MUCH_ITS_OWN
            for number, other in self.sightings.details.items()
        )

    def dispute(self, call: Change, numbers: Iterable[int]) -> None:
        """Record that it can never be told which of these is the call's: nobody will be given those
        that are as much its own as anybody's.
        """
        for number in numbers:
            details = self.sightings.details.get(number)
            if details is not None and self.likeness(call, details) in _AS_MUCH_ITS_OWN:
                self.sightings.dispute(number)

    def discard(self, details: OperationDetails, now: float) -> None:
        """Record that it is surplus and was told of."""
        self.owners.enter(("id", details.id), None, now)

    def _is_somebodys(self, details: OperationDetails, calls: Iterable[Change]) -> bool:
        """Whether it is known whose the operation is, or it may be one of these *calls*' own."""
        return self.owners.has_any_name_of(details) or any(map(self._may_be_of(details), calls))

    def _may_be_of(self, details: OperationDetails) -> Callable[[Change], bool]:
        longest = self.habits.longest
        return lambda call: call.likeness(details, longest) is not Likeness.DIFFERENT
