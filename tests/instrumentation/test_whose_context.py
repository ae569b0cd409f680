"""Work that all callers share is done in nobody's context, and keeps nobody's alive."""

import asyncio
import contextvars
import gc
import weakref

import pytest

from aiogandi import OperationTimeout, Polling, RateLimit
from aiogandi.cancellation import cancel
from aiogandi.instrumentation.events import (
    CallerGone,
    ExchangeBegan,
    ExchangeEnded,
    LeftBehind,
    LoginBegan,
    LoginEnded,
    OperationEnded,
    PollBegan,
    PollEnded,
    ReplyLost,
    SurplusFound,
)
from tests.integration.leaving import create, gone
from tests.integration.service import RETRY, SETTLE, TIMEOUT, on_service

request = contextvars.ContextVar("request", default=None)

told = []
"""Each event, after the name of the request in whose context the listener was called."""


class Request:
    """What a program keeps while it answers one request."""

    def __init__(self, name):
        self.name = name


def listener(event):
    current = request.get()
    told.append((current and current.name, event))


@pytest.fixture(autouse=True)
def nothing_told():
    told.clear()


def owners(*kinds):
    return {name for name, event in told if isinstance(event, kinds)}


async def answer(name, work):
    """Do *work* as the request *name*, and return a weak reference to that request."""
    request.set(Request(name))
    await work()
    return weakref.ref(request.get())


def answered(name, work):
    return asyncio.create_task(answer(name, work))


async def is_let_go(reference):
    for _ in range(10):
        await asyncio.sleep(0)  # asyncio's own hands are off it one turn later
        gc.collect()  # which does nothing while another thread is at it
        if reference() is None:
            return True
    return False


async def done(gandi, hostname="web"):
    return await (await create(gandi, hostname))


@on_service(on_event=listener)
async def test_logins_and_polls_are_nobodys(sandbox, gandi):
    await answered("one", lambda: done(gandi))
    assert owners(LoginBegan, LoginEnded, PollBegan, PollEnded) == {None}
    assert owners(OperationEnded) == {"one"}


@on_service(on_event=listener, session_lifetime=1000, renew_margin=100)
async def test_so_is_the_renewal_that_a_timer_begins(sandbox, gandi):
    await answered("one", gandi.vm_list)
    await asyncio.sleep(950)
    assert sandbox.calls["login"] == 2
    assert owners(LoginBegan, LoginEnded) == {None}


@on_service(on_event=listener)
async def test_a_changing_call_is_its_callers_also_when_that_has_gone(sandbox, gandi):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    told.clear()
    sandbox.delay("vm_create", seconds=5)

    async def work():
        await gone(create(gandi), after=1)

    await answered("one", work)
    await asyncio.sleep(5)
    assert owners(CallerGone, LeftBehind, ExchangeBegan, ExchangeEnded) == {"one"}


@on_service(on_event=listener)
async def test_look_ups_are_nobodys_and_what_they_find_is_the_callers(sandbox, gandi):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    told.clear()
    sandbox.drop_reply("vm_create", late=SETTLE + 5)  # it will run twice
    await answered("one", lambda: create(gandi))
    await asyncio.sleep(2 * TIMEOUT)
    asked = {name for name, event in told if getattr(event, "method", "") == "operation_list"}
    assert asked == {None}
    assert owners(ReplyLost, SurplusFound) == {"one"}
    assert gandi.stats.surplus == 1


@pytest.mark.parametrize("limit", [None, RateLimit(2, per=10.0)], ids=["no limit", "a limit"])
@on_service()
async def test_nothing_keeps_a_request_alive_after_it(sandbox, client, limit):
    await client.close()
    async with sandbox.client(
        on_event=listener, retry=RETRY, timeout=TIMEOUT, rate_limit=limit
    ) as gandi:

        async def reads():
            await asyncio.gather(*(gandi.vm_list() for _ in range(5)))

        async def changes():
            operation = await create(gandi)
            await operation.wait(timeout=100_000)

        async def traffic():
            while True:
                await gandi.account_balance()

        sandbox.delay("account_balance", seconds=5, times=1_000_000)
        for work in (changes, reads, changes):
            one = answered("one", work)  # it comes when nothing is under way: timers are set by it
            await asyncio.sleep(0.001)
            others = [asyncio.create_task(traffic()) for _ in range(4)]
            reference = await one
            del one
            # Until aiohttp's own timers, by which a connection had to come about, have run out.
            await asyncio.sleep(TIMEOUT + 10)
            assert await is_let_go(reference)
            await cancel(others)
            await asyncio.sleep(100)


@on_service(on_event=listener, polling=Polling(max_interval=1.0))
async def test_who_waits_on_does_not_keep_the_first_who_waited_alive(sandbox, gandi):
    operation = await create(gandi)

    async def work():
        with pytest.raises(OperationTimeout):
            await operation.wait(timeout=5)

    first = answered("first", work)
    second = answered("second", operation.wait)
    reference = await first
    del first  # a task keeps its context
    assert await is_let_go(reference)
    await second
    assert owners(OperationEnded) == {"second"}
