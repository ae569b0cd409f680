"""A changing call with what it takes to send it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiogandi.changes.change import Change
from aiogandi.changes.errand import Errand
from aiogandi.changes.reconciler import Reconciler
from aiogandi.changes.state import State
from aiogandi.errors import ClientClosed, DataFault, Fault, TransportError
from aiogandi.retries import Verdict, verdict
from aiogandi.transport.request import Request

MOST_ROUNDS: Final = 5
"""How often the newest operation is asked for before one call is sent. Where turns come so slowly that
the answer is always out of date, the call is sent without."""

Convert = Callable[[Any], Any]
"""Makes the result of a reply, or raises `TransportError` for one that cannot be."""


class Trip:
    """A call with what it takes to send it. It is ready to leave while its caller waits, the newest
    operation is known, and *intend*, where there is a journal, has written down that it leaves. That is
    done when its turn comes: of what only stands in line nobody has to find out whether it ran.

    What is written counts for *lasts* seconds of *clock*, the time-out of an exchange. If the process was frozen for longer,
    others may have found meanwhile that the call did not run. To write it anew is refused then.
    """

    def __init__(
        self,
        errand: Errand,
        request: Request,
        convert: Convert,
        reconciler: Reconciler,
        intend: Callable[[], Awaitable[None]] | None,
        lasts: float,
        clock: Callable[[], float],
    ) -> None:
        self.errand = errand
        self.call = errand.call
        self.request = request
        self.convert = convert
        self._reconciler = reconciler
        self._excused = errand.call.yields is None
        """Whether it is sent although the newest operation is not known."""
        self._rounds = 0
        self._intend = intend
        self._turn_has_come = False
        self._lasts = lasts
        self._clock = clock
        self._written_at: float | None = None

    def is_ready(self) -> bool:
        """Whether it may stand in line, and once its turn has come, whether it may be sent."""
        is_written = self._is_written() or not self._turn_has_come
        return is_written and self.errand.may_leave and self._is_prepared()

    def may_leave(self) -> bool:
        """Whether it may be sent, now that its turn has come."""
        self._turn_has_come = True
        return self.is_ready()

    async def make_ready(self) -> None:
        """See to it that it may be sent. Where it need not be sent any more, raise what ends it."""
        self.errand.check()
        if not self._is_prepared():
            self._rounds += 1
            self._excused = not await self._reconciler.prepare() or self._rounds == MOST_ROUNDS
        if self._turn_has_come and not self._is_written() and self._intend is not None:
            began = self._clock()
            await self._intend()
            self._written_at = began

    def leaves(self) -> None:
        """Note that it is sent. To be sent again is written down anew."""
        self._turn_has_come = False
        self._written_at = None

    def _is_written(self) -> bool:
        if self._intend is None:
            return True
        return self._written_at is not None and self._clock() - self._written_at < self._lasts

    def _is_prepared(self) -> bool:
        return self._excused or self._reconciler.is_prepared()


def may_have_run(call: Change, error: TransportError | Fault | ClientClosed) -> bool:
    """Whether the service may have run what was sent last, or an earlier send of the call."""
    if call.state is not State.SENT:
        return False  # it never left, or its session was refused
    if isinstance(error, ClientClosed):
        return error.sent
    if verdict(error, call.method, changing=True) is Verdict.UNKNOWN:
        return True
    # A second send may be refused because the first one ran, or is about to.
    return isinstance(error, DataFault) and call.sends > 1
