"""What is logged, printed on stderr: one line for a command's user, or lines with the time for a service's."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiogandi.cli.terminal.screen import Screen

OURS: Final = "aiogandi"
"""The logger of all that the client logs."""


class _Printed(logging.Handler):
    """Prints the client's warnings, each as a line of the command's own."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(logging.WARNING)
        self.screen = screen

    def emit(self, record: logging.LogRecord) -> None:
        self.screen.problem(f"warning: {record.getMessage()}")


class _PrintedWithTime(_Printed):
    """Prints what is logged with its time and all its lines."""

    def emit(self, record: logging.LogRecord) -> None:
        for line in self.format(record).splitlines():
            self.screen.line(line)


@contextmanager
def warnings_on(screen: Screen) -> Iterator[None]:
    """Print the client's warnings, for example that an operation may have run twice."""
    handler, logger = _Printed(screen), logging.getLogger(OURS)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


@contextmanager
def log_on(screen: Screen, form: str, *, verbose: bool) -> Iterator[None]:
    """Print what anybody logs, from WARNING on and if *verbose* from INFO on what the client does, in this *form*: for a
    service's log. A program that has said what is done with its log has that done, and nothing else is printed.
    """
    ours, everything = logging.getLogger(OURS), logging.getLogger()
    before, level = [*ours.handlers], ours.level
    for each in before:
        if isinstance(each, _Printed):
            ours.removeHandler(each)
    handler = _PrintedWithTime(screen)
    handler.setLevel(logging.NOTSET)
    handler.setFormatter(logging.Formatter(form))
    if is_ours := not everything.handlers:
        everything.addHandler(handler)
    if verbose:
        ours.setLevel(logging.INFO)
    try:
        yield
    finally:
        ours.setLevel(level)
        if is_ours:
            everything.removeHandler(handler)
        for each in before:
            if each not in ours.handlers:
                ours.addHandler(each)
