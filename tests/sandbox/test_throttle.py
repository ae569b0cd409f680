import xmlrpc.client

import pytest

from aiogandi.sandbox.http import throttle
from aiogandi.sandbox.http.throttle import Throttle
from aiogandi.settings import RateLimit


@pytest.fixture
def at(monkeypatch):
    """Sets the time that the throttle sees."""

    def set_time(moment):
        monkeypatch.setattr(throttle.time, "monotonic", lambda: moment)

    return set_time


def test_the_window_slides(at):
    limit = Throttle(2, 10.0)
    at(100.0)
    assert limit.wait() == 0
    at(104.0)
    assert limit.wait() == 0
    assert limit.wait() == pytest.approx(6.0)
    at(110.0)
    assert limit.wait() == 0
    assert limit.wait() == pytest.approx(4.0)


def test_what_was_refused_does_not_count(at):
    limit = Throttle(1, 10.0)
    at(0.0)
    assert limit.wait() == 0
    at(9.0)
    assert limit.wait() == pytest.approx(1.0)
    at(10.0)
    assert limit.wait() == 0


async def test_too_many_requests_are_refused_counted_and_not_executed(serving):
    async with serving(rate_limit=RateLimit(2, per=60.0)) as api:
        await api("account_currency")
        status, headers, _ = await api.post(xmlrpc.client.dumps((api.session,), "vm_list"))
        assert (status, headers["Retry-After"]) == (429, "60")
        assert (api.sandbox.calls["vm_list"], api.sandbox.executed["vm_list"]) == (1, 0)


async def test_the_limit_is_on_real_time(serving):
    async with serving(rate_limit=RateLimit(1, per=60.0), speed=1e6) as api:
        body = xmlrpc.client.dumps((), "vm_list")
        assert [(await api.post(body))[0] for _ in range(2)] == [200, 429]
