"""A changing call with what it takes to send it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aiogandi.changes.errand import Errand
from aiogandi.changes.reconciler import Reconciler
from aiogandi.transport.request import Request

MOST_ROUNDS: Final = 5
"""How often the newest operation is asked for before one call is sent. Where turns come so slowly that
the answer is always out of date, the call is sent without."""

Convert = Callable[[Any], Any]
"""Makes the result of a reply, or raises `TransportError` for one that cannot be."""


class Trip:
    """A call with what it takes to send it. It is ready to leave while its caller waits and the newest
    operation is known.
    """

    def __init__(
        self, errand: Errand, request: Request, convert: Convert, reconciler: Reconciler
    ) -> None:
        self.errand = errand
        self.call = errand.call
        self.request = request
        self.convert = convert
        self._reconciler = reconciler
        self._excused = errand.call.yields is None
        """Whether it is sent although the newest operation is not known."""
        self._rounds = 0

    def is_ready(self) -> bool:
        """Whether it may be sent now."""
        return self.errand.may_leave and (self._excused or self._reconciler.is_prepared())

    async def make_ready(self) -> None:
        """See to it that it may be sent. Where it need not be sent any more, raise what ends it."""
        self.errand.check()
        self._rounds += 1
        self._excused = not await self._reconciler.prepare() or self._rounds == MOST_ROUNDS
