"""Which calls are repeated after trouble, how often, and for how long."""

import asyncio
import logging

import pytest

from aiogandi import InvalidState, OutcomeUnknown, RateLimit, Retry, ServerFault, TransportError
from tests.integration.service import a_vm, on_service


@on_service()
async def test_reading_calls_are_repeated_after_any_trouble(sandbox, gandi):
    sandbox.drop_request("vm_list")
    sandbox.drop_reply("vm_list")
    sandbox.garble("vm_list")
    sandbox.fault("vm_list", code=110020, message="ServerError: database query failed")
    assert await gandi.vm_list() == []
    assert gandi.stats.retries == 4


@on_service(retry=Retry(attempts=3, backoff=0))
async def test_reading_calls_give_up_after_their_attempts(sandbox, gandi):
    sandbox.refuse("vm_list", status=502, times=9)
    with pytest.raises(TransportError) as caught:
        await gandi.vm_list()
    assert caught.value.status == 502
    assert sandbox.calls["vm_list"] == 3


@on_service()
async def test_data_faults_are_never_repeated(sandbox, gandi):
    vm_id = await a_vm(sandbox, gandi)
    with pytest.raises(InvalidState):
        await gandi.vm_delete(vm_id)
    assert sandbox.calls["vm_delete"] == 1


@on_service()
async def test_a_generic_changing_call_is_never_sent_twice_in_doubt(sandbox, gandi):
    sandbox.drop_reply("vm_list")
    with pytest.raises(OutcomeUnknown):
        await gandi.call("vm_list")
    sandbox.drop_reply("vm_list")
    assert await gandi.call("vm_list", idempotent=True) == []
    assert sandbox.calls["vm_list"] == 3


@on_service(retry=Retry(attempts=2, within=600, backoff=0))
async def test_a_service_that_keeps_failing_is_a_server_fault(sandbox, gandi):
    sandbox.fault("vm_create", code=150000, message="ServerError: internal", times=9)
    with pytest.raises(ServerFault):
        await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)

    assert sandbox.calls["vm_create"] == 2


@on_service()
async def test_a_changing_call_waits_as_long_as_the_service_asks(sandbox, gandi):
    sandbox.refuse("vm_create", status=503, retry_after=100)
    started = asyncio.get_running_loop().time()
    await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
    assert asyncio.get_running_loop().time() - started >= 100


@on_service(retry=Retry(within=15, backoff=0))
async def test_the_seconds_for_all_sends_bound_a_single_one_too(sandbox, gandi):
    await gandi.os_list()
    sandbox.delay("vm_list", seconds=100)
    started = asyncio.get_running_loop().time()
    with pytest.raises(TransportError):
        await gandi.vm_list()
    assert asyncio.get_running_loop().time() - started == pytest.approx(15, abs=0.1)


@on_service(rate_limit=RateLimit(20, per=1.0), retry=Retry(attempts=3, within=0.3, backoff=0))
async def test_waiting_for_the_rate_does_not_count_as_trying(sandbox, gandi):
    sandbox.refuse("disk_list", status=503)
    *_, disks = await asyncio.gather(*(gandi.vm_list() for _ in range(10)), gandi.disk_list())
    assert disks == []
    assert sandbox.calls["disk_list"] == 2


@on_service()
async def test_each_repeat_and_reconciliation_is_a_log_record(sandbox, gandi, caplog):
    with caplog.at_level(logging.INFO, "aiogandi"):
        sandbox.drop_request("vm_list")
        await gandi.vm_list()
        sandbox.drop_reply("vm_create")
        await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
    assert "vm_list: attempt 2 in" in caplog.text
    assert "vm_create: its reply was lost, operation" in caplog.text
    assert "s3cret" not in caplog.text
