"""What people say of calls of which nobody else can tell what they have begun."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from aiogandi.changes.change import Change
from aiogandi.changes.journal import ClientJournal, Name
from aiogandi.changes.recognition import names_of
from aiogandi.changes.state import State
from aiogandi.errors import ClientClosed
from aiogandi.models import OperationDetails

log = logging.getLogger("aiogandi.journal")


class Books(Protocol):
    """A client's books of its changing calls."""

    is_closed: bool

    async def journal(self) -> ClientJournal:
        """Where they are kept."""

    async def adopt(self, call: Change, details: OperationDetails) -> bool:
        """Claim the operation for a call. False where another client's was given it."""

    def write(self, call: Change, write: Callable[[ClientJournal, int], Awaitable[Any]]) -> None:
        """Write something down of the call, without waiting."""


class Statements:
    """Writes them down in *books*."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def require_open(self, call: Change) -> None:
        """Raise `ClientClosed` where nothing is written down of the call any more."""
        if self._books.is_closed and call.record is not None:
            raise ClientClosed(
                f"{call.method}: the client is closed, and what is said of its calls would not be written"
                " down: say it before, or of what recover() of another client tells"
            )

    def dismiss(self, call: Change, said: int | None) -> None:
        """Note that a call under a key did not run. *said* is the operation of which somebody has said
        before that it is the call's own.
        """

        async def write(journal: ClientJournal, record: int) -> None:
            # All is asked for at once, because the client may be about to leave, and done in its order.
            taken_back = _disown(journal, record, said)
            await asyncio.gather(taken_back, journal.settle(record, State.ABSENT))

        self._books.write(call, write)

    def name(self, call: Change, number: int, said: int | None) -> None:
        """Note which operation is the call's own, and not the one that was *said* before. Where it is
        another's, say so.
        """
        names: list[Name] = [("id", number)]

        async def claim(journal: ClientJournal, record: int) -> None:
            taken_back = _disown(journal, record, said)
            claimed, owner, _ = await asyncio.gather(
                journal.claim(record, names, State.ADOPTED, {"id": number}),
                journal.owner(record, names),
                taken_back,
            )
            if not claimed:
                _warn_of_owner(call, number, owner)

        self._books.write(call, claim)

    async def take_back(self, call: Change, said: int) -> None:
        """The operation of which somebody has *said* that it is the call's own cannot be."""
        if call.record is not None:
            journal = await self._books.journal()
            await journal.disown(call.record, said)
        call.disown()

    async def complete(self, call: Change, details: OperationDetails) -> None:
        """Claim the operation that is said to be the call's own with all its names, and say so where it is
        another's.
        """
        if call.record is not None and not await self._books.adopt(call, details):
            journal, names = await self._books.journal(), list(names_of(details))
            _warn_of_owner(call, details.id, await journal.owner(call.record, names))


def _disown(journal: ClientJournal, record: int, said: int | None) -> Awaitable[None]:
    return asyncio.sleep(0) if said is None else journal.disown(record, said)


def _warn_of_owner(call: Change, number: int, owner: str | None) -> None:
    log.warning(
        "%s: operation %d was said to be its own, but it is that of %s", call.method, number, owner
    )
