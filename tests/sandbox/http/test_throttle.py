"""The rate limit, on seconds that a test moves by hand."""

import xmlrpc.client

from aiogandi.sandbox.http.throttle import Throttle
from aiogandi.settings import RateLimit


def waits(throttle, hand, *moments):
    result = []
    for hand.seconds in moments:
        result.append(throttle.wait())
    return result


def test_the_window_slides(hand):
    throttle = Throttle(2, 10.0, hand)
    assert waits(throttle, hand, 100, 104, 104, 110, 110) == [0, 0, 6, 0, 4]


def test_what_was_refused_does_not_count(hand):
    assert waits(Throttle(1, 10.0, hand), hand, 0, 9, 10) == [0, 1, 0]


async def test_too_many_requests_are_refused_counted_and_not_executed(serving, hand):
    async with serving(rate_limit=RateLimit(2, per=60.0), clock=hand) as wire:
        await wire("account_currency")
        body = xmlrpc.client.dumps((wire.session,), "vm_list")
        hand.seconds = 20.5
        status, headers, _ = await wire.post(body)
        assert (status, headers["Retry-After"]) == (429, "40")
        assert (wire.sandbox.calls["vm_list"], wire.sandbox.executed["vm_list"]) == (1, 0)
        hand.seconds = 60
        assert (await wire.post(body))[0] == 200


async def test_the_limit_is_on_real_time(serving, hand):
    async with serving(rate_limit=RateLimit(1, per=60.0), speed=1e6, clock=hand) as wire:
        body = xmlrpc.client.dumps((), "vm_list")
        statuses = []
        for hand.seconds in (0, 59, 60):
            wire.sandbox.advance(3600)
            statuses.append((await wire.post(body))[0])
        assert statuses == [200, 429, 200]
