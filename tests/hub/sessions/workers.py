"""Processes that share sessions, and a service that counts their logins."""

import asyncio
from contextlib import asynccontextmanager

from aiogandi.clock import Clock
from aiogandi.hub.sessions.sealing import Seal
from aiogandi.hub.sessions.shared import SharedSessions
from aiogandi.journals.journal import account_of
from aiogandi.redaction import Secret


class Service:
    """Makes session ids, each in *takes* seconds; ``failures`` are what logins meet instead. None ends while
    ``gate`` is closed.
    """

    def __init__(self, takes=0.0):
        self.takes = takes
        self.logins = 0
        self.failures = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def log_in(self):
        self.logins += 1
        number = self.logins
        failure = self.failures.pop(0) if self.failures else None
        await asyncio.sleep(self.takes)
        await self.gate.wait()
        if failure is not None:
            raise failure
        return Secret(f"session {number}")


class Worker:
    """One process: a store of its own, and sessions."""

    def __init__(self, hub, service, **settings):
        self.store = hub.store
        self.service = service
        names = {"login": "AA1", "handle": None, "url": "https://x"}
        self.account = account_of(*(settings.pop(name, each) for name, each in names.items()))
        self.password = settings.pop("password", "mypassword")
        self.dropped = []
        self.sessions = SharedSessions(
            self.store,
            self.account,
            Secret(self.password),
            clock=Clock(),
            **{"lifetime": 1000, "login_pause": 60, **settings},
        )
        self.sessions.tell_of_refusals(self.dropped.append)

    async def obtain(self, instead_of=None, *, refused=False):
        return await self.sessions.obtain(self.service.log_in, instead_of, refused=refused)

    async def seal(self):
        await self.store.begun()
        return Seal(Secret(self.password), self.store.salt)

    async def about(self):
        """The name of what is kept for it in the store."""
        seal = await self.seal()
        return seal.fingerprint(self.account)

    async def mark(self, session_id):
        return (await self.seal()).mark(session_id)


@asynccontextmanager
async def several():
    """Makes workers: ``await make(hub, service)``. All are closed in the end."""
    workers = []

    async def make(hub, service, **settings):
        workers.append(Worker(hub, service, **settings))
        workers[-1].store.join()
        return workers[-1]

    try:
        yield make
    finally:
        for worker in workers:
            await worker.sessions.close()
            await worker.store.leave()
