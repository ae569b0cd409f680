"""One session for the clients of several processes, on the sandbox."""

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from aiogandi import AuthenticationError, DataFault, HubError
from aiogandi.hub.sessions.sealing import Seal
from aiogandi.instrumentation import LoginBegan
from aiogandi.journals.journal import account_of
from aiogandi.redaction import Secret
from aiogandi.sandbox import Sandbox
from tests.waiting import until

CALLER = Path(__file__).with_name("caller.py")


@pytest.fixture
async def begin(make_hub, enter):
    """Begins processes: ``await begin(sandbox, password="old")``."""
    return lambda sandbox, **settings: enter(sandbox.client(hub=make_hub(), **settings))


@pytest.fixture
async def sandbox(enter):
    return await enter(Sandbox())


async def test_eight_processes_log_in_once_and_once_for_each_loss(begin, sandbox):
    clients = [await begin(sandbox) for _ in range(8)]
    for number in range(1, 4):
        await asyncio.gather(*(gandi.vm_list() for gandi in clients for _ in range(20)))
        assert sandbox.calls["login"] == number
        sandbox.expire_sessions()


async def test_a_process_that_came_later_has_no_login(begin, sandbox):
    first = await begin(sandbox)
    await first.vm_list()
    events = []
    later = await begin(sandbox, on_event=events.append)
    await later.vm_list()
    assert sandbox.calls["login"] == 1
    assert not [event for event in events if isinstance(event, LoginBegan)]


async def test_who_is_told_of_a_loss_has_no_call_refused_for_it(make_hub, enter, sandbox):
    hub = make_hub()
    first = await enter(sandbox.client(hub=make_hub()))
    other = await enter(sandbox.client(hub=hub))
    for gandi in (first, other):
        await gandi.vm_list()
    heard = []
    hub.store.hear("session", "", heard.append)
    sandbox.expire_sessions()
    await first.vm_list()
    await until(lambda: len(heard) == 2)  # the refusal, and the end of the login
    before = sandbox.calls["vm_list"]
    await other.vm_list()
    assert sandbox.calls["vm_list"] == before + 1
    assert sandbox.calls["login"] == 2


async def test_a_session_is_renewed_once_for_all(begin, sandbox):
    """Each lasts 0.5 s until its renewal: the fourth login is not sent before 1.5 s have gone by."""
    clients = [await begin(sandbox, session_lifetime=60, renew_margin=59.5) for _ in range(4)]
    began = time.monotonic()

    async def go_on(gandi):
        while sandbox.calls["login"] < 4:
            await gandi.vm_list()
            await asyncio.sleep(0.01)

    await asyncio.wait_for(asyncio.gather(*(go_on(gandi) for gandi in clients)), 60)
    assert time.monotonic() - began > 1.4


async def test_a_rotated_password_is_refused_once_and_harms_nobody(begin, sandbox):
    stale = [await begin(sandbox, password="old") for _ in range(4)]
    clients = [await begin(sandbox) for _ in range(2)]
    errors = await asyncio.gather(
        *(gandi.vm_list() for gandi in stale for _ in range(50)), return_exceptions=True
    )
    assert {type(error) for error in errors} == {AuthenticationError}
    assert len({str(error) for error in errors}) == 1
    assert {error.fault.code for error in errors} == {510150}
    assert sandbox.calls == {"login": 1}
    await asyncio.gather(*(gandi.vm_list() for gandi in clients))
    assert sandbox.calls["login"] == 2


async def test_a_session_taken_from_the_store_is_blanked_where_it_is_quoted(
    make_hub, enter, sandbox
):
    hub = make_hub()
    first = await enter(sandbox.client(hub=make_hub()))
    other = await enter(sandbox.client(hub=hub))
    for gandi in (first, other):
        await gandi.vm_list()
    session_id = await session_in(hub.store, sandbox)
    assert sandbox.execute("vm_list", session_id) == []
    sandbox.fault("vm_list", code=530040, message=f"DataError: no {session_id}")
    with pytest.raises(DataFault) as told:
        await other.vm_list()
    assert session_id not in str(told.value)


async def session_in(store, sandbox):
    """What who knows the password reads in the store."""
    seal = Seal(Secret("mypassword"), store.salt)
    about = seal.fingerprint(account_of("AA1234-GANDI", None, sandbox.url))
    mark, sealed = await store.command("HMGET", f"{store.prefix}:session:{about}", "mark", "sealed")
    return seal.decrypt(sealed, f"{about} {mark.decode()}").reveal()


async def test_a_process_that_ends_during_its_login_leaves_it_to_the_others(
    make_hub, begin, sandbox
):
    sandbox.delay("login", seconds=60)
    async with AsyncExitStack() as stack:
        leaving = await stack.enter_async_context(sandbox.client(hub=make_hub()))
        cut = asyncio.create_task(leaving.vm_list())
        await until(lambda: sandbox.calls["login"] == 1)
        staying = await begin(sandbox)
        call = asyncio.create_task(staying.vm_list())
        await asyncio.sleep(0.1)
    await asyncio.wait_for(call, 30)
    await asyncio.gather(cut, return_exceptions=True)
    assert sandbox.calls["login"] == 2


async def test_a_process_that_is_killed_during_its_login_is_replaced_within_the_lease(
    shared_store, prefix, begin, sandbox
):
    sandbox.delay("login", seconds=60)
    words = sandbox.url, shared_store, prefix, "1"
    killed = await asyncio.create_subprocess_exec(sys.executable, str(CALLER), *words)
    try:
        await until(lambda: sandbox.calls["login"] == 1)
    finally:
        killed.kill()
        await killed.wait()
    staying = await begin(sandbox)
    began = time.monotonic()
    await staying.vm_list()
    assert time.monotonic() - began < 1 + 4  # a loaded machine
    assert sandbox.calls["login"] == 2


async def test_two_clients_of_one_hub_have_one_session(make_hub, enter, sandbox):
    hub = make_hub()
    clients = [await enter(sandbox.client(hub=hub)) for _ in range(2)]
    await asyncio.gather(*(gandi.vm_list() for gandi in clients))
    assert sandbox.calls["login"] == 1


async def test_a_call_of_a_client_whose_hub_is_of_another_release_says_so(make_hub, enter, sandbox):
    hub = make_hub()
    async with sandbox.client(hub=hub) as gandi:
        await gandi.vm_list()
        await hub.store.command("HSET", f"{hub.store.prefix}:about", "format", 99)
        newer = await enter(sandbox.client(hub=make_hub()))
        with pytest.raises(HubError, match="format 99"):
            await newer.vm_list()
