"""The kinds of trouble that a request can meet, each a small value.

A test orders trouble with the methods of `Sandbox`, or sets `Sandbox.interfere` to a function that
returns one of these values, or None, for each request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Refuse:
    """The call is not executed; the answer is the HTTP error *status*.

    *retry_after* is the value of the header ``Retry-After``: seconds, or a date as text.
    """

    status: int = 503
    retry_after: float | str | None = None


@dataclass(frozen=True, slots=True)
class DropRequest:
    """The call is not executed; the connection is closed."""


@dataclass(frozen=True, slots=True)
class DropReply:
    """The call is executed, and the connection is closed without an answer.

    With *late*, the connection is closed at once, and the call is executed so many seconds of the
    event loop's time later: a request that runs when its caller has given it up.
    """

    late: float = 0.0


@dataclass(frozen=True, slots=True)
class Delay:
    """The call is executed and answered after *seconds* of the event loop's time.

    It is executed even if the caller has hung up meanwhile: a request that runs late.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Garble:
    """The call is executed; the answer is not XML-RPC."""


@dataclass(frozen=True, slots=True)
class AnswerFault:
    """The call is not executed; the answer is this fault."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The call is not executed; the answer is *value*, which is not counted as executed.

    A service that lists no operation: ``Answer([])`` for ``operation_list``.
    """

    value: Any


@dataclass(frozen=True, slots=True)
class Alter:
    """The call is executed; the answer is ``function(result, arguments)``.

    *arguments* are all that came over the wire: the session is the first. Where *function* raises
    `ServiceFault`, the answer is this fault. Where the call itself ends in a fault, the fault is the
    answer and *function* is not called.

    A service that tells no operation's type::

        Alter(lambda details, arguments: details | {"type": ""})
    """

    function: Callable[[Any, list[Any]], Any]


Trouble = Refuse | DropRequest | DropReply | Delay | Garble | AnswerFault | Answer | Alter
