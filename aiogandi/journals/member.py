"""One client's part in a journal."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Self

from aiogandi.changes.discretion import KnownSecrets
from aiogandi.changes.journal import ClientJournal, Held
from aiogandi.changes.keys import Keys
from aiogandi.changes.ledger import Ledger
from aiogandi.changes.once import Block
from aiogandi.changes.prints import Prints
from aiogandi.changes.recorder import Recorder
from aiogandi.changes.sender import Sender
from aiogandi.journals.journal import Journal, account_of
from aiogandi.redaction import Secret
from aiogandi.settings import Retry


class Member:
    """Lets a client of an account into a journal, with its first changing call.

    A journal that is *owned* is opened and closed with the client.
    """

    def __init__(self, journal: Journal, account: str, password: Secret, *, owned: bool) -> None:
        self.account = account
        self._journal = journal
        self._password = password
        self.secrets = KnownSecrets([password])
        self._owned = owned
        self._within = 0.0
        self._sender: Sender
        self._keys: Keys

    @classmethod
    def of(
        cls,
        journal: Journal | str | os.PathLike[str] | None,
        login: str,
        handle: str | None,
        url: str,
        password: Secret,
    ) -> Self | None:
        """The part of a client with these settings; None where it has no journal."""
        if journal is None:
            return None
        account = account_of(login, handle, url)
        if isinstance(journal, Journal):
            return cls(journal, account, password, owned=False)
        return cls(Journal(journal), account, password, owned=True)

    def recorder(
        self,
        policy: Retry,
        timeout: float,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
    ) -> Callable[[Ledger], Recorder]:
        """What makes the client's books."""
        self._within = policy.within
        return lambda ledger: Recorder(
            self.account, self._enter, self.secrets, ledger, policy, timeout, clock, wall_clock
        )

    def join(self, gandi: object, sender: Sender) -> None:
        """Note the client, whose changing calls *sender* sends."""
        self._sender = sender
        if sender.keys is not None:
            self._keys = sender.keys
        self._journal.add(gandi, self)

    def once(
        self, key: str, run: int = 0, *, waits: bool = True
    ) -> AbstractAsyncContextManager[Block]:
        """The block of a key."""
        return self._keys.once(key, run, waits=waits)

    async def find(self, key: str, run: int) -> Held | None:
        """What is recorded under a key that is concluded."""
        return await self._keys.find(key, run)

    async def close(self, gandi: object) -> None:
        """The client is closed."""
        self._journal.remove(gandi)
        if self._sender.recorder is not None:
            await self._sender.recorder.close()
        if self._owned:
            await self._journal.close()

    async def let_go(self, gandi: object) -> None:
        """The client is closed, and its loop was closed before it."""
        self._journal.remove(gandi)
        if self._owned:
            await self._journal.close()

    async def _enter(self) -> tuple[ClientJournal, Prints]:
        if self._owned and not self._journal.is_open:
            await self._journal.open()
        return await self._journal.enter(self.account, self._password, self._within)
