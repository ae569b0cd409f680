"""The listener runs with the context variables of whoever made the call, or waits."""

import asyncio
import contextvars

import pytest

from aiogandi import Polling, Retry
from aiogandi.instrumentation.events import (
    CallBegan,
    CallEnded,
    ExchangeBegan,
    ExchangeEnded,
    OperationEnded,
)


@pytest.fixture
def who():
    return contextvars.ContextVar("who", default="nobody")


@pytest.fixture
def told():
    """Each event, after the name that ``who`` had when the listener was called."""
    return []


@pytest.fixture
async def gandi(sandbox, who, told):
    def listener(event):
        told.append((who.get(), event))

    quick = Polling(interval=0.02, max_interval=0.1)
    async with sandbox.client(on_event=listener, polling=quick, retry=Retry(backoff=0)) as gandi:
        await gandi.operation_list()
        told.clear()
        yield gandi


async def test_of_a_call_it_is_the_callers(sandbox, gandi, who, told):
    async def call(name):
        who.set(name)
        await gandi.vm_list()

    sandbox.refuse("vm_list", status=503)
    await asyncio.gather(call("one"), call("other"))
    assert {name for name, _ in told} == {"one", "other"}
    for name in ("one", "other"):
        own = [type(event) for whose, event in told if whose == name]
        assert [own[0], own[-1]] == [CallBegan, CallEnded]
        assert {ExchangeBegan, ExchangeEnded} <= set(own)


async def test_of_an_operations_end_it_is_that_of_whose_wait_it_is(gandi, who, told):
    async def work(name):
        who.set(name)
        operation = await gandi.vm_create(name, "s3cret-pw", 111, 1, 1)
        await operation
        return operation.id

    names = ["one", "two", "three"]
    ids = await asyncio.gather(*map(work, names))
    ended = {event.operation_id: name for name, event in told if type(event) is OperationEnded}
    assert ended == dict(zip(ids, names, strict=True))
