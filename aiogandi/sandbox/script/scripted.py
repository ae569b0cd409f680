"""How trouble is ordered from a `Sandbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiogandi import codec
from aiogandi.sandbox.books.operations import Fate
from aiogandi.sandbox.script.checks import (
    require,
    require_count,
    require_operation_type,
    require_seconds,
    require_text,
)
from aiogandi.sandbox.script.trouble import (
    ANY,
    AnswerFault,
    Delay,
    DropReply,
    DropRequest,
    Garble,
    Refuse,
    Script,
    Trouble,
)

if TYPE_CHECKING:
    from collections.abc import Callable

FAILURE = "the sandbox was told to let it fail"

MOST_TIMES = 10**9


class Scripted:
    """Trouble for the next *times* requests of *method*, or operations of *type*; ``*`` means any.

    Trouble is used up in the order in which it was ordered; each request or operation meets one
    piece of it at most. ``interfere``, if set, is asked with the method of every request that no
    such order claims, and may return trouble (see `aiogandi.sandbox.trouble`) or None.
    """

    def __init__(self) -> None:
        self._for_requests: Script[Trouble] = Script()
        self._for_operations: Script[Fate] = Script()
        self.interfere: Callable[[str], Trouble | None] | None = None

    def refuse(
        self,
        method: str = ANY,
        *,
        status: int = 503,
        times: int = 1,
        retry_after: float | str | None = None,
    ) -> None:
        """An HTTP error *status*; not executed. *retry_after* is the header's value: seconds, or
        text as it is.
        """
        require_count("status", status, 300, 599)
        if isinstance(retry_after, str):
            fits = retry_after.isascii() and retry_after.isprintable()
            require(fits, "retry_after", retry_after, "a line of ASCII text")
        elif retry_after is not None:
            require_seconds("retry_after", retry_after)
        self._order(method, Refuse(status, retry_after), times)

    def drop_request(self, method: str = ANY, *, times: int = 1) -> None:
        """The connection is closed; not executed."""
        self._order(method, DropRequest(), times)

    def drop_reply(self, method: str = ANY, *, times: int = 1) -> None:
        """Executed, then the connection is closed without an answer."""
        self._order(method, DropReply(), times)

    def delay(self, method: str = ANY, *, seconds: float, times: int = 1) -> None:
        """Executed and answered *seconds* real seconds late, and executed also when the caller has
        hung up meanwhile: the request that arrives after everybody gave it up.
        """
        require_seconds("seconds", seconds)
        self._order(method, Delay(seconds), times)

    def garble(self, method: str = ANY, *, times: int = 1) -> None:
        """Executed; the reply is not XML-RPC."""
        self._order(method, Garble(), times)

    def fault(self, method: str = ANY, *, code: int, message: str, times: int = 1) -> None:
        """The answer is this fault; not executed."""
        codec.encode_fault(code, message)  # refuses here what could not be sent then
        self._order(method, AnswerFault(code, message), times)

    def fail_operation(self, type: str = ANY, *, message: str = FAILURE, times: int = 1) -> None:  # noqa: A002 - the contract's name
        """The next such operation ends in ERROR when its time is over; *message* is its error."""
        require_text("message", message)
        self._destine(type, Fate(failure=message), times)

    def stall_operation(self, type: str = ANY, *, times: int = 1) -> None:  # noqa: A002 - the contract's name
        """The next such operation never leaves RUN, and what waits behind it never starts."""
        self._destine(type, Fate(stalled=True), times)

    def hold_operation(self, type: str = ANY, *, times: int = 1) -> None:  # noqa: A002 - as its siblings
        """The next such operation stays PENDING until `Sandbox.release_operations`."""
        self._destine(type, Fate(held=True), times)

    def _order(self, method: str, trouble: Trouble, times: int) -> None:
        require_text("method", method)
        require_count("times", times, 1, MOST_TIMES)
        self._for_requests.add(method, trouble, times)

    def _destine(self, kind: str, fate: Fate, times: int) -> None:
        if kind != ANY:
            require_operation_type("type", kind)
        require_count("times", times, 1, MOST_TIMES)
        self._for_operations.add(kind, fate, times)

    def _trouble_for(self, method: str) -> Trouble | None:
        trouble = self._for_requests.claim(method)
        if trouble is None and self.interfere is not None:
            return self.interfere(method)
        return trouble

    def _fate_of(self, kind: str) -> Fate:
        return self._for_operations.claim(kind) or Fate()
