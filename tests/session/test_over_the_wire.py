"""One session for all the calls of a client, on the sandbox. Where time matters it is virtual."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from aiogandi import ClientClosed, DataFault, RateLimit, Retry, SessionExpired
from aiogandi.instrumentation import CallerGone
from aiogandi.sandbox import Sandbox
from aiogandi.session.session import MAX_UNPROVEN
from tests.waiting import until

REFUSED = "DataError: bad credential [session: x]"


async def test_a_thousand_tasks_log_in_once_over_the_wire(gandi_sandbox, gandi):
    assert await asyncio.gather(*(gandi.vm_list() for _ in range(1000))) == [[]] * 1000
    assert gandi_sandbox.calls == {"login": 1, "vm_list": 1000}
    gandi_sandbox.expire_sessions()
    await asyncio.gather(*(gandi.vm_list() for _ in range(1000)))
    assert gandi_sandbox.calls["login"] == 2


async def test_a_session_that_ended_on_the_service_alone_is_replaced():
    async with Sandbox(session_lifetime=60) as sandbox, sandbox.client() as gandi:
        await gandi.vm_list()
        sandbox.advance(61)
        await gandi.vm_list()
        assert sandbox.calls["login"] == 2


async def test_a_changing_call_whose_session_is_refused_runs_once(gandi_sandbox, gandi):
    await gandi.vm_list()
    gandi_sandbox.expire_sessions()
    await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
    assert len(gandi_sandbox.vms) == 1


async def test_a_changing_call_that_was_refused_with_its_session_leaves_nothing(gandi_sandbox):
    events = []
    async with gandi_sandbox.client(on_event=events.append) as gandi:
        await gandi.vm_list()
        gandi_sandbox.expire_sessions()
        gandi_sandbox.delay("login", seconds=60)
        call = asyncio.create_task(gandi.vm_create("web", "s3cret-pw", 111, 1, 1))
        await until(lambda: gandi_sandbox.calls["login"] == 2)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert not [event for event in events if isinstance(event, CallerGone)]
    assert gandi_sandbox.vms == []


REFUSALS = [
    (510150, REFUSED),
    (510150, "DataError: bad credential"),
    (500240, "DataError: not found"),
    (500250, "DataError: no right"),
    (500249, "DataError: expired [session_id: x]"),
    (501220, "DataError: malformed [session_id: x]"),
    (530240, REFUSED),
]


@pytest.mark.parametrize(("code", "message"), REFUSALS)
async def test_a_changing_call_that_is_refused_with_its_session_runs_once(
    gandi_sandbox, gandi, code, message
):
    await gandi.vm_list()
    gandi_sandbox.fault("vm_create", code=code, message=message)
    await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
    assert (gandi_sandbox.calls["login"], gandi_sandbox.calls["vm_create"]) == (2, 2)
    assert (len(gandi_sandbox.vms), gandi.stats.reconciled) == (1, 0)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (510150, "DataError: bad credential [vm_id: 5]"),
        (530250, "DataError: no right"),
        (530241, "DataError: it exists already [hostname: web]"),
    ],
)
async def test_a_call_that_is_refused_for_itself_costs_no_login(
    gandi_sandbox, gandi, code, message
):
    gandi_sandbox.fault("vm_create", code=code, message=message)
    with pytest.raises(DataFault) as caught:
        await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
    assert caught.value.code == code
    assert not isinstance(caught.value, SessionExpired)
    assert (gandi_sandbox.calls["login"], gandi_sandbox.calls["vm_create"]) == (1, 1)
    assert (gandi_sandbox.vms, gandi.pending()) == ([], [])


@pytest.mark.parametrize(("code", "message"), REFUSALS)
def test_a_session_that_the_service_never_takes_is_told(in_virtual_time, code, message):
    async def story():
        async with Sandbox() as sandbox, sandbox.client() as gandi:
            sandbox.fault("vm_list", code=code, message=message, times=MAX_UNPROVEN)
            with pytest.raises(SessionExpired) as caught:
                await gandi.vm_list()
            assert isinstance(caught.value, DataFault)
            assert sandbox.calls == {"login": MAX_UNPROVEN, "vm_list": MAX_UNPROVEN}
            assert await gandi.vm_list() == []

    in_virtual_time(story())


@asynccontextmanager
async def calls_in_line(**settings):
    """A sandbox with a client that has a session, and a thousand calls that wait for their turn."""
    async with (
        Sandbox() as sandbox,
        sandbox.client(rate_limit=RateLimit(101, per=1.0), **settings) as gandi,
    ):
        await gandi.vm_list()
        calls = [asyncio.create_task(gandi.vm_list()) for _ in range(1000)]
        await asyncio.sleep(0.03)
        yield sandbox
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)


async def second_login(sandbox):
    await until(lambda: sandbox.calls["login"] >= 2, within=5)


def test_a_call_in_line_does_not_delay_the_login_that_it_waits_for(in_virtual_time):
    """The queue of a thousand calls would take ten seconds to find out that there is no session."""

    async def story():
        async with calls_in_line() as sandbox:
            sandbox.expire_sessions()
            before = sandbox.calls["vm_list"]
            await second_login(sandbox)
            assert sandbox.calls["vm_list"] - before < 10

    in_virtual_time(story())


def test_a_renewal_does_not_wait_in_line_with_the_calls(in_virtual_time):
    async def story():
        async with calls_in_line(session_lifetime=1000, renew_margin=999.8) as sandbox:
            assert sandbox.calls["login"] == 1
            await second_login(sandbox)

    in_virtual_time(story())


STATES = ["logging in", "in line", "reading a reply", "waiting to try again", "held by a 429"]


@pytest.mark.parametrize("state", STATES)
def test_closing_wakes_every_call_in_any_state(in_virtual_time, state):
    async def story():
        async with Sandbox() as sandbox:
            gandi = sandbox.client(
                rate_limit=RateLimit(1, per=1000) if state == "in line" else None,
                retry=Retry(attempts=5, within=1000),
            )
            if state == "logging in":
                sandbox.delay("login", seconds=30, times=100)
            elif state == "waiting to try again":
                sandbox.refuse("vm_list", retry_after=30, times=100)
            elif state == "held by a 429":
                sandbox.refuse("vm_list", status=429, retry_after=30, times=100)
            else:
                sandbox.delay("vm_list", seconds=30, times=100)
            calls = [asyncio.create_task(gandi.vm_list()) for _ in range(20)]
            await asyncio.sleep(10)
            assert not any(call.done() for call in calls)
            async with asyncio.timeout(1):
                await asyncio.gather(gandi.close(), gandi.close())
                await gandi.close()
                results = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(result) for result in results} == {ClientClosed}
            with pytest.raises(ClientClosed):
                await gandi.vm_list()
        # Both have ended, and so has everything that they had under way.
        assert asyncio.all_tasks() == {asyncio.current_task()}

    in_virtual_time(story())


async def test_closing_before_anything_was_sent_is_closing_too():
    async with Sandbox() as sandbox:
        gandi = sandbox.client()
        await gandi.close()
        await gandi.close()
        with pytest.raises(ClientClosed):
            await gandi.vm_list()
        assert not sandbox.calls


async def test_the_callers_own_cancellations_and_timeouts_stay_theirs(gandi_sandbox, gandi):
    gandi_sandbox.delay("vm_list", seconds=30, times=2)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await gandi.vm_list()
    call = asyncio.create_task(gandi.vm_list())
    await asyncio.sleep(0.02)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await gandi.vm_list() == []
