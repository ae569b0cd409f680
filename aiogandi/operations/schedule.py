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

Where a list is cut short, and why nothing hides below the cut, stands in `lists`.

And whatever the lists say, each operation is looked at itself once in `LOOK_AFTER` intervals: no
fault of the service's lists, or of this reasoning, can make a wait miss its end.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterable
from itertools import islice
from typing import Final

from aiogandi.models import LISTED, OperationState
from aiogandi.operations.directory import Plan
from aiogandi.operations.lists import SLACK, FinalLists, Swept
from aiogandi.operations.pace import Pace
from aiogandi.settings import Polling

FEW: Final = 2
"""Up to so many operations are asked for one by one, which costs no more than asking for lists."""

LOOK_AFTER: Final = 120
"""After so many polling intervals each operation is looked at itself, whatever the lists say. That is
two minutes by default, long after most operations have ended."""

LOOKS: Final = 10
"""Where a list could not vouch for some operations, so many of them are looked at after a tick. Where
there are more than a hundred of them, a tenth is looked at."""

JITTER: Final = 0.1
"""Each pause is longer or shorter by up to this fraction, by chance, so that many clients do not ask
in step."""


class Schedule:
    """Which operations are watched, when the next tick is due and what it asks.

    Times are seconds of any monotonic clock, given by the caller. *full* is how many ids a list of
    the service shows at most.
    """

    def __init__(self, polling: Polling, full: int = LISTED) -> None:
        self._polling = polling
        self._pace = Pace(polling)
        self._watched: dict[int, float] = {}  # when each id was looked at, or taken up
        self._followed: set[int] = set()  # ids of which somebody wants to see each state
        self._to_look: dict[int, None] = {}  # ids to look at next, in this order
        self._doubtful: dict[int, None] = {}  # ids that a list could not vouch for
        self._reported: set[int] = set()  # ids that a list showed to have ended, without a reason
        self._looking: set[int] = set()  # ids that are being looked at
        self._held: dict[int, float] = {}  # when an id may be looked at again, after a failed look
        self._failed_looks: dict[int, int] = {}
        self._lowest: list[int] = []  # a heap of ids; some of them may not be watched any more
        self._lists = FinalLists(full)
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
            self._lists.overtake()

    def follow(self, operation_id: int) -> None:
        """Look at this operation in every tick, because somebody wants to see each of its states."""
        self._followed.add(operation_id)

    def unfollow(self, operation_id: int) -> None:
        """Stop that: nobody wants to see each of its states any more."""
        self._followed.discard(operation_id)

    def drop(self, operation_id: int) -> None:
        """Forget an operation that nobody waits for any more."""
        self._forget(operation_id)
        self._pace.remove(operation_id)

    def ended(self, operation_id: int, now: float) -> None:
        """Forget an operation that is in a final state, and learn from it how long its kind takes."""
        self._forget(operation_id)
        self._pace.ended(operation_id, now)

    # -- how it went ---------------------------------------------------------------------------

    def failed(self) -> None:
        """Take note that no list of this tick was answered, so that the next tick comes later."""
        self._failures += 1

    def answered(self) -> None:
        """Take note that the service answers."""
        self._failures = 0

    def look_failed(self, operation_id: int, now: float) -> None:
        """Take note that a look at this operation failed. It is repeated, later each time."""
        self._looking.discard(operation_id)
        if operation_id in self._watched:
            times = self._failed_looks[operation_id] = self._failed_looks.get(operation_id, 0) + 1
            self._held[operation_id] = now + self._polling.backoff(times)
            self._to_look[operation_id] = None

    def looked(self, operation_id: int, state: OperationState | None) -> None:
        """Take note that a look at this operation was answered with *state*."""
        self._looking.discard(operation_id)
        self._failed_looks.pop(operation_id, None)
        self._held.pop(operation_id, None)
        if operation_id not in self._reported:
            self._lists.missed(state)

    def lists_refused(self, now: float) -> None:
        """Take note that the service refused a list. If it was cut by a date, ask without the cut; if
        not, ask for no list for a while, and for each operation by itself instead.
        """
        if not self._lists.refuse_cuts():
            self._refused_until = now + LOOK_AFTER * self._polling.interval

    # -- what is next --------------------------------------------------------------------------

    def pause(self, now: float) -> float:
        """How many seconds after the last tick the next one is due."""
        pause = self._pace.pause(now)
        if self._failures:
            pause = max(pause, self._polling.backoff(self._failures))
        pause *= random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret depends on it
        return min(pause, self._polling.max_interval)

    def tick(self, now: float) -> tuple[OperationState, ...]:
        """Begin a tick, and return the states whose lists are to be asked for. `next_look` tells which
        operations to look at besides.
        """
        self._to_look.update(dict.fromkeys(self._followed))
        if len(self._watched) <= FEW or now < self._refused_until:
            self._to_look.update(dict.fromkeys(self._watched))
            return ()
        overdue = now - LOOK_AFTER * self._polling.interval
        for operation_id, looked in self._watched.items():
            if looked > overdue:  # all others were looked at later still
                break
            self._to_look[operation_id] = None
        # A few at a time: the next lists vouch for most of them.
        number = max(LOOKS, len(self._doubtful) // LOOKS)
        for operation_id in list(islice(self._doubtful, number)):
            del self._doubtful[operation_id]
            self._to_look[operation_id] = None
        return self._lists.due(known=self._pace.is_known())

    def next_look(self, now: float) -> int | None:
        """The operation to look at now, or None. Call `looked` or `look_failed` when the look has ended."""
        for operation_id in self._to_look:
            if self._ready_at(operation_id, now) <= now:
                del self._to_look[operation_id]
                self._looking.add(operation_id)
                del self._watched[operation_id]  # it moves to the end of the order
                self._watched[operation_id] = now
                return operation_id
        return None

    def reported(self, ids: Iterable[int]) -> None:
        """Take note that a list showed these as ended, and look at them soon to learn the reason."""
        watched = [id_ for id_ in ids if id_ in self._watched]
        self._reported.update(watched)
        self._to_look.update(dict.fromkeys(watched))

    def look_due(self, now: float) -> float:
        """When `next_look` will return an operation; infinity if there is none to look at."""
        return min((self._ready_at(id_, now) for id_ in self._to_look), default=math.inf)

    def sweep(self, state: OperationState) -> Plan[Swept]:
        """Ask for the operations in *state*."""
        swept = yield from self._lists.sweep(state, self)
        if not swept.complete:
            self._doubtful.update(
                (id_, None) for id_ in self._watched if id_ < swept.bound and id_ not in swept.ours
            )
        return swept

    def below(self, bound: int) -> int:
        """How many ids below *bound* are watched."""
        return sum(operation_id < bound for operation_id in self._watched)

    def lowest(self) -> int:
        """The lowest id that is watched; 0 where none is."""
        while self._lowest and self._lowest[0] not in self._watched:
            heapq.heappop(self._lowest)
        return self._lowest[0] if self._lowest else 0

    def _ready_at(self, operation_id: int, now: float) -> float:
        # An operation whose look hangs is not looked at a second time meanwhile.
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
