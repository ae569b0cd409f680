"""The passwords of new servers: generated, read from a file, or asked for. Never an option, because
other users of the machine can read those.
"""

import secrets
import string
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import typer

from aiogandi.cli.credentials import can_ask
from aiogandi.cli.failures import WrongUse

LENGTH: Final = 20
"""Characters of a generated password: 114 bits."""

ALPHABET: Final = "".join(
    # Without those that look like others: passwords are read aloud and copied from paper.
    character
    for character in string.ascii_letters + string.digits
    if character not in "0O1lI"
)


def generate() -> str:
    """A new password, with upper case, lower case and digits in it."""
    while True:
        password = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        kinds = (str.isupper, str.islower, str.isdigit)
        if all(any(map(kind, password)) for kind in kinds):
            return password


def passwords(file: Path | None, *, ask: bool) -> tuple[Callable[[], str], bool]:
    """Where each server's password comes from, and whether it is generated and must be shown."""
    if file is not None and ask:
        raise WrongUse("--password-file and --ask-password exclude each other")
    if file is None and not ask:
        return generate, True
    password = _ask() if file is None else _read(file)
    return lambda: password, False


def _read(file: Path) -> str:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongUse(f"{file} is not text in UTF-8") from None
    password = text.removesuffix("\n").removesuffix("\r")
    if not password or "\n" in password:
        raise WrongUse(f"{file} must hold the password in one line, and nothing else")
    return password


def _ask() -> str:
    if not can_ask():
        raise WrongUse("--ask-password needs a terminal; without one there is --password-file")
    password: str = typer.prompt(
        "Password of the new servers", hide_input=True, confirmation_prompt=True, err=True
    )
    return password
