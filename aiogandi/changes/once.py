"""What runs once under a key, however often its process is killed: see `Gandi.once`.

The life of a step. It gets its number when its intent is about to be written, and is looked up in that
order, never by how often the block has asked:

    what became of it               when the block is begun again
    ------------------------------  --------------------------------------------------------------------
    its intent was never written    it is no step, and leaves no gap: the next call gets its number
    (no login, its caller went)
    intent written, never left      it did not run, with the failure that its caller got
    its process ended meanwhile     looked for at the service first, as for a lost reply: answered, or it
                                    did not run; `OutcomeUnknown` until somebody says so
    answered                        its result is given; nothing is sent
    its operation ended in ERROR    made anew in its place if it is the last; else its result is given, and
    or CANCEL                       its wait fails again
    ended in SUPPORT                its result is given, and the service is asked what became of it: people
                                    may bring it to its end
    it did not run: refused, or     made anew in its place if it is the last; else its failure is given
    not there after all attempts    again, because the block has lived with it
    the same, and nobody knows its  made anew if it is the last; passed over if the same call follows, which
    failure (its caller had gone)   the block made then; else `TransportError`, not sent
    none is left                    sent, with the next number

Other arguments than last time are `JournalConflict`, but for a step that is made anew and did not run. Once
the key is concluded nothing is sent at all: each step gives its result or its failure, the last one as well,
and a call for which there is none is `JournalConflict`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final, Protocol
from weakref import ref

from aiogandi.changes import discretion
from aiogandi.changes.change import Change
from aiogandi.changes.discretion import KnownSecrets
from aiogandi.changes.errand import Errand
from aiogandi.changes.failures import failure_of
from aiogandi.changes.journal import (
    ClientJournal,
    Held,
    HeldElsewhere,
    Key,
    KeyHeld,
    KeyLost,
    Recorded,
)
from aiogandi.changes.prints import Prints, are_comparable
from aiogandi.changes.state import State
from aiogandi.changes.steps import Step, Steps, differences, has_failed, recall
from aiogandi.errors import InvalidArgument, JournalConflict, JournalError
from aiogandi.transport.request import Request

log = logging.getLogger("aiogandi.journal")

PAUSE: Final = 0.2
"""Seconds between two tries to get a key that is held."""

Convert = Callable[[Any], Any]


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
        account: str,
        send: Send,
        journal: ClientJournal,
        prints: Prints,
        words: Key,
        held: Held,
        run: int,
        secrets: KnownSecrets,
        around: tuple[Key, ...],
    ) -> None:
        self.owner = owner
        """Of the client whose block it is. Another one's calls do not stand under it."""
        self.account = account
        self.run = run
        self.secrets = secrets
        self._send = send
        self.words = words
        self.around = around
        """The keys of the blocks that it stands in. Those of a run's item are no part of its own."""
        self.held = held
        self.steps = Steps(held.steps)
        self._journal = journal
        self._prints = prints
        self._busy: str | None = None
        self.result: Any = None
        """What the block came to, for who asks for it again."""
        # A task would keep its context alive, and with it the block.
        task = asyncio.current_task()
        self._task = None if task is None else ref(task)
        self.is_over = False
        """Whether it has ended."""
        self._errands: list[Errand] = []

    async def step(self, call: Change, request: Request, convert: Convert) -> Any:
        """The result of the block's next changing call: from the journal, or sent now."""
        with self._one_at_a_time(call):
            self.secrets.learn(call.kept)
            recorded = self._recorded(call)
            if recorded is not None:
                return recall(call, recorded)
            if self.around:
                self.secrets.require_none_in({"the key": self.around})
            place = Step(self.words, self.held.number, self.steps)
            try:
                return await self._send(call, request, convert, place)
            finally:
                if place.errand is not None:
                    self._errands.append(place.errand)

    def _recorded(self, call: Change) -> Recorded | None:
        """The recorded step that tells what becomes of the call; None where it is sent now."""
        steps = self.steps
        while (recorded := steps.current) is not None:
            # Once the block has ended well, its failures are a part of what it came to.
            is_made_anew = steps.is_last and not self.held.is_concluded
            has_run = recorded.state is not State.ABSENT
            if is_made_anew and not has_run:
                return None
            if failure_of(recorded) is None and not has_run and self._follows(call):
                steps.pass_by()
                continue
            self._require_same(call, recorded)
            if is_made_anew and has_failed(recorded):
                return None
            steps.pass_by()
            return recorded
        if self.held.is_concluded:
            raise JournalConflict(
                f"{told(self.words)} is concluded, and {call.method} is none of its recorded steps. Nothing"
                " was sent; other work needs another key, or Journal.forget() of this one"
            )
        return None

    def _follows(self, call: Change) -> bool:
        """Whether the step after the current one is the same call."""
        following = self.steps.following
        return (
            following is not None
            and following.method == call.method
            and not [*differences(call, following, self._prints.of(call.kept))]
        )

    def _require_same(self, call: Change, recorded: Recorded) -> None:
        if call.method != recorded.method:
            raise self._conflict(call, f"it was {recorded.method}")
        prints = self._prints.of(call.kept)
        if not are_comparable(prints, recorded.prints):
            log.warning(
                "%s, step %d (%s): its password cannot be compared with last time's, because the account's"
                " password was changed meanwhile",
                *(told(self.words), self.steps.at + 1, call.method),
            )
        if differs := [*differences(call, recorded, prints)]:
            raise self._conflict(call, "; ".join(differs))

    def _conflict(self, call: Change, differs: str) -> JournalConflict:
        return JournalConflict(
            f"{told(self.words)}, step {self.steps.at + 1}: {call.method} is not what ran here last time:"
            f" {differs}. Nothing was sent; other work needs another key"
        )

    @contextmanager
    def _one_at_a_time(self, call: Change) -> Iterator[None]:
        if self.is_over:
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
        self.steps.pass_all()
        return self.held.result

    async def conclude(self) -> None:
        """The block has ended well."""
        self.is_over = True
        left = self.steps.rest
        if left:
            ids = " ".join(f"{name}={number}" for name, number in left[0].ids.items())
            log.warning(
                "%s: %d recorded steps were not asked for again, the first is %s%s; recover() tells of what they"
                " have begun",
                *(told(self.words), len(left), left[0].method, ids and f" ({ids})"),
            )
        unasked = [each.step for each in left if each.step is not None]
        if self._is_news:
            try:
                if not await self._journal.conclude(self.held.number, self.result, unasked):
                    log.warning(
                        "%s has ended well, and stays open, because it is not written down what one of its"
                        " calls has begun: that is found out when it is entered again",
                        told(self.words),
                    )
                    return
            except KeyLost:
                raise  # another process may have done the same
            except JournalError as error:
                log.warning("%s: that it is done is not written down: %s", told(self.words), error)
        for errand in self._errands:
            errand.entry.conclude()

    @property
    def _is_news(self) -> bool:
        return not self.held.is_concluded or bool(self._errands)

    def fail(self, error: BaseException) -> None:
        """The block has ended with *error*. One that was left early is still open."""
        self.is_over = True
        if not isinstance(error, Exception) or self.held.is_concluded:
            return
        text = self.secrets.redacted(discretion.told(error))
        with suppress(JournalError):  # it was closed meanwhile: the block ends with its own error
            noted = asyncio.ensure_future(self._journal.fail(self.held.number, text))
            noted.add_done_callback(lambda done: done.cancelled() or done.exception())

    def was_left_by(self, task: asyncio.Task[Any] | None) -> bool:
        """Whether this task, which entered the block, has left it. Tasks that were begun inside are late
        where they make further calls.
        """
        return self.is_over and self._task is not None and self._task() is task

    def let_go(self) -> None:
        """Hold the key no more, as soon as none of its calls is under way."""
        tasks = [errand.task for errand in self._errands if not errand.task.done()]
        if not tasks:
            self._journal.let_go(self.held.number)
            return
        tasks[-1].add_done_callback(lambda _: self.let_go())


BLOCKS: ContextVar[tuple[Block, ...]] = ContextVar("BLOCKS", default=())
"""The blocks that the current task is in, the innermost last."""


async def hold(journal: ClientJournal, words: Key, run: int, *, waits: bool) -> Held:
    """Hold the key, and wait for it where it is held."""
    holder: str | None = None
    while isinstance(held := await journal.hold(words, run), HeldElsewhere):
        if not waits:
            raise KeyHeld(held.holder)
        if held.holder != holder:
            holder = held.holder
            log.warning("%s is held by %s: waiting for it", told(words), holder)
        await asyncio.sleep(PAUSE)
    return held


def told(words: Key) -> str:
    """A key as texts name it."""
    return f"key {' / '.join(words)!r}"
