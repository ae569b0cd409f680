"""The store's clock and this machine's."""

from __future__ import annotations

from typing import Final

from aiogandi.hub.journal.rows import RowReader
from aiogandi.hub.store import Store

SET: Final = 1.0
"""Where the difference changes by so many seconds, one of the clocks was set. Less is the way from the store."""


class Clocks:
    """How far this machine's clock is ahead of the store's: always the same, unless one of them was set, so that
    what is read twice is equal.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.wall = store.wall_clock
        self._ahead: float | None = None

    def reader(self, now: bytes) -> RowReader:
        """Return what reads an answer that the store gave when its clock showed *now*."""
        ahead = self.wall() - float(now)
        if self._ahead is None or abs(ahead - self._ahead) > SET:
            self._ahead = ahead
        return RowReader(float(now), self._ahead, self._store.lease, self._store.process)
