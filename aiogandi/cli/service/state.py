"""What the command keeps between two of its runs, in the platform's folder for state.

That is ``~/.local/state/aiogandi`` on Linux. Nobody but its owner can look into it.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import platformdirs

from aiogandi.cli.exits import CommandFailed, WrongUse

JOURNAL: Final = "journal.db"
INSTEAD: Final = "--journal FILE"
"""What names another place for it."""


@dataclass(frozen=True, slots=True)
class Record:
    """Where a command writes down what it does: the *journal* (None: that of ``GANDI_JOURNAL``, else
    the one in the folder for state), and the *run* that it belongs to. None for a command that looks into the journal alone.
    """

    run: str | None = None
    journal: Path | None = None

    @classmethod
    def of(cls, run: str | None, journal: Path | None) -> Record | None:
        """Return what ``--run`` and ``--journal`` ask for; None where nothing is written down. Raises
        `WrongUse` for a journal without a run.
        """
        if run is None:
            if journal is not None:
                raise WrongUse(
                    "--journal says where the run is written down: give --run NAME as well"
                )
            return None
        if not run.strip():
            raise WrongUse("--run needs a name")
        return cls(run, journal)

    def file(self) -> Path | None:
        """Return the file of the journal. For a run, its folder is made; where one looks into it alone,
        nothing is, and None means that there is none: nothing was written down yet.

        Raises `CommandFailed` where the user names a journal to look into that is not there.
        """
        journal = self.journal or _from_environment()
        if self.run is not None:
            return journal or state_folder(INSTEAD) / JOURNAL
        file = journal or state_path(INSTEAD) / JOURNAL
        if is_there(file):
            return file
        if self.journal is not None:
            raise CommandFailed(f"{file}: there is no such journal")
        return None

    def require_no_file(self) -> None:
        """Raise `WrongUse` where a file is named, although the command has a hub, which has the journal."""
        named = "--journal" if self.journal is not None else "GANDI_JOURNAL"
        if self.journal is not None or _from_environment() is not None:
            raise WrongUse(
                f"{named} and a hub exclude each other: with a hub, what is done is written down there"
            )


def _from_environment() -> Path | None:
    """The journal that ``GANDI_JOURNAL`` names. It is no wish for a run, as ``--journal`` is."""
    from aiogandi.settings import from_environment  # noqa: PLC0415 - help and wrong use do without it

    file = from_environment().get("journal")
    return None if file is None else Path(file)


def is_there(file: Path) -> bool:
    """Return whether there is such a file. Raises `CommandFailed` where nobody can tell."""
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}") from None
    return True


def state_folder(instead: str, *below: str) -> Path:
    """Return the folder for state, or one *below* it, which is made where it is not there.

    Raises `CommandFailed` where that cannot be; *instead* is the option that names another place.
    """
    folder = state_path(instead)
    try:
        for each in (folder, *(folder.joinpath(*below[: n + 1]) for n in range(len(below)))):
            each.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
            _keep_private(each)
    except OSError as error:
        raise CommandFailed(
            f"{folder} cannot be made: {error.strerror}; {instead} names another place"
        ) from None
    return folder.joinpath(*below)


def state_path(instead: str) -> Path:
    """Return the folder for state, which need not be there; *instead* as in `state_folder`."""
    try:
        folder = Path(platformdirs.user_state_dir("aiogandi", appauthor=False))
    except RuntimeError:
        folder = Path()
    # Some versions of platformdirs return "~/.local/state" for a user whose home nobody knows.
    if not folder.is_absolute():
        raise CommandFailed(f"nobody knows where your home is: give {instead}")
    return folder


def keep_report(text: str) -> None:
    """Keep a report that neither stdout nor stderr has taken, as far as that is possible."""
    with suppress(CommandFailed, OSError):
        name = f"{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}.txt"  # noqa: DTZ005 - for its reader
        file = state_folder("", "reports") / name
        file.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
        with file.open("w", encoding="utf-8", errors="backslashreplace") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())


def _keep_private(folder: Path) -> None:
    if os.name == "posix" and folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        folder.chmod(stat.S_IRWXU)
