"""Writes down what becomes of changing calls, for those who come after this process and beside it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from aiogandi.changes.change import Change
from aiogandi.changes.discretion import KnownSecrets
from aiogandi.changes.dropping import Dropping
from aiogandi.changes.elsewhere import Elsewhere
from aiogandi.changes.failures import write_failure
from aiogandi.changes.journal import ClientJournal, Intent, Key, Name
from aiogandi.changes.ledger import Ledger
from aiogandi.changes.prints import Prints
from aiogandi.changes.recognition import ids_of, names_of
from aiogandi.changes.state import State
from aiogandi.changes.statements import Statements
from aiogandi.errors import ClientClosed, HubError, JournalError
from aiogandi.models import OperationDetails, OperationState
from aiogandi.settings import Retry

log = logging.getLogger("aiogandi.journal")


class Place(Protocol):
    """Where a call stands under a key."""

    words: Key
    key: int
    """The number of the key that is held."""

    def take(self) -> int:
        """The number of its step, which it gets when its intent is about to be written."""

    def give_back(self) -> None:
        """Its intent could not be written: the number is the next call's."""


class Recorder:
    """The books of one client's changing calls.

    *account* is the one whose keys it has. *enter* lets the client into the journal: it returns that as the
    client sees it, and what makes prints of passwords. *secrets* are those that must not be written down.
    *ledger* is told what other clients do. *timeout* is that of an exchange.
    """

    def __init__(
        self,
        account: str,
        enter: Callable[[], Awaitable[tuple[ClientJournal, Prints]]],
        secrets: KnownSecrets,
        ledger: Ledger,
        policy: Retry,
        timeout: float,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
    ) -> None:
        self.account = account
        self._enter = enter
        self.secrets = secrets
        self.elsewhere = Elsewhere(self.journal, ledger, policy, timeout, clock, wall_clock)
        self._ledger = ledger
        self._policy = policy
        self._timeout = timeout
        self._clock = clock
        self._wall_clock = wall_clock
        self._entered: asyncio.Future[tuple[ClientJournal, Prints]] | None = None
        self.is_closed = False
        """Whether nothing is written down any more."""
        self._inside: tuple[ClientJournal, Prints] | None = None
        self._unwritten: dict[int, tuple[list[Name], State, Mapping[str, int]]] = {}  # claims
        self._writing: set[asyncio.Future[Any]] = set()
        self._dropping = Dropping()
        self.statements = Statements(self)
        self.turns = asyncio.Lock()
        """Held while it is decided whose an operation is, so that two looks do not give one call two."""

    async def journal(self) -> ClientJournal:
        """The journal, which the client enters with its first changing call."""
        return (await self.both())[0]

    async def both(self) -> tuple[ClientJournal, Prints]:
        """The journal, and what makes prints of passwords."""
        if self.is_closed:
            raise ClientClosed(sent=False)
        if self._inside is not None:
            return self._inside
        if self._entered is None:
            self._entered = asyncio.ensure_future(self._enter())
            self._entered.add_done_callback(self._look_whether_inside)
        inside = await asyncio.shield(self._entered)
        if self.is_closed:  # meanwhile
            raise ClientClosed(sent=False)
        self._inside = inside
        return inside

    def _look_whether_inside(self, entered: asyncio.Future[Any]) -> None:
        """Whoever waited may have gone. What failed is tried anew: a full disk may have room by then."""
        if (entered.cancelled() or entered.exception() is not None) and self._entered is entered:
            self._entered = None

    async def close(self) -> None:
        """Leave the journal. What is said of a call afterwards is not written down any more."""
        entered, self._entered, self._inside = self._entered, None, None
        self.is_closed = True
        if entered is not None:
            with suppress(JournalError):  # it never was inside, and who asked for it was told
                journal, _ = await entered
                self._dropping.flush(journal, self._watch)
                for record, claim in self._unwritten.items():  # once more: there may be room by now
                    self._watch(asyncio.ensure_future(journal.claim(record, *claim)), [])
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
        step = None if place is None else place.take()
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
            step,
        )
        written = asyncio.ensure_future(journal.intend(intent))
        try:
            call.record = await asyncio.shield(written)
        except JournalError:
            if place is not None:
                place.give_back()
            raise
        except asyncio.CancelledError:
            # It is written all the same, and never leaves: nobody has to find out whether it ran.
            self._watch(asyncio.ensure_future(_take_back(journal, written, step)), [call])
            raise

    async def answered(self, call: Change, number: int) -> bool:
        """Claim the operation that the call's reply named. False where another client's call was given it."""
        if call.yields is None:
            return True
        ids = _known(call)
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
        self.write(call, lambda journal, number: journal.lose(number, self._wall_clock() + seconds))

    def over(self, call: Change, error: BaseException | None) -> None:
        """Note what became of a call that began no operation, or of which none is known."""
        if call.state not in (State.ABSENT, State.UNKNOWN, State.PREPARED):
            return
        outcome = write_failure(error, self.secrets.and_of(call.kept).redacted)
        state = State.UNKNOWN if call.state is State.UNKNOWN else State.ABSENT
        self.write(call, lambda journal, number: journal.settle(number, state, outcome))

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
        self.write(call, lambda journal, number: journal.settle(number, State.ANSWERED, outcome))

    def ended(self, call: Change, details: OperationDetails) -> None:
        """Note how the call's operation has ended. In SUPPORT it has not: people may bring it to its end, so
        the service is asked again when the block is begun again.
        """
        if details.state == OperationState.SUPPORT:
            return
        ids = _known(call)
        ids |= {"id": details.id} if details.id else {}
        told = self.secrets.and_of(call.kept).blanked({"id": details.id, **details.portable()})
        self.write(call, lambda journal, number: journal.end(number, ids, told))

    def conclude(self, call: Change) -> None:
        """Note that the result of a call outside of keys is in somebody's hands."""
        if call.record is not None and self._inside is not None:
            self._dropping.add(call, self._inside[0], self._watch)

    def write(self, call: Change, write: Callable[[ClientJournal, int], Awaitable[Any]]) -> None:
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


def _known(call: Change) -> dict[str, int]:
    """The ids that are known of the call's operation."""
    return {name: known for name, known in call.known_ids().items() if known is not None}


async def _take_back(
    journal: ClientJournal, written: asyncio.Future[int], step: int | None
) -> None:
    """Note that a call whose intent is *written* never left."""
    number = await written
    await (journal.drop([number]) if step is None else journal.settle(number, State.ABSENT))


def _warn(call: Change, error: JournalError) -> None:
    # That a hub's store is away is told once, and not for each call.
    level = logging.INFO if isinstance(error, HubError) else logging.WARNING
    log.log(level, "%s: what became of it is not written down: %s", call.method, error)
