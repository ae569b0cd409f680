"""Scripted trouble: what goes wrong, with which request or operation, and how often.

Each kind of trouble is a small value. A test that wants its own pattern sets `Sandbox.interfere` to
a function that returns one of them for a request, or None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

ANY: Final = "*"
"""Any method, or any type of operation."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Refuse:
    """An HTTP error; the call is not executed. *retry_after* goes out as the header says it:
    seconds, or a date as text.
    """

    status: int = 503
    retry_after: float | str | None = None


@dataclass(frozen=True, slots=True)
class DropRequest:
    """The connection is closed; the call is not executed."""


@dataclass(frozen=True, slots=True)
class DropReply:
    """The call is executed, then the connection is closed."""


@dataclass(frozen=True, slots=True)
class Delay:
    """The call waits *seconds* real seconds, then is executed and answered: also when the caller
    has hung up meanwhile, so that a request may run late.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Garble:
    """The call is executed; the reply is not XML-RPC."""


@dataclass(frozen=True, slots=True)
class AnswerFault:
    """The answer is this fault; the call is not executed."""

    code: int
    message: str


Trouble = Refuse | DropRequest | DropReply | Delay | Garble | AnswerFault


@dataclass(slots=True)
class _Line(Generic[T]):
    name: str
    item: T
    times: int


class Script(Generic[T]):
    """What is to happen to the next requests, or operations: first in, first out, each gets one."""

    def __init__(self) -> None:
        self._lines: list[_Line[T]] = []

    def add(self, name: str, item: T, times: int) -> None:
        """Write *item* down for the next *times* that are called *name* (`ANY`: whatever)."""
        self._lines.append(_Line(name, item, times))

    def claim(self, name: str) -> T | None:
        """What is to happen to this one, which is called *name*."""
        for line in self._lines:
            if line.name in (ANY, name):
                line.times -= 1
                if not line.times:
                    self._lines.remove(line)
                return line.item
        return None
