"""One turn to send, as its owner sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from aiogandi.errors import Fault, TransportError
from aiogandi.transport.line import Line


class Queue(Protocol):
    """What a turn asks of those who hand turns out: see `Turns`."""

    def goes_at_once(self, line: Line) -> bool:
        """Give a place and a turn, where neither has to be waited for."""

    def number(self) -> int:
        """A place in line behind all who have come so far."""

    async def wait(self, line: Line, number: int, is_wanted: Callable[[], bool]) -> None:
        """Wait for a place and a turn."""

    def leave(self, line: Line) -> None:
        """Give the place back."""

    def look(self) -> None:
        """Somebody may be next who was not before."""

    def hold(self, seconds: float | None) -> None:
        """The service is overloaded."""

    def took(self) -> None:
        """The service took a request."""


class Turn:
    """One turn: entered when it may send, left when its reply has come.

    ``waited`` is how many seconds it stood in line, also where its turn never came.
    """

    __slots__ = ("_is_away", "_is_wanted", "_line", "_number", "_turns", "waited")

    def __init__(self, turns: Queue, line: Line, is_wanted: Callable[[], bool]) -> None:
        self._turns = turns
        self._line = line
        self._is_wanted = is_wanted
        self._number: int | None = None
        self._is_away = False
        self.waited = 0.0

    async def __aenter__(self) -> None:
        turns = self._turns
        self.waited = 0.0
        self._come_back()
        if turns.goes_at_once(self._line):
            self._number = None
            return
        clock = asyncio.get_running_loop().time
        began = clock()
        if self._number is None:
            self._number = turns.number()
        try:
            await turns.wait(self._line, self._number, self._is_wanted)
        finally:
            self.waited = clock() - began
        self._number = None

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._turns.leave(self._line)
        if error is None or isinstance(error, Fault):
            self._turns.took()
        elif isinstance(error, TransportError) and error.status == 429:
            self._turns.hold(error.retry_after)

    def step_out(self) -> None:
        """Keep the place in line of whoever is made ready, and enters it again."""
        if self._number is None:
            self._number = self._turns.number()
        self._is_away = True
        self._line.away += 1

    def _come_back(self) -> None:
        if self._is_away:
            self._is_away = False
            self._line.away -= 1

    def give_up(self) -> None:
        """It is not entered again."""
        if self._is_away:
            self._come_back()
            self._turns.look()
