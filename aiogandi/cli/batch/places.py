"""Where the generated passwords are kept, and which file a run has begun with.

In the folder for state a run has a file of its own by default. Where the user has named another one, a note
beside it says which: the same line goes on with that one, also without the option.
"""

from __future__ import annotations

import os
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import quote

from aiogandi.cli.batch.resuming import begun
from aiogandi.cli.batch.safekeeping import OPTION, PasswordFile, alone, put
from aiogandi.cli.exits import CommandFailed
from aiogandi.cli.service.connection import Connection
from aiogandi.cli.service.state import is_there, state_folder, state_path

FOLDER: Final = "passwords"
NOTE: Final = ".path"
"""What the name of a note ends with, in the place of ``.txt``."""


async def file_for(connection: Connection, given: Path | None) -> PasswordFile:
    """Return the file for what is generated now: the run's, else the *given* one or a new one.

    Raises `CommandFailed` for another file than the run has begun with, and where that one is gone.
    """
    account, run = connection.account, connection.run
    if run is None:
        return PasswordFile(given or state_folder(OPTION, FOLDER) / _name_of_today())
    if given is not None and not _can_note():
        return PasswordFile(given)
    default = state_folder(OPTION, FOLDER) / f"{_name_for(account, run)}.txt"
    is_begun = bool(await begun(connection))
    known = _noted(account, run)
    if known is None and is_begun and is_there(default):
        known = default
    if known is None:
        return PasswordFile(given or default)
    if given is not None:
        _require_same(run, known, given)
    if is_begun and not is_there(known):
        raise CommandFailed(
            f"{known} is gone, which has the passwords that run {run} has begun with; nothing was sent: bring"
            f" it back to go on, or begin anew after aiogandi run forget {run}"
        )
    return PasswordFile(known)


def keep_to(connection: Connection, file: PasswordFile) -> None:
    """Note that the run begins with this file, where that is not the one in the folder for state.

    Called once the passwords are in it and before anything is sent: a line that came to nothing may be
    given again with another file. Raises `CommandFailed` where another command was quicker with another
    file, and where the note cannot be written.
    """
    account, run = connection.account, connection.run
    if run is None or not _can_note():
        return
    note = _path(account, run, NOTE)
    try:
        with alone(note.parent):
            known = _noted(account, run)
            if known is None and file.path != _path(account, run, ".txt").resolve():
                put(note, str(file.path))
    except OSError as error:
        raise CommandFailed(
            f"{note} cannot be written: {error.strerror}; nothing was created"
        ) from None
    if known is not None:
        _require_same(run, known, file.path)


def file_of_run(connection: Connection, run: str) -> PasswordFile | None:
    """Return the file in the folder for state with the passwords of a run; None where there is none."""
    path = _path(connection.account, run, ".txt")
    return PasswordFile(path) if is_there(path) else None


def users_file(connection: Connection, run: str) -> Path | None:
    """Return the file that the user has named for the passwords of a run."""
    return _noted(connection.account, run)


def forget_users_file(connection: Connection, run: str) -> None:
    """Let the run begin with another file. The file itself is the user's, and stays."""
    note = _path(connection.account, run, NOTE)
    try:
        note.unlink(missing_ok=True)
    except NotADirectoryError:
        return
    except OSError as error:
        raise CommandFailed(f"{note} cannot be deleted: {error.strerror}") from None


def _noted(account: str, run: str) -> Path | None:
    note = _path(account, run, NOTE)
    try:
        return Path(os.fsdecode(note.read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CommandFailed(f"{note} cannot be read: {error.strerror}") from None


def _require_same(run: str, known: Path, given: Path) -> None:
    if given.resolve() != known.resolve():
        raise CommandFailed(
            f"run {run} has begun with the passwords in {known}, and not in {given}; nothing was sent: leave"
            f" {OPTION} out to go on, or give another --run"
        )


def _can_note() -> bool:
    """Whether there is a folder for state. Who has none names a journal and a file, which must do."""
    try:
        state_folder(OPTION, FOLDER)
    except CommandFailed:
        return False
    return True


def _path(account: str, run: str, ending: str) -> Path:
    return state_path(OPTION) / FOLDER / f"{_name_for(account, run)}{ending}"


def _name_for(account: str, run: str) -> str:
    told = sha256(account.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{quote(run, safe=' ')}-{told}"


def _name_of_today() -> str:
    return f"{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}.txt"  # noqa: DTZ005 - for its reader
