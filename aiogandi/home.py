"""Where a client or a journal is at home: one event loop of one process, and nobody else's."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import ClassVar

from aiogandi.errors import WrongLoop


class Home:
    """The event loop that uses a client first. Everything that the client has belongs to this loop and
    to this process: connections, tasks, timers. *what* is what errors call it.

    A second loop would wait for ever for what only the first one can bring, and a forked process would
    write into the connections of the other. So both are told before anything is done.
    """

    __slots__ = ("_forks", "_loop", "_what")

    _forks_so_far: ClassVar[int] = 0
    """How many forks led to this process. Counted, because a call asks for it: to ask the system for
    the process's number takes longer, and a new process may have an old number."""
    _moving_in: ClassVar = threading.Lock()

    def __init__(self, what: str = "client") -> None:
        self._what = what
        self._loop: asyncio.AbstractEventLoop | None = None
        self._forks = 0

    @classmethod
    def forked(cls) -> None:
        """This process is a new one: what was at home in the other is not at home here."""
        cls._forks_so_far += 1
        cls._moving_in = threading.Lock()  # another thread may have held it at the fork

    def require_process(self) -> None:
        """`WrongLoop` where this process was forked from the one that the home is in."""
        if self._loop is not None and self._forks != Home._forks_so_far:
            raise WrongLoop(
                f"the {self._what} is used in a forked process: its connections belong to the process"
                f" that it was used in first. Make a new {self._what} after the fork"
            )

    def require(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Make *loop*, which runs, the home, where there is none yet; `WrongLoop` where it is another.

        Without *loop* it is the one that runs here. To find that is a system call in Python 3.11.
        """
        self.require_process()
        if loop is None:
            loop = asyncio.get_running_loop()
        if self._loop is None:
            with Home._moving_in:
                if self._loop is None:  # else another thread's loop was quicker
                    self._forks = Home._forks_so_far
                    self._loop = loop
        if loop is not self._loop:
            raise WrongLoop(_whose(self._what, self._loop))

    def is_gone(self) -> bool:
        """Whether its loop was closed, in this process, so that nothing in it can go on."""
        loop = self._loop
        return loop is not None and self._forks == Home._forks_so_far and loop.is_closed()


def _whose(what: str, home: asyncio.AbstractEventLoop) -> str:
    """What is told of a client, or *what* else, that is at home in another loop of this process."""
    if home.is_running():
        return (
            f"the {what} is used in another thread: it belongs to the loop that runs it there. Hand its"
            " coroutines to that loop with asyncio.run_coroutine_threadsafe, or make a"
            f" {what} for each loop"
        )
    if home.is_closed():
        return (
            f"the {what} is used in another event loop: the one that it belongs to was closed. Make a"
            f" new {what} in each loop (in each asyncio.run, say); close() lets go of this one"
        )
    return (
        f"the {what} is used in another event loop: the one that it belongs to is not running now. Use"
        f" and close it there, or make a {what} for each loop (pytest-asyncio: give the fixture and the"
        " test the same loop_scope; asyncio_default_fixture_loop_scope sets that of all fixtures)"
    )


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=Home.forked)
