from datetime import UTC, datetime, timedelta

import pytest

from aiogandi.errors import InvalidArgument
from aiogandi.sandbox import Sandbox


def utc_now():
    return datetime.now(UTC).replace(tzinfo=None)


def test_the_service_begins_at_the_real_date():
    assert abs(Sandbox().now - utc_now()) < timedelta(seconds=2)


def test_time_advances_at_once_by_service_seconds():
    sandbox = Sandbox()
    before = sandbox.now
    sandbox.advance(3600)
    assert timedelta(seconds=3600) <= sandbox.now - before < timedelta(seconds=3602)


def test_a_fast_clock_lets_service_time_pass_in_little_real_time():
    sandbox = Sandbox(speed=1e9)
    before = sandbox.now
    assert sandbox.now - before > timedelta(seconds=30)


def test_a_clock_that_leaves_the_calendar_stays_at_its_end():
    sandbox = Sandbox()
    for _ in range(100):
        sandbox.advance(100 * 365 * 86_400)
    assert sandbox.now == datetime.fromisoformat("9999-12-31T23:59:59")


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan"), "1", None, True, 1e12])
def test_time_goes_only_forward_and_by_a_sensible_number(seconds):
    with pytest.raises(InvalidArgument, match="seconds"):
        Sandbox().advance(seconds)


async def test_the_date_can_be_set_back_without_time_passing(api, sandbox):
    date = datetime.fromisoformat("2009-07-01T12:00:00")
    vm_id = await api("vm_create", "web", "my_password", 111, 1, 1, {})
    sandbox.set_date(date)
    assert await api.vm_state(vm_id) == "being_created"
    operation = sandbox.operations[0]
    assert operation["date_created"] - date <= timedelta(seconds=1)
    assert sandbox.now.year == 2009


def test_a_date_with_a_zone_is_refused():
    with pytest.raises(InvalidArgument, match="naive"):
        Sandbox().set_date(datetime.now(UTC))
