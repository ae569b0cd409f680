"""One live session id for everybody. Where time matters it is virtual, and the service a stub."""

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest

from aiogandi import (
    AuthenticationError,
    ClientClosed,
    DataFault,
    NotFound,
    RateLimit,
    Retry,
    SessionExpired,
    TransportError,
)
from aiogandi.codec import Params
from aiogandi.errors import fault_for
from aiogandi.redaction import Secret
from aiogandi.sandbox import Sandbox
from aiogandi.session.manager import SessionManager
from aiogandi.transport.exchange import Request, Withdrawn

REFUSED = "DataError: bad credential [session: x]"


class Service:
    """Takes *latency* seconds for a call and *login_time* for a login; refuses what it is told to."""

    def __init__(self, *, lifetime=100, margin=20, latency=1, login_time=5):
        self.latency = latency
        self.login_time = login_time
        self.logins = 0
        self.refused = set()
        self.login_failures = []
        self.sent = []
        self.manager = SessionManager(self, self.login, lifetime=lifetime, margin=margin)

    async def login(self):
        self.logins += 1
        session = Secret(f"session {self.logins}")
        await asyncio.sleep(self.login_time)
        if self.login_failures and (error := self.login_failures.pop(0)) is not None:
            raise error
        return session

    async def exchange(self, request, lead, **how):
        if not lead.ready():
            raise Withdrawn
        session = lead.take().reveal()
        self.sent.append(session)
        await asyncio.sleep(self.latency)
        if session in self.refused:
            raise fault_for(510150, REFUSED)
        return session

    async def call(self):
        """The session id that the call succeeded with."""
        return await self.manager.call(Request("x", Params(""), {}))

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


# -- one login -------------------------------------------------------------------------------


def test_the_first_call_logs_in(story):
    async def tell(service):
        assert service.logins == 0
        assert await service.call() == "session 1"
        assert await service.call() == "session 1"
        assert service.logins == 1

    story(tell)


def test_a_thousand_calls_at_once_log_in_once(story):
    async def tell(service):
        assert set(await service.call_many(1000)) == {"session 1"}
        assert service.logins == 1

    story(tell)


def test_who_began_the_login_may_be_cancelled(story):
    async def tell(service):
        starter = asyncio.create_task(service.call())
        await asyncio.sleep(1)
        others = asyncio.create_task(service.call_many(10))
        await asyncio.sleep(1)
        starter.cancel()
        assert set(await others) == {"session 1"}
        assert starter.cancelled()
        assert service.logins == 1

    story(tell)


def test_all_who_wait_may_be_cancelled_and_the_login_is_there_for_the_next(story):
    async def tell(service):
        waiting = [asyncio.create_task(service.call()) for _ in range(3)]
        await asyncio.sleep(1)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert await service.call() == "session 1"
        assert service.logins == 1

    story(tell)


def test_a_refused_login_is_one_request_and_everybodys_error(story):
    async def tell(service):
        refusal = AuthenticationError("login refused")
        service.login_failures = [refusal]
        assert await service.call_many(1000) == [refusal] * 1000
        assert service.logins == 1
        assert await service.call() == "session 2"

    story(tell)


# -- renewal ---------------------------------------------------------------------------------


def test_renewal_comes_before_the_end_and_no_call_waits_for_it(story):
    async def tell(service):
        longest, used = 0.0, []
        for _ in range(300):
            began = service.now
            used.append(await service.call())
            longest = max(longest, service.now - began) if len(used) > 1 else 0.0
        assert longest == pytest.approx(1, abs=0.01)
        assert list(dict.fromkeys(used)) == [f"session {n}" for n in range(1, 5)]
        # Of each session's 100 s, 5 went by during its login and 20 are its margin.
        assert used.count("session 2") == pytest.approx(80, abs=1)

    story(tell)


def test_renewal_comes_by_itself_for_a_client_that_is_used(story):
    async def tell(service):
        await service.call()
        await asyncio.sleep(81)
        assert service.logins == 2

    story(tell)


def test_a_client_that_is_not_used_lets_its_session_end(story):
    async def tell(service):
        await service.call()
        await asyncio.sleep(100_000)
        assert service.logins == 2  # the second one was never used
        began = service.now
        assert await service.call() == "session 3"
        assert service.now - began == pytest.approx(6, abs=0.01)

    story(tell)


