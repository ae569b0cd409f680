"""What runs once under a key, however often its process is killed: see `Gandi.once`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Protocol

from aiogandi.changes import discretion, written
from aiogandi.changes.change import Change
from aiogandi.changes.discretion import KnownSecrets
from aiogandi.changes.errand import Errand
from aiogandi.changes.journal import ClientJournal, Held, HeldElsewhere, Key, KeyHeld, Recorded
from aiogandi.changes.prints import Prints, are_comparable
from aiogandi.changes.recorder import refusal_of
from aiogandi.changes.state import State
from aiogandi.errors import InvalidArgument, JournalConflict, JournalError, OutcomeUnknown
from aiogandi.models import OperationState
from aiogandi.transport.request import Request

log = logging.getLogger("aiogandi.journal")

PAUSE: Final = 0.2
"""Seconds between two tries to get a key that is held."""

_FAILED: Final = (OperationState.ERROR, OperationState.CANCEL)

Convert = Callable[[Any], Any]


class Step:
    """The place of one call under a key."""

    def __init__(self, words: Key, key: int, step: int) -> None:
        self.words = words
        self.key = key
        self.step = step
        self.errand: Errand | None = None


class Send(Protocol):
    """Sends a call for the first time."""

    async def __call__(
        self, call: Change, request: Request, convert: Convert, place: Step | None = None
    ) -> Any:
        """Its result. *place* is the call's under a key."""


class Block:
    """One run of what stands in ``async with gandi.once(key)``."""

    def __init__(
        self,
        owner: object,
        send: Send,
        journal: ClientJournal,
        prints: Prints,
        words: Key,
        held: Held,
        run: int,
        secrets: KnownSecrets,
    ) -> None:
        self.owner = owner
        self.run = run
        self.secrets = secrets
        self._send = send
        self.words = words
        self.held = held
        self._journal = journal
        self._prints = prints
        self._asked = 0  # how many steps the block has come to
        self._busy: str | None = None
        self.result: Any = None
        """What the block came to, for who asks for it again."""
        self._is_over = False
        self._errands: list[Errand] = []

    async def step(self, call: Change, request: Request, convert: Convert) -> Any:
        """The result of the block's next changing call: from the journal, or sent now."""
        with self._one_at_a_time(call):
            self.secrets.learn(call.kept)
            number = self._asked
            self._asked += 1
            recorded = self._recorded(number)
            if recorded is not None and not self._runs_now(call, recorded, number):
                return _recalled(call, recorded)
            place = Step(self.words, self.held.number, number)
            try:
                return await self._send(call, request, convert, place)
            finally:
                if place.errand is not None:
                    self._errands.append(place.errand)

    def _recorded(self, number: int) -> Recorded | None:
        """What is recorded of a step. One that never left is not, though a later one may be."""
        return next((each for each in self.held.steps if each.step == number), None)

    def _runs_now(self, call: Change, recorded: Recorded, number: int) -> bool:
        """Whether a step that is recorded is sent again."""
        # Once the block has ended well, its failures are a part of what it came to.
        is_last = recorded is self.held.steps[-1] and not self.held.is_concluded
        has_run = recorded.state is not State.ABSENT
        if has_run or not is_last:
            self._require_same(call, recorded, number)
        if not has_run:
            return is_last or refusal_of(recorded) is None
        failed = recorded.ended is not None and recorded.ended.get("state") in _FAILED
        return failed and is_last

    def _require_same(self, call: Change, recorded: Recorded, number: int) -> None:
        if call.method != recorded.method:
            raise _conflict(self.words, number, call.method, f"it was {recorded.method}")
        differs = [*_differences(call, recorded)]
        prints = self._prints.of(call.kept)
        if not are_comparable(prints, recorded.prints):
            log.warning(
                "%s, step %d (%s): its password cannot be compared with last time's, because the account's"
                " password was changed meanwhile",
                *(told(self.words), number + 1, call.method),
            )
        elif prints != recorded.prints:
            differs.append(
                "the password is another one, or a text that is not kept because it may be one"
            )
        if differs:
            raise _conflict(self.words, number, call.method, "; ".join(differs))

    @contextmanager
    def _one_at_a_time(self, call: Change) -> Iterator[None]:
        if self._is_over:
            raise InvalidArgument(
                f"{call.method}: the block of {told(self.words)} has ended, and takes no further calls"
            )
        if self._busy is not None:
            raise InvalidArgument(
                f"{call.method}: {self._busy} of {told(self.words)} is under way, and the changing calls"
                " under a key go one after the other. Calls at the same time each need a key of their"
                " own: nest `async with gandi.once(…)` inside"
            )
        self._busy = call.method
        try:
            yield
        finally:
            self._busy = None

    # -- its end -------------------------------------------------------------------------------

    def recall(self) -> Any:
        """What the block came to when it ended well, in place of running it again."""
        self._asked = len(self.held.steps)
        return self.held.result

    async def conclude(self) -> None:
        """The block has ended well."""
        self._is_over = True
        left = [each for each in self.held.steps if (each.step or 0) >= self._asked]
        if left:
            log.warning(
                "%s: %d recorded steps were not asked for again, the first is %s",
                *(told(self.words), len(left), left[0].method),
            )
        if self._is_news:
            try:
                if not await self._journal.conclude(self.held.number, self.result):
                    log.warning(
                        "%s has ended well, and stays open, because it is not written down what one of its"
                        " calls has begun: that is found out when it is entered again",
                        told(self.words),
                    )
                    return
            except JournalError as error:
                log.warning("%s: that it is done is not written down: %s", told(self.words), error)
        for errand in self._errands:
            errand.entry.conclude()

    @property
    def _is_news(self) -> bool:
        return not self.held.is_concluded or bool(self._errands)

    def fail(self, error: BaseException) -> None:
        """The block has ended with *error*. One that was left early is still open."""
        self._is_over = True
        if isinstance(error, Exception) and not self.held.is_concluded:
            text = self.secrets.redacted(discretion.told(error))
            noted = asyncio.ensure_future(self._journal.fail(self.held.number, text))
            noted.add_done_callback(lambda done: done.cancelled() or done.exception())

    def let_go(self) -> None:
        """Hold the key no more, as soon as none of its calls is under way."""
        tasks = [errand.task for errand in self._errands if not errand.task.done()]
        if not tasks:
            self._journal.let_go(self.held.number)
            return
        tasks[-1].add_done_callback(lambda _: self.let_go())


