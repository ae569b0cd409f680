"""Work that all callers share is done in nobody's context, and keeps nobody's alive."""

import asyncio
import contextvars
import gc
import weakref

import pytest

from aiogandi import Polling, Retry
from aiogandi.instrumentation.events import (
    CallerGone,
    ExchangeBegan,
    LeftBehind,
    LoginBegan,
    LoginEnded,
    OperationEnded,
    PollBegan,
    PollEnded,
    SurplusFound,
)
from tests.waiting import until

request = contextvars.ContextVar("request", default=None)


class Request:
    """What a program keeps while it answers one request."""

    def __init__(self, name):
        self.name = name


@pytest.fixture
def told():
    """Each event, after the name of the request in whose context the listener was called."""
    return []


@pytest.fixture
def settings(told):
    def listener(event):
        current = request.get()
        told.append((current and current.name, event))

    quick = Polling(interval=0.02, max_interval=0.1)
    return {"on_event": listener, "polling": quick, "retry": Retry(settle=0.05, backoff=0)}


@pytest.fixture
async def gandi(sandbox, settings):
    async with sandbox.client(**settings) as gandi:
        yield gandi


def owners(told, *kinds):
    return {name for name, event in told if isinstance(event, kinds)}


async def answered(name, work):
    """Do *work* as the request *name*, and return a weak reference to that request."""

    async def answer():
        request.set(Request(name))
        await work()
        return weakref.ref(request.get())

    return await asyncio.create_task(answer())


async def is_let_go(reference):
    await asyncio.sleep(0)
    gc.collect()
    return reference() is None


async def test_logins_and_polls_are_nobodys(gandi, told):
    async def work():
        await (await gandi.vm_create("web", "s3cret-pw", 111, 1, 1))

    await answered("one", work)
    assert owners(told, LoginBegan, LoginEnded) == {None}
    assert owners(told, PollBegan, PollEnded) == {None}
    assert owners(told, OperationEnded) == {"one"}


async def test_neither_timer_nor_connection_keeps_a_request_alive(gandi, sandbox):
    async def work():
        await asyncio.gather(*(gandi.vm_list() for _ in range(5)))
        await (await gandi.vm_create("web", "s3cret-pw", 111, 1, 1))

    first = await answered("one", work)
    assert await is_let_go(first)
    sandbox.expire_sessions()
    second = await answered("two", work)
    assert await is_let_go(second)
