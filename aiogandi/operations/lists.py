"""The lists of operations in a final state: how often each is asked for, and where it is cut short.

A list that half fills with operations of no more interest is cut short by ``updated_after``. Our
clock and the service's need not agree, and may run at different speeds, so the date is always the
service's own: that of an operation which *appeared* in a complete list. Whatever ended before it
stood in that list as well and has been seen, if it was watched by then, so nothing can hide below
the cut; an operation that is taken up later takes the cut away. (Unless the service sets its clock
back: an end that a list should have shown, and did not, takes the cut away.)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any, Final, Protocol

from aiogandi.models import LISTED, OperationDetails, OperationState
from aiogandi.operations.pages import Look, Plan, despite_failed_looks, read_down

CROWDED: Final = 0.5
"""A list of which so large a part are operations that nobody waits for is worth one more request,
which brings the date at which the list can be cut."""

SLACK: Final = timedelta(seconds=2)
"""A list is cut so far below the date of the operation that it is cut at: dates have whole seconds,
and whether the service's filter includes its bound is not known."""

SELDOM: Final = {OperationState.DONE: 1, OperationState.ERROR: 3, OperationState.CANCEL: 6}
"""Each list is asked for in every so many ticks at least."""

SELDOM_KNOWN: Final = {OperationState.DONE: 1, OperationState.ERROR: 2, OperationState.CANCEL: 6}
"""The same where all durations are known, because few ticks are made then."""

IN_TURN: Final = (
    OperationState.DONE,
    OperationState.ERROR,
    OperationState.DONE,
    OperationState.CANCEL,
)
"""The order in which lists are asked for where each stands in for looks now and then."""


@dataclass(frozen=True, slots=True)
class ListQuestion:
    """A question to ``operation_list``, for the ids of operations in a state."""

    state: OperationState
    updated_after: datetime | None = None
    created_before: datetime | None = None

    @property
    def filters(self) -> dict[str, Any]:
        """The filter struct that is sent."""
        filters: dict[str, Any] = {"state": str(self.state)}
        if self.updated_after is not None:
            filters["updated_after"] = self.updated_after
        if self.created_before is not None:
            filters["created_before"] = self.created_before
        return filters


class Watched(Protocol):
    """The operations that are watched."""

    def __contains__(self, operation_id: int) -> bool:
        """Whether this one is."""

    def lowest(self) -> int:
        """The lowest id that is watched; 0 where none is."""

    def below(self, bound: int) -> int:
        """How many ids below *bound* are watched."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: *ours* are the watched ids in the list. Where the list was not *complete*, a
    watched id below *bound* may have ended although it is not in *ours*.
    """

    ours: set[int]
    complete: bool
    bound: int


@dataclass(slots=True)
class _Listed:
    """What is known of the list of one final state."""

    every: int = 1  # ask for this list in each tick (1), in every second tick (2), …
    skipped: int = 0
    updated_after: datetime | None = None
    overtaken: bool = False  # while this list was asked for, an operation was taken up late
    previous: frozenset[int] = field(default_factory=frozenset)


class FinalLists:
    """What is known of the three lists, DONE, ERROR and CANCEL, which show *full* ids at most."""

    def __init__(self, full: int = LISTED) -> None:
        self._full = full
        self._lists = {state: _Listed() for state in SELDOM}
        self._in_turn = cycle(IN_TURN)
        self._cuts = True

    def due(self, *, known: bool) -> tuple[OperationState, ...]:
        """The states to ask for in this tick. *known* says whether all durations are."""
        seldom = SELDOM_KNOWN if known else SELDOM
        asked = []
        for state, listed in self._lists.items():
            listed.skipped += 1
            if listed.skipped >= min(listed.every, seldom[state]):
                listed.skipped = 0
                asked.append(state)
        return tuple(asked)

    def one_in_turn(self) -> tuple[OperationState, ...]:
        """One state, another one each time."""
        return (next(self._in_turn),)

    def failed(self) -> None:
        """No list was answered. As soon as one is, all that ended meanwhile is to be learned."""
        for state, listed in self._lists.items():
            listed.skipped = SELDOM[state]

    def overtake(self) -> None:
        """Take the cuts away: an operation was taken up that may have ended below them."""
        for listed in self._lists.values():
            listed.updated_after = None
            listed.overtaken = True

    def missed(self, state: OperationState | None) -> None:
        """The list of *state* should have shown an operation, and did not: take its cut away.

        Perhaps it is cut at a date of a clock that the service has set back.
        """
        listed = None if state is None else self._lists.get(state)
        if listed is not None:
            listed.updated_after = None

    def refuse_cuts(self) -> bool:
        """The service refused a list: if one was cut, never cut again. Returns whether one was."""
        if not any(listed.updated_after for listed in self._lists.values()):
            return False
        self._cuts = False
        for listed in self._lists.values():
            listed.updated_after = None
        return True

    def sweep(self, state: OperationState, watched: Watched) -> Plan[Swept]:
        """Ask for the operations in *state*, page after page as long as that is worth it.

        What a list shows is believed also where the looks fail by which more could be learned.
        """
        return (yield from despite_failed_looks(self._sweep(state, watched)))

    def _sweep(self, state: OperationState, watched: Watched) -> Plan[Swept]:
        listed = self._lists[state]
        listed.overtaken = False
        pages = yield from read_down(
            lambda before: ListQuestion(state, listed.updated_after, before),
            watched.lowest,
            lambda number, lowest: 2 * number < watched.below(lowest),
            full=self._full,
        )
        ours = {operation_id for operation_id in pages.ids if operation_id in watched}
        listed.every = 1 if ours else min(listed.every * 2, SELDOM[state])
        bound = 0 if pages.complete else min(pages.ids)
        swept = Swept(ours, pages.complete, bound)
        yield from self._cut(listed, pages.first, swept, watched.lowest())
        return swept

    def _cut(self, listed: _Listed, page: frozenset[int], swept: Swept, lowest: int) -> Plan[None]:
        """From now on, ask only for operations updated after the newest one that has just appeared.

        It must come from the first page, because others may have ended while later pages were read.
        """
        appeared = page - listed.previous
        listed.previous = page
        crowd = sum(1 for operation_id in page if operation_id >= lowest) - len(swept.ours & page)
        if not self._cuts or not appeared or (swept.complete and crowd < CROWDED * self._full):
            return
        # Where the list was not complete, those that it cannot vouch for are looked at themselves
        # after this moment, so nothing hides below the cut in that case either.
        details: OperationDetails | None = yield Look(max(appeared))
        if details is not None and details.date_updated is not None and not listed.overtaken:
            listed.updated_after = details.date_updated - SLACK
