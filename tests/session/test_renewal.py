"""A session is renewed before it ends, and no call waits for that."""

import asyncio
import logging

import pytest

from aiogandi import TransportError


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
