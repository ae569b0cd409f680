"""How many seconds to wait before the next look at operations, learned from how long they take."""

from __future__ import annotations

import heapq
import random
from typing import Final

from aiogandi.settings import Polling

REMEMBERED: Final = 1000
"""So many durations are kept for each type of operation."""

HISTORY: Final = 50_000
"""The durations that are kept are a random sample of the last so many ends. That is far more than
begin at once: a sample of the latest ends alone would hold the slowest of a crowd."""

ENOUGH: Final = 5
"""After so many durations, it counts as known how long a type of operation takes."""

AGE_PER_PAUSE: Final = 120.0
"""While no durations are known, the pause is the youngest operation's age divided by this: an
operation that has run for five minutes is noticed within two and a half seconds."""

SPREAD: Final = 0.25
"""Margin around the learned durations, as a fraction of their range. With 0.25 and operations that
took 40 to 80 s so far, the next is expected between 30 and 90 s."""

OVERDUE: Final = 1.5
"""An operation is late when it has taken so many times as long as the slowest that is known. In a
crowd that began together, the first ends say little of the last."""

HESITATION: Final = 0.1
"""While operations are late, the pause grows by this fraction of the time since the last became late.
"""


class Pace:
    """Tells how many seconds to wait between two looks. Times are those of the caller's clock."""

    def __init__(self, polling: Polling) -> None:
        self._polling = polling
        self._cohorts: dict[str | None, Cohort] = {}
        self._kinds: dict[int, str | None] = {}

    def add(self, operation_id: int, kind: str | None, now: float, started: float | None) -> None:
        """Take note of an operation that is waited for. *started* is None where that is not known."""
        cohort = self._cohorts.get(kind)
        if cohort is None:
            cohort = self._cohorts[kind] = Cohort(self._polling.interval)
        self._kinds[operation_id] = kind
        cohort.add(operation_id, now, started)

    def remove(self, operation_id: int) -> None:
        """Forget an operation that nobody waits for any more."""
        if (cohort := self._cohorts.get(self._kinds.pop(operation_id, None))) is not None:
            cohort.remove(operation_id)

    def ended(self, operation_id: int, now: float) -> None:
        """Learn how long an operation took whose end was noticed at *now*."""
        if (cohort := self._cohorts.get(self._kinds.pop(operation_id, None))) is not None:
            cohort.ended(operation_id, now)

    def is_known(self) -> bool:
        """Whether it is known, for each type that is under way, how long it takes."""
        return all(cohort.is_known() for cohort in self._cohorts.values() if cohort)

    def pause(self, now: float) -> float:
        """Seconds to wait: ``Polling.interval`` while an operation may end, more while none is due."""
        pauses = [cohort.pause(now) for cohort in self._cohorts.values() if cohort]
        pause = min(pauses, default=self._polling.max_interval)
        return min(max(pause, self._polling.interval), self._polling.max_interval)


class Cohort:
    """The operations of one type."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._durations: list[float] = []
        self._ends = 0
        self._learned = True  # whether _earliest and _latest were computed from all durations
        self._earliest = 0.0
        self._latest = 0.0
        self._started: dict[int, float | None] = {}
        self._taken_up: dict[int, float] = {}  # when a wait began for those that had run before
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
            # It may end at any moment, so it counts as late, with the shortest pause for a while.
            self._late.add(operation_id)
            self._late_since = max(self._late_since, now + AGE_PER_PAUSE * self._interval)
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
            pauses.append(due if known else (now - self._youngest) / AGE_PER_PAUSE)
        if self._late:
            pauses.append(self._interval + HESITATION * max(now - self._late_since, 0.0))
        return min(pauses)

    def _learn(self) -> None:
        # Computed here and not at each end, because ten thousand may end in one tick.
        if not self._learned:
            shortest, longest = min(self._durations), max(self._durations)
            # An end is noticed up to an interval after it happened.
            margin = self._interval + SPREAD * (longest - shortest)
            self._earliest = max(shortest - margin, 0.0)
            self._latest = OVERDUE * longest + self._interval
            self._learned = True
