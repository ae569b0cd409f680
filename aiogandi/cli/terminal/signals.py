"""What a signal does while the event loop runs: Ctrl-C for commands, and how a server is ended."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Self

from aiogandi.cli.exits import INTERRUPTED
from aiogandi.cli.terminal.screen import Screen


class Interrupts:
    """Ctrl-C in two stages: the first ends the command in good order, the second ends it at once.

    The first Ctrl-C cancels the task that entered this context. Inside `handed_to` it calls a
    handler instead, which can first say what still goes on.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._task: asyncio.Task[object] | None = None
        self._handler: Callable[[], None] | None = None
        self._seen = False

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        self._listen()
        return self

    def __exit__(self, *exc: object) -> None:
        self._let_go()

    @contextmanager
    def handed_to(self, handler: Callable[[], None]) -> Iterator[None]:
        """Let the first Ctrl-C call *handler*, which ends the block in its own way."""
        self._handler = handler
        try:
            yield
        finally:
            self._handler = None

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
        _call_on(signal.SIGINT, self._interrupted)

    def _let_go(self) -> None:
        with suppress(NotImplementedError):  # as in _call_on
            asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)

    def _interrupted(self) -> None:
        if self._seen:
            # The progress bar may have hidden the cursor, and os._exit runs no clean-up.
            self._screen.err.show_cursor()
            os._exit(INTERRUPTED)
        self._seen = True
        if self._handler is not None:
            self._handler()
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
