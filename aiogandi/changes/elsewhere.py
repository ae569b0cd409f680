"""Other clients on the same journal: what they have to do with operations that were found, and what those that
have ended leave to this one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from aiogandi.changes.change import Change
from aiogandi.changes.journal import Begun, ClientJournal, Recorded
from aiogandi.changes.ledger import FRESH, Ledger
from aiogandi.changes.recognition import names_of
from aiogandi.changes.state import State
from aiogandi.models import OperationDetails
from aiogandi.settings import Retry


class Elsewhere:
    """Tells *ledger* what *journal* has of other clients. *timeout* is that of an exchange."""

    def __init__(
        self,
        journal: Callable[[], Awaitable[ClientJournal]],
        ledger: Ledger,
        policy: Retry,
        timeout: float,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
    ) -> None:
        self._journal = journal
        self._ledger = ledger
        self._policy = policy
        self._timeout = timeout
        self._clock = clock
        self._wall_clock = wall_clock

    async def see(self, found: Iterable[OperationDetails]) -> None:
        """Learn what other clients have to do with the operations that were found."""
        journal = await self._journal()
        asked = list(found)  # more may be found while the journal answers
        view = await journal.view([name for details in asked for name in names_of(details)])
        calls = [self._recalled(each) for each in view.others]
        for call in calls:
            if call.state is State.LOST and call.patience_ends < self._last_sight():
                call.give_up()
        numbers = [details.id for details in asked]
        self._ledger.know_elsewhere(calls, view.claimed, self._clock(), numbers)

    def _last_sight(self) -> float:
        """A call that lost its patience before has been given up by its client, or that has ended: nothing is
        kept for it, and no look goes back so far.
        """
        return asyncio.get_running_loop().time() - self._policy.within - self._timeout

    async def begun(self, call: Change) -> Begun:
        """How many operations of the call's type the journal knows to have begun since it was prepared."""
        journal = await self._journal()
        since = self._wall_clock() - (self._clock() - call.since)
        if call.is_recalled:
            since -= FRESH  # its newest operation may have been known for so long when it left
        return await journal.begun(call.method, since - self._timeout - self._policy.settle)

    def take_over(self, recorded: Recorded) -> Change:
        """A call of a client that has ended, which this one sees to from now on."""
        call = self._recalled(recorded)
        call.is_ours = True
        return call

    def _recalled(self, recorded: Recorded) -> Change:
        return Change.recalled(
            recorded,
            now=self._clock(),
            wall=self._wall_clock(),
            clock=asyncio.get_running_loop().time(),
        )
