"""When to look at operations, and what to ask: decisions without I/O.

The plan, and why it is right
-----------------------------
``operation_list`` takes a state and answers with the *last 300* ids that match (documented; newest
first is assumed). So one request a tick for DONE tells of any number of operations, where one
``operation_details`` tells of one. The other two final states are rarer: each is asked for as often
as it has lately had something to tell, from every tick down to every third (ERROR) or sixth
(CANCEL). A state that no list can be asked for (SUPPORT, or one we do not know) is found by the
look at each operation itself, below. With two operations or fewer, ``operation_details`` for each
costs no more than the lists and tells more, so it is used instead.

A list only ever says that an operation *has* ended, in the service's own words; that an operation
is missing from a list proves nothing by itself, because

- it may have been pushed out: the list holds 300, and other clients use the same account. The list
  vouches for an operation only if it is not full, or reaches down to the lowest id we track
  (ids grow with time, assumed). Where it does not, it is continued further down with
  ``created_before`` the date of its lowest id, as long as that is cheaper than asking for the
  operations that are in doubt; those left are each asked for themselves, once.
- the operation may have moved between two requests: a final state is never left, so what this tick
  misses, a later one finds.

A list that half fills with operations of no more interest is cut short by ``updated_after``. Our
clock and the service's need not agree, and may run at different speeds, so the date is always the
service's own: that of an operation which *appeared* in a complete list. Whatever ended before it
stood in that list as well and has been seen, so nothing can hide below the cut.

And whatever the lists say, each operation is looked at itself once in `LOOK_AFTER` intervals: no
fault of the service's lists, or of this reasoning, can make a wait miss its end.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from aiogandi.models import OperationState
from aiogandi.pace import Pace
from aiogandi.settings import Polling

FULL: Final = 300
"""Ids that one ``operation_list`` holds at most (documented)."""

FEW: Final = 2
"""Up to so many operations, one request each costs no more than the lists do."""

LOOK_AFTER: Final = 120
"""Polling intervals after which an operation is looked at itself, however well lists vouch for it:
two minutes by default, long after most operations have ended."""

LOOKS: Final = 10
"""Operations that are looked at themselves in one tick, at least."""

CROWDED: Final = FULL // 2
"""Ids of no more interest in a list that are worth a request for a date to cut them off."""

SLACK: Final = timedelta(seconds=2)
"""How far below its date a list is cut: the wire's dates have whole seconds, and whether the filter
includes its bound is not known."""

JITTER: Final = 0.1
"""The part of a pause that is left to chance, so that many clients do not tick in step."""

_SELDOM: Final = {OperationState.DONE: 1, OperationState.ERROR: 3, OperationState.CANCEL: 6}


@dataclass(frozen=True, slots=True)
class ListState:
    """Ask ``operation_list`` for the ids of operations in a state."""

    state: OperationState
    updated_after: datetime | None = None
    created_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """Ask ``operation_details`` for one operation."""

    id: int


Request = ListState | Look
Reply = Sequence[int] | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one tick asks: lists by state, and operations to look at themselves."""

    states: tuple[OperationState, ...] = ()
    looks: tuple[int, ...] = ()


@dataclass(slots=True)
class _List:
    """What is known of the list of one state."""

    every: int = 1  # it is asked for in every so manieth tick
    skipped: int = 0
    updated_after: datetime | None = None
    previous: frozenset[int] = field(default_factory=frozenset)


