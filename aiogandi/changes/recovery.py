"""Calls that earlier processes have made, and what became of them: see `Gandi.recover`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from aiogandi.changes.change import Change
from aiogandi.changes.journal import Recorded
from aiogandi.changes.ledger import Ledger
from aiogandi.changes.lookup import Lookup
from aiogandi.changes.pending import Pending
from aiogandi.changes.reconciler import Reconciler
from aiogandi.changes.recorder import Recorder
from aiogandi.changes.register import Entry, Register
from aiogandi.changes.state import State
from aiogandi.changes.surplus import SurplusSearch
from aiogandi.errors import AuthenticationError, ClientClosed, GandiError, OutcomeUnknown

log = logging.getLogger("aiogandi.journal")


@dataclass(frozen=True, slots=True)
class Recovered:
    """A changing call that an earlier process made and nobody has concluded.

    ``outcome`` is ``"adopted"`` where its operation is known, ``"absent"`` where it did not run, and
    ``"unknown"``. ``pending`` takes it up (see `Pending`).
    """

    pending: Pending
    outcome: Literal["adopted", "absent", "unknown"]


class Recovery:
    """Finds out what became of the calls of clients that have ended."""

    def __init__(
        self,
        recorder: Recorder,
        ledger: Ledger,
        lookup: Lookup,
        reconciler: Reconciler,
        surplus: SurplusSearch,
        register: Register,
    ) -> None:
        self._recorder = recorder
        self._ledger = ledger
        self._lookup = lookup
        self._reconciler = reconciler
        self._surplus = surplus
        self._register = register

    async def find_out(self, recorded: Recorded) -> None:
        """Find out what became of one call; `OutcomeUnknown` where that cannot be told."""
        call = self._recorder.elsewhere.take_over(recorded)
        await self._find_out(call, self._register.recall(call, recorded), recorded)

    async def _find_out(self, call: Change, entry: Entry, recorded: Recorded) -> None:
        if not recorded.is_open:
            await self._tell_ids(call)
            return
        self._ledger.resume(call)
        try:
            await self._reconciler.recall(call, recorded.settle)
        finally:
            self._surplus.follow(call, entry.found_surplus, recorded.timeout)
        await self._tell_ids(call)

    async def _tell_ids(self, call: Change) -> None:
        """Learn what the operation creates, where somebody has said which it is."""
        number = call.known_id("id")
        if number is None or call.yields is None or call.known_id(call.yields) is not None:
            return
        details = await self._lookup.operation(number)
        if details is not None and details.type not in (None, call.method):
            await self._recorder.statements.take_back(call, number)
            raise OutcomeUnknown(
                f"{call.method}: operation {number}, which was said to be its own, is a {details.type}; that is"
                " taken back. dismiss() says that it did not run, adopt() which operation is its own",
                call.method,
            )
        if details is None or call.id_in(details) is None:
            raise OutcomeUnknown(
                f"{call.method}: the service does not tell what operation {number} creates",
                call.method,
                candidates=(number,),
            )
        call.know(details)
        await self._recorder.statements.complete(call, details)

    async def recover(self) -> list[Recovered]:
        """All calls that nobody has concluded and no living client sees to."""
        await self._recorder.catch_up()
        journal = await self._recorder.journal()
        left = await journal.left()
        # All at once, since who is to be taken over may first have to be found to have gone.
        held, gone = await asyncio.gather(
            _those({call.place for call in left if call.place is not None}, journal.hold_number),
            _those({call.client for call in left if call.place is None}, journal.take_over),
        )
        try:
            # Read once more: until now, somebody else may have seen to them.
            calls = [
                call
                for call in await journal.left()
                if (call.place in held if call.place is not None else call.client in gone)
                and self._register.of(call.number) is None
            ]
            return await self._of(calls)
        finally:
            for key in held:
                journal.let_go(key)

    async def _of(self, calls: list[Recorded]) -> list[Recovered]:
        return list(await asyncio.gather(*map(self._recovered, calls)))

    async def _recovered(self, recorded: Recorded) -> Recovered:
        call = self._recorder.elsewhere.take_over(recorded)
        entry = self._register.recall(call, recorded)
        try:
            await self._find_out(call, entry, recorded)
        except (AuthenticationError, ClientClosed):
            raise
        except GandiError as error:
            log.warning("%s: what became of it is not known: %s", call.method, error)
            return Recovered(entry.show(), "unknown")
        if call.state is not State.ABSENT:
            return Recovered(entry.show(), "adopted")
        entry.conclude()
        return Recovered(entry.show(), "absent")


async def _those(numbers: Iterable[int], take: Callable[[int], Awaitable[bool]]) -> set[int]:
    """The *numbers* that could be taken."""
    each = list(numbers)
    taken = await asyncio.gather(*map(take, each))
    return {number for number, is_taken in zip(each, taken, strict=True) if is_taken}
