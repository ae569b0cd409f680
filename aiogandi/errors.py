"""Every exception of the package.

::

    GandiError
    ├── TransportError            refused, unreachable, timed out, an HTTP error, not XML-RPC, too large
    │   └── OutcomeUnknown        a changing call whose reply was lost and could not be found afterwards
    ├── Fault                     the service's own refusal: .code .qualification .object .cause .element
    │   ├── ServerFault           qualification 1: the service failed
    │   └── DataFault             qualification 5: the service refuses the data
    │       ├── InvalidValue      a parameter is refused: its type, syntax or value
    │       ├── NotFound          a thing does not exist
    │       ├── AlreadyExists     a thing exists already
    │       ├── PermissionDenied  the account may not do this
    │       ├── InvalidState      a thing's state, or the account's, does not allow it
    │       └── SessionExpired    the session was refused, and logging in again did not help
    ├── AuthenticationError       the login was refused
    ├── OperationError            .operation .details
    │   ├── OperationFailed       it ended in ERROR, or waits for people (SUPPORT)
    │   ├── OperationCancelled    it ended in CANCEL
    │   └── OperationTimeout      the caller's deadline passed; the service goes on (also a TimeoutError)
    ├── InvalidArgument           refused before anything was sent (also a ValueError)
    ├── WrongLoop                 used in a second event loop or a forked process (also a RuntimeError)
    ├── JournalError              the journal cannot be read or written; nothing was sent
    │   ├── JournalConflict       a step under a key asks for something else than it did last time
    │   └── HubError              the store that processes share is away, or was emptied; nothing was sent
    └── ClientClosed              the client was closed
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, Self

from aiogandi.models import OperationDetails
from aiogandi.pickling import DetachedOperation, OperationLike, PortableError
from aiogandi.redaction import Redactor, redact

LOGIN_CALLS: Final = frozenset({"login", "su"})
"""The calls that begin a session, which other calls may have to wait for. Their reply is a session id
(documented)."""

_ELEMENT = re.compile(r"\[([^\[\]:]{1,64}):")  # bounded, for a hostile text


class GandiError(PortableError):
    """Base of all exceptions of this package. All can be copied, and pickled for another process."""


class TransportError(GandiError):
    """The exchange failed below XML-RPC.

    ``status`` is the HTTP status, None where there was none. ``sent`` is False where the call
    certainly did not run: nothing was connected, the service answered 429 (assumed), or a changing call
    was looked for at the service after each of its sends, and is not there.
    ``retry_after`` is what the service asked for, in seconds. ``method`` is the call whose exchange
    failed: ``login``, say, where another call had to wait for a new session.
    """

    def __init__(
        self,
        message: str,
        status: int | None = None,
        *,
        sent: bool = True,
        retry_after: float | None = None,
        method: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.sent = sent
        self.retry_after = retry_after
        self.method = method


class OutcomeUnknown(TransportError):
    """A changing call may or may not have run, or has run more often than it was asked for.

    ``method`` is the call. ``candidates`` are the ids of operations one of which may be its own.
    ``surplus`` are those of them that would be too many, where it was sent more than once. The call was
    not sent again. It stands in ``Gandi.pending()``.
    """

    def __init__(
        self,
        message: str,
        method: str = "",
        *,
        status: int | None = None,
        candidates: Iterable[int] = (),
        surplus: Iterable[int] = (),
    ) -> None:
        super().__init__(message, status, method=method)
        self.candidates = tuple(candidates)
        self.surplus = tuple(surplus)


class Fault(GandiError):
    """A fault of the service (documented: ``qualification object cause`` in six digits).

    ``code`` is the whole number, ``qualification`` its first digit, ``object`` the next three,
    ``cause`` the last two; all three are 0 for a code that has not six digits. ``element`` is the
    parameter that the message names, or None. ``method`` is the call that was refused. Passwords and
    session ids in ``message`` are blanked: those that it names, and those that *redactor* knows. Of a
    long message the beginning is kept.
    """

    def __init__(
        self, code: int, message: str, method: str = "", *, redactor: Redactor | None = None
    ) -> None:
        message = redact(message) if redactor is None else redactor.redact(message)
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.method = method
        self.qualification, self.object, self.cause = split_code(code)
        self.element = element_of(message)

    def __str__(self) -> str:
        return f"{self.message} (fault {self.code})"


class ServerFault(Fault):
    """The service failed (qualification 1); whether the call ran is not known."""


class DataFault(Fault):
    """The service refused the data (qualification 5); the call did not run."""


class InvalidValue(DataFault):
    """A parameter's type, syntax or value is refused (causes 1x, 2x and 3x, documented). So are one that
    is missing, an update of nothing, a quantity of 0 and a size that is too small (assumed).
    """


class NotFound(DataFault):
    """The thing does not exist (causes 40, 42 and 43, documented)."""


class AlreadyExists(DataFault):
    """The thing exists already (cause 41, documented)."""


class PermissionDenied(DataFault):
    """The account may not do this (causes 5x, documented)."""


class InvalidState(DataFault):
    """The thing's state does not allow it (causes 6x, documented): it is running, say. So it is where a
    disk is attached or is not, and where shares or money are used up (assumed).
    """


class SessionExpired(DataFault):
    """The session was refused, and so was the one of a new login."""


class AuthenticationError(GandiError):
    """The service refused the login. ``fault`` is its answer."""

    def __init__(self, message: str, fault: Fault | None = None) -> None:
        super().__init__(message)
        self.fault = fault


class OperationError(GandiError):
    """A wait did not end in DONE. ``operation`` can go on to be used, for its id if nothing else;
    ``details`` is what the service last said of it, or None. Out of a pickle, ``operation`` has its ids,
    type and state alone: ``gandi.operation(error.operation.id)`` takes it up again.
    """

    def __init__(
        self, message: str, operation: OperationLike, details: OperationDetails | None = None
    ) -> None:
        super().__init__(message)
        self.operation = operation
        self.details = details

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "operation": DetachedOperation.of(self.operation)}

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        memo[id(self.operation)] = self.operation  # a copy tells of the same operation
        return super().__deepcopy__(memo)


class OperationFailed(OperationError):
    """The operation ended in ERROR, or it needs people (SUPPORT). ``details.last_error`` is None where the
    service gives no reason, or none that can be read.
    """


class OperationCancelled(OperationError):
    """The operation was cancelled at the service."""


class OperationTimeout(OperationError, TimeoutError):
    """The caller's deadline passed. The service goes on: the operation can be waited for again. The
    message says what polling last met, where something stood in its way.
    """


class InvalidArgument(GandiError, ValueError):
    """An argument is wrong; nothing was sent. The message names it and says what is allowed."""


class WrongLoop(GandiError, RuntimeError):
    """The client is used in another event loop than the first one that used it, in that of another
    thread, or in a forked process. Nothing was sent. The message says which of these, and what to do.
    """


class JournalError(GandiError):
    """The journal cannot be read or written: its disk is full, say, or its file is damaged.

    Raised by a changing call, it says that the call was not sent.
    """


class JournalConflict(JournalError):
    """A step under a key of `Gandi.once` asks for something else than what ran in its place last time.

    Nothing was sent. Other work needs another key.
    """


class HubError(JournalError):
    """The store that processes share cannot be used: it does not answer, cannot be written, was emptied, or
    another release uses it. Where a hub is used without its journal, what is written there are the calls
    under way.

    Raised by a call, it says that the call was not sent. The message says what is wrong.
    """


class ItemFailed(GandiError):
    """An item of a fleet's run has failed on a worker, which may be another machine. ``kind`` is the name of the
    exception's class there, and the message its text, without the secrets that the worker knows. Where the item's
    action raised nothing, ``kind`` is ``"Cancelled"`` (the run was, before the item was begun), ``"Died"`` (the item
    ends the process that runs it, again and again), ``"NoClient"`` (the settings of its account cannot be had, or
    are wrong) or ``"Unfit"`` (it is done, but its result cannot be sent).
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}" if message else kind)
        self.kind = kind


class ClientClosed(GandiError):
    """The client was closed, before or during the call. ``sent`` is False where the call never left, or
    is known not to have run. A changing call that has left and got no answer is `OutcomeUnknown`.
    """

    def __init__(self, message: str = "the client is closed", *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent


def split_code(code: int) -> tuple[int, int, int]:
    """Take a fault code apart into qualification, object and cause (documented).

    >>> split_code(510150)
    (5, 101, 50)
    """
    if not 100_000 <= code <= 999_999:
        return 0, 0, 0
    return code // 100_000, code // 100 % 1000, code % 100


def element_of(message: str) -> str | None:
    """The parameter that a fault's message names."""
    found = _ELEMENT.search(message)
    return found[1].strip() or None if found else None


def unusable(method: str, reply: Any, due: str) -> TransportError:
    """The error for a reply that is XML-RPC, but not what *method* answers."""
    problem = f"{method}: {due} was due, but a {type(reply).__name__} came"
    return TransportError(problem, 200, method=method)
