"""How a worker's places for items are given to its accounts. Nothing here reads a clock or a loop.

A worker has so many places, each for one item under way. An account gets places in *lanes*, each of which takes items
from the account's queue. It begins with a small lane, and gets a further one, as large as what it has so far, when all
its places are taken and its rate is not used up: so an account has as many items under way as its rate can use, and
no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

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
    """A lane of *size* places; for how many seconds it has had no item (*idle*), and could have some (*age*)."""

    size: int
    under_way: int
    idle: float
    age: float


@dataclass(slots=True)
class AccountState:
    """An account with so many *items* that have not ended, here and elsewhere, and its *lanes* here, the oldest
    first. Where it has none it has had none for *without* seconds.
    """

    name: str
    items: int
    lanes: Sequence[LaneState] = field(default_factory=list)
    has_turns_left: bool = True
    without: float = 0.0

    @property
    def places(self) -> int:
        """How many it has."""
        return sum(lane.size for lane in self.lanes)

    @property
    def is_full(self) -> bool:
        """Whether each of its places has an item."""
        return all(lane.under_way >= lane.size for lane in self.lanes)

    @property
    def wants_more(self) -> bool:
        """Whether it can use more places than it has."""
        if self.items <= self.places:
            return False
        return not self.lanes or (self.is_full and self.has_turns_left)


@dataclass(frozen=True, slots=True)
class Allotment:
    """What is to be done: lanes of so many places to *begin*, by account, and lanes to *end*, by account and their number there."""

    begin: Sequence[tuple[str, int]]
    end: Sequence[tuple[str, int]]


_Numbered: TypeAlias = tuple[str, int, LaneState]
"""A lane, with its account and its number there, from 0 for the oldest."""


def allot(limit: int, ending: int, accounts: Iterable[AccountState]) -> Allotment:
    """Give out what is free of *limit* places to those who have least, and among those that have none to who has
    waited longest. So many places are still taken by lanes that are *ending*.
    """
    states = sorted(accounts, key=lambda state: (state.places, -state.without, state.name))
    free = limit - ending - sum(state.places for state in states)
    wanting = [state for state in states if state.wants_more]
    begin = []
    for served, state in enumerate(wanting):
        if free <= 0:
            break
        fair = max(1, free // (len(wanting) - served))
        wished = max(FIRST, min(state.places, LARGEST))
        size = min(wished, fair, state.items - state.places)
        begin.append((state.name, size))
        free -= size
    starving = sum(not state.lanes for state in wanting[len(begin) :])
    end: dict[tuple[str, int], LaneState] = {}
    for name, number, lane in _idle(states, len(begin) < len(wanting)):
        end[name, number] = lane
    for name, number, lane in _to_give_up(states):
        if ending + sum(each.size for each in end.values()) >= starving:
            break
        end[name, number] = lane
    return Allotment(begin, [*end])


def _idle(states: Iterable[AccountState], are_scarce: bool) -> Iterator[_Numbered]:
    """Lanes that have nothing to do, where nothing is to come, or others get no places. (A lane costs more to begin than
    to keep.)
    """
    for state in states:
        for number, lane in enumerate(state.lanes):
            if lane.under_way == 0 and lane.idle >= IDLE and (are_scarce or state.items == 0):
                yield state.name, number, lane


def _to_give_up(states: Sequence[AccountState]) -> Iterator[_Numbered]:
    """Lanes whose places go to accounts that have none: the last ones of those who have most, and then the oldest."""
    for state in reversed(states):
        if len(state.lanes) > 1:
            yield state.name, len(state.lanes) - 1, state.lanes[-1]
    single = [state for state in states if len(state.lanes) == 1 and state.lanes[0].age >= TURN]
    for state in sorted(single, key=lambda state: -state.lanes[0].age):
        yield state.name, 0, state.lanes[0]
