"""Operations that a look has found are given to the calls whose own they are: in the ledger, and in the
journal where there is one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from aiogandi.changes.change import Change
from aiogandi.changes.decisions import Undecided, decide
from aiogandi.changes.ledger import Ledger
from aiogandi.changes.lookup import Found
from aiogandi.changes.recorder import Recorder
from aiogandi.changes.state import State
from aiogandi.models import OperationDetails


class Adoption:
    """Enters in *ledger*, and by *recorder* in the journal, what looks say of calls that are lost."""

    def __init__(
        self, ledger: Ledger, recorder: Recorder | None, clock: Callable[[], float]
    ) -> None:
        self._ledger = ledger
        self._recorder = recorder
        self._clock = clock
        self._woken: dict[Change, asyncio.Event] = {}

    @contextmanager
    def waiting(self, call: Change) -> Iterator[asyncio.Event]:
        """An event that is set when another call's look has found what this one looks for."""
        woken = self._woken[call] = asyncio.Event()
        try:
            yield woken
        finally:
            del self._woken[call]

    async def enter(
        self, call: Change, look: Found, *, believed: bool, final: bool
    ) -> Undecided | None:
        """Enter what a look says of the call, and of those that are served before it."""
        recorder = self._recorder
        if recorder is None:
            decision = self._decide(call, look, believed=believed, final=final)
            if isinstance(decision, Undecided):
                return decision
            for served, details in decision:
                self._serve(served, details)
            return None
        refused: set[tuple[int | None, int]] = set()
        async with recorder.turns:
            while is_lost(call):
                await recorder.elsewhere.see(look.operations)
                decision = self._decide(call, look, believed=believed, final=final)
                if isinstance(decision, Undecided):
                    return decision
                if any((served.record, details.id) in refused for served, details in decision):
                    # What the journal shows and what it takes differ. The next look may find them agreed.
                    candidates = tuple(sorted(details.id for _, details in decision))
                    return Undecided(candidates, may_clear=True)
                refusal = await self._give_all(recorder, decision)
                if refusal is None:
                    return None
                refused.add(refusal)
        return None

    async def settle(self, call: Change, state: State) -> None:
        """Write down what was found of a call that is still lost. It is not any more, where another process
        has found it, or a person has said what became of it.
        """
        if self._recorder is not None and is_lost(call):
            await self._recorder.settle(call, state)

    async def _give_all(
        self, recorder: Recorder, pairs: Iterable[tuple[Change, OperationDetails]]
    ) -> tuple[int | None, int] | None:
        """Give calls their operations, the first one first. Where one could not be given, that call's number in
        the journal and the operation's id are returned: then those after it are not given either, since they
        follow from it.
        """
        for call, details in pairs:
            if not await self._give(recorder, call, details):
                return call.record, details.id
        return None

    async def _give(self, recorder: Recorder, call: Change, details: OperationDetails) -> bool:
        """Give a call its operation, also one of another client, which looks for it as well. False where
        either has found another owner or operation meanwhile.
        """
        if await recorder.adopt(call, details):
            self._serve(call, details)
            return True
        if call.is_ours and await recorder.take_note(call):
            self._wake(call)
        return False

    def _decide(
        self, call: Change, look: Found, *, believed: bool, final: bool
    ) -> tuple[tuple[Change, OperationDetails], ...] | Undecided:
        """Which operations are which calls' own, or that it cannot be told."""
        decision = decide(
            self._ledger,
            call,
            look.operations,
            believed=believed,
            unread=look.unread,
            final=final,
        )
        if isinstance(decision, Undecided):
            return decision
        return () if decision is None else decision.pairs

    def _serve(self, call: Change, details: OperationDetails) -> None:
        self._ledger.take(call, details, self._clock())
        self._wake(call)

    def _wake(self, call: Change) -> None:
        if call in self._woken:
            self._woken[call].set()


def is_lost(call: Change) -> bool:
    """Whether nobody has found yet what became of it. Another call's look may find it at any time."""
    return call.state is State.LOST
