"""A stub of the service for stories about sessions, told in virtual time."""

import asyncio

import pytest

from aiogandi.clock import Clock
from aiogandi.codec import Params
from aiogandi.faults import fault_for
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.redaction import Secret
from aiogandi.session.manager import SessionManager
from aiogandi.transport.rate import Turns
from aiogandi.transport.request import Request

MOST_LOOKS = 50_000
"""A manager that looks at its clock more often goes in a circle, in which virtual time stands still."""

REFUSED = "DataError: bad credential [session: x]"


class Service:
    """Takes *latency* seconds for a call and *login_time* for a login; refuses what it is told to."""

    def __init__(
        self, *, lifetime=100, margin=20, latency=1, login_time=5, login_pause=60, sessions=None
    ):
        self.latency = latency
        self.login_time = login_time
        self.logins = 0
        self.refused = set()
        self.login_failures = []
        self.sent = []
        self.slept = 0.0
        self.looks = 0  # how often the manager has looked at its clock
        events = Emitter()
        self.turns = Turns(None, events)
        self.manager = SessionManager(
            self,
            self.turns,
            self.login,
            events,
            clock=Clock(self.wall_clock),
            lifetime=lifetime,
            margin=margin,
            backoff=0.5,
            login_pause=login_pause,
            sessions=sessions,
        )

    def wall_clock(self):
        self.looks += 1
        assert self.looks < MOST_LOOKS, "the manager looks at its clock again and again"
        return self.now + self.slept

    async def login(self):
        self.logins += 1
        session = Secret(f"session {self.logins}")
        await asyncio.sleep(self.login_time)
        if self.login_failures and (error := self.login_failures.pop(0)) is not None:
            raise error
        return session

    async def exchange(self, request, session_id, **how):
        session = session_id.reveal()
        self.sent.append(session)
        await asyncio.sleep(self.latency)
        if session in self.refused:
            raise fault_for(510150, REFUSED)
        return session

    async def call(self, method="x", **how):
        """The session id that the call succeeded with."""
        return await self.manager.call(Request(method, Params(""), {}), **how)

    async def call_many(self, number):
        return await asyncio.gather(*(self.call() for _ in range(number)), return_exceptions=True)

    @property
    def now(self):
        return asyncio.get_running_loop().time()


@pytest.fixture
def story(in_virtual_time):
    """Runs a coroutine function with a service of its own, in virtual time."""

    def run(tell, **settings):
        async def told():
            service = Service(**settings)
            try:
                return await tell(service)
            finally:
                await service.manager.close()
                assert len(asyncio.all_tasks()) == 1

        return in_virtual_time(told())

    return run
