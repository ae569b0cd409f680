"""Ctrl-C in two stages: the first lets the command say what goes on, the second leaves at once."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Self

from aiogandi.cli.failures import INTERRUPTED
from aiogandi.cli.terminal.screen import Screen


class Interrupts:
    """What Ctrl-C does while the event loop runs.

    The first one cancels the task that entered this, or calls what it was `handed_to`.
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
        """The first Ctrl-C calls *handler*, which ends the block in its own way."""
        self._handler = handler
        try:
            yield
        finally:
            self._handler = None

    @contextmanager
    def asking(self) -> Iterator[None]:
        """A question blocks the loop: Ctrl-C is an ordinary `KeyboardInterrupt` meanwhile."""
        self._let_go()
        try:
            yield
        finally:
            self._listen()

    def _listen(self) -> None:
        # A loop that cannot do this (Windows) leaves Ctrl-C the `KeyboardInterrupt` that it is.
        with suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._interrupted)

    def _let_go(self) -> None:
        with suppress(NotImplementedError):
            asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)

    def _interrupted(self) -> None:
        if self._seen:
            # The bar may have hidden it, and nobody else comes to bring it back.
            self._screen.err.show_cursor()
            os._exit(INTERRUPTED)
        self._seen = True
        if self._handler is not None:
            self._handler()
        elif self._task is not None:
            self._task.cancel()
