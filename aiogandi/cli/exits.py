"""How a command ends: its exit code, and one line that says what went wrong.

This module and `terminal` are the floor that all other rooms of the command stand on.
"""

from typing import Final

from aiogandi.errors import (
    AlreadyExists,
    AuthenticationError,
    Fault,
    GandiError,
    InvalidArgument,
    InvalidState,
    InvalidValue,
    NotFound,
    PermissionDenied,
    ServerFault,
    SessionExpired,
)

OK: Final = 0
FAILED: Final = 1
"""Something failed; the rest was done."""
WRONG_USE: Final = 2
NOT_LOGGED_IN: Final = 3
"""There are no credentials, or the service refuses them."""
INTERRUPTED: Final = 130


class CommandFailed(Exception):
    """The command cannot go on. Its text is printed, and its `exit_code` ends the process."""

    exit_code = FAILED


class WrongUse(CommandFailed):
    """The command line does not say what the command needs to know."""

    exit_code = WRONG_USE


class Interrupted(CommandFailed):
    """The user pressed Ctrl-C.

    It is not a `KeyboardInterrupt`, because typer would end the process on that one without a
    message.
    """

    exit_code = INTERRUPTED

    def __init__(self) -> None:
        super().__init__("interrupted")


class NotLoggedIn(CommandFailed):
    """There are no credentials to log in with."""

    exit_code = NOT_LOGGED_IN


_MEANINGS: Final[tuple[tuple[type[Fault], str], ...]] = (
    (SessionExpired, "the service refuses the session"),
    (NotFound, "it does not exist"),
    (AlreadyExists, "it exists already"),
    (InvalidState, "its state does not allow this"),
    (PermissionDenied, "the account may not do this"),
    (InvalidValue, "the service refuses a value"),
    (ServerFault, "the service failed"),
)


def refuses_login(error: BaseException | None) -> bool:
    """Return whether *error* says that nobody is logged in, so that all other calls fail as well."""
    return isinstance(error, AuthenticationError | SessionExpired)


def explain(error: BaseException) -> str:
    """Say what went wrong: for a fault its meaning first, then the service's own words.

    For example: ``it does not exist: DataError: no such VM [vm_id: 4711] (fault 530240)``.
    """
    for kind, meaning in _MEANINGS:
        if isinstance(error, kind):
            return f"{meaning}: {error}"
    if isinstance(error, GandiError | CommandFailed):
        return str(error)
    return f"{type(error).__name__}: {error}"


def exit_code(error: BaseException) -> int:
    """Return the exit code of a command that is ended by *error*."""
    if isinstance(error, CommandFailed):
        return error.exit_code
    if refuses_login(error):
        return NOT_LOGGED_IN
    return WRONG_USE if isinstance(error, InvalidArgument) else FAILED
