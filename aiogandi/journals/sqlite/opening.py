"""A journal's file from when it is opened until it is closed."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Protocol, TypeVar

from aiogandi.errors import JournalError
from aiogandi.journals.sqlite.store import Locks
from aiogandi.journals.sqlite.writer import Writer

Result = TypeVar("Result")


class SharedLocks(Locks, Protocol):
    """The locks of this process on the file."""

    def close(self) -> None:
        """Give them back."""


class Opening:
    """Lets work be done on the file, and holds places, until it is closed: then it does neither again, also
    where the journal is opened anew. Whoever came in with it holds nothing any more, and others may see to
    the calls that it has left.
    """

    def __init__(self, writer: Writer, locks: SharedLocks, name: str) -> None:
        self._writer = writer
        self._locks = locks
        self._name = name
        self._held: set[int] = set()
        self._is_closed = False

    def submit(
        self, work: Callable[[sqlite3.Connection], Result], *, waits: bool = False
    ) -> asyncio.Future[Result]:
        """See `Writer.submit`."""
        if not self._is_closed:
            return self._writer.submit(work, waits=waits)
        refused: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        refused.set_exception(self._closed())
        return refused

    def take(self, place: int) -> bool:
        """Hold *place*; False where it is held, by another process or by this one."""
        if self._is_closed:
            raise self._closed()
        if not self._locks.take(place):
            return False
        self._held.add(place)
        return True

    def let_go(self, place: int) -> None:
        """Hold it no more. What others hold, in this process too, stays theirs."""
        if place in self._held:
            self._held.remove(place)
            self._locks.let_go(place)

    async def close(self) -> None:
        """Write what is still to be written, and let go of everything."""
        self._is_closed = True
        try:
            await self._writer.close()
        finally:
            self._free()

    def leave(self) -> None:
        """Do the same where the loop was closed, so that nothing in it can wait."""
        self._is_closed = True
        try:
            self._writer.let_go()
        finally:
            self._free()

    def _free(self) -> None:
        for place in tuple(self._held):
            self.let_go(place)
        self._locks.close()

    def _closed(self) -> JournalError:
        return JournalError(
            f"{self._name}: the journal was closed before its client; where it is opened again, it takes"
            " a new client"
        )
