"""One client's part in a hub: what it shares with the clients of other processes."""

from __future__ import annotations

from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from aiogandi.changes.discretion import KnownSecrets
from aiogandi.clock import Clock
from aiogandi.hub.journal.claims import ClaimsMember
from aiogandi.hub.scripts import account_name
from aiogandi.hub.sessions.shared import SharedSessions
from aiogandi.hub.store import Store
from aiogandi.hub.turns.shared import SharedTurns
from aiogandi.hub.watches.shared import SharedWatches
from aiogandi.journals.journal import account_of
from aiogandi.redaction import Secret
from aiogandi.settings import RateLimit


class HubMember:
    """The parts that a client of this account takes in place of its own: ``sessions``; ``turns``, which are
    those of *rate_group*, or of the service's address (None without a rate limit); ``watches``; and ``claims``,
    for a client that has no journal. The rest is as in `RedisHub` and `Gandi`.
    """

    def __init__(
        self,
        store: Store,
        rate_group: str | None,
        alone_share: float,
        *,
        alone: bool,
        login: str,
        handle: str | None,
        url: str,
        password: Secret,
        clock: Clock,
        lifetime: float,
        login_pause: float,
        limit: RateLimit | None,
    ) -> None:
        self._store = store
        self._login = login
        account = account_of(login, handle, url)
        self.sessions = SharedSessions(
            store,
            account,
            password,
            clock=clock,
            lifetime=lifetime,
            login_pause=login_pause,
        )
        group = rate_group or _address_of(url)
        self.turns = None if limit is None else SharedTurns(store, group, limit, alone_share)
        self.watches = SharedWatches(store, account_name(account))
        self.claims = ClaimsMember(store, account, password, alone=alone)

    def join(self, secrets: KnownSecrets) -> None:
        """The client was made, and will be closed. It has met these *secrets*."""
        self.watches.blank_by(secrets.blanked)
        self._store.join()
        self._store.about.setdefault("logins", []).append(self._login)

    async def close(self) -> None:
        """The client is closed."""
        self._store.about["logins"].remove(self._login)
        async with AsyncExitStack() as parts:  # whatever interrupts one, the others are closed, too
            parts.push_async_callback(self._store.leave)
            parts.push_async_callback(self.sessions.close)
            if self.turns is not None:
                parts.push_async_callback(self.turns.close)
            parts.push_async_callback(self.claims.close)

    def let_go(self) -> None:
        """The client is closed, and its loop was closed before it."""
        self.sessions.let_go()
        if self.turns is not None:
            self.turns.lift()
        self.watches.let_go()
        self.claims.let_go()
        self._store.let_go()


def _address_of(url: str) -> str:
    """The service's address, which is what it limits (assumed)."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{(parts.hostname or '').lower()}:{port}"
