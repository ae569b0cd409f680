"""How soon the next look at operations is worth a request: learned from how long they take."""

from __future__ import annotations

import heapq
import random
from typing import Final

from aiogandi.settings import Polling

REMEMBERED: Final = 1000
"""Durations that are kept for each type of operation."""

HISTORY: Final = 50_000
"""Ends of which those durations are a fair sample: far more than what begins at once, since the
last ones of a crowd to end are its slowest."""

ENOUGH: Final = 5
"""Durations after which those of a type count as known."""

PATIENCE: Final = 120.0
"""While nothing is known, the pause is the youngest operation's age over this: an operation that
has run for five minutes is noticed within two and a half seconds."""

SPREAD: Final = 0.25
"""How much sooner, or later, than all before it an operation may well end, as a part of what lies
between the quickest and the slowest of them."""

OVERDUE: Final = 1.5
"""An operation is late when it has taken so many times what the slowest took: in a crowd that began
together, the first to end say little of the last."""

HESITATION: Final = 0.1
"""How the pause grows while operations are late: by this part of the time since one became late."""


class Pace:
    """Seconds between two looks, by what is under way. The caller's clock, without I/O."""

    def __init__(self, polling: Polling) -> None:
        self._polling = polling
        self._cohorts: dict[str | None, Cohort] = {}
        self._kinds: dict[int, str | None] = {}

    def add(self, operation_id: int, kind: str | None, now: float, started: float | None) -> None:
        """An operation is waited for; *started* is None where nobody knows since when it runs."""
        cohort = self._cohorts.get(kind)
        if cohort is None:
            cohort = self._cohorts[kind] = Cohort(self._polling.interval)
        self._kinds[operation_id] = kind
        cohort.add(operation_id, now, started)

    def remove(self, operation_id: int) -> None:
        """Nobody waits for it any more."""
        if (cohort := self._cohorts.get(self._kinds.pop(operation_id, None))) is not None:
            cohort.remove(operation_id)

    def ended(self, operation_id: int, now: float) -> None:
        """It ended, and was noticed at *now*: how long it took is learned."""
        if (cohort := self._cohorts.get(self._kinds.pop(operation_id, None))) is not None:
            cohort.ended(operation_id, now)

    def is_known(self) -> bool:
        """Whether it is known how long each kind takes that is under way."""
        return all(cohort.is_known() for cohort in self._cohorts.values() if cohort)

    def pause(self, now: float) -> float:
        """Seconds until a look is worth it: ``interval`` while something is due, more while not."""
        pauses = [cohort.pause(now) for cohort in self._cohorts.values() if cohort]
        pause = min(pauses, default=self._polling.max_interval)
        return min(max(pause, self._polling.interval), self._polling.max_interval)


class Cohort:
    """The operations of one type."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._durations: list[float] = []
        self._ends = 0
        self._learned = True  # whether the next two follow from the durations
        self._earliest = 0.0
        self._latest = 0.0
        self._started: dict[int, float | None] = {}
        self._taken_up: dict[int, float] = {}  # of those that nobody waited for from the beginning
        self._waiting: list[tuple[float, int]] = []  # a heap: the first is the oldest
        self._youngest = 0.0
        self._late: set[int] = set()
        self._late_since = 0.0

    def __bool__(self) -> bool:
        return bool(self._started)

    def is_known(self) -> bool:
        return len(self._durations) >= ENOUGH

    def add(self, operation_id: int, now: float, started: float | None) -> None:
        self._started[operation_id] = started
        if started is None:
            # It may end at any moment: late, but not hopelessly so.
            self._late.add(operation_id)
            self._late_since = max(self._late_since, now + PATIENCE * self._interval)
            return
        if now - started > self._interval:
            self._taken_up[operation_id] = now
        self._youngest = max(self._youngest, started)
        heapq.heappush(self._waiting, (started, operation_id))
        if len(self._waiting) > 2 * len(self._started) + 100:
            self._waiting = [entry for entry in self._waiting if entry[1] in self._started]
            heapq.heapify(self._waiting)

    def remove(self, operation_id: int) -> float | None:
        self._late.discard(operation_id)
        self._taken_up.pop(operation_id, None)
        return self._started.pop(operation_id, None)

    def ended(self, operation_id: int, now: float) -> None:
        taken_up = self._taken_up.get(operation_id)
        started = self.remove(operation_id)
        if started is None or (taken_up is not None and now - taken_up < 2 * self._interval):
            return  # it may have ended long before anybody looked
        self._ends += 1
        if len(self._durations) < REMEMBERED:
            self._durations.append(now - started)
        else:
            place = random.randrange(min(self._ends, HISTORY))  # noqa: S311 - a sample
            if place < REMEMBERED:
                self._durations[place] = now - started
        self._learned = False

    def pause(self, now: float) -> float:
        self._learn()
        known = self.is_known()
        pauses = []
        while self._waiting:
            started, operation_id = self._waiting[0]
            if operation_id in self._started:
                if not known or now - started <= self._latest:
                    break
                self._late.add(operation_id)
                self._late_since = max(self._late_since, started + self._latest)
            heapq.heappop(self._waiting)
        if self._waiting:
            due = self._waiting[0][0] + self._earliest - now
            pauses.append(due if known else (now - self._youngest) / PATIENCE)
        if self._late:
            pauses.append(self._interval + HESITATION * max(now - self._late_since, 0.0))
        return min(pauses)

    def _learn(self) -> None:
        # Not at each end: ten thousand may end in one tick.
        if not self._learned:
            shortest, longest = min(self._durations), max(self._durations)
            # What is noticed ended up to an interval before.
            margin = self._interval + SPREAD * (longest - shortest)
            self._earliest = max(shortest - margin, 0.0)
            self._latest = OVERDUE * longest + self._interval
            self._learned = True
