"""One client's part in the claims that clients of an account share who have no journal."""

from __future__ import annotations

from collections.abc import Callable

from aiogandi.changes.discretion import KnownSecrets
from aiogandi.changes.journal import ClientJournal
from aiogandi.changes.ledger import Ledger
from aiogandi.changes.prints import Prints
from aiogandi.changes.recorder import Recorder
from aiogandi.hub.journal.storage import HubStorage
from aiogandi.hub.store import Store
from aiogandi.journals.process import process_in_words
from aiogandi.redaction import Secret
from aiogandi.settings import Retry


class ClaimsMember:
    """Lets a client of *account* (see `account_of`) into the claims, with its first changing call. *alone* says whether
    its calls go on while *store* is away.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        password: Secret,
        *,
        alone: bool,
    ) -> None:
        self._storage = HubStorage(store, brief=True, alone=alone)
        self._account = account
        self._password = password
        self._within = 0.0
        self.secrets = KnownSecrets([password])
        self._recorder: Recorder | None = None

    def recorder(
        self,
        policy: Retry,
        timeout: float,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
    ) -> Callable[[Ledger], Recorder]:
        """Return what makes the client's `Recorder`, as its `Ledger` is made."""
        self._within = policy.within

        def make(ledger: Ledger) -> Recorder:
            self._recorder = Recorder(
                *(self._account, self._enter, self.secrets, ledger, policy, timeout),
                *(clock, wall_clock),
            )
            return self._recorder

        return make

    async def close(self) -> None:
        """The client is closed. It must be before the client's part in the store is."""
        if self._recorder is not None:
            await self._recorder.close()

    def let_go(self) -> None:
        """The client is closed, and its loop was closed before it."""
        self._storage.let_go()

    async def _enter(self) -> tuple[ClientJournal, Prints]:
        journal, salt = await self._storage.enter(self._account, process_in_words(), self._within)
        return journal, await self._storage.apart(lambda: Prints(self._password, salt))
