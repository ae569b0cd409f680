"""Serving in a thread, for tests that have no event loop, or whose code blocks the one they have."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from aiogandi.sandbox.books.clock import real_seconds


class Server(Protocol):
    """What serves within ``async with``."""

    async def __aenter__(self) -> object: ...

    async def __aexit__(self, *exc: object) -> None: ...


T = TypeVar("T", bound=Server)


class ServingThread(AbstractContextManager[T]):
    """Gives *server*, which serves meanwhile: it is entered and left on an event loop of its own, in a
    daemon thread of its own.

    Entering returns when *server* has been entered, or raises what prevented it. Leaving returns when
    *server* has been left and the thread has ended, or raises what went wrong in that. Either may happen
    inside of a running event loop, which stands still for these milliseconds.
    """

    def __init__(self, server: T) -> None:
        self._server = server
        self._thread: threading.Thread | None = None
        self._left: Future[None] = Future()
        self._torn: Future[None] = Future()

    def __enter__(self) -> T:
        if self._thread is not None:
            raise RuntimeError("the sandbox is serving in this thread already: leave it first")
        entered: Future[None] = Future()
        self._left, self._torn = Future(), Future()
        futures = entered, self._left, self._torn
        thread = threading.Thread(
            target=self._run, args=futures, name="aiogandi-sandbox", daemon=True
        )
        self._thread = thread
        try:
            thread.start()
            entered.result()
        except BaseException:  # a KeyboardInterrupt while it waits as well
            self.__exit__()
            raise
        return self._server

    def __exit__(self, *exc: object) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            self._left.set_result(None)
            if thread.is_alive():  # it may not have begun: there was no thread to be had
                thread.join()
            if self._torn.done():
                self._torn.result()

    def _run(self, entered: Future[None], left: Future[None], torn: Future[None]) -> None:
        try:
            with asyncio.Runner(loop_factory=_Loop) as runner:
                runner.run(self._serve(entered, left))
        except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits
            (torn if entered.done() else entered).set_exception(error)

    async def _serve(self, entered: Future[None], left: Future[None]) -> None:
        async with self._server:
            entered.set_result(None)
            await asyncio.wrap_future(left)


class _Loop(asyncio.SelectorEventLoop):
    """A loop whose timers go on where a test has frozen the time of all other loops."""

    def time(self) -> float:
        return real_seconds()
