"""The passwords of new servers: generated, read from a file, or asked for.

A password is never an option, because other users of the machine can read a command line.
"""

import secrets
import string
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aiogandi.cli.exits import WrongUse
from aiogandi.cli.service.files import text_of
from aiogandi.cli.terminal.questions import ask_secret, can_ask, read_stdin

LENGTH: Final = 20
"""Characters of a generated password. With 57 to choose from, they hold 116 bits."""

ALPHABET: Final = "".join(
    # Without those that look like another one: passwords are read aloud and copied from paper.
    character
    for character in string.ascii_letters + string.digits
    if character not in "0O1lI"
)


def generate() -> str:
    """Return a new random password with upper case, lower case and digits in it."""
    while True:
        password = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        kinds = (str.isupper, str.islower, str.isdigit)
        if all(any(map(kind, password)) for kind in kinds):
            return password


def passwords(file: Path | None, *, ask: bool) -> tuple[Callable[[], str], bool]:
    """Return what gives each server's password, and whether it is generated and must be shown.

    *file*: holds the one password of all servers; ``-`` is stdin. A byte-order mark, and the end of the
    line, LF or CRLF, are no part of it; blanks are. *ask*: the user types it. Raises `WrongUse` for both,
    and for a file without exactly one line.
    """
    if file is not None and ask:
        raise WrongUse("--password-file and --ask-password exclude each other")
    if file is None and not ask:
        return generate, True
    password = _ask() if file is None else _read(file)
    return lambda: password, False


def _read(file: Path) -> str:
    try:
        text = text_of(read_stdin() if str(file) == "-" else file.read_bytes())
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongUse(
            f"{file} is not text in UTF-8, nor in UTF-16 with a byte-order mark"
        ) from None
    password = text.removesuffix("\n").removesuffix("\r")
    # No line end within it, nor any other character that XML cannot carry.
    if not password or any(each < " " and each != "\t" for each in password):
        raise WrongUse(f"{file} must hold the password in one line, and nothing else")
    return password


def _ask() -> str:
    if not can_ask():
        raise WrongUse("--ask-password needs a terminal; without one there is --password-file")
    return ask_secret("Password of the new servers", twice=True)
