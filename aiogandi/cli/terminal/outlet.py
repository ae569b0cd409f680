"""Stdout and stderr as they may be: closed, full, left by their reader, or without most letters.

None of that is raised where something is printed, because output never ends the work: it is noted, and
the printer asks for it.
"""

import errno
import os
import sys
from contextlib import suppress
from typing import Final, TextIO, cast

_PLAIN: Final = str.maketrans({"…": "...", "─": "-", "━": "-"})
"""For what the command itself prints, where a stream takes ASCII alone."""


class Outlet:
    """One of the two streams, by its *name* in `sys`; it may be closed. rich takes it for a
    file. (While there is a bar, rich puts streams of its own there, which lead back to here.)
    """

    def __init__(self, name: str) -> None:
        self._stream = cast("TextIO | None", getattr(sys, name))
        self.failure: OSError | None = None
        """Why it takes nothing any more."""

    @property
    def encoding(self) -> str:
        """What it is written in."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        with suppress(OSError, ValueError):
            return self._stream is not None and self._stream.isatty()
        return False

    def fileno(self) -> int:
        """Its descriptor; OSError where it has none."""
        if self._stream is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return self._stream.fileno()

    def write(self, text: str) -> int:
        """Print *text* at once, if that is possible: see `failure`. What cannot be encoded is escaped."""
        if self.failure is None:
            try:
                self._write(text)
            except OSError as error:
                self._give_up(error)
            except ValueError:  # somebody has closed it
                self._give_up(OSError(errno.EBADF, os.strerror(errno.EBADF)))
        return len(text)

    def flush(self) -> None:
        """Do nothing: `write` has."""

    def put(self, text: str) -> bool:
        """Print *text*; returns whether that was possible."""
        self.write(text)
        return self.failure is None

    def _write(self, text: str) -> None:
        stream = self._stream
        if stream is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            plain = text.translate(_PLAIN)
            text = plain.encode(self.encoding, "backslashreplace").decode(self.encoding)
        stream.write(text)
        stream.flush()

    def _give_up(self, error: OSError) -> None:
        self.failure = error
        # Python flushes what the stream still holds when the process ends, and would complain then.
        with suppress(OSError, ValueError):
            number = self.fileno()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)


def occupy_closed_streams() -> None:
    """Let no file of ours get the number of a stream that the process was started without: what writes to
    that number would write into it.
    """
    with suppress(OSError):
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(number)
