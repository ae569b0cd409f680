"""Who the command logs in as, and where.

Login, password and URL are looked for one by one, each in this order:

1. the environment: ``GANDI_LOGIN``, ``GANDI_PASSWORD``, ``GANDI_URL``; an empty variable counts as
   not set;
2. the file ``config.toml`` in the platform's folder for settings (``~/.config/aiogandi`` on Linux),
   with the keys ``login``, ``password`` and ``url``;
3. for login and password a question to the user, if there is a terminal; for the URL the service's.

The file's password is used only for the file's login. For example, with another login in
``GANDI_LOGIN`` and no ``GANDI_PASSWORD`` the user is asked for the password. A file that anybody
but its owner can read or write is refused.
"""

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import platformdirs

from aiogandi.cli.exits import NotLoggedIn
from aiogandi.cli.terminal.questions import ask, ask_secret, can_ask
from aiogandi.redaction import Secret

KEYS: Final = ("login", "password", "url")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client needs to log in."""

    login: str
    password: Secret
    url: str


def config_file() -> Path:
    """Return the path of the file with the settings, whether it exists or not."""
    return Path(platformdirs.user_config_dir("aiogandi", appauthor=False)) / "config.toml"


def find_credentials() -> Credentials:
    """Return the user's credentials. Raises `NotLoggedIn` if there are none and nobody to ask."""
    from aiogandi.client import URL  # noqa: PLC0415 - help and wrong use do without the client

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
        login = ask("Gandi login")
    if password is None:
        password = ask_secret(f"Password of {login}")
    return Credentials(str(login), Secret(password), str(url))


def _read(path: Path) -> Mapping[str, str]:
    """Return the settings in *path*; an empty mapping if it does not exist."""
    try:
        with path.open("rb") as file:
            # The mode of the open file is checked, so that it cannot be exchanged in between.
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
