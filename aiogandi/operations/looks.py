"""The looks at single operations: which are to be made, and how they fared."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from aiogandi.models import OperationState
from aiogandi.settings import Polling

TRIES: Final = 3
"""An operation that a list shows as failed is looked at so many times to learn the reason. Then it has
failed without one.
"""

TRIES_IN_ALL: Final = 12
"""After so many failed looks in a row, at whichever operations, no reason is expected any more: where
hundreds have failed, each would else take its own tries.
"""


class Looks:
    """Operations to look at, in the order in which they are due.

    Times are seconds of any monotonic clock, given by the caller.
    """

    def __init__(self, polling: Polling) -> None:
        self._polling = polling
        self._due: dict[int, None] = {}
        self._under_way: set[int] = set()
        self._held: dict[int, float] = {}  # when an id may be looked at again, after a failed look
        self._failed: dict[int, int] = {}  # how many looks in a row told nothing, by id
        self._vague: set[int] = set()  # ids in a state that is not documented
        self._reported: dict[int, int] = {}  # looks since a list showed the id to have ended
        self._failed_in_all = 0  # in a row

    def begin(self) -> None:
        """Nothing is under way: looks that were are made again."""
        self._due.update(dict.fromkeys(self._under_way))
        self._under_way.clear()

    def add(self, ids: Iterable[int]) -> None:
        """Look at these next."""
        self._due.update(dict.fromkeys(ids))

    def next(self, now: float) -> int | None:
        """The operation to look at now, or None. Call `answered` or `failed` when the look has ended."""
        for operation_id in self._due:
            if self._ready_at(operation_id, now) <= now:
                del self._due[operation_id]
                self._under_way.add(operation_id)
                return operation_id
        return None

    def due(self, now: float) -> float:
        """When `next` will return an operation; infinity if there is none to look at."""
        return min((self._ready_at(id_, now) for id_ in self._due), default=math.inf)

    def _ready_at(self, operation_id: int, now: float) -> float:
        # One that is being looked at is not looked at a second time meanwhile.
        return math.inf if operation_id in self._under_way else self._held.get(operation_id, now)

    def answered(self, operation_id: int, state: OperationState | None) -> None:
        """A look was answered with *state*."""
        self._under_way.discard(operation_id)
        self._failed.pop(operation_id, None)
        self._held.pop(operation_id, None)
        self._vague.discard(operation_id)
        if state is not None and state not in OperationState.__members__:
            self._vague.add(operation_id)
        if operation_id in self._reported:  # what the list showed is not confirmed
            self._reported[operation_id] += 1
        self._failed_in_all = 0

    def failed(self, operation_id: int, now: float, *, silent: bool) -> None:
        """A look told nothing. It is repeated, later each time; after a *silent* one, soon."""
        self._under_way.discard(operation_id)
        times = self._failed[operation_id] = self._failed.get(operation_id, 0) + (not silent)
        pause = self._polling.interval if silent else self._polling.backoff(times)
        self._held[operation_id] = now + pause
        self._due[operation_id] = None
        if operation_id in self._reported:
            self._reported[operation_id] += 1
        self._failed_in_all += 1

    def release(self) -> None:
        """An outage is over: what waits for the end of a pause waits no longer."""
        self._held.clear()

    def lists_failed(self) -> None:
        """No list was answered either: that looks failed says nothing of what they can tell."""
        self._failed_in_all = 0

    def reported(self, operation_id: int, state: OperationState) -> bool:
        """A list shows an operation in a final *state*. Returns whether that is all that can be learned:
        where it is not, the operation is looked at, and the list asked for again.
        """
        tries = 1 if state == OperationState.DONE else TRIES
        if operation_id not in self._reported:
            self._reported[operation_id] = 0
            self._failed.pop(operation_id, None)  # its tries begin now, whatever went before
            self._held.pop(operation_id, None)
        looks = self._reported[operation_id]
        if looks >= tries or self._failed_in_all >= TRIES_IN_ALL:
            return True
        self._due[operation_id] = None
        return False

    def was_reported(self, operation_id: int) -> bool:
        """Whether a list has shown it to have ended."""
        return operation_id in self._reported

    def are_in_trouble(self) -> bool:
        """Whether looks do not tell what they should."""
        return bool(self._failed or self._vague or self._reported)

    def forget(self, operation_id: int) -> None:
        """Nobody waits for it any more."""
        self._due.pop(operation_id, None)
        self._under_way.discard(operation_id)
        self._held.pop(operation_id, None)
        self._failed.pop(operation_id, None)
        self._vague.discard(operation_id)
        self._reported.pop(operation_id, None)