def test_after_the_end_all_wait_for_one_login(story):
    async def tell(service):
        await service.call()
        service.login_failures = [TransportError("out of order")] * 100
        await asyncio.sleep(101)
        service.login_failures.clear()
        before = service.logins
        assert set(await service.call_many(1000)) == {f"session {before + 1}"}

    story(tell)


def test_a_renewal_that_fails_keeps_the_old_session_and_is_tried_again(story, caplog):
    async def tell(service):
        await service.call()
        service.login_failures = [TransportError("out of order"), TransportError("still so")]
        await asyncio.sleep(80)
        for _ in range(8):
            assert await service.call() == "session 1"
        await asyncio.sleep(7)
        assert await service.call() == "session 4"
        assert service.logins == 4

    with caplog.at_level(logging.WARNING, "aiogandi"):
        story(tell)
    assert caplog.text.count("the old one is still good") == 2


def test_a_renewal_that_goes_on_failing_is_not_tried_by_every_call(story):
    async def tell(service):
        await service.call()
        service.login_failures = [TransportError("out of order")] * 100
        await asyncio.sleep(79)
        for _ in range(10):
            assert await service.call() == "session 1"
        assert service.logins == 1 + 3

    story(tell, login_time=0.1)


def test_a_session_that_ends_while_a_call_is_in_line_is_replaced_before_it_is_sent(story):
    async def tell(service):
        await service.call()
        gate, exchange = asyncio.Event(), service.exchange

        async def queue(request, lead, **how):
            await gate.wait()
            return await exchange(request, lead, **how)

        service.exchange = queue
        service.login_failures = [TransportError("out of order")] * 100
        waiting = asyncio.create_task(service.call_many(10))
        await asyncio.sleep(101)
        service.login_failures.clear()
        gate.set()
        [used] = set(await waiting)
        assert service.sent == ["session 1", *[used] * 10]

    story(tell)


def test_a_login_that_takes_longer_than_a_session_lasts_is_not_made_for_ever(story):
    async def tell(service):
        assert await service.call() == "session 1"
        assert service.logins == 1

    story(tell, lifetime=2, margin=1, login_time=5)


# -- refusal ---------------------------------------------------------------------------------


def test_a_refused_session_is_replaced_and_the_call_repeated(story):
    async def tell(service):
        await service.call()
        service.refused.add("session 1")
        assert await service.call() == "session 2"
        assert (service.logins, service.sent) == (2, ["session 1"] * 2 + ["session 2"])

    story(tell)


def test_a_thousand_calls_whose_session_is_refused_log_in_once(story):
    async def tell(service):
        await service.call()
        service.refused.add("session 1")
        assert set(await service.call_many(1000)) == {"session 2"}
        assert service.logins == 2

    story(tell)


def test_a_late_refusal_of_the_old_session_leaves_the_new_one_alone(story):
    async def tell(service):
        await service.call()
        service.refused.add("session 1")
        service.latency = 30
        late = asyncio.create_task(service.call())
        await asyncio.sleep(1)
        service.latency = 1
        assert await service.call() == "session 2"
        assert await late == "session 2"
        assert await service.call() == "session 2"
        assert service.logins == 2

    story(tell)


def test_a_second_refusal_says_that_logging_in_does_not_help(story):
    async def tell(service):
        service.refused.update(f"session {n}" for n in range(1, 10))
        with pytest.raises(SessionExpired) as caught:
            await service.call()
        assert caught.value.message == "DataError: bad credential [session: ***]"
        assert (caught.value.code, caught.value.element) == (510150, "session")
        assert service.sent == ["session 1", "session 2"]
        service.refused.clear()
        assert await service.call() == "session 3"

    story(tell)


@pytest.mark.parametrize("used", [True, False])
def test_a_thousand_hopeless_calls_do_not_log_in_a_thousand_times(story, used):
    async def tell(service):
        if used:
            await service.call()
        service.refused.update(f"session {n}" for n in range(1, 100))
        errors = await service.call_many(1000)
        assert {type(error) for error in errors} == {SessionExpired}
        assert service.logins <= 3

    story(tell)


def test_a_session_that_was_good_and_ended_again_is_replaced_again(story):
    async def tell(service):
        await service.call()
        service.refused.add("session 1")
        first = asyncio.create_task(service.call())
        await asyncio.sleep(5)
        service.latency = 3
        slow = asyncio.create_task(service.call())
        await first
        service.refused.add("session 2")
        assert await slow == "session 3"

    story(tell, login_time=1)


