"""A second opinion on ages: whether operations are as old as their ids say, by the service's own dates.

Ids of operations are assumed to grow with time. Where they do not, because the service draws them by
chance, counts down, counts each type for itself, begins anew or gives old ids again, an id says nothing:
the operation of a call whose reply was lost looks older than the call, and the call would be sent again.
So before a call is found absent, the service is asked by date what it began after the newest operation
that is older than the call. Dates have whole seconds; one service's dates are compared with each other,
and with no clock of ours.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, TypeVar

from aiogandi.changes.change import Change
from aiogandi.changes.ledger import Ledger
from aiogandi.changes.lookup import Found, Lookup
from aiogandi.changes.recognition import Likeness
from aiogandi.errors import Fault, ServerFault
from aiogandi.faults import refuses_call
from aiogandi.models import OperationDetails

Result = TypeVar("Result")

REMEMBERED: Final = 100
"""Dates that are kept, each of an operation that was the newest when a call was prepared."""


class Ages:
    """Compares ids with dates, by *lookup*, and enters in *ledger* where they disagree, in the time of
    *clock*.
    """

    def __init__(self, ledger: Ledger, lookup: Lookup, clock: Callable[[], float]) -> None:
        self._ledger = ledger
        self._lookup = lookup
        self._clock = clock
        self._dates: dict[int, datetime] = {}

    async def checked(self, call: Change, look: Found, *, believed: bool) -> Found:
        """*look* for *call*, with all operations that are younger than the call by their dates.

        It costs no request where the ids exclude nothing. Else it costs two, one for the date and one
        for a list, and one for each operation that only its date shows to be younger.
        """
        if not (call.newest and self._ledger.habits.grows):
            return look
        suspects = [found for found in look.operations if self._is_exact(call, found)]
        if suspects and self._lookup.is_crowded:
            # An old one that looks alike may have a higher id than the newest.
            date = await self._date_of(call.newest)
            for found in suspects:
                if _is_before(found.date_created, date):
                    self._mistrust(found.id)
        excluded = [number for number in look.shown if number <= call.newest]
        if not believed or suspects or not excluded:
            return look
        date = await self._date_of(call.newest)
        if date is None:
            return look
        return await self._with_younger(call, look, date)

    def _mistrust(self, number: int) -> None:
        self._ledger.sightings.mistrusted[number] = self._clock()

    def _is_exact(self, call: Change, details: OperationDetails) -> bool:
        return self._ledger.likeness(call, details) is Likeness.EXACT

    async def _with_younger(self, call: Change, look: Found, date: datetime) -> Found:
        shown = await _or_none(self._lookup.ids(call.method, created_after=date))
        if shown is None:
            return look  # the service does not filter by date
        younger: list[OperationDetails] = []
        unread: list[int] = []
        for number in self._older_by_id(call, shown):
            details = await self._lookup.operation(number)
            if details is None:
                unread.append(number)
                self._mistrust(number)
            elif _is_before(details.date_created, date):
                break  # the service does not filter by date, and shows all
            else:
                younger.append(details)
                self._ledger.learn(details)
                is_later = _is_before(date, details.date_created)
                if is_later:
                    self._ledger.habits.saw_disorder()
                if is_later or self._may_be_its_own(call, details):
                    self._mistrust(number)
        return look.plus(younger, unread)

    def _may_be_its_own(self, call: Change, details: OperationDetails) -> bool:
        """Whether an operation of the same second as the newest before the call may be the call's, though
        its id is lower. Not one that looks different; nor one that an equal call has begun by its id, where
        the journal tells of either: after a process was ended there are many of both, and they are those
        calls' own.
        """
        if call.likeness(details, self._ledger.habits.longest) is Likeness.DIFFERENT:
            return False
        return not any(
            twin.newest is not None and twin.newest < details.id
            for twin in self._ledger.twins(call)
            if call.is_recalled or twin.is_recalled
        )

    def _older_by_id(self, call: Change, shown: Sequence[int]) -> Iterable[int]:
        """Those of the ids *shown* that are lower than the newest that was known before the call."""
        newest = call.newest or 0
        return [number for number in self._ledger.owners.without_owner(shown) if number < newest]

    async def _date_of(self, number: int) -> datetime | None:
        """When the service began an operation; None where it does not tell."""
        if (date := self._dates.get(number)) is None:
            details = await _or_none(self._lookup.operation(number))
            date = None if details is None else details.date_created
            if date is not None:
                self._dates[number] = date
                if len(self._dates) > REMEMBERED:
                    del self._dates[next(iter(self._dates))]
        return date


async def _or_none(answer: Awaitable[Result]) -> Result | None:
    """The answer, or None where the service refuses it. (What it does not tell proves nothing.)"""
    try:
        return await answer
    except Fault as fault:
        if not (isinstance(fault, ServerFault) or refuses_call(fault)):
            raise
        return None


def _is_before(one: datetime | None, other: datetime | None) -> bool:
    """Whether both are known, and *one* is earlier. A date with a zone and one without cannot be told."""
    if one is None or other is None or (one.tzinfo is None) != (other.tzinfo is None):
        return False
    return one < other
