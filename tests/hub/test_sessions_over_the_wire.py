"""One session for processes that call a real service, through their session managers."""

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from aiogandi import AuthenticationError, DataFault, Retry
from aiogandi.clock import Clock
from aiogandi.hub.sessions import SharedSessions
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.redaction import Redactor, Secret
from aiogandi.retries import Repeater
from aiogandi.sandbox import Sandbox
from aiogandi.session.login import Login
from aiogandi.session.manager import SessionManager
from aiogandi.transport.exchange import Transport
from aiogandi.transport.rate import Turns
from aiogandi.transport.request import Request
from tests.waiting import until

LOGIN = "AA1234-GANDI"


@asynccontextmanager
async def process(
    hub, sandbox, *, password="mypassword", lifetime=43200, margin=60, login_pause=60
):
    """The calls of one process: ``await call("vm_list")``. It has a ``manager`` and a ``store``."""
    password, retry, clock = Secret(password), Retry(login_pause=login_pause), Clock()
    events, turns = Emitter(), Turns(None, Emitter())
    transport = Transport(sandbox.url, timeout=5, events=events, redactor=Redactor([password]))
    repeater = Repeater(retry, events, timeout=5)
    hub.store.join()
    manager = SessionManager(
        transport,
        turns,
        Login(
            *(transport, turns, repeater, events),
            login=LOGIN,
            password=password,
            safe=True,
            handle=None,
        ),
        events,
        clock=clock,
        lifetime=lifetime,
        margin=margin,
        backoff=0.01,
        login_pause=login_pause,
        sessions=SharedSessions(
            hub.store,
            login=LOGIN,
            handle=None,
            url=sandbox.url,
            password=password,
            clock=clock,
            lifetime=lifetime,
            login_pause=login_pause,
        ),
    )

    async def call(method="vm_list", **arguments):
        return await manager.call(Request.of(method, arguments))

    call.manager, call.store = manager, hub.store
    try:
        yield call
    finally:
        await manager.close()
        await hub.store.leave()
        await transport.close()


@pytest.fixture
async def begin(make_hub, enter):
    """Begins processes: ``await begin(sandbox, password="old")``."""
    return lambda sandbox, **settings: enter(process(make_hub(), sandbox, **settings))


@pytest.fixture
async def sandbox(enter):
    return await enter(Sandbox())


async def test_eight_processes_log_in_once_and_once_for_each_loss(begin, sandbox):
    calls = [await begin(sandbox) for _ in range(8)]
    for number in range(1, 4):
        await asyncio.gather(*(call() for call in calls for _ in range(20)))
        assert sandbox.calls["login"] == number
        sandbox.expire_sessions()


async def test_a_process_that_came_later_has_no_login(begin, sandbox):
    first = await begin(sandbox)
    await first()
    later = await begin(sandbox)
    await later()
    assert sandbox.calls["login"] == 1
    assert set(later.manager.ids()) == set(first.manager.ids())


async def test_who_is_told_of_a_loss_has_no_call_refused_for_it(begin, sandbox):
    first, other = [await begin(sandbox) for _ in range(2)]
    for call in (first, other):
        await call()
    heard = []
    other.store.hear("session", "", heard.append)
    sandbox.expire_sessions()
    await first()
    await until(lambda: len(heard) == 2)  # the refusal, and the end of the login
    before = sandbox.calls["vm_list"]
    await other()
    assert sandbox.calls["vm_list"] == before + 1
    assert sandbox.calls["login"] == 2


async def test_a_session_is_renewed_once_for_all(begin, sandbox):
    """Each lasts 0.5 s until its renewal: the fourth login is not sent before 1.5 s have gone by."""
    calls = [await begin(sandbox, lifetime=60, margin=59.5) for _ in range(4)]
    began = time.monotonic()

    async def go_on(call):
        while sandbox.calls["login"] < 4:
            await call()
            await asyncio.sleep(0.01)

    await asyncio.wait_for(asyncio.gather(*(go_on(call) for call in calls)), 60)
    assert time.monotonic() - began > 1.4


async def test_a_rotated_password_is_refused_once_and_harms_nobody(begin, sandbox):
    stale = [await begin(sandbox, password="old") for _ in range(4)]
    calls = [await begin(sandbox) for _ in range(2)]
    errors = await asyncio.gather(
        *(call() for call in stale for _ in range(50)), return_exceptions=True
    )
    assert {type(error) for error in errors} == {AuthenticationError}
    assert len({str(error) for error in errors}) == 1
    assert {error.fault.code for error in errors} == {510150}
    assert sandbox.calls == {"login": 1}
    await asyncio.gather(*(call() for call in calls))
    assert sandbox.calls["login"] == 2


async def test_a_session_taken_from_the_store_is_blanked_where_it_is_quoted(begin, sandbox):
    first, other = [await begin(sandbox) for _ in range(2)]
    for call in (first, other):
        await call()
    [session_id] = other.manager.ids()
    sandbox.fault("vm_list", code=530040, message=f"DataError: no {session_id.reveal()}")
    with pytest.raises(DataFault) as told:
        await other()
    assert session_id.reveal() not in str(told.value)


async def test_a_process_that_ends_during_its_login_leaves_it_to_the_others(
    make_hub, begin, sandbox
):
    sandbox.delay("login", seconds=60)
    async with AsyncExitStack() as stack:
        leaving = await stack.enter_async_context(process(make_hub(), sandbox))
        cut = asyncio.create_task(leaving())
        await until(lambda: sandbox.calls["login"] == 1)
        staying = await begin(sandbox)
        call = asyncio.create_task(staying())
        await asyncio.sleep(0.1)
    await asyncio.wait_for(call, 30)
    await asyncio.gather(cut, return_exceptions=True)
    assert sandbox.calls["login"] == 2
