"""Writes down what becomes of changing calls, for those who come after this process and beside it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from aiogandi.changes.change import Change
from aiogandi.changes.discretion import KnownSecrets
from aiogandi.changes.dropping import Dropping
from aiogandi.changes.journal import ClientJournal, Intent, Key, Name, Recorded
from aiogandi.changes.ledger import FRESH, Ledger
from aiogandi.changes.prints import Prints
from aiogandi.changes.recognition import names_of
from aiogandi.changes.state import State
from aiogandi.errors import ClientClosed, DataFault, Fault, JournalError
from aiogandi.faults import fault_for
from aiogandi.models import OperationDetails, OperationState
from aiogandi.settings import Retry

log = logging.getLogger("aiogandi.journal")


class Place(Protocol):
    """Where a call stands under a key."""

    words: Key
    key: int
    """The number of the key that is held."""
    step: int


class Recorder:
    """The books of one client's changing calls.

    *enter* lets the client into the journal: it returns that as the client sees it, and what makes prints
    of passwords. *secrets* are those that must not be written down. *ledger* is told what other clients do. *timeout* is that of an exchange.
    """

    def __init__(
        self,
        enter: Callable[[], Awaitable[tuple[ClientJournal, Prints]]],
        secrets: KnownSecrets,
        ledger: Ledger,
        policy: Retry,
        timeout: float,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
    ) -> None:
        self._enter = enter
        self.secrets = secrets
        self._ledger = ledger
        self._policy = policy
        self._timeout = timeout
        self._clock = clock
        self._wall_clock = wall_clock
        self._entered: asyncio.Future[tuple[ClientJournal, Prints]] | None = None
        self._is_closed = False
        self._inside: tuple[ClientJournal, Prints] | None = None
        self._unwritten: dict[int, tuple[list[Name], State, Mapping[str, int]]] = {}  # claims
        self._writing: set[asyncio.Future[Any]] = set()
        self._dropping = Dropping()
        self._taken_over: set[int] = set()  # calls of clients that have ended
        self.turns = asyncio.Lock()
        """Held while it is decided whose an operation is, so that two looks do not give one call two."""

    async def journal(self) -> ClientJournal:
        """The journal, which the client enters with its first changing call."""
        return (await self.both())[0]

    async def both(self) -> tuple[ClientJournal, Prints]:
        """The journal, and what makes prints of passwords."""
        if self._is_closed:
            raise ClientClosed(sent=False)
        if self._inside is not None:
            return self._inside
        if self._entered is None:
            self._entered = asyncio.ensure_future(self._enter())
        try:
            inside = await asyncio.shield(self._entered)
        except JournalError:
            self._entered = None  # a disk that was full may have room by now
            raise
        if self._is_closed:  # meanwhile
            raise ClientClosed(sent=False)
        self._inside = inside
        return inside

    async def close(self) -> None:
        """Leave the journal. What is said of a call afterwards is not written down any more."""
        entered, self._entered, self._inside = self._entered, None, None
        self._is_closed = True
        if entered is not None:
            journal, _ = await entered
            self._dropping.flush(journal, self._watch)
            await journal.leave()
            if self._writing:
                await asyncio.wait(self._writing)

    # -- a call of this client -----------------------------------------------------------------

    async def intend(self, call: Change, place: Place | None) -> None:
        """Write down that the call is about to leave. Where that cannot be done, it must not leave:
        `JournalError`.
        """
        journal, prints = await self.both()
        newest = self._ledger.newest(self._clock())
        if call.record is not None:
            # Where an earlier send may have run, what it began may be older.
            age = {} if call.sends else {"newest": newest}
            await journal.send_again(call.record, call.sends + 1, **age)
            return
        kept = call.kept
        self.secrets.and_of(kept).require_none_in(
            {"method": call.method, "the key": () if place is None else place.words, **kept}
        )
        call.prints = prints.of(kept)
        intent = Intent(
            call.method,
            kept,
            call.prints,
            call.yields,
            1,
            newest,
            self._wall_clock(),
            self._timeout,
            self._policy.settle,
            None if place is None else place.key,
            None if place is None else place.step,
        )
        call.record = await journal.intend(intent)

    async def answered(self, call: Change, number: int) -> bool:
        """Claim the operation that the call's reply named. False where another client's call was given it."""
        if call.yields is None:
            return True
        ids = {name: known for name, known in call.known_ids().items() if known is not None}
        names: list[Name] = [(call.yields, number)]
        return await self._claim(call, names, State.ANSWERED, {**ids, call.yields: number})

    async def adopt(self, call: Change, details: OperationDetails) -> bool:
        """Claim the operation for a call whose reply was lost. False where another client's was given it."""
        names, ids = list(names_of(details)), ids_of(details)
        if call.is_ours or call.record is None:
            return await self._claim(call, names, State.ADOPTED, ids)
        return await (await self.journal()).claim_for(call.record, names, ids)

    async def _claim(
        self, call: Change, names: list[Name], state: State, ids: Mapping[str, int]
    ) -> bool:
        if call.record is None:
            return True
        journal = await self.journal()
        try:
            return await journal.claim(call.record, names, state, ids)
        except JournalError as error:
            self._unwritten[call.record] = names, state, ids
            _warn(call, error)
            return True

    async def catch_up(self) -> None:
        """Claim what could not be written down when it was found: the journal would tell of such a call
        that it may have run, and its operation, which has an owner here, would not be found again.
        """
        journal = await self.journal()
        for record, claim in list(self._unwritten.items()):
            await journal.claim(record, *claim)
            self._unwritten.pop(record, None)

    def lost(self, call: Change) -> None:
        """Note that the call's reply is lost."""
        seconds = call.patience_ends - asyncio.get_running_loop().time()
        self._write(
            call, lambda journal, number: journal.lose(number, self._wall_clock() + seconds)
        )

    def over(self, call: Change, error: BaseException | None) -> None:
        """Note what became of a call that began no operation, or of which none is known."""
        if call.state not in (State.ABSENT, State.UNKNOWN, State.PREPARED):
            return
        refusal = error if isinstance(error, DataFault) else None
        outcome = None
        if refusal is not None:
            outcome = [refusal.code, self.secrets.and_of(call.kept).redacted(refusal.message)]
        state = State.UNKNOWN if call.state is State.UNKNOWN else State.ABSENT
        self._write(call, lambda journal, number: journal.settle(number, state, outcome))

    async def settle(self, call: Change, state: State) -> bool:
        """Write down that a call whose reply was lost is absent or unknown, unless it is known by now what
        became of it: then the call takes that over, and False is returned.
        """
        journal, number = await self.journal(), call.record
        if number is None or await journal.settle(number, state):
            return True
        return not await self.take_note(call)

    async def take_note(self, call: Change) -> bool:
        """Take over what another process, or a person in one, has found out of a call. Return whether there
        is anything.
        """
        if call.record is None:
            return False
        recorded = await (await self.journal()).read(call.record)
        if recorded is None or recorded.is_open:
            return False
        call.take_over(recorded)
        return True

    def returned(self, call: Change, value: Any) -> None:
        """Note what a call has returned that begins no operation."""
        outcome = [self.secrets.and_of(call.kept).blanked(value)]
        self._write(call, lambda journal, number: journal.settle(number, State.ANSWERED, outcome))

    def ended(self, call: Change, details: OperationDetails) -> None:
        """Note how the call's operation has ended. One that waits for people may yet go on."""
        if details.state == OperationState.SUPPORT:
            return
        ids = {name: known for name, known in call.known_ids().items() if known is not None}
        ids |= {"id": details.id} if details.id else {}
        told = self.secrets.and_of(call.kept).blanked({"id": details.id, **details.portable()})
        self._write(call, lambda journal, number: journal.end(number, ids, told))

    def conclude(self, call: Change) -> None:
        """Note that the result of a call outside of keys is in somebody's hands."""
        if call.record is not None and self._inside is not None:
            self._dropping.add(call, self._inside[0], self._watch)

    def dismiss(self, call: Change) -> None:
        """Note that somebody has said of a call under a key that it did not run."""
        self._write(call, lambda journal, number: journal.settle(number, State.ABSENT))

    def name(self, call: Change, number: int) -> None:
        """Note that somebody has said which operation is the call's own. Where it is another's, say so."""
        names: list[Name] = [("id", number)]

        async def claim(journal: ClientJournal, record: int) -> None:
            claimed, owner = await asyncio.gather(  # at once: the client may be about to leave
                journal.claim(record, names, State.ADOPTED, {"id": number}),
                journal.owner(record, names),
            )
            if not claimed:
                _warn_of_owner(call, number, owner)

        self._write(call, claim)

    async def adopt_named(self, call: Change, details: OperationDetails) -> None:
        """Claim the operation that somebody has said to be the call's own, and say so where it is not."""
        if call.record is not None and not await self.adopt(call, details):
            journal, names = await self.journal(), list(names_of(details))
            _warn_of_owner(call, details.id, await journal.owner(call.record, names))

    def _write(self, call: Change, write: Callable[[ClientJournal, int], Awaitable[Any]]) -> None:
        """Write it down, without waiting. Where that fails nothing is lost: the intent is enough."""
        if call.record is None or self._inside is None:
            return
        journal, _ = self._inside
        self._watch(asyncio.ensure_future(write(journal, call.record)), [call])

    def _watch(self, written: asyncio.Future[Any], calls: Sequence[Change]) -> None:
        """See to what is written down of these *calls* while nobody waits for it."""

        def look_at(done: asyncio.Future[Any]) -> None:
            self._writing.discard(done)
            if not done.cancelled() and (error := done.exception()) is not None:
                if not isinstance(error, JournalError):
                    raise error
                for call in calls:
                    _warn(call, error)

        self._writing.add(written)
        written.add_done_callback(look_at)

    # -- other clients -------------------------------------------------------------------------

    async def see_others(self, found: Iterable[OperationDetails]) -> None:
        """Learn what other clients have to do with the operations that were found."""
        journal = await self.journal()
        view = await journal.view([name for details in found for name in names_of(details)])
        others = [each for each in view.others if each.number not in self._taken_over]
        calls = [self._recalled(each) for each in others]
        for call in calls:
            if call.state is State.LOST and call.patience_ends < self._last_sight():
                call.give_up()
        self._ledger.know_elsewhere(calls, view.claimed, self._clock())

    def _last_sight(self) -> float:
        """A call that lost its patience before has been given up by its client, or that has ended: nothing is
        kept for it, and no look goes back so far.
        """
        return asyncio.get_running_loop().time() - self._policy.within - self._timeout

    async def begun_elsewhere(self, call: Change) -> int:
        """How many operations of the call's type other clients have begun since it was prepared."""
        journal = await self.journal()
        since = self._wall_clock() - (self._clock() - call.since)
        if call.is_recalled:
            since -= FRESH  # its newest operation may have been known for so long when it left
        return await journal.begun(call.method, since - self._timeout - self._policy.settle)

    def take_over(self, recorded: Recorded) -> Change:
        """A call of a client that has ended, which this one sees to from now on."""
        self._taken_over.add(recorded.number)
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


def ids_of(details: OperationDetails) -> dict[str, int]:
    """All ids that an operation tells."""
    return {
        name: number
        for name in ("id", "vm_id", "disk_id", "product_id")
        if (number := getattr(details, name)) is not None
    }


def refusal_of(recorded: Recorded) -> Fault | None:
    """The fault with which the service has refused a call."""
    if recorded.state is not State.ABSENT or recorded.outcome is None:
        return None
    code, message = recorded.outcome
    return fault_for(code, message, method=recorded.method)


def _warn(call: Change, error: JournalError) -> None:
    log.warning("%s: what became of it is not written down: %s", call.method, error)


def _warn_of_owner(call: Change, number: int, owner: str | None) -> None:
    log.warning(
        "%s: operation %d was said to be its own, but it is that of %s", call.method, number, owner
    )
