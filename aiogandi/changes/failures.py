"""With what a call has failed that did not run, as the journal keeps it: whoever lived with the failure gets the
same one when the block is begun again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiogandi.changes.journal import Recorded
from aiogandi.changes.state import State
from aiogandi.errors import (
    AuthenticationError,
    Fault,
    GandiError,
    OutcomeUnknown,
    TransportError,
)
from aiogandi.faults import fault_for


def write_failure(error: BaseException | None, redact: Callable[[str], str]) -> Any:
    """What is kept of *error*, whose text *redact* blanks. None for one that says nothing of the call: its caller had gone, or the
    client was closed.
    """
    match error:
        case Fault():
            return [error.code, redact(error.message)]
        case TransportError():
            told = {"status": error.status, "sent": error.sent, "method": error.method}
            return {"error": _kind(error), "message": redact(str(error)), **told}
        case AuthenticationError():
            return {"error": _kind(error), "message": redact(str(error))}
    return None


def failure_of(recorded: Recorded) -> GandiError | None:
    """That with which a call has failed that did not run; None where none is recorded."""
    if recorded.state is not State.ABSENT:
        return None
    outcome: Any = recorded.outcome
    match outcome:
        case [int(code), str(message)]:
            return fault_for(code, message, method=recorded.method)
        case {"error": "TransportError", "message": str(message)}:
            how = {name: outcome[name] for name in ("sent", "method") if name in outcome}
            return TransportError(message, outcome.get("status"), **how)
        case {"error": "OutcomeUnknown", "message": str(message)}:
            return OutcomeUnknown(message, recorded.method, status=outcome.get("status"))
        case {"error": "AuthenticationError", "message": str(message)}:
            return AuthenticationError(message)
    return None


def did_not_run(recorded: Recorded) -> TransportError:
    """What is said of a call that did not run where nobody knows with what it failed: its caller had gone,
    say.
    """
    return TransportError(
        f"{recorded.method}: it did not run when the block was begun before, and the block went on; it is not"
        " sent now, in the middle of what came after it",
        sent=False,
        method=recorded.method,
    )


def _kind(error: GandiError) -> str:
    known = (OutcomeUnknown, TransportError, AuthenticationError)
    return next(kind.__name__ for kind in known if isinstance(error, kind))