BLOCKS: ContextVar[tuple[Block, ...]] = ContextVar("BLOCKS", default=())
"""The blocks that the current task is in, the innermost last."""


async def hold(
    journal: ClientJournal, words: Key, run: int, admit: Callable[[], None], *, waits: bool
) -> Held:
    """Hold the key, and wait for it where it is held, as long as *admit* does not raise."""
    holder: str | None = None
    while isinstance(held := await journal.hold(words, run), HeldElsewhere):
        if not waits:
            raise KeyHeld(held.holder)
        if held.holder != holder:
            holder = held.holder
            log.warning("%s is held by %s: waiting for it", told(words), holder)
        await asyncio.sleep(PAUSE)
        admit()
    return held


def told(words: Key) -> str:
    """A key as texts name it."""
    return f"key {' / '.join(words)!r}"


def _conflict(words: Key, number: int, method: str, differs: str) -> JournalConflict:
    return JournalConflict(
        f"{told(words)}, step {number + 1}: {method} is not what ran here last time: {differs}. Nothing was"
        " sent; other work needs another key"
    )


def _differences(call: Change, recorded: Recorded) -> Iterator[str]:
    kept = call.kept
    for name in {**kept, **recorded.arguments}:
        ours, theirs = kept.get(name), recorded.arguments.get(name)
        if written.write(ours) != written.write(theirs):
            yield f"{name} is {ours!r}, and was {theirs!r}"


def _recalled(call: Change, recorded: Recorded) -> Any:
    """What the journal tells of a call: its result, or its failure."""
    if (fault := refusal_of(recorded)) is not None:
        raise fault
    if recorded.state is State.UNKNOWN:
        raise OutcomeUnknown(f"{call.method}: whether it ran is not known", call.method)
    call.take_over(recorded)
    if call.yields is None:
        return None if recorded.outcome is None else recorded.outcome[0]
    return call.number
