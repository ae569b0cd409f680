"""How soon the next look at operations is worth a request: learned from how long they take."""

from __future__ import annotations

import heapq
from collections import deque
from typing import Final

from aiogandi.settings import Polling

REMEMBERED: Final = 100
"""Durations that are kept for each type of operation."""

ENOUGH: Final = 5
"""Durations after which those of a type count as known."""

PATIENCE: Final = 120.0
"""While nothing is known, the pause is the youngest operation's age over this: an operation that
has run for five minutes is noticed within two and a half seconds."""

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
            cohort = self._cohorts[kind] = Cohort(self._polling)
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

    def pause(self, now: float) -> float:
        """Seconds until a look is worth it: ``interval`` while something is due, more while not."""
        pauses = [cohort.pause(now) for cohort in self._cohorts.values() if cohort]
        pause = min(pauses, default=self._polling.max_interval)
        return min(max(pause, self._polling.interval), self._polling.max_interval)


class Cohort:
    """The operations of one type."""

    def __init__(self, polling: Polling) -> None:
        self._interval = polling.interval
        self._durations: deque[float] = deque(maxlen=REMEMBERED)
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

    def add(self, operation_id: int, now: float, started: float | None) -> None:
        self._started[operation_id] = started
        if started is None:
            # It may end at any moment, as one that is late.
            self._late.add(operation_id)
            self._late_since = now
            return
        if now - started > self._interval:
            self._taken_up[operation_id] = now
        self._youngest = max(self._youngest, started)
        heapq.heappush(self._waiting, (started, operation_id))

    def remove(self, operation_id: int) -> float | None:
        self._late.discard(operation_id)
        self._taken_up.pop(operation_id, None)
        return self._started.pop(operation_id, None)

    def ended(self, operation_id: int, now: float) -> None:
        taken_up = self._taken_up.get(operation_id)
        started = self.remove(operation_id)
        if started is None or (taken_up is not None and now - taken_up < 2 * self._interval):
            return  # it may have ended long before anybody looked
        self._durations.append(now - started)
        # What is noticed ended up to an interval before.
        self._earliest = max(min(self._durations) - self._interval, 0.0)
        self._latest = max(self._durations) + self._interval

    def pause(self, now: float) -> float:
        known = len(self._durations) >= ENOUGH
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
            oldest = self._waiting[0][0]
            due = oldest + self._earliest - now
            pauses.append(due if known else (now - self._youngest) / PATIENCE)
        if self._late:
            pauses.append(self._interval + HESITATION * (now - self._late_since))
        return min(pauses)
