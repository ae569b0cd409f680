"""How the operation of a new server or disk is found, whose id the service does not tell: the decisions.

Two ways back each other up. The list is asked first, because it gives the operation's id. Where it shows
none, or fails, the state of the server or disk itself is asked for, and the list in every tenth find.
Where that fails, or the list did, the two are asked in turn: the state is believed when the list fails
once more after it was told. A list that fails for one fails for all: the others are spared it for a while.
"""

from __future__ import annotations

from typing import Final

from aiogandi.errors import GandiError
from aiogandi.faults import refuses_call
from aiogandi.models import FINAL, OperationState
from aiogandi.operations.trouble import Way

FINDS: Final = 3
"""The list is asked so many times before the server or disk itself is."""

LIST_AFTER: Final = 10
"""Then the list is asked in one of so many finds: it may show the operation after all."""


class Finding:
    """What was learned of one operation whose id is not known. *by_list* is what all finds meet that ask
    the list.

    Times are seconds of any monotonic clock, given by the caller.
    """

    __slots__ = (
        "_asked_list",
        "_lists",
        "_misses_list",
        "_refused",
        "answers",
        "by_list",
        "by_state",
        "failures",
        "told",
        "was_delayed",
    )

    def __init__(self, by_list: Way) -> None:
        self.by_list = by_list
        self.by_state = Way()
        self.answers = 0
        """How often either way was answered without showing an end."""
        self.failures = 0
        """How often in a row neither way told anything."""
        self.was_delayed = False
        """Whether anything went wrong, so that the operation may have ended long ago."""
        self._lists = 0
        self._refused = False
        self._asked_list = False
        self._misses_list = (
            False  # whether it was not answered, or spared, when it was this one's turn
        )
        self.told: OperationState | None = None
        """The end that the server or disk has told, before the list has failed once more."""

    def asks_list(self, *, spared: bool = False) -> bool:
        """Whether to ask the list next, and not the server or disk. Where it has just failed for another
        one it is *spared*, but to confirm an end; that this one missed it is noted.
        """
        if spared:
            self._misses_list = not _is_refusal(self.by_list.error)
            return self.told is not None and not self._asked_list
        if self._lists < FINDS and not self._refused:
            return True
        if self._asked_list:
            return False
        if self._misses_list and not self._refused:
            return True
        return self.by_state.error is not None or self.answers % LIST_AFTER == 0

    def list_answered(self) -> None:
        """The list was answered, with the operation or without."""
        self._refused = False
        self._asked_list = True
        self._lists += 1
        self.answers += 1
        self._misses_list = False
        self.by_list.answered()

    def list_failed(self, error: GandiError, now: float) -> None:
        """The list was not answered, or was refused and will not be."""
        self.failures += 1
        self._asked_list = True
        self._lists += 1
        self._refused = _is_refusal(error)
        self.was_delayed = True
        self._misses_list = True
        self.by_list.failed(error, now)

    def state_told(self, state: OperationState) -> OperationState | None:
        """The server or disk tells by its own state that its creation is in *state*. Returns it where it
        can be believed: an end is confirmed by asking the list once more, if that failed.
        """
        self._asked_list = False
        self.answers += 1
        self.failures = 0
        self.by_state.answered()
        in_doubt = self._misses_list and not self._refused
        if state not in FINAL or self.told is not None or not in_doubt:
            return state
        self.told = state
        return None

    def state_failed(self, error: GandiError, now: float) -> None:
        """The server or disk was asked for, and did not tell."""
        self.failures += 1
        self._asked_list = False
        self.was_delayed = True
        self.by_state.failed(error, now)

    def lasted(self, now: float) -> float:
        """For how many seconds both ways have met the same lasting refusal."""
        return min(self.by_list.lasted(now), self.by_state.lasted(now))

    def met(self) -> list[GandiError]:
        """What went wrong on either way when it was asked last."""
        return [way.error for way in (self.by_list, self.by_state) if way.error is not None]


def _is_refusal(error: GandiError | None) -> bool:
    return error is not None and refuses_call(error)
