"""What a fault's code says: which exception it is, and whether the session is refused."""

from __future__ import annotations

from typing import Final

from aiogandi.errors import (
    AlreadyExists,
    DataFault,
    Fault,
    InvalidState,
    InvalidValue,
    NotFound,
    PermissionDenied,
    ServerFault,
    SessionExpired,
    element_of,
    split_code,
)
from aiogandi.redaction import LONGEST, Redactor

BAD_CREDENTIAL: Final = 510150
"""Bad credential, object 101 (documented)."""

SESSION: Final = 2
"""The object of faults about sessions (documented)."""

_SESSION_ELEMENTS: Final = ("session", "session_id")

_BY_TENS: Final[dict[int, type[DataFault]]] = {
    **dict.fromkeys((1, 2, 3), InvalidValue),
    4: NotFound,
    5: PermissionDenied,
    6: InvalidState,
}
_BY_CAUSE: Final[dict[int, type[DataFault]]] = {
    **dict.fromkeys((44, 45, 65, 95), InvalidValue),
    41: AlreadyExists,
    **dict.fromkeys((35, 39, 46, 49, 98, 99), InvalidState),
}
"""Causes (documented) that are not what their tens say (assumed): what helps is what decides, another
value, thing, account or state. Nothing to update, position, null, cannot shrink; exists already; quota,
attached, no disk, expired, not attached, too many.
"""


def fault_for(code: int, message: str, redactor: Redactor | None = None, method: str = "") -> Fault:
    """The exception for a fault that *method* met. *redactor* knows the secrets that its message may
    repeat; without one, only values that the message itself calls password or session are blanked.
    """
    qualification, _, cause = split_code(code)
    kind: type[Fault] = Fault
    if qualification == 1:
        kind = ServerFault
    elif qualification == 5:
        kind = _BY_CAUSE.get(cause) or _BY_TENS.get(cause // 10, DataFault)
    fault = kind(code, message, method, redactor=redactor)
    if (element := element_of(message[:LONGEST])) in ("password", *_SESSION_ELEMENTS):
        fault.element = element  # also where a password reads "session", and was blanked in it
    return fault


def refuses_call(error: Exception) -> bool:
    """Whether the service refuses this very call, and not the session that it was sent with."""
    return isinstance(error, DataFault) and not isinstance(error, SessionExpired)


def refuses_session(fault: Fault) -> bool:
    """Whether *fault*, on any call but ``login``, says that the session is unknown or has ended.

    No example is preserved. Assumed: it is a data fault about a session, by its object or by the element
    that it names, or a bad credential that names nothing else.
    """
    if not isinstance(fault, DataFault):
        return False
    if fault.object == SESSION or fault.element in _SESSION_ELEMENTS:
        return True
    return fault.code == BAD_CREDENTIAL and fault.element is None
