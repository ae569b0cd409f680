"""Calls whose results are in somebody's hands, forgotten many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from aiogandi.changes.change import Change
from aiogandi.changes.journal import ClientJournal

Watch = Callable[[asyncio.Future[None], Sequence[Change]], None]


class Dropping:
    """Forgets calls in a journal. What comes while others are forgotten is forgotten next, all together."""

    def __init__(self) -> None:
        self._calls: list[Change] = []
        self._under_way: asyncio.Future[None] | None = None

    def add(self, call: Change, journal: ClientJournal, watch: Watch) -> None:
        """Forget *call*, now or a moment later."""
        self._calls.append(call)
        if self._under_way is None:
            self.flush(journal, watch)

    def flush(self, journal: ClientJournal, watch: Watch) -> None:
        """Forget those that are left. *watch* sees to what is written while nobody waits for it."""
        calls, self._calls = self._calls, []
        self._under_way = None
        if calls:
            numbers = [call.record for call in calls if call.record is not None]
            self._under_way = asyncio.ensure_future(journal.drop(numbers))
            watch(self._under_way, calls)
            self._under_way.add_done_callback(lambda _: self.flush(journal, watch))
