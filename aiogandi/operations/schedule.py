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

Either way may go wrong for good, so each backs the other up. With two operations or fewer, a list is
asked for instead in every tenth tick, and in every tick while looks fail or tell no documented state.
With more, each operation is looked at in its turn while no list is answered. DONE, ERROR and CANCEL
are final (documented: terminated, ended or completed), so what either way shows as ended has ended,
whatever the other says. What a list shows as failed is looked at for the reason, and has failed
without one after a few looks.

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
import random
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

from aiogandi.models import LISTED, OperationState
from aiogandi.operations.lists import SELDOM, SLACK, FinalLists, Swept
from aiogandi.operations.looks import Looks
from aiogandi.operations.outages import Outages
from aiogandi.operations.pace import Pace
from aiogandi.operations.pages import Plan
from aiogandi.settings import Polling

FEW: Final = 2
"""Up to so many operations are asked for one by one, which costs no more than asking for lists."""

LIST_AFTER: Final = 10
"""In one of so many ticks a list is asked for instead of a few operations."""

LOOK_AFTER: Final = 120
"""After so many polling intervals each operation is looked at itself, whatever the lists say. That is
two minutes by default, long after most operations have ended."""

LOOKS: Final = 10
"""Where lists could not vouch for some operations, so many of them are looked at after a tick. Where
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
        # When each id was looked at or taken up, longest ago first.
        self._watched: dict[int, float] = {}
        self._followed: set[int] = set()  # ids of which somebody wants to see each state
        self._looks = Looks(polling)
        self._doubtful: dict[int, None] = {}  # ids that a list could not vouch for
        self._lowest: list[int] = []  # a heap of ids; some of them may not be watched any more
        self._lists = FinalLists(full)
        self._bounds = dict.fromkeys(SELDOM, 0)  # how far down the list of each state was last read
        self._outages = Outages(polling)
        self._recovers = False
        self._ticks = 0
        self._refused_until = 0.0

    def __len__(self) -> int:
        return len(self._watched)

    def __contains__(self, operation_id: int) -> bool:
        return operation_id in self._watched

    # -- what is watched -----------------------------------------------------------------------

    def watch(
        self, operation_id: int, kind: str | None, now: float, started: float | None = None
    ) -> None:
        """Take up an operation of type *kind*. *started* is when its call was answered; None where that
        is not known: it may have ended already, so it is looked at at once."""
        if operation_id in self._watched:
            return
        self._watched[operation_id] = now
        heapq.heappush(self._lowest, operation_id)
        if len(self._lowest) > 2 * len(self._watched) + 100:
            self._lowest = sorted(self._watched)
        self._pace.add(operation_id, kind, now, started)
        if started is None:
            self._looks.add([operation_id])
        elif now - started > min(self._polling.interval, SLACK.total_seconds() / 2):
            # Its id had to be found first, say: it may have ended below where the lists are cut.
            self._lists.overtake()

    def follow(self, operation_id: int) -> None:
        """Look at this operation in every tick, because somebody wants to see each of its states."""
        self._followed.add(operation_id)

    def unfollow(self, operation_id: int) -> None:
        """Stop that."""
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

    def begin(self) -> None:
        """Forget the trouble of earlier: polling begins anew."""
        self._outages.begin()
        self._looks.begin()

    def resume(self) -> None:
        """Another process has polled until now: learn soon what happened meanwhile."""
        self._lists.overtake()
        self._lists.failed()
        self._recovers = True

    def lists_failed(self, now: float, *, silent: bool = False) -> None:
        """Take note that no list of this tick was answered; *silent*: nothing came."""
        self._outages.list_failed(now, silent=silent)
        self._lists.failed()
        self._looks.lists_failed()

    def lists_answered(self) -> None:
        """Take note that a list was answered."""
        self._recover()
        self._outages.list_answered()

    def lists_refused(self, now: float) -> None:
        """Take note that the service refused a list. If it was cut by a date, ask without the cut; if
        not, ask for no list for a while, and for each operation by itself instead.
        """
        if not self._lists.refuse_cuts():
            self._refused_until = now + LOOK_AFTER * self._polling.interval

    def look_failed(self, operation_id: int, now: float, *, silent: bool = False) -> None:
        """Take note that a look told nothing. It is repeated: later each time, soon after a *silent* one."""
        if operation_id in self._watched:
            self._looks.failed(operation_id, now, silent=silent)
        else:
            self._looks.forget(operation_id)
        self._outages.look_failed(silent=silent)

    def looked(self, operation_id: int, state: OperationState | None) -> None:
        """Take note that a look at this operation was answered with *state*."""
        self._recover()
        self._outages.look_answered()
        if not self._looks.was_reported(operation_id):
            self._lists.missed(state)
        self._looks.answered(operation_id, state)

    def _recover(self) -> None:
        if self._outages.is_everywhere:  # it ends: learn soon what happened meanwhile
            self._recovers = True
            self._looks.release()

    # -- what is next --------------------------------------------------------------------------

    def pause(self, now: float) -> float:
        """How many seconds after the last tick the next one is due."""
        usual = self._polling.interval if self._recovers else self._pace.pause(now)
        pause = self._outages.pause(usual)
        pause *= random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret depends on it
        return min(pause, self._polling.max_interval)

    def tick(self, now: float) -> tuple[OperationState, ...]:
        """Begin a tick. Returns the states whose lists to ask for; `next_look` tells what to look at besides."""
        self._ticks += 1
        self._recovers = False
        self._looks.add(self._followed)
        if now < self._refused_until:
            self._looks.add(_first(self._watched))
            return ()
        if len(self._watched) <= FEW:
            return self._tick_of_few()
        overdue = now - LOOK_AFTER * self._polling.interval
        for operation_id, looked in self._watched.items():
            if looked > overdue:  # all others were looked at later still
                break
            self._looks.add([operation_id])
        # A few at a time: the next lists vouch for most of them.
        for operation_id in (doubtful := _first(self._doubtful)):
            del self._doubtful[operation_id]
        self._looks.add(doubtful)
        if self._outages.lists_failed:
            self._looks.add(_first(self._watched))
        return self._due_lists() if self._outages.lists_are_due(now) else ()

    def _due_lists(self) -> tuple[OperationState, ...]:
        if self._outages.is_everywhere:  # one is enough to notice that it is over
            return (OperationState.DONE,)
        return self._lists.due(known=self._pace.is_known())

    def _tick_of_few(self) -> tuple[OperationState, ...]:
        if self._looks.are_in_trouble():
            self._looks.add(self._watched)
            return self._due_lists()
        if self._ticks % LIST_AFTER == 0:
            return self._lists.one_in_turn()
        self._looks.add(self._watched)
        return ()

    def next_look(self, now: float) -> int | None:
        """The operation to look at now, or None. Call `looked` or `look_failed` when the look has ended."""
        operation_id = self._looks.next(now)
        if operation_id is not None:
            del self._watched[operation_id]  # it moves to the end of the order
            self._watched[operation_id] = now
        return operation_id

    def look_soon(self, operation_id: int) -> None:
        """Look at this operation at the next chance."""
        self._looks.add([operation_id])

    def look_due(self, now: float) -> float:
        """When `next_look` will return an operation; infinity if there is none to look at."""
        return self._looks.due(now)

    def reported(self, ids: Iterable[int], state: OperationState) -> list[int]:
        """Take note that a list showed these in a final *state*. Returns those of which it is all that
        can be learned; the others are looked at, for the reason or the other details.
        """
        watched = [id_ for id_ in ids if id_ in self._watched]
        if state == OperationState.DONE and len(self._watched) > FEW:
            return watched
        return [id_ for id_ in watched if self._looks.reported(id_, state)]

    def was_reported(self, operation_id: int) -> bool:
        """Whether a list has shown this operation in a final state."""
        return self._looks.was_reported(operation_id)

    def sweep(self, state: OperationState) -> Plan[Swept]:
        """Ask for the operations in *state*."""
        swept = yield from self._lists.sweep(state, self)
        self._bounds[state] = swept.bound
        if not swept.complete:
            self._doubtful.update(
                (id_, None) for id_ in self._watched if id_ < swept.bound and id_ not in swept.ours
            )
        return swept

    def out_of_reach(self, operation_id: int) -> list[OperationState]:
        """The final states that this operation may be in though no list shows it (ids grow, assumed)."""
        return [state for state, bound in self._bounds.items() if operation_id < bound]

    def below(self, bound: int) -> int:
        """How many ids below *bound* are watched."""
        return sum(operation_id < bound for operation_id in self._watched)

    def lowest(self) -> int:
        """The lowest id that is watched; 0 where none is."""
        while self._lowest and self._lowest[0] not in self._watched:
            heapq.heappop(self._lowest)
        return self._lowest[0] if self._lowest else 0

    def _forget(self, operation_id: int) -> None:
        self._watched.pop(operation_id, None)
        self._doubtful.pop(operation_id, None)
        self._looks.forget(operation_id)
        self._followed.discard(operation_id)


def _first(ids: Mapping[int, object]) -> list[int]:
    """The first `LOOKS` of *ids*, or a tenth of them where that is more."""
    return list(islice(ids, max(LOOKS, len(ids) // LOOKS)))
