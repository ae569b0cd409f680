"""The one thread that works on the database, for an event loop that never waits for the disk.

Whatever comes while a transaction is written goes into the next one, all together: to make a commit
durable takes the disk as long for a thousand rows as for one. What nobody waits for does not even begin
one: it goes along with what comes next.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from aiogandi.errors import JournalError
from aiogandi.journals.sqlite.failures import failure

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Any]
Entry = tuple[Work, asyncio.Future[Any]]
"""Some work, and what waits for it."""
Outcome = tuple[asyncio.Future[Any], Any, BaseException | None]

AT_ONCE: Final = 1000
"""Pieces of work in one transaction at most."""

IN_A_STEP: Final = 32
"""Results that are handed over in one step of the loop."""

LATER: Final = 0.05
"""Seconds for which what nobody waits for may wait for company."""


class Writer:
    """Does work on a connection, in its order, in transactions.

    *connect* makes the connection, in the thread. *name* is what errors call the database.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], name: str) -> None:
        self._connect = connect
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._works: deque[Entry] = deque()
        self._bell: SimpleQueue[bool] = SimpleQueue()  # True: work is there; False: no more comes
        self._rings_soon = False
        self._rings_later: asyncio.TimerHandle | None = None
        self._due = 0  # how much of the work was there when the bell was rung
        self._outcomes: deque[Outcome] = deque()
        self._is_telling = False
        self._thread = threading.Thread(target=self._run, name=f"journal {name}", daemon=True)
        self._is_open = False

    async def open(self) -> None:
        """Start the thread and connect."""
        self._is_open = True
        self._thread.start()
        try:
            await asyncio.shield(self.submit(_nothing))
        except BaseException:
            await self.close()
            raise

    def submit(
        self, work: Callable[[sqlite3.Connection], Result], *, waits: bool = False
    ) -> asyncio.Future[Result]:
        """Do *work* in a transaction, with others. When the future has its result, that is durable. Work
        that *waits* begins no transaction for a moment: it goes along with the next one.

        `JournalError` where the database cannot be read or written: then nothing of the transaction is in
        it.
        """
        future: asyncio.Future[Result] = self._loop.create_future()
        if not self._is_open:
            future.set_exception(JournalError(f"{self._name}: the journal is closed"))
            return future
        self._works.append((work, future))
        if waits:
            if self._rings_later is None:
                self._rings_later = self._loop.call_later(LATER, self._ring)
        elif not self._rings_soon:
            # Not at once: what else the loop is about to submit comes along.
            self._rings_soon = True
            self._loop.call_soon(self._ring)
        return future

    def _ring(self) -> None:
        self._rings_soon = False
        if self._rings_later is not None:
            self._rings_later.cancel()
            self._rings_later = None
        self._bell.put(True)

    async def close(self) -> None:
        """Do what was submitted, and end the thread, whatever interrupts that."""
        if not self._is_open:
            return
        ended = self.submit(_nothing)
        self._is_open = False
        self._ring()
        self._bell.put(False)
        interrupted: asyncio.CancelledError | None = None
        while not ended.done():
            try:
                await asyncio.wait([ended])
            except asyncio.CancelledError as error:
                interrupted = error
        ended.exception()
        self._thread.join()
        if interrupted is not None:
            raise interrupted

    def let_go(self) -> None:
        """Do what was submitted, and end the thread, where its loop was closed."""
        self._is_open = False
        self._bell.put(True)  # for what nobody has rung for
        self._bell.put(False)
        self._thread.join()

    # -- in the thread -------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            connection = self._connect()
        except BaseException as error:  # noqa: BLE001 - whoever opens it is told
            self._refuse_all(failure(self._name, error))
            return
        try:
            while (batch := self._next()) is not None:
                self._carry_out(connection, batch)
        finally:
            connection.close()

    def _next(self) -> list[Entry] | None:
        """All that has come, or what comes next; None where nothing comes any more."""
        while not self._due:
            if not self._bell.get():
                return None
            self._due = len(self._works)
        number = min(self._due, AT_ONCE)
        self._due -= number
        return [self._works.popleft() for _ in range(number)]

    def _carry_out(self, connection: sqlite3.Connection, batch: list[Entry]) -> None:
        try:
            results = in_a_transaction(connection, [work for work, _ in batch])
        except Exception as error:  # noqa: BLE001 - whoever submitted it is told
            if len(batch) > 1:  # it may be the fault of one of them
                for each in batch:
                    self._carry_out(connection, [each])
                return
            told = failure(self._name, error)
            self._hand_over([(future, None, told) for _, future in batch])
            return
        outcomes = zip(batch, results, strict=True)
        self._hand_over([(future, result, None) for (_, future), result in outcomes])

    def _refuse_all(self, error: BaseException) -> None:
        while (batch := self._next()) is not None:
            self._hand_over([(future, None, error) for _, future in batch])

    def _hand_over(self, outcomes: list[Outcome]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._settle, outcomes)
        except RuntimeError:
            return  # the loop was closed, and nobody waits in it any more

    # -- in the loop ---------------------------------------------------------------------------

    def _settle(self, outcomes: list[Outcome]) -> None:
        self._outcomes.extend(outcomes)
        if not self._is_telling:
            self._is_telling = True
            self._tell_some()

    def _tell_some(self) -> None:
        """Tell who waits, a few in each step of the loop and in their order: each goes on in the next."""
        for _ in range(min(IN_A_STEP, len(self._outcomes))):
            future, result, error = self._outcomes.popleft()
            if future.done():
                continue  # whoever waited was cancelled
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
        self._is_telling = bool(self._outcomes)
        if self._is_telling:
            self._loop.call_soon(self._tell_some)


def in_a_transaction(connection: sqlite3.Connection, works: list[Work]) -> list[Any]:
    """What each of *works* returns. All of them are done, or nothing is."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        results = [work(connection) for work in works]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results


def _nothing(connection: sqlite3.Connection) -> None:
    del connection