class Schedule:
    """Which operations are watched, when the next tick is due and what it asks.

    Times are seconds of any monotonic clock, given by the caller.
    """

    def __init__(self, polling: Polling) -> None:
        self._polling = polling
        self._pace = Pace(polling)
        self._watched: dict[int, float] = {}  # id: when it was last looked at itself, or taken up
        self._curious: dict[int, None] = {}  # whose every state somebody wants to know
        self._urgent: dict[int, None] = {}  # to look at in the next tick
        self._doubtful: dict[int, None] = {}  # that a list could not vouch for
        self._lowest: list[int] = []  # a heap of ids, those no longer watched included
        self._lists = {state: _List() for state in _SELDOM}
        self._failures = 0
        self._lists_refused = False

    def __len__(self) -> int:
        return len(self._watched)

    def __contains__(self, operation_id: int) -> bool:
        return operation_id in self._watched

    def watch(
        self, operation_id: int, kind: str | None, now: float, started: float | None = None
    ) -> None:
        """Take up an operation of type *kind*. *started* is when its call was answered; None where
        that is not known: it may end at any moment.
        """
        if operation_id in self._watched:
            return
        self._watched[operation_id] = now
        heapq.heappush(self._lowest, operation_id)
        self._pace.add(operation_id, kind, now, started)
        if started is None:
            self._urgent[operation_id] = None

    def follow(self, operation_id: int) -> None:
        """Look at the operation itself in every tick: somebody wants to see each state."""
        self._curious[operation_id] = None

    def drop(self, operation_id: int) -> None:
        """Nobody waits for it any more."""
        self._forget(operation_id)
        self._pace.remove(operation_id)

    def ended(self, operation_id: int, now: float) -> None:
        """It is in a final state: how long it took is learned."""
        self._forget(operation_id)
        self._pace.ended(operation_id, now)

    def failed(self) -> None:
        """A request of this tick failed: the next tick is later."""
        self._failures += 1

    def answered(self) -> None:
        """The service answers again."""
        self._failures = 0

    def lists_refused(self) -> None:
        """The service does not answer the lists that we ask for: each is asked for itself."""
        self._lists_refused = True

    def look_soon(self, operation_id: int) -> None:
        """Look at it in the next tick (again): its end is known, its reason is not."""
        if operation_id in self._watched:
            self._urgent[operation_id] = None

    def pause(self, now: float) -> float:
        """Seconds until the next tick, counted from the last one."""
        if self._urgent and not self._failures:
            return 0.0
        pause = self._pace.pause(now)
        if self._failures:
            backoff = self._polling.interval * 2.0 ** min(self._failures, 16)
            pause = max(pause, min(backoff, self._polling.max_interval))
        return pause * (1 - JITTER * random.random())  # noqa: S311 - no secret depends on it

    def plan(self, now: float) -> Plan:
        """What to ask now. The looks that are planned count as made."""
        looks = dict.fromkeys((*self._curious, *self._urgent))
        self._urgent.clear()
        for operation_id in list(islice(self._doubtful, max(LOOKS, len(self._doubtful) // LOOKS))):
            looks[operation_id] = None
            del self._doubtful[operation_id]
        if self._lists_refused or len(self._watched) <= FEW:
            states: tuple[OperationState, ...] = ()
            looks.update(dict.fromkeys(islice(self._watched, LOOKS)))
        else:
            states = self._states()
            overdue = now - LOOK_AFTER * self._polling.interval
            longest = islice(self._watched.items(), max(LOOKS, len(self._watched) // LOOKS))
            looks.update(dict.fromkeys(id_ for id_, looked in longest if looked < overdue))
        for operation_id in looks:  # keep the order: the first has not been looked at longest
            del self._watched[operation_id]
            self._watched[operation_id] = now
        return Plan(states, tuple(looks))

    def sweep(self, state: OperationState) -> Generator[Request, Any, set[int]]:
        """Ask for *state*: yields requests, is sent their replies, returns our ids in that state.

        A `Look` may be answered by None where the service no longer knows that operation.
        """
        listed = self._lists[state]
        ids: Sequence[int] = yield ListState(state, listed.updated_after)
        first = frozenset(ids)
        seen = set(ids)
        complete = self._vouches(ids)
        pages = 1
        while not complete and 2 * pages < self._below(min(ids)):
            details = yield Look(min(ids))
            before = (details or {}).get("date_created")
            if not isinstance(before, datetime):
                break
            lowest = min(ids)
            ids = yield ListState(state, listed.updated_after, before)
            seen.update(ids)
            pages += 1
            if ids and min(ids) >= lowest:
                break  # more than a list holds were created in one second
            complete = self._vouches(ids)
        ours = {operation_id for operation_id in seen if operation_id in self._watched}
        if not complete:
            bound = min(ids)
            self._doubtful.update(
                (operation_id, None)
                for operation_id in self._watched
                if operation_id < bound and operation_id not in ours
            )
        listed.every = 1 if ours else min(listed.every * 2, _SELDOM[state])
        yield from self._cut(listed, first, ours, complete=complete)
        return ours

    def _cut(
        self, listed: _List, page: frozenset[int], ours: set[int], *, complete: bool
    ) -> Generator[Request, Any, None]:
        """Move the list's beginning up to the end of an operation that has just appeared in it.

        Only one of the first page will do: while later pages were read, others may have ended.
        """
        lowest = self._lowest_watched()
        appeared = page - listed.previous
        listed.previous = page
        crowd = sum(1 for operation_id in page if operation_id >= lowest) - len(ours & page)
        if not appeared or (complete and crowd < CROWDED):
            return
        # Where the list was not complete, those that it cannot vouch for are looked at themselves
        # after this moment, so nothing hides below the cut in that case either.
        details = yield Look(max(appeared))
        moved = (details or {}).get("date_updated")
        if isinstance(moved, datetime):
            listed.updated_after = moved - SLACK

    def _vouches(self, ids: Sequence[int]) -> bool:
        return len(ids) < FULL or min(ids) <= self._lowest_watched()

    def _below(self, bound: int) -> int:
        return sum(operation_id < bound for operation_id in self._watched)

    def _states(self) -> tuple[OperationState, ...]:
        asked = []
        for state, listed in self._lists.items():
            listed.skipped += 1
            if listed.skipped >= listed.every:
                listed.skipped = 0
                asked.append(state)
        return tuple(asked)

    def _lowest_watched(self) -> int:
        while self._lowest and self._lowest[0] not in self._watched:
            heapq.heappop(self._lowest)
        return self._lowest[0] if self._lowest else 0

    def _forget(self, operation_id: int) -> None:
        self._watched.pop(operation_id, None)
        self._curious.pop(operation_id, None)
        self._urgent.pop(operation_id, None)
        self._doubtful.pop(operation_id, None)
