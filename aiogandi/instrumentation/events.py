"""What happens inside a client, as frozen values that hold no secret.

What lasts has two events, one when it began and one when it ended. Times are seconds of the event
loop's clock, and every length of time is in seconds. An ``error`` is the exception that the caller
gets, or one that the client met on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events."""


@dataclass(frozen=True, slots=True)
class CallBegan(Event):
    """A caller made a call of the API, its client's *number* th. The ids are those among its arguments."""

    method: str
    number: int
    vm_id: int | None
    disk_id: int | None
    operation_id: int | None


@dataclass(frozen=True, slots=True)
class CallEnded(Event):
    """The call returned, or raised *error*. It was sent *attempts* times; of its *seconds* it spent
    *queued* waiting for its turns. (Where the client was closed meanwhile, the error here is still
    `asyncio.CancelledError`; the caller gets `ClientClosed`.)
    """

    method: str
    number: int
    vm_id: int | None
    disk_id: int | None
    operation_id: int | None
    attempts: int
    seconds: float
    queued: float
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class ExchangeBegan(Event):
    """A request is sent: the client's *number* th, logins and polls included."""

    method: str
    number: int


@dataclass(frozen=True, slots=True)
class ExchangeEnded(Event):
    """Its reply came, or *error*: a fault, or trouble with the exchange itself."""

    method: str
    number: int
    seconds: float
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class LoginBegan(Event):
    """A new session is asked for."""


@dataclass(frozen=True, slots=True)
class LoginEnded(Event):
    """There is a new session, or *error* says why not."""

    seconds: float
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class CallRepeated(Event):
    """A call failed by *error* and will be sent again, as its attempt *attempt*, after *pause*."""

    method: str
    attempt: int
    pause: float
    error: BaseException


@dataclass(frozen=True, slots=True)
class ReplyLost(Event):
    """A changing call may or may not have run, because *error* came instead of its reply.

    `LossResolved` follows, or `CallerGone` where nobody waits for that any more.
    """

    method: str
    error: BaseException


@dataclass(frozen=True, slots=True)
class LossResolved(Event):
    """What became of a call whose reply was lost: its operation was found and *adopted*, the call is
    *absent* at the service, or neither can be established: *unknown*. *operation_id* is the operation
    that was adopted, or the oldest that may be the call's own.
    """

    method: str
    outcome: Literal["adopted", "absent", "unknown"]
    operation_id: int | None


@dataclass(frozen=True, slots=True)
class CallerGone(Event):
    """The caller of a changing call was cancelled while the call was under way, in *state*: it was
    ``"sent"``, its reply was ``"lost"``, or it was just ``"answered"``. `LeftBehind` follows.
    """

    method: str
    state: str


@dataclass(frozen=True, slots=True)
class LeftBehind(Event):
    """What became of a call after its caller had gone: it is ``"answered"`` or ``"adopted"`` and has
    begun an operation, ``"absent"``, or ``"unknown"``. But for those that are absent, it stands in
    ``Gandi.pending()``. The ids are None where they are not known.
    """

    method: str
    state: str
    operation_id: int | None
    vm_id: int | None
    disk_id: int | None


@dataclass(frozen=True, slots=True)
class SurplusFound(Event):
    """An operation that nobody asked for, because a request that was given up ran after all. It was in
    *state* when it was found, and is left as it is.
    """

    method: str
    operation_id: int
    state: str | None


@dataclass(frozen=True, slots=True)
class Held(Event):
    """The service answered 429: nothing is sent for *seconds*."""

    seconds: float


@dataclass(frozen=True, slots=True)
class PollBegan(Event):
    """The tracker asks for operations, for the *number* th time. The request is also an exchange."""

    method: str
    number: int


@dataclass(frozen=True, slots=True)
class PollEnded(Event):
    """The poll was answered, or failed by *error*."""

    method: str
    number: int
    seconds: float
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class OperationBegan(Event):
    """The service has accepted a changing call. ``operation_id`` is None for ``vm_create`` and
    ``disk_create``, which do not tell it.
    """

    type: str
    operation_id: int | None
    vm_id: int | None
    disk_id: int | None


@dataclass(frozen=True, slots=True)
class OperationEnded(Event):
    """An operation that somebody waits for was seen in a final *state*. It took *seconds* since its
    call was answered (None where that was not this client's), and ended at most *late* before it
    was noticed. *operation_id* is None where the service lists no operation for what was created.
    """

    type: str | None
    operation_id: int | None
    vm_id: int | None
    disk_id: int | None
    state: str
    seconds: float | None
    late: float
