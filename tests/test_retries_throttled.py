"""An answer of 429 says that the service did not take the call: it fails nobody who has time left."""

import asyncio

import pytest

from aiogandi import Retry, TransportError
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.retries import Repeater
from aiogandi.sandbox.trouble import DropRequest, Refuse
from aiogandi.transport.request import Request
from tests.integration.service import on_service
from tests.waiting import until


def throttled(retry_after=None):
    return TransportError("HTTP 429", 429, sent=False, retry_after=retry_after)


def attempts_until_it_fails(in_virtual_time, policy, error, **bounds):
    """How many attempts are made of a call that always meets *error*, and how many seconds that takes."""
    times = []

    async def attempt(left):
        times.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.01)
        raise error

    async def run():
        with pytest.raises(TransportError):
            await Repeater(policy, Emitter(), timeout=30).run(
                Request.of("vm_list", {}), attempt, **bounds
            )

    in_virtual_time(run())
    return len(times), times[-1] - times[0]


@pytest.mark.parametrize("bounds", [{}, {"changing": True}, {"until_within": True}])
@pytest.mark.parametrize("asked", [None, 3, 7])
@pytest.mark.parametrize("backoff", [0, 0.5])
def test_it_is_repeated_while_there_is_time_and_no_longer(in_virtual_time, bounds, asked, backoff):
    policy = Retry(attempts=2, within=60, backoff=backoff)
    number, seconds = attempts_until_it_fails(in_virtual_time, policy, throttled(asked), **bounds)
    assert number > 5
    assert number < 100
    assert 30 < seconds < 80


def test_a_reading_call_ends_at_once_where_the_service_asks_for_more_time_than_there_is(
    in_virtual_time,
):
    assert attempts_until_it_fails(in_virtual_time, Retry(within=60), throttled(61)) == (1, 0)


def test_a_changing_call_has_its_attempts_however_long_the_service_asks(in_virtual_time):
    policy = Retry(attempts=3, within=60)
    number, seconds = attempts_until_it_fails(
        in_virtual_time, policy, throttled(100), changing=True
    )
    assert (number, round(seconds)) == (3, 200)


@pytest.mark.parametrize("bounds", [{}, {"changing": True}])
def test_other_failures_count_as_before(in_virtual_time, bounds):
    refused = TransportError("refused", sent=False)
    errors = [throttled(), refused] * 3 + [throttled()]
    made = []

    async def attempt(left):
        made.append(errors[len(made)])
        raise made[-1]

    async def run():
        with pytest.raises(TransportError) as caught:
            await Repeater(Retry(attempts=3, backoff=0), Emitter(), timeout=30).run(
                Request.of("vm_list", {}), attempt, **bounds
            )
        assert caught.value is refused

    in_virtual_time(run())
    assert len(made) == 6


# -- over the wire ---------------------------------------------------------------------------


def busy(sandbox, seconds, retry_after=None):
    """For so many seconds, the service takes nothing."""
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    sandbox.interfere = lambda _: Refuse(429, retry_after) if clock() < until else None


@pytest.mark.parametrize("retry_after", [None, 1, 20])
@on_service(retry=Retry(attempts=2, settle=3, backoff=0.1))
async def test_nobody_fails_because_the_service_is_busy_for_a_while(sandbox, gandi, retry_after):
    busy(sandbox, 40, retry_after)  # the login meets it
    assert await gandi.vm_list() == []
    operation = await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
    busy(sandbox, 40, retry_after)  # a reading call, a changing one and a poll do
    reads = [gandi.vm_list() for _ in range(20)]
    writes = [gandi.vm_create(f"web-{number}", "s3cret-pw", 111, 1, 1) for number in range(5)]
    waits = [operation.wait(timeout=600)]
    await asyncio.gather(*reads, *writes, *waits)
    sandbox.drop_reply("vm_create")
    lost = asyncio.create_task(gandi.vm_create("lost", "s3cret-pw", 111, 2, 1))
    await until(lambda: any(vm["hostname"] == "lost" for vm in sandbox.vms))
    busy(sandbox, 40, retry_after)  # a look-up does
    assert (await lost).vm_id in [vm["id"] for vm in sandbox.vms]
    assert len(sandbox.vms) == 7


@on_service(retry=Retry(attempts=1, backoff=0))
async def test_it_is_told_how_long_the_service_asked_for(sandbox, gandi):
    await gandi.vm_list()
    sandbox.refuse("vm_list", status=429, retry_after=90)
    with pytest.raises(
        TransportError, match=r"^vm_list: HTTP 429 Too Many Requests, and asks for a pause of 90 s"
    ):
        await gandi.vm_list()


@on_service(retry=Retry(attempts=3, backoff=0))
async def test_what_never_left_is_bounded_by_the_attempts_as_before(sandbox, gandi):
    await gandi.vm_list()
    sandbox.interfere = lambda method: DropRequest() if method == "vm_list" else None
    with pytest.raises(TransportError):
        await gandi.vm_list()
    assert sandbox.calls["vm_list"] == 1 + 3
