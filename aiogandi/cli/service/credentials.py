"""Who the command logs in as, and where, and whom it shares session and rate with.

Login, password and URL are looked for one by one, each in this order:

1. the environment: ``GANDI_LOGIN``, ``GANDI_PASSWORD``, ``GANDI_URL``; an empty variable counts as
   not set;
2. the file ``config.toml`` in the platform's folder for settings (``~/.config/aiogandi`` on Linux),
   with the keys ``login``, ``password``, ``url``, ``insecure`` and ``hub``; it is not looked at
   where the environment has the first three;
3. for login and password a question to the user, if there is a terminal; for the URL the service's.

The file's password is used only for the file's login. For example, with another login in
``GANDI_LOGIN`` and no ``GANDI_PASSWORD`` the user is asked for the password. A file that anybody
but its owner can read or write is refused. One that cannot be read, because its folder is not ours
say, matters only where login or password is missing.

Whether the URL may be ``http`` on another machine is said by ``--insecure``, else by
``GANDI_INSECURE``, else by the file, but there for the file's URL alone. So it is with the hub:
``--hub``, ``GANDI_HUB``, the file's ``hub``.
"""

import os
import stat
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import platformdirs

from aiogandi.cli.exits import NotLoggedIn
from aiogandi.cli.service.files import text_of
from aiogandi.cli.terminal.questions import ask, ask_secret, can_ask
from aiogandi.redaction import Secret

KEYS: Final = ("login", "password", "url", "insecure", "hub")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client needs to log in."""

    login: str
    password: Secret
    url: str
    insecure: bool = False
    """Whether they may be sent unencrypted."""
    hub: Secret | None = None
    """The URL of the store through which the command shares session and rate."""


class Unreadable(NotLoggedIn):
    """The file with the settings may be there, and cannot be read."""


def config_file() -> Path | None:
    """Return the path of the file with the settings, whether it exists or not; None for a user whose
    home nobody knows, as in a container.
    """
    try:
        folder = Path(platformdirs.user_config_dir("aiogandi", appauthor=False))
    except RuntimeError:
        return None
    # Some versions of platformdirs return "~/.config" then, which would be below the current folder.
    return folder / "config.toml" if folder.is_absolute() else None


def find_credentials(*, insecure: bool = False, hub: str | None = None) -> Credentials:
    """Return the user's credentials. Raises `NotLoggedIn` if there are none and nobody to ask.

    *insecure*: the command line says that they may be sent unencrypted; *hub*: which hub it names.
    """
    from aiogandi.client import URL  # noqa: PLC0415 - help and wrong use do without the client
    from aiogandi.settings import from_environment  # noqa: PLC0415 - as above

    given = from_environment()
    login, password, url = given.get("login"), given.get("password"), given.get("url")
    path = config_file()
    stored: Mapping[str, Any] = {}
    try:
        if path is not None and not (login and password and url):
            stored = _read(path)
    except Unreadable:
        if not (login and password):
            raise
    login = login or stored.get("login")
    if password is None and login is not None and login == stored.get("login"):
        password = stored.get("password")
    if (login is None or password is None) and not can_ask():
        place = f", or write login and password into {path}" if _can_exist(path) else ""
        raise NotLoggedIn(f"not logged in: set GANDI_LOGIN and GANDI_PASSWORD{place}")
    if login is None:
        login = ask("Gandi login")
    if password is None:
        password = ask_secret(f"Password of {login}")
    if not insecure:
        insecure = given.get("insecure", url is None and stored.get("insecure", False))
    hub = hub or given.get("hub") or (stored.get("hub") if url is None else None)
    return Credentials(
        login,
        Secret(password),
        url or stored.get("url", URL),
        insecure,
        None if hub is None else Secret(hub),
    )


def find_hub(named: str | None) -> Secret | None:
    """Return the URL of the hub that the command line has *named*, else the environment, else the file."""
    from aiogandi.settings import from_environment  # noqa: PLC0415 - as above

    hub = named or from_environment().get("hub")
    if hub is None and (path := config_file()) is not None:
        with suppress(Unreadable):
            hub = _read(path).get("hub")
    return None if hub is None else Secret(hub)


def _can_exist(path: Path | None) -> bool:
    """Whether there can be such a file: not below a home that is no folder, like /dev/null."""
    return path is not None and next(each for each in path.parents if each.exists()).is_dir()


def _read(path: Path) -> Mapping[str, Any]:
    """Return the settings in *path*; an empty mapping if it does not exist."""
    try:
        with path.open("rb") as file:
            # The mode of the open file is checked, so that it cannot be exchanged in between.
            _check_mode(path, os.fstat(file.fileno()).st_mode)
            settings = tomllib.loads(text_of(file.read()))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise Unreadable(
            f"not logged in: set GANDI_LOGIN and GANDI_PASSWORD; {path} cannot be read:"
            f" {error.strerror}"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NotLoggedIn(f"{path} is not TOML: {_reason(error)}") from None
    return {key: _checked(path, key, value) for key, value in settings.items()}


def _checked(path: Path, key: str, value: object) -> str | bool:
    """Return the value of a setting, without blanks around it; refuse what it cannot be."""
    if key not in KEYS:
        raise NotLoggedIn(f"{path}: unknown key {key!r}; there are {', '.join(KEYS)}")
    if key == "insecure":
        if not isinstance(value, bool):
            raise NotLoggedIn(f"{path}: insecure must be true or false")
        return value
    if not isinstance(value, str) or not value.strip():
        raise NotLoggedIn(f"{path}: {key} must be a text that is not empty")
    return value if key == "password" else value.strip()


def _reason(error: ValueError) -> str:
    """Say why a text is not TOML. (What cannot be decoded is bytes, one of which would be quoted.)"""
    return "it is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _check_mode(path: Path, mode: int) -> None:
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise NotLoggedIn(
            f"{path} is refused because others can read or change it"
            f" (mode {stat.S_IMODE(mode):o}): chmod 600 {path}"
        )
