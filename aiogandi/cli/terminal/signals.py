"""What a signal does while the event loop runs: how a command is ended, and how a server is."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final, Self

from aiogandi.cli.exits import HUNG_UP, INTERRUPTED, TERMINATED
from aiogandi.cli.terminal.screen import Screen

ENDING: Final = {"SIGINT": INTERRUPTED, "SIGTERM": TERMINATED, "SIGHUP": HUNG_UP}
"""The signals that end a command, as far as the system has them, with its exit code for each."""


class Interrupts:
    """Ctrl-C in two stages: the first ends the command in good order, the second ends it at once.

    The first Ctrl-C cancels the task that entered this context. Inside `handed_to` it calls a
    handler instead, which can first say what still goes on; with more handlers there are more stages. SIGTERM
    and SIGHUP, which a closed terminal sends, do the same; ``nohup`` still keeps SIGHUP away.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._task: asyncio.Task[object] | None = None
        self._handlers: list[Callable[[int], None]] = []
        self._signals = [
            (number, code)
            for name, code in ENDING.items()
            if (number := getattr(signal, name, None)) is not None
            and (number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN)
        ]
        self.code: int | None = None
        """The exit code for the signal that came first."""

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        self._listen()
        return self

    def __exit__(self, *exc: object) -> None:
        self._let_go()

    @contextmanager
    def handed_to(self, *handlers: Callable[[int], None]) -> Iterator[None]:
        """Let the first signals call these *handlers*, each the next one, with the exit code, to end the block in
        their own way. A signal after them ends the command at once.
        """
        self._handlers = [*handlers]
        try:
            yield
        finally:
            self._handlers = []

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Let Ctrl-C raise `KeyboardInterrupt` while a question is asked.

        A question blocks the event loop, so the loop cannot handle the signal meanwhile.
        """
        self._let_go()
        try:
            yield
        finally:
            self._listen()

    def _listen(self) -> None:
        for number, code in self._signals:
            _call_on(number, partial(self._interrupted, code))

    def _let_go(self) -> None:
        for number, _ in self._signals:
            with suppress(NotImplementedError):  # as in _call_on
                asyncio.get_running_loop().remove_signal_handler(number)

    def _interrupted(self, code: int) -> None:
        if self.code is not None and not self._handlers:
            # The progress bar may have hidden the cursor, and os._exit runs no clean-up.
            self._screen.err.show_cursor()
            os._exit(code)
        if self.code is None:
            self.code = code
        if self._handlers:
            self._handlers.pop(0)(code)
        elif self._task is not None:
            self._task.cancel()


def told_to_end() -> asyncio.Event:
    """Return an event that SIGINT (Ctrl-C) or SIGTERM sets, for a server that runs until then."""
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        _call_on(number, ended.set)
    return ended


def _call_on(number: signal.Signals, handler: Callable[[], object]) -> None:
    # Where the loop handles no signals (Windows), Ctrl-C stays a KeyboardInterrupt.
    with suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(number, handler)
