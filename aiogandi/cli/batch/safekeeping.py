"""Generated passwords, on the disk before any server is created with them.

A file has a line for each server, its name and its password, and none but its owner may read it. A server
that has its password in the file gets that one: so a run that goes on uses the same ones as before. A run keeps to
the file that it began with, see `places`: another one would get passwords that no server has.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from aiogandi.cli.exits import CommandFailed, WrongUse

OPTION = "--save-passwords FILE"


class PasswordFile:
    """The passwords of servers, in the file at *path*, which need not be there."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()  # the file that a link points to is replaced, not the link

    def fill(
        self,
        hostnames: Sequence[str],
        generate: Callable[[], str],
        begun: Collection[str] = (),
    ) -> dict[str, str]:
        """Return the password of each server, and write down those that are generated now.

        Those that are *begun* have theirs already, and get no other. Raises `CommandFailed` where the file
        has not got it, or passwords cannot be written: then no server may be created with them. `WrongUse`
        for a file that others can read, and for what is none.
        """
        try:
            with alone(self.path.parent):
                text = self._read()
                known = dict(_lines(text))
                if lost := [name for name in hostnames if name in begun and name not in known]:
                    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
                    raise CommandFailed(
                        f"{self.path} has no password of {', '.join(lost[:3])}{more}, which this run has"
                        " begun with one; nothing was sent: bring the file back, or give the run's line as"
                        " it was (aiogandi run forget lets a run begin anew)"
                    )
                new = {name: generate() for name in hostnames if name not in known}
                if new:
                    self._write(text, [f"{name}\t{password}" for name, password in new.items()])
        except OSError as error:
            raise CommandFailed(
                f"passwords cannot be saved in {self.path}: {error.strerror}; nothing was created"
                f" ({OPTION} names another place)"
            ) from None
        return {name: (known | new)[name] for name in hostnames}

    def note(self, report: str) -> None:
        """Add a report that nobody could be shown, as remarks."""
        with suppress(OSError), alone(self.path.parent):
            self._write(self._read(), [f"# {line}" for line in report.splitlines()])

    def has(self, hostnames: Collection[str]) -> bool:
        """Return whether the file has a password of one of these servers."""
        try:
            return any(name in hostnames for name, _ in _lines(self._read()))
        except (OSError, WrongUse):
            return True  # nobody can tell

    def names(self) -> list[str]:
        """Return the servers that have their passwords in the file, as far as that can be read."""
        with suppress(OSError, WrongUse):
            return [name for name, _ in _lines(self._read())]
        return []

    def drop(self, hostnames: Collection[str]) -> None:
        """Delete the passwords of these servers, and the file with the last password.

        Raises `CommandFailed` where that cannot be.
        """
        try:
            with alone(self.path.parent):
                text = self._read()
                kept = [line for line in text.splitlines() if _name_in(line) not in hostnames]
                if any(map(_name_in, kept)):
                    self._write("", kept)
                else:
                    self.path.unlink()
        except OSError as error:
            raise CommandFailed(
                f"passwords cannot be deleted from {self.path}: {error.strerror}"
            ) from None

    def _read(self) -> str:
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):
                # A device would be replaced by a file, and a pipe keeps nothing.
                raise WrongUse(f"{self.path} is no file, and cannot keep passwords")
            with self.path.open("r", encoding="utf-8", errors="surrogateescape") as file:
                mode = os.fstat(file.fileno()).st_mode
                if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise WrongUse(
                        f"{self.path} is refused because others can read or change it"
                        f" (mode {stat.S_IMODE(mode):o}): chmod 600 {self.path}"
                    )
                return file.read()
        except FileNotFoundError:
            return ""

    def _write(self, text: str, lines: Sequence[str]) -> None:
        """Put a file with *text* and these *lines* in the place of the old one."""
        if text and not text.endswith("\n"):
            text += "\n"
        put(self.path, text + "".join(f"{line}\n" for line in lines))


def put(path: Path, text: str) -> None:
    """Put a file of mode 600 with this text there, on the disk: all of it, or nothing."""
    number, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # of mode 600
    try:
        with os.fdopen(number, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise
    with _opened(path.parent) as descriptor:
        if descriptor is not None:
            os.fsync(descriptor)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let no other command read or write there meanwhile, which would generate passwords of its own."""
    with _opened(folder) as descriptor:
        if descriptor is not None:
            from fcntl import LOCK_EX, flock  # noqa: PLC0415 - Windows has no such module

            flock(descriptor, LOCK_EX)
        yield


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if (name := _name_in(line)) is not None:
            yield name, line.partition("\t")[2]


def _name_in(line: str) -> str | None:
    """The server whose password a line holds; None for another line."""
    name, _, password = line.partition("\t")
    return None if line.startswith("#") or not password else name


@contextmanager
def _opened(folder: Path) -> Iterator[int | None]:
    """The folder's descriptor, where the system has such a thing. Windows has neither that nor locks."""
    if os.name != "posix":
        yield None
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
