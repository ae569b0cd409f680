"""The methods of `Sandbox` by which a test orders trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiogandi import codec
from aiogandi.checks import require, require_count, require_seconds, require_text
from aiogandi.sandbox.books.durations import LONGEST_SECONDS, require_operation_type
from aiogandi.sandbox.books.operation import Fate
from aiogandi.sandbox.script.orders import ANY, Orders
from aiogandi.sandbox.script.trouble import (
    Alter,
    Answer,
    AnswerFault,
    Delay,
    DropReply,
    DropRequest,
    Garble,
    Refuse,
    Trouble,
)

if TYPE_CHECKING:
    from collections.abc import Callable

FAILURE: Final = "the sandbox was told to let it fail"
"""The ``last_error`` of an operation that fails by order."""

MOST_TIMES: Final = 10**9
"""The most requests or operations that one order can be for."""


class Scripted:
    """Orders trouble for the next *times* requests of *method*, or operations of *type*; ``*`` means
    any.

    Trouble comes in the order in which it was ordered; each request or operation meets one piece of
    it at most. ``interfere`` is None, or a function. It is called with the method of every request
    for which nothing is ordered, and returns trouble (see `aiogandi.sandbox.trouble`) or None.

    A setting that makes no sense is refused with `InvalidArgument` at once.
    """

    def __init__(self) -> None:
        self._for_requests: Orders[Trouble] = Orders()
        self._for_operations: Orders[Fate] = Orders()
        self.interfere: Callable[[str], Trouble | None] | None = None

    def refuse(
        self,
        method: str = ANY,
        *,
        status: int = 503,
        times: int = 1,
        retry_after: float | str | None = None,
    ) -> None:
        """Answer with the HTTP error *status* (300 to 599) and do not execute the call.

        *retry_after* is the value of the header ``Retry-After``: seconds, or text as it is.
        """
        status = require_count("status", status, 300, 599)
        if isinstance(retry_after, str):
            fits = retry_after.isascii() and retry_after.isprintable()
            require(fits, "retry_after", retry_after, "a line of ASCII text")
        elif retry_after is not None:
            require_seconds("retry_after", retry_after, zero=True, longest=LONGEST_SECONDS)
        self._order(method, Refuse(status, retry_after), times)

    def drop_request(self, method: str = ANY, *, times: int = 1) -> None:
        """Close the connection and do not execute the call."""
        self._order(method, DropRequest(), times)

    def drop_reply(self, method: str = ANY, *, late: float = 0.0, times: int = 1) -> None:
        """Execute the call, and close the connection without an answer.

        With *late*, close it at once, and execute the call so many seconds of the event loop's time
        later: a request that runs when its caller has given it up.
        """
        require_seconds("late", late, zero=True, longest=LONGEST_SECONDS)
        self._order(method, DropReply(late), times)

    def delay(self, method: str = ANY, *, seconds: float, times: int = 1) -> None:
        """Execute and answer the call after *seconds* of the event loop's time.

        It is executed even if the caller has hung up meanwhile: a request that runs late.
        """
        require_seconds("seconds", seconds, zero=True, longest=LONGEST_SECONDS)
        self._order(method, Delay(seconds), times)

    def garble(self, method: str = ANY, *, times: int = 1) -> None:
        """Execute the call and answer with something that is not XML-RPC."""
        self._order(method, Garble(), times)

    def fault(self, method: str = ANY, *, code: int, message: str, times: int = 1) -> None:
        """Answer with this fault and do not execute the call."""
        codec.encode_fault(code, message)  # raises for what could not be sent
        self._order(method, AnswerFault(code, message), times)

    def answer(self, method: str, value: Any, *, times: int = 1) -> None:
        """Answer with *value* and do not execute the call.

        A service that lists no operation, for three requests::

            sandbox.answer("operation_list", [], times=3)
        """
        codec.encode_response(value)  # raises for what could not be sent
        self._order(method, Answer(value), times)

    def alter(
        self, method: str, function: Callable[[Any, list[Any]], Any], *, times: int = 1
    ) -> None:
        """Execute the call and answer with ``function(result, arguments)``.

        *arguments* are all that came over the wire: the session is the first. Where *function*
        raises `ServiceFault`, the answer is this fault. A call that ends in a fault is answered with
        it, and *function* is not called.

        A service that hides its newest operation, once::

            sandbox.alter("operation_list", lambda ids, arguments: ids[1:])
        """
        require(callable(function), "function", function, "a function of result and arguments")
        self._order(method, Alter(function), times)

    def fail_operation(self, type: str = ANY, *, message: str = FAILURE, times: int = 1) -> None:  # noqa: A002 - the contract's name
        """Let the next operation of *type* end in ERROR, when its time is over, with *message* as its
        ``last_error``.
        """
        require_text("message", message)
        self._destine(type, Fate(failure=message), times)

    def stall_operation(self, type: str = ANY, *, times: int = 1) -> None:  # noqa: A002 - the contract's name
        """Let the next operation of *type* never leave RUN, so that what waits for it never starts."""
        self._destine(type, Fate(stalled=True), times)

    def hold_operation(self, type: str = ANY, *, times: int = 1) -> None:  # noqa: A002 - as its siblings
        """Let the next operation of *type* stay PENDING until `Sandbox.release_operations`."""
        self._destine(type, Fate(held=True), times)

    def _order(self, method: str, trouble: Trouble, times: int) -> None:
        require_text("method", method)
        times = require_count("times", times, 1, MOST_TIMES)
        self._for_requests.add(method, trouble, times)

    def _destine(self, kind: str, fate: Fate, times: int) -> None:
        if kind != ANY:
            require_operation_type("type", kind)
        times = require_count("times", times, 1, MOST_TIMES)
        self._for_operations.add(kind, fate, times)

    def _trouble_for(self, method: str) -> Trouble | None:
        trouble = self._for_requests.claim(method)
        if trouble is None and self.interfere is not None:
            return self.interfere(method)
        return trouble

    def _fate_of(self, kind: str) -> Fate:
        return self._for_operations.claim(kind) or Fate()
