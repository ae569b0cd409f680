"""Who goes first where turns are scarce. This file is small, because everybody imports it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum, auto

BEHIND: ContextVar[bool] = ContextVar("aiogandi_behind", default=False)
"""Whether calls queue up behind those of others: what `behind` sets. Tasks inherit it."""


@contextmanager
def behind() -> Iterator[None]:
    """Calls inside, also those of tasks that are begun inside, let all others go first."""
    token = BEHIND.set(True)
    try:
        yield
    finally:
        BEHIND.reset(token)


class Rank(Enum):
    """Who waits for a turn, in the order in which they go."""

    LOGIN = auto()  # all others may wait for it
    LOOKUP = auto()  # what became of a call whose reply was lost
    CALL = auto()  # of a caller
    BULK = auto()  # of a caller that can wait, see `behind`
    POLL = auto()  # how operations are getting on
