"""A block's steps: those that are recorded, and the numbers of those that are sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from aiogandi.changes import written
from aiogandi.changes.change import Change
from aiogandi.changes.errand import Errand
from aiogandi.changes.failures import did_not_run, failure_of
from aiogandi.changes.journal import Key, Recorded
from aiogandi.changes.prints import are_comparable
from aiogandi.changes.state import State
from aiogandi.errors import OutcomeUnknown
from aiogandi.models import OperationState

_FAILED: Final = (OperationState.ERROR, OperationState.CANCEL)


class Steps:
    """Where a block stands among its *recorded* steps, which may lack numbers."""

    def __init__(self, recorded: Sequence[Recorded]) -> None:
        self._recorded = recorded
        self.at = 0
        """How many of them the block has come past."""
        self.next = 1 + (recorded[-1].step or 0) if recorded else 0
        """The number of a call behind them."""

    @property
    def current(self) -> Recorded | None:
        """The step that the block comes to next; None where none is left."""
        return self._recorded[self.at] if self.at < len(self._recorded) else None

    @property
    def following(self) -> Recorded | None:
        """The one after it."""
        after = self.at + 1
        return self._recorded[after] if after < len(self._recorded) else None

    @property
    def is_last(self) -> bool:
        """Whether none comes after the current one."""
        return len(self.rest) == 1

    @property
    def rest(self) -> Sequence[Recorded]:
        """Those that the block has not come to."""
        return self._recorded[self.at :]

    def pass_by(self) -> None:
        """The block has come past the current one."""
        self.at += 1

    def pass_all(self) -> None:
        """Nothing is asked of them: the block's result is known."""
        self.at = len(self._recorded)

    def take(self) -> int:
        """The number of a call that is about to leave: that of the last recorded step, which is made anew, or
        the next one.
        """
        if (current := self.current) is not None:
            self.pass_by()
            return current.step or 0
        self.next += 1
        return self.next - 1


class Step:
    """The place of one call under a key. It has no number before it takes one."""

    def __init__(self, words: Key, key: int, steps: Steps) -> None:
        self.words = words
        self.key = key
        self.errand: Errand | None = None
        self._steps = steps
        self._before = steps.at, steps.next

    def take(self) -> int:
        """Its number, which no further call gets."""
        self._before = self._steps.at, self._steps.next
        return self._steps.take()

    def give_back(self) -> None:
        """Nothing was written down under its number: the next call gets it."""
        self._steps.at, self._steps.next = self._before


def differences(call: Change, recorded: Recorded, prints: Sequence[int]) -> Iterator[str]:
    """What the call, whose passwords have these *prints*, asks for otherwise than the recorded one."""
    kept = call.kept
    for name in {**kept, **recorded.arguments}:
        ours, theirs = kept.get(name), recorded.arguments.get(name)
        if written.write(ours) != written.write(theirs):
            yield f"{name} is {ours!r}, and was {theirs!r}"
    if are_comparable(prints, recorded.prints) and prints != recorded.prints:
        yield "the password is another one, or a text that is not kept because it may be one"


def has_failed(recorded: Recorded) -> bool:
    """Whether the operation has ended without doing what it should. In SUPPORT it has not ended."""
    return recorded.ended is not None and recorded.ended.get("state") in _FAILED


def recall(call: Change, recorded: Recorded) -> Any:
    """What the journal tells of a call: its result, or its failure."""
    if recorded.state is State.ABSENT:
        raise failure_of(recorded) or did_not_run(recorded)
    if recorded.is_open:
        raise OutcomeUnknown(f"{call.method}: whether it ran is not known", call.method)
    call.take_over(recorded)
    if call.yields is None:
        return recorded.outcome[0] if isinstance(recorded.outcome, list) else None
    return call.number
