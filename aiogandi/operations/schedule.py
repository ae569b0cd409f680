"""When to look at operations, and what to ask: decisions without I/O.

The plan, and why it is right
-----------------------------
``operation_list`` takes a state and answers with the *last 300* ids that match (documented; newest
first is assumed). So one request a tick for DONE tells of any number of operations, where one
``operation_details`` tells of one. The other two final states are rarer: each is asked for as often
as it has lately had something to tell, from every tick down to every third (ERROR) or sixth
(CANCEL), and every second for ERROR where all durations are known, since few ticks are made then.
A state that no list can be asked for (SUPPORT, or one we do not know) is found by the look at each
operation itself, below. With two operations or fewer, ``operation_details`` for each costs no more
than the lists and tells more, so it is used instead.

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
stood in that list as well and has been seen, if it was watched by then, so nothing can hide below
the cut; an operation that is taken up later takes the cut away. (Unless the service sets its clock
back: an end that a list should have shown, and did not, takes the cut away.)

And whatever the lists say, each operation is looked at itself once in `LOOK_AFTER` intervals: no
fault of the service's lists, or of this reasoning, can make a wait miss its end.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from aiogandi.models import LISTED, OperationDetails, OperationState
from aiogandi.operations.pace import Pace
from aiogandi.settings import Polling

FULL: Final = LISTED
"""Ids with which a list is full."""

FEW: Final = 2
"""Up to so many operations, one request each costs no more than the lists do."""

LOOK_AFTER: Final = 120
"""Polling intervals after which an operation is looked at itself, however well lists vouch for it:
two minutes by default, long after most operations have ended."""

LOOKS: Final = 10
"""Operations that a list could not vouch for that are looked at after one tick, at least; of more,
every tenth."""

CROWDED: Final = FULL // 2
"""Ids of no more interest in a list that are worth a request for a date to cut them off."""

SLACK: Final = timedelta(seconds=2)
"""How far below its date a list is cut: the wire's dates have whole seconds, and whether the filter
includes its bound is not known."""

JITTER: Final = 0.1
"""How much longer or shorter a pause may be, by chance, so that many clients do not tick in step."""

_SELDOM: Final = {OperationState.DONE: 1, OperationState.ERROR: 3, OperationState.CANCEL: 6}
_SELDOM_KNOWN: Final = {OperationState.DONE: 1, OperationState.ERROR: 2, OperationState.CANCEL: 6}


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
Reply = Sequence[int] | OperationDetails | None


@dataclass(slots=True)
class _List:
    """What is known of the list of one state."""

    every: int = 1  # it is asked for in every so manieth tick
    skipped: int = 0
    updated_after: datetime | None = None
    overtaken: bool = False  # an operation was taken up late since this list was last asked for
    previous: frozenset[int] = field(default_factory=frozenset)


class Schedule:
    """Which operations are watched, when the next tick is due and what it asks.

    Times are seconds of any monotonic clock, given by the caller.
    """

    def __init__(self, polling: Polling) -> None:
        self._polling = polling
        self._pace = Pace(polling)
        self._watched: dict[int, float] = {}  # id: when it was last looked at itself, or taken up
        self._followed: set[int] = set()  # whose every state somebody wants to know
        self._to_look: dict[int, None] = {}  # ids to be looked at themselves, in this order
        self._doubtful: dict[int, None] = {}  # ids that a list could not vouch for
        self._reported: set[int] = set()  # ids that a list has shown, but not why they ended
        self._looking: set[int] = set()  # ids that are being looked at
        self._held: dict[int, float] = {}  # ids not to be looked at before, after failures
        self._failed_looks: dict[int, int] = {}
        self._lowest: list[int] = []  # a heap of ids, those no longer watched included
        self._lists = {state: _List() for state in _SELDOM}
        self._cuts = True
        self._failures = 0
        self._refused_until = 0.0

    def __len__(self) -> int:
        return len(self._watched)

    def __contains__(self, operation_id: int) -> bool:
        return operation_id in self._watched

    # -- what is watched -----------------------------------------------------------------------

    def watch(
        self, operation_id: int, kind: str | None, now: float, started: float | None = None
    ) -> None:
        """Take up an operation of type *kind*. *started* is when its call was answered; None where
        that is not known: it may have ended already, so it is looked at at once.
        """
        if operation_id in self._watched:
            return
        self._watched[operation_id] = now
        heapq.heappush(self._lowest, operation_id)
        if len(self._lowest) > 2 * len(self._watched) + 100:
            self._lowest = sorted(self._watched)
        self._pace.add(operation_id, kind, now, started)
        if started is None:
            self._to_look[operation_id] = None
        elif now - started > min(self._polling.interval, SLACK.total_seconds() / 2):
            # Its id had to be found first, say: it may have ended below where the lists are cut.
            for listed in self._lists.values():
                listed.updated_after = None
                listed.overtaken = True

    def follow(self, operation_id: int) -> None:
        """Look at the operation itself in every tick: somebody wants to see each state."""
        self._followed.add(operation_id)

    def unfollow(self, operation_id: int) -> None:
        """Nobody wants to see each state any more."""
        self._followed.discard(operation_id)

    def drop(self, operation_id: int) -> None:
        """Nobody waits for it any more."""
        self._forget(operation_id)
        self._pace.remove(operation_id)

    def ended(self, operation_id: int, now: float) -> None:
        """It is in a final state: how long it took is learned."""
        self._forget(operation_id)
        self._pace.ended(operation_id, now)

    # -- how it went ---------------------------------------------------------------------------

    def failed(self) -> None:
        """No list of this tick was answered: the next tick is later."""
        self._failures += 1

    def answered(self) -> None:
        """The service answers."""
        self._failures = 0

    def look_failed(self, operation_id: int, now: float) -> None:
        """A look at this operation failed: it is looked at again, later each time."""
        self._looking.discard(operation_id)
        if operation_id in self._watched:
            times = self._failed_looks[operation_id] = self._failed_looks.get(operation_id, 0) + 1
            self._held[operation_id] = now + self._polling.backoff(times)
            self._to_look[operation_id] = None

    def looked(self, operation_id: int, state: OperationState | None) -> None:
        """A look at this operation was answered."""
        self._looking.discard(operation_id)
        self._failed_looks.pop(operation_id, None)
        self._held.pop(operation_id, None)
        listed = None if operation_id in self._reported or state is None else self._lists.get(state)
        if listed is not None:
            # Its list has not shown it, perhaps because it was cut at a date of a clock that has
            # been set back since.
            listed.updated_after = None

    def lists_refused(self, now: float) -> None:
        """The service does not answer the lists that we ask for: without a cut, or else not at all
        for a while, in which each operation is asked for itself.
        """
        if any(listed.updated_after for listed in self._lists.values()):
            self._cuts = False
            for listed in self._lists.values():
                listed.updated_after = None
        else:
            self._refused_until = now + LOOK_AFTER * self._polling.interval

    # -- what is next --------------------------------------------------------------------------

    def pause(self, now: float) -> float:
        """Seconds until the next tick, counted from the last one."""
        pause = self._pace.pause(now)
        if self._failures:
            pause = max(pause, self._polling.backoff(self._failures))
        pause *= random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret depends on it
        return min(pause, self._polling.max_interval)

    def tick(self, now: float) -> tuple[OperationState, ...]:
        """The states to ask lists for now. Whom to look at besides, `next_look` says."""
        self._to_look.update(dict.fromkeys(self._followed))
        if len(self._watched) <= FEW or now < self._refused_until:
            self._to_look.update(dict.fromkeys(self._watched))
            return ()
        overdue = now - LOOK_AFTER * self._polling.interval
        for operation_id, looked in self._watched.items():
            if looked > overdue:  # in the order of the last look
                break
            self._to_look[operation_id] = None
        # A few at a time: the next lists vouch for most of them.
        number = max(LOOKS, len(self._doubtful) // LOOKS)
        for operation_id in list(islice(self._doubtful, number)):
            del self._doubtful[operation_id]
            self._to_look[operation_id] = None
        seldom = _SELDOM_KNOWN if self._pace.is_known() else _SELDOM
        asked = []
        for state, listed in self._lists.items():
            listed.skipped += 1
            if listed.skipped >= min(listed.every, seldom[state]):
                listed.skipped = 0
                asked.append(state)
        return tuple(asked)

    def next_look(self, now: float) -> int | None:
        """An operation to look at itself now; `looked` or `look_failed` says how that ended."""
        for operation_id in self._to_look:
            if self._ready_at(operation_id, now) <= now:
                del self._to_look[operation_id]
                self._looking.add(operation_id)
                del self._watched[operation_id]  # and to the end of the order
                self._watched[operation_id] = now
                return operation_id
        return None

    def reported(self, ids: Iterable[int]) -> None:
        """A list has shown that these ended: look at them for the reason, as soon as may be."""
        watched = [id_ for id_ in ids if id_ in self._watched]
        self._reported.update(watched)
        self._to_look.update(dict.fromkeys(watched))

    def look_due(self, now: float) -> float:
        """When `next_look` has something again: a time, infinity if nothing is to be looked at."""
        return min((self._ready_at(id_, now) for id_ in self._to_look), default=math.inf)

    def sweep(self, state: OperationState) -> Generator[Request, Any, set[int]]:
        """Ask for *state*: yields requests, is sent their replies, returns our ids in that state.

        A `Look` is answered by None where the service does not tell.
        """
        listed = self._lists[state]
        listed.overtaken = False
        ids: Sequence[int] = yield ListState(state, listed.updated_after)
        first = frozenset(ids)
        seen = set(ids)
        complete = self._vouches(ids)
        pages = 1
        while not complete and 2 * pages < self._below(min(ids)):
            lowest = min(ids)
            details: OperationDetails | None = yield Look(lowest)
            if details is None or details.date_created is None:
                break
            ids = yield ListState(state, listed.updated_after, details.date_created)
            seen.update(ids)
            pages += 1
            if ids and min(ids) >= lowest:
                break  # more than a list holds were created in one second
            complete = self._vouches(ids)
        ours = {operation_id for operation_id in seen if operation_id in self._watched}
        if not complete:
            bound = min(ids)
            self._doubtful.update(
                (id_, None) for id_ in self._watched if id_ < bound and id_ not in ours
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
        if not self._cuts or not appeared or (complete and crowd < CROWDED):
            return
        # Where the list was not complete, those that it cannot vouch for are looked at themselves
        # after this moment, so nothing hides below the cut in that case either.
        details: OperationDetails | None = yield Look(max(appeared))
        if details is not None and details.date_updated is not None and not listed.overtaken:
            listed.updated_after = details.date_updated - SLACK

    def _vouches(self, ids: Sequence[int]) -> bool:
        return len(ids) < FULL or min(ids) <= self._lowest_watched()

    def _below(self, bound: int) -> int:
        return sum(operation_id < bound for operation_id in self._watched)

    def _lowest_watched(self) -> int:
        while self._lowest and self._lowest[0] not in self._watched:
            heapq.heappop(self._lowest)
        return self._lowest[0] if self._lowest else 0

    def _ready_at(self, operation_id: int, now: float) -> float:
        # One that hangs must not take up the places of all others.
        return math.inf if operation_id in self._looking else self._held.get(operation_id, now)

    def _forget(self, operation_id: int) -> None:
        self._watched.pop(operation_id, None)
        self._to_look.pop(operation_id, None)
        self._doubtful.pop(operation_id, None)
        self._reported.discard(operation_id)
        self._looking.discard(operation_id)
        self._held.pop(operation_id, None)
        self._failed_looks.pop(operation_id, None)
        self._followed.discard(operation_id)
