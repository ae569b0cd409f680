"""Who holds what, told by the kernel: POSIX record locks on a file beside the database.

They end with their process, however that ends, and with nothing else: a process that is stopped keeps
them. A child of a fork has none of them, so that one which outlives its parent holds nothing up. (flock,
and locks of open file descriptions, would.) They belong to the process and not to a descriptor: if any
descriptor of the file is closed, all of the process's locks on it are gone. So the file is opened once in
a process, for all journals of that file, and never by anybody else; and what the process holds is noted
here as well, because the kernel would let it lock the same byte again.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import ClassVar, Self

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from aiogandi.errors import JournalError


class LockFile:
    """The locks of this process on one file. Get it with `opened`, give it back with `close`."""

    _open: ClassVar[dict[tuple[int, int], LockFile]] = {}
    _inherited: ClassVar[set[tuple[int, int]]] = set()
    _guard: ClassVar = threading.Lock()

    def __init__(self, descriptor: int, identity: tuple[int, int]) -> None:
        self._descriptor = descriptor
        self._identity = identity
        self._users = 0
        self._held: set[int] = set()

    @classmethod
    def opened(cls, path: Path) -> Self:
        """The one of this process for the file at *path*, which is made where there is none."""
        if fcntl is None:
            raise JournalError(
                "a journal needs POSIX record locks, which this system does not have"
            )
        with cls._guard:
            # Looked up before it is opened: to close a second descriptor would drop all locks.
            found = cls._open.get(_identity(path)) if path.exists() else None
            if found is None:
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                found = cls(descriptor, _identity(path))
                cls._open[found._identity] = found
            found._users += 1
            return found  # type: ignore[return-value]

    @classmethod
    def was_open_at_fork(cls, path: Path) -> bool:
        """Whether this process, or one before it, was forked from one that had the file at *path* open."""
        try:
            return _identity(path) in cls._inherited
        except OSError:
            return False  # it is not there

    @classmethod
    def forked(cls) -> None:
        """This process is a new one, and holds nothing."""
        cls._inherited |= cls._open.keys()
        cls._open = {}
        cls._guard = threading.Lock()  # another thread may have held it at the fork

    def close(self) -> None:
        """Give it back. When the last user has, everything that the process holds is free."""
        with self._guard:
            self._users -= 1
            if not self._users:
                self._held.clear()
                del self._open[self._identity]
                os.close(self._descriptor)

    def take(self, place: int) -> bool:
        """Hold *place*, a byte of the file that need not exist. Return False where it is held already, by
        another process or by this one.
        """
        with self._guard:
            if place in self._held:
                return False
            try:
                fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            except (BlockingIOError, PermissionError):  # POSIX allows either
                return False
            self._held.add(place)
            return True

    def let_go(self, place: int) -> None:
        """Hold it no more. Where it is not held, as after the file was closed, nothing happens."""
        with self._guard:
            if place in self._held:
                self._held.remove(place)
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, place)


def beside(path: Path) -> Path:
    """The file with the locks of the database at *path*."""
    return path.with_name(f"{path.name}-locks")


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=LockFile.forked)