def test_another_fault_is_the_calls_own(story):
    async def tell(service):
        await service.call()

        async def fail(request, lead, **how):
            lead.take()
            raise fault_for(530040, "DataError: not there [vm_id: 5]")

        service.exchange = fail
        with pytest.raises(NotFound):
            await service.call()
        assert service.logins == 1

    story(tell)


# -- the end ---------------------------------------------------------------------------------


def test_closing_ends_a_login_under_way_and_comes_twice(story):
    async def tell(service):
        call = asyncio.create_task(service.call())
        await asyncio.sleep(1)
        await asyncio.gather(service.manager.close(), service.manager.close())
        with pytest.raises(asyncio.CancelledError):
            await call
        await service.manager.close()
        with pytest.raises(ClientClosed):
            await service.call()

    story(tell)


def test_nothing_is_renewed_after_the_end(story):
    async def tell(service):
        await service.call()
        await service.manager.close()
        await asyncio.sleep(1000)
        assert service.logins == 1

    story(tell)


# -- on the sandbox --------------------------------------------------------------------------


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


@pytest.mark.parametrize("code", [510150, 500140])
async def test_a_session_that_the_service_never_takes_is_told(gandi_sandbox, gandi, code):
    gandi_sandbox.fault("vm_list", code=code, message=REFUSED, times=2)
    with pytest.raises(SessionExpired) as caught:
        await gandi.vm_list()
    assert isinstance(caught.value, DataFault)
    assert gandi_sandbox.calls == {"login": 2, "vm_list": 2}


@asynccontextmanager
async def calls_in_line():
    """A sandbox, its client with a session, and a thousand calls that wait for their turn."""
    async with (
        Sandbox() as sandbox,
        sandbox.client(rate_limit=RateLimit(101, per=1.0)) as gandi,
    ):
        await gandi.vm_list()
        calls = [asyncio.create_task(gandi.vm_list()) for _ in range(1000)]
        await asyncio.sleep(0.03)
        yield sandbox, gandi, calls
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)


async def second_login(sandbox):
    async with asyncio.timeout(1):
        while sandbox.calls["login"] < 2:
            await asyncio.sleep(0.005)


async def test_a_call_in_line_does_not_delay_the_login_that_it_waits_for():
    """The queue of a thousand calls would take a minute to find out that there is no session."""
    async with calls_in_line() as (sandbox, _, _):
        sandbox.expire_sessions()
        before = sandbox.calls["vm_list"]
        await second_login(sandbox)
        assert sandbox.calls["vm_list"] - before < 10


async def test_a_renewal_does_not_wait_in_line_with_the_calls():
    async with calls_in_line() as (sandbox, gandi, calls):
        gandi._session._session.renew_at = 0.0  # as if it were time
        calls.append(asyncio.create_task(gandi.vm_list()))
        await second_login(sandbox)


STATES = ["logging in", "in line", "reading a reply", "waiting to try again", "held by a 429"]


@pytest.mark.parametrize("state", STATES)
async def test_closing_wakes_every_call_in_any_state(state):
    async with Sandbox() as sandbox:
        gandi = sandbox.client(
            rate_limit=RateLimit(1, per=1000) if state == "in line" else None,
            retry=Retry(attempts=5, within=1000),
        )
        if state == "logging in":
            sandbox.delay("login", seconds=30)
        elif state == "waiting to try again":
            sandbox.refuse("vm_list", retry_after=30, times=100)
        elif state == "held by a 429":
            sandbox.refuse("vm_list", status=429, retry_after=30, times=100)
        else:
            sandbox.delay("vm_list", seconds=30, times=100)
        before = asyncio.all_tasks()
        calls = [asyncio.create_task(gandi.vm_list()) for _ in range(20)]
        await asyncio.sleep(0.05)
        assert not any(call.done() for call in calls)
        async with asyncio.timeout(1):
            await asyncio.gather(gandi.close(), gandi.close())
            await gandi.close()
            results = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(result) for result in results} == {ClientClosed}
        with pytest.raises(ClientClosed):
            await gandi.vm_list()
        await asyncio.sleep(0)
        # (What the sandbox itself has under way is ended by its own end.)
        left = {t for t in asyncio.all_tasks() - before if "aiohttp.web" not in str(t.get_coro())}
        left = {t for t in left if "web_protocol" not in repr(t)}
        assert not left


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
