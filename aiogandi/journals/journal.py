"""`Journal`: what a program opens, and its runs."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, NoReturn, Self, cast
from weakref import WeakKeyDictionary

from aiogandi.changes.journal import ClientJournal, Key
from aiogandi.changes.prints import Prints
from aiogandi.changes.recognition import ids_of, names_of
from aiogandi.changes.storage import Left, Storage
from aiogandi.checks import refusal, require, require_text
from aiogandi.errors import InvalidArgument, JournalError
from aiogandi.home import Home
from aiogandi.journals.damage import understood
from aiogandi.journals.process import process_in_words
from aiogandi.journals.run import Durable, Run
from aiogandi.journals.sqlite.storage import SqliteStorage
from aiogandi.models import OperationDetails
from aiogandi.redaction import Secret


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run: its *name*, when it began (UTC, by this machine's clock), and how many of its items are done,
    failed, and neither.
    """

    name: str
    since: datetime
    done: int
    failed: int
    open: int


class Journal:
    """What changing calls are about to do and have done, in a file that outlives the process.

        async with Journal("runs.db") as journal, Gandi(…, journal=journal) as gandi:
            run = journal.run("release-42")
            async for outcome in bulk(provision, names, run=run): ...

    *path* is a SQLite file, which is made where there is none, with mode 600, and beside it one with the
    same name and ``-locks``. Any number of processes on one machine may use it at the same time, and any
    number of journals of one process. It must not lie on a network file system, where neither locks nor
    SQLite's shared memory work. Symbolic links may lead to it, but no hard ones. A relative path begins
    where the program is when it makes the `Journal`. Other programs may read the file, with SQLite. In a
    process that has it open, nothing but SQLite may open it: whoever closes it there, be it after copying
    it, drops SQLite's locks.

    Before a call leaves, its intent is on the disk. If that cannot be written, the call is not sent, and
    `JournalError` says so. What becomes of it is written down as soon as it is known; should that fail, the
    intent is enough to find out later.

    No password and no session id is in the file, as far as the client has met it: as its own, in a call, or
    under a name that speaks of a password. Failures are written with these blanked, results that have one in
    them are not kept, and a key, a run's name, a hostname or another name that repeats one is
    `InvalidArgument`. Of a text whose place is not documented, as those of a generic call, only 16 bits are
    kept, under the file's salt. A secret that the client has not met as one by then is written like any
    other text.

    *storage* keeps it elsewhere than in a file, as that of `RedisHub.journal` does; *path* is then only what
    errors call it.

    It belongs to one event loop of one process: elsewhere it is `WrongLoop`. A process that is forked while
    the file is open cannot open it, `JournalError`: SQLite would lose what both write. `JournalError` as well
    where the file cannot be made, read or written, is damaged, or is no journal: such a file is left as it
    is.
    """

    def __init__(self, path: str | os.PathLike[str], *, storage: Storage | None = None) -> None:
        require(isinstance(path, str | os.PathLike), "path", path, "the path of a file")
        self._storage = SqliteStorage(path) if storage is None else storage
        self._name = str(os.fspath(path))
        self._home = Home("journal")
        self._is_open = False
        self._clients: WeakKeyDictionary[object, Durable] = WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"<Journal {self._name}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Journal is a file that is open, and neither copied nor pickled: its path is"
        )

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Open the file. `JournalError` tells what is wrong with it."""
        self._home.require()
        if self._is_open:
            raise JournalError(f"{self._name}: the journal is open already")
        self._is_open = True
        try:
            await self._storage.open()
        except BaseException:
            self._leave_home()
            raise

    async def close(self) -> None:
        """Write what is still to be written, and close the file. Closing again does nothing.

        Whatever interrupts this, the file is closed. It belongs into the event loop that has opened the
        journal: elsewhere it is `WrongLoop`, unless that loop was closed.
        """
        if self._is_open and self._home.is_gone():
            self._leave_home()
            self._storage.let_go()
            return
        self.require_home()
        self._leave_home()
        await self._storage.close()

    def _leave_home(self) -> None:
        self._is_open = False
        self._home = Home("journal")  # it may be opened again, in any loop

    @property
    def is_open(self) -> bool:
        """Whether it is open."""
        return self._is_open

    def require_home(self) -> None:
        """`WrongLoop` where this is not the loop, or the process, that has opened it."""
        if self._is_open:
            self._home.require()

    # -- clients -------------------------------------------------------------------------------

    def add(self, gandi: object, client: Durable) -> None:
        """Note a client that is opened with this journal. (`Gandi` does; nobody else needs to.)"""
        self._clients[gandi] = client

    def remove(self, gandi: object) -> None:
        """Note that it is closed."""
        self._clients.pop(gandi, None)

    async def enter(
        self, account: str, password: Secret, within: float
    ) -> tuple[ClientJournal, Prints]:
        """The journal of a client of *account*, and what makes prints of passwords. The client waits *within*
        seconds for what may come back.
        """
        self.require_home()
        journal, salt = await self._storage.enter(account, process_in_words(), within)
        return journal, await self._storage.apart(lambda: Prints(password, salt))

    def _client(self, gandi: object | None) -> Durable:
        if gandi is not None:
            client = self._clients.get(gandi)
            if client is None:
                raise InvalidArgument(
                    f"gandi={gandi!r}: a client that was opened with this journal"
                )
            return client
        clients = list(self._clients.values())
        if len(clients) != 1:
            were = "no client was" if not clients else f"{len(clients)} clients were"
            raise InvalidArgument(
                f"{were} opened with this journal: say with gandi=… which account is meant"
            )
        return clients[0]

    # -- runs ----------------------------------------------------------------------------------

    def run(
        self, name: str, *, key: Callable[[Any], str] = str, gandi: object | None = None
    ) -> Run:
        """A run of the account of *gandi*, or of the only client that was opened with the journal. It begins
        with its first item, and is the same one wherever that is, also inside of `Gandi.once`.

        *key* says what an item is called: a string that is the same when the program is started again,
        and that no other item of the run has.

        With several clients and no *gandi*, or with none, it is `InvalidArgument`, and so is a *name* that
        repeats a password.
        """
        _require_name("name", name)
        require(callable(key), "key", key, "a function of an item")
        return Run(name, key, self._client(gandi), self._storage, self)

    async def runs(self, *, gandi: object | None = None) -> list[RunSummary]:
        """The account's runs that have items, the oldest first."""
        self.require_home()
        found = await self._storage.runs(self._client(gandi).account)
        with understood(self._name, "when a run began"):
            return [
                RunSummary(
                    name,
                    datetime.fromtimestamp(since, UTC),
                    counts.get("concluded", 0),
                    counts.get("failed", 0),
                    counts.get("open", 0),
                )
                for name, since, counts in found
            ]

    async def forget(
        self,
        key: str | Key | None = None,
        *,
        run: str | None = None,
        gandi: object | None = None,
    ) -> int:
        """Forget a key, so that what stands under it runs anew; or a whole run; or one key of a run.

        Returns how many keys were forgotten. One that is held by somebody at the moment is not.
        """
        if key is None and run is None:
            raise InvalidArgument("nothing to forget: give a key, or run=, or both")
        words = None if key is None else _words(key)
        if run is not None:
            _require_name("run", run)
        self.require_home()
        account = self._client(gandi).account
        number = 0 if run is None else await self._storage.find_run(account, run)
        if number is None:
            return 0
        return await self._storage.forget(account, number, words)

    # -- what nobody has concluded -------------------------------------------------------------

    async def left(self, *, gandi: object | None = None) -> list[Left]:
        """What the account's clients have begun, or may have, and nobody has concluded, the oldest first;
        what living clients see to is among it. It is read from the journal alone: `Gandi.recover` looks at
        the service.
        """
        self.require_home()
        return await self._storage.left(self._client(gandi).account)

    async def dismiss(self, number: int, *, gandi: object | None = None) -> None:
        """Say of one of `left` that it did not run, or that nobody minds, as `Pending.dismiss` does.

        Raises `KeyHeld` where a living client sees to it, and `InvalidArgument` where there is no such
        call.
        """
        await self._storage.dismiss(self._client(gandi).account, number)

    async def adopt(
        self, number: int, details: OperationDetails, *, gandi: object | None = None
    ) -> None:
        """Say that this operation is that of one of `left`, as `Pending.adopt` does. Raises what `dismiss`
        does, and `InvalidArgument` where the operation is another call's.
        """
        names, ids = list(names_of(details)), ids_of(details)
        await self._storage.adopt(self._client(gandi).account, number, names, ids)

    async def export(self) -> AsyncIterator[str]:
        """All that is in the journal, of all accounts: a line of JSON for each key and each call. It has no
        password in it that the file has not (see `Journal`).
        """
        self.require_home()
        for each in await self._storage.export():
            yield json.dumps(each)


def account_of(login: str, handle: str | None, url: str) -> str:
    """The account that keys live under."""
    return json.dumps([login, handle, url])


def _words(key: object) -> Key:
    """What a key is called that is to be forgotten."""
    words = (key,) if isinstance(key, str) else key
    holds = (
        isinstance(words, tuple | list) and words and all(isinstance(each, str) for each in words)
    )
    require(bool(holds), "key", key, "a text, or a tuple of them: the outer keys and the inner one")
    return tuple(cast("Sequence[str]", words))


def _require_name(what: str, name: object) -> None:
    try:
        require_text(what, name).encode()
    except UnicodeEncodeError:
        raise refusal(what, name, "a text that has no lone surrogates") from None
