"""Who the command logs in as.

Each of login, password and URL is looked for in this order, on its own:

1. the environment: ``GANDI_LOGIN``, ``GANDI_PASSWORD``, ``GANDI_URL`` (an empty one is not set);
2. ``config.toml`` in the platform's folder for settings (``~/.config/aiogandi`` on Linux), with the
   keys ``login``, ``password`` and ``url``;
3. for login and password the user is asked, where there is a terminal; the URL is the service's.

A password belongs to its login: the file's is not used for another login than the file's. The file
is refused if anybody but its owner can read or write it.
"""

import os
import stat
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import platformdirs
import typer

from aiogandi.cli.failures import NotLoggedIn
from aiogandi.client import URL
from aiogandi.redaction import Secret

KEYS: Final = ("login", "password", "url")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client needs to log in."""

    login: str
    password: Secret
    url: str


def config_file() -> Path:
    """Where the settings are, whether they exist or not."""
    return Path(platformdirs.user_config_dir("aiogandi", appauthor=False)) / "config.toml"


def find_credentials() -> Credentials:
    """The user's credentials; `NotLoggedIn` where they cannot be had."""
    path = config_file()
    stored = _read(path)
    given = {key: os.environ.get(f"GANDI_{key.upper()}") or None for key in KEYS}
    url = given["url"] or stored.get("url", URL)
    login = given["login"] or stored.get("login")
    password = given["password"]
    if password is None and login is not None and login == stored.get("login"):
        password = stored.get("password")
    if (login is None or password is None) and not can_ask():
        raise NotLoggedIn(
            "not logged in: set GANDI_LOGIN and GANDI_PASSWORD,"
            f" or write login and password into {path}"
        )
    if login is None:
        login = typer.prompt("Gandi login", err=True)
    if password is None:
        password = typer.prompt(f"Password of {login}", hide_input=True, err=True)
    return Credentials(str(login), Secret(password), str(url))


def can_ask() -> bool:
    """Whether there is somebody at a terminal, who sees a question and can answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _read(path: Path) -> Mapping[str, str]:
    """The settings in *path*; none if it does not exist."""
    try:
        with path.open("rb") as file:
            # Of the open file: who could exchange it in between could as well have written it.
            _check_mode(path, os.fstat(file.fileno()).st_mode)
            settings: dict[str, Any] = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise NotLoggedIn(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NotLoggedIn(f"{path} is not TOML: {error}") from None
    for key, value in settings.items():
        if key not in KEYS:
            raise NotLoggedIn(f"{path}: unknown key {key!r}; there are {', '.join(KEYS)}")
        if not isinstance(value, str) or not value:
            raise NotLoggedIn(f"{path}: {key} must be a text that is not empty")
    return settings


def _check_mode(path: Path, mode: int) -> None:
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise NotLoggedIn(
            f"{path} is refused because others can read or change it"
            f" (mode {stat.S_IMODE(mode):o}): chmod 600 {path}"
        )
