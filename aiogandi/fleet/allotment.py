"""How a worker's places for items are given to its accounts. Nothing here reads a clock or a loop.

A worker has so many places. An account gets them in *lanes*, each of which takes items from the account's queue. It begins
with a small lane, and gets a further one, as large as what it has so far, when all its places are taken and its
rate is not used up: so an account has as many items under way as its rate can use, and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

FIRST: Final = 2
"""Places of an account's first lane."""

LARGEST: Final = 32
"""Places of a lane, at most."""

IDLE: Final = 1.0
"""Seconds after which a lane that has nothing to do may go."""

TURN: Final = 10.0
"""Seconds that a lane has at least, where there are more accounts than places."""


@dataclass(slots=True)
class LaneState:
    """A lane of *size* places; *idle* is for how many seconds it has had no item, *age* for how many it is there."""

    size: int
    under_way: int
    idle: float
    age: float


@dataclass(slots=True)
class AccountState:
    """An account with so many *items* that have not ended, here and elsewhere, and its *lanes* here, the oldest first."""

    name: str
    items: int
    lanes: Sequence[LaneState] = field(default_factory=list)
    has_turns_left: bool = True

    @property
    def places(self) -> int:
        """How many it has."""
        return sum(lane.size for lane in self.lanes)

    @property
    def wants_more(self) -> bool:
        """Whether it can use more places than it has."""
        if self.items <= self.places:
            return False
        if not self.lanes:
            return True
        is_full = all(lane.under_way >= lane.size for lane in self.lanes)
        return is_full and self.has_turns_left


@dataclass(frozen=True, slots=True)
class Allotment:
    """What is to be done: lanes of so many places to *begin*, by account, and lanes to *end*, by account and place."""

    begin: Sequence[tuple[str, int]]
    end: Sequence[tuple[str, int]]


def allot(limit: int, taken: int, accounts: Iterable[AccountState]) -> Allotment:
    """Give out what is free of *limit* places, of which so many are *taken*, to those who have least first."""
    states = sorted(accounts, key=lambda state: (state.places, state.name))
    wanting = [state for state in states if state.wants_more]
    free, begin = limit - taken, []
    for number, state in enumerate(wanting):
        if free <= 0:
            break
        fair = max(1, free // (len(wanting) - number))
        wished = max(FIRST, min(state.places, LARGEST))
        size = min(wished, fair, state.items - state.places)
        begin.append((state.name, size))
        free -= size
    starving = [state for state in wanting if not state.lanes][len(begin) :]
    return Allotment(begin, [*_idle(states, bool(wanting)), *_given_up(states, len(starving))])


def _idle(states: Iterable[AccountState], are_wanted: bool) -> Iterable[tuple[str, int]]:
    """Lanes that have nothing to do, where nothing is to come, or others want their places."""
    for state in states:
        for place, lane in enumerate(state.lanes):
            if lane.under_way == 0 and lane.idle >= IDLE and (are_wanted or state.items == 0):
                yield state.name, place


def _given_up(states: Sequence[AccountState], starving: int) -> Iterable[tuple[str, int]]:
    """A lane for each account that has none: of those who have most, and else the oldest ones."""
    if not starving:
        return
    spare = [state for state in reversed(states) if len(state.lanes) > 1]
    for state in spare[:starving]:
        yield state.name, len(state.lanes) - 1
    single = [state for state in states if len(state.lanes) == 1 and state.lanes[0].age >= TURN]
    single.sort(key=lambda state: -state.lanes[0].age)
    for state in single[: max(0, starving - len(spare))]:
        yield state.name, 0
