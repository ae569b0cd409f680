"""What an error means to the user: one line, and the command's exit code."""

from typing import Final

from aiogandi.errors import (
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
"""Something failed; the rest is done."""
WRONG_USE: Final = 2
NOT_LOGGED_IN: Final = 3
"""There are no credentials, or the service refuses them."""
INTERRUPTED: Final = 130


class CommandFailed(Exception):
    """The command cannot go on."""

    exit_code = FAILED


class WrongUse(CommandFailed):
    """The command was not given what it needs."""

    exit_code = WRONG_USE


class Interrupted(CommandFailed):
    """Ctrl-C. Not `KeyboardInterrupt`, which the parser would take for its own and end in silence."""

    exit_code = INTERRUPTED

    def __init__(self) -> None:
        super().__init__("interrupted")


class NotLoggedIn(CommandFailed):
    """There are no credentials to log in with."""

    exit_code = NOT_LOGGED_IN


_MEANINGS: Final[tuple[tuple[type[Fault], str], ...]] = (
    (SessionExpired, "the service refuses the session"),
    (NotFound, "it does not exist"),
    (InvalidState, "its state does not allow this"),
    (PermissionDenied, "the account may not do this"),
    (InvalidValue, "the service refuses a value"),
    (ServerFault, "the service failed"),
)


def refuses_login(error: BaseException | None) -> bool:
    """Whether *error* means that nothing else will work either, because nobody is logged in."""
    return isinstance(error, AuthenticationError | SessionExpired)


def explain(error: BaseException) -> str:
    """What went wrong; a fault's meaning first, then the service's own words."""
    for kind, meaning in _MEANINGS:
        if isinstance(error, kind):
            return f"{meaning}: {error}"
    if isinstance(error, GandiError | CommandFailed):
        return str(error)
    return f"{type(error).__name__}: {error}"


def exit_code(error: BaseException) -> int:
    """The exit code of a command that *error* ends."""
    if isinstance(error, CommandFailed):
        return error.exit_code
    if refuses_login(error):
        return NOT_LOGGED_IN
    return WRONG_USE if isinstance(error, InvalidArgument) else FAILED
