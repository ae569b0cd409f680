"""How a command ends: its exit code, and one line that says what went wrong.

This module and `terminal` are the floor that all other rooms of the command stand on.
"""

from typing import Final

from aiogandi.errors import (
    AuthenticationError,
    DataFault,
    Fault,
    GandiError,
    InvalidArgument,
    InvalidState,
    InvalidValue,
    PermissionDenied,
    ServerFault,
    SessionExpired,
)

OK: Final = 0
FAILED: Final = 1
"""Not all of it was done, or nothing; stderr says why."""
WRONG_USE: Final = 2
NOT_LOGGED_IN: Final = 3
"""There are no credentials, or the service refuses them."""
INTERRUPTED: Final = 130
HUNG_UP: Final = 129
"""SIGHUP: the terminal is gone."""
TERMINATED: Final = 143
"""SIGTERM."""

ENDED: Final = {
    INTERRUPTED: "interrupted",
    HUNG_UP: "the terminal is gone (SIGHUP)",
    TERMINATED: "terminated (SIGTERM)",
}
"""What is said of a command that a signal has ended, by its exit code."""

MEANINGS: Final = {
    OK: "all well",
    FAILED: "not all of it was done, or nothing, and stderr says why: something failed, nothing matches,"
    " shares are missing, the answer was no, the time is up",
    WRONG_USE: "wrong use",
    NOT_LOGGED_IN: "not logged in: no credentials, or the service refuses them",
    HUNG_UP: "ended by SIGHUP: the terminal is gone",
    INTERRUPTED: "interrupted",
    TERMINATED: "ended by SIGTERM",
}
"""What each exit code means, as the help and README say it."""


class CommandFailed(Exception):
    """The command cannot go on. Its text is printed, and its `exit_code` ends the process."""

    exit_code = FAILED


class WrongUse(CommandFailed):
    """The command line does not say what the command needs to know."""

    exit_code = WRONG_USE


class Interrupted(CommandFailed):
    """The user pressed Ctrl-C, or another signal has ended the command with its exit *code*.

    It is not a `KeyboardInterrupt`, because typer would end the process on that one without a
    message.
    """

    def __init__(self, code: int | None = None) -> None:
        self.exit_code = INTERRUPTED if code is None else code
        super().__init__(ENDED[self.exit_code])


class NotLoggedIn(CommandFailed):
    """There are no credentials to log in with."""

    exit_code = NOT_LOGGED_IN


_OBJECTS: Final = {
    3: "login",
    101: "account",
    102: "operation",
    211: "prepaid account",
    300: "hosting account",
    302: "server",
    304: "disk",
    305: "operating system",
    308: "address",
    351: "product",
}
"""What a fault is about, by its object (documented)."""

_ELEMENTS: Final = {
    "vm_id": "server",
    "disk_id": "disk",
    "operation_id": "operation",
    "os_id": "operating system",
    "product_id": "product",
}
"""What a fault with another object is about, by the parameter that it names (assumed)."""

_CAUSES: Final = {
    35: "a quota is reached",
    39: "{it} {are} attached",
    40: "{it} {do} not exist",
    41: "{it} {exist} already",
    42: "{it} {do} not exist",
    44: "there is nothing to change",
    63: "there is not enough money",
    98: "{it} {are} not attached",
}
"""What a data fault means, by its exact cause (documented)."""

_KINDS: Final[tuple[tuple[type[Fault], str], ...]] = (
    (InvalidState, "{its} state does not allow this"),
    (PermissionDenied, "the account may not do this"),
    (InvalidValue, "the service refuses a value"),
    (ServerFault, "the service failed"),
)
"""What any other fault means, by its kind."""

_ONE: Final = {"it": "it", "its": "its", "are": "is", "do": "does", "exist": "exists"}
_MANY: Final = {"it": "they", "its": "their", "are": "are", "do": "do", "exist": "exist"}

_MISSING: Final = (40, 42)
"""The causes that say that the object does not exist (documented)."""


def refuses_login(error: BaseException | None) -> bool:
    """Return whether *error* says that nobody is logged in, so that all other calls fail as well."""
    return isinstance(error, AuthenticationError | SessionExpired)


def is_missing(error: BaseException | None, noun: str) -> bool:
    """Return whether *error* says that a thing of this kind does not exist, and not something else,
    like the hosting account.
    """
    return isinstance(error, DataFault) and error.cause in _MISSING and _is_about(error, noun)


def explain(error: BaseException, noun: str | None = None, *, many: bool = False) -> str:
    """Say what went wrong: for a fault its meaning first, then the service's own words.

    *noun* is the kind of thing that the error is told of, like ``server``: a fault that is about it
    says *it*, or *they* if it is told of *many*, and one about something else says about what. For
    example, told of a server:
    ``it does not exist: DataError: no such VM [vm_id: 4711] (fault 530240)``, and
    ``the hosting account does not exist: DataError: … (fault 530040)``.
    """
    if isinstance(error, Fault):
        meaning = _meaning(error, noun, many=many)
        return f"{meaning}: {error}" if meaning else str(error)
    if isinstance(error, GandiError | CommandFailed):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _meaning(fault: Fault, noun: str | None, *, many: bool) -> str | None:
    if isinstance(fault, SessionExpired):
        return "the service refuses the session"
    cause = _CAUSES.get(fault.cause) if isinstance(fault, DataFault) else None
    kind = next((meaning for kind, meaning in _KINDS if isinstance(fault, kind)), None)
    subject = _subject(fault)
    if subject is None:
        words = {**_ONE, "it": "something", "its": "a"}
    elif _is_about(fault, noun):
        words = _MANY if many else _ONE
    else:
        words = {**_ONE, "it": f"the {subject}", "its": f"the {subject}'s"}
    meaning = cause or kind
    return meaning and meaning.format_map(words)


def _is_about(fault: Fault, noun: str | None) -> bool:
    # A "pending operation" is an operation.
    return noun is not None and noun.rpartition(" ")[2] == _subject(fault)


def _subject(fault: Fault) -> str | None:
    """What *fault* is about, where its number or its text tells."""
    return _OBJECTS.get(fault.object) or _ELEMENTS.get(fault.element or "")


def exit_code(error: BaseException) -> int:
    """Return the exit code of a command that is ended by *error*."""
    if isinstance(error, CommandFailed):
        return error.exit_code
    if refuses_login(error):
        return NOT_LOGGED_IN
    return WRONG_USE if isinstance(error, InvalidArgument) else FAILED
