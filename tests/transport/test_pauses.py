"""How long the client pauses after HTTP 429 where the service does not say so; in virtual time."""

import asyncio
from contextlib import suppress
from itertools import pairwise

import pytest

from aiogandi import Fault, RateLimit, TransportError
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.sandbox import QUICK, Sandbox
from aiogandi.transport.rate import Turns

TOO_MANY = TransportError("too many", status=429)
REFUSED = Fault(150000, "no")
LOST = TransportError("lost")


def pauses_after_429(in_virtual_time, answers, limit=None, **settings):
    """Seconds between sends, each of which meets one of the *answers*: an exception, or None."""

    async def story():
        turns, times = Turns(limit, Emitter(), **settings), []
        for answer in [*answers, None]:
            with suppress(TransportError, Fault):
                async with turns.turn():
                    times.append(asyncio.get_running_loop().time())
                    if answer is not None:
                        raise answer
        return [later - sooner for sooner, later in pairwise(times)]

    return pytest.approx(in_virtual_time(story()), abs=0.001)


def test_without_a_limit_it_grows_from_the_backoff_up_to_a_second(in_virtual_time):
    assert pauses_after_429(in_virtual_time, [TOO_MANY] * 9, backoff=0) == [
        *(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0)
    ]
    assert pauses_after_429(in_virtual_time, [TOO_MANY] * 3, backoff=0.4) == [0.4, 0.8, 1.0]
    assert pauses_after_429(in_virtual_time, [TOO_MANY] * 2, backoff=30) == [1.0, 1.0]


def test_with_a_limit_it_is_one_window(in_virtual_time):
    limit = RateLimit(30, per=2.0)
    assert pauses_after_429(in_virtual_time, [TOO_MANY] * 3, limit, backoff=0) == [2.0] * 3


def test_it_is_short_again_once_the_service_has_taken_a_request(in_virtual_time):
    for taken in (None, REFUSED):
        answers = [TOO_MANY, TOO_MANY, taken, TOO_MANY]
        assert pauses_after_429(in_virtual_time, answers, backoff=0.1) == [0.1, 0.2, 0, 0.1]
    answers = [TOO_MANY, TOO_MANY, LOST, TOO_MANY]  # which does not tell what the service thinks
    assert pauses_after_429(in_virtual_time, answers, backoff=0.1) == [0.1, 0.2, 0, 0.4]


def test_many_requests_that_are_refused_at_once_make_it_grow_once(in_virtual_time):
    async def story():
        turns, began = Turns(None, Emitter(), backoff=0.1), asyncio.get_running_loop().time()

        async def call():
            with suppress(TransportError):
                async with turns.turn():
                    await asyncio.sleep(0)
                    raise TOO_MANY

        await asyncio.gather(*(call() for _ in range(50)))
        async with turns.turn():
            return asyncio.get_running_loop().time() - began

    assert in_virtual_time(story()) == pytest.approx(0.1, abs=0.001)


@pytest.mark.parametrize("method", ["login", "vm_list", "vm_create"])
async def test_quick_clients_lose_no_second(method):
    async with Sandbox(speed=1000) as sandbox, sandbox.client(**QUICK) as gandi:
        sandbox.refuse(method, status=429, times=4)
        began = asyncio.get_running_loop().time()
        await gandi.vm_create("web", "s3cret-pw", 111, shares=1, cpu=1)
        await gandi.vm_list()
        assert asyncio.get_running_loop().time() - began < 0.9
        assert sandbox.calls[method] == 5
