"""A request runs after it was given up, and perhaps after it was sent again."""

import asyncio
import contextlib
import logging

import pytest

from aiogandi import OutcomeUnknown, Retry, TransportError
from tests.integration.service import SETTLE, TIMEOUT, a_halted_vm, a_vm, on_service
from tests.waiting import until


@on_service()
async def test_what_runs_late_is_told_and_never_cancelled(sandbox, gandi, caplog):
    vm_id = await a_vm(sandbox, gandi)
    # The first request is only run after the second was sent, and queues up behind it.
    sandbox.delay("vm_reboot", seconds=TIMEOUT + SETTLE + 2)
    sandbox.stall_operation("vm_reboot")
    with caplog.at_level(logging.WARNING, "aiogandi"):
        operation = await gandi.vm_reboot(vm_id)
        await asyncio.sleep(TIMEOUT + 5)

    reboots = [o for o in sandbox.operations if o["type"] == "vm_reboot"]
    assert [o["state"] for o in reboots] == ["RUN", "PENDING"]
    assert operation.id == reboots[0]["id"]
    assert sandbox.calls["operation_cancel"] == 0
    [pending] = gandi.pending()
    assert pending.surplus == (reboots[1]["id"],)
    assert gandi.stats.surplus == 1
    assert str(reboots[1]["id"]) in caplog.text


@pytest.mark.parametrize("late", [4, 10, 25])
@on_service()
async def test_what_runs_after_the_settling_time_is_told(sandbox, gandi, caplog, late):
    sandbox.drop_reply("vm_create", late=late)
    with caplog.at_level(logging.WARNING, "aiogandi"):
        operation = await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
        await asyncio.sleep(TIMEOUT + 5)

    [surplus] = [vm["id"] for vm in sandbox.vms if vm["id"] != operation.vm_id]
    assert gandi.stats.surplus == 1
    assert f"vm_id={surplus}" in caplog.text
    [pending] = gandi.pending()
    assert (pending.vm_id, len(pending.surplus)) == (operation.vm_id, 1)


@pytest.mark.parametrize("state", ["answered", "absent"])
@on_service(retry=Retry(attempts=2, settle=SETTLE, backoff=0))
async def test_a_client_that_closes_before_it_is_known_says_so(sandbox, gandi, caplog, state):
    sandbox.drop_request("vm_create", times=1 if state == "answered" else 2)
    with caplog.at_level(logging.WARNING, "aiogandi"):
        with contextlib.suppress(TransportError):
            await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
        assert caplog.text == ""
        await gandi.close()

    assert "it was sent twice, and whether a surplus operation runs is not known" in caplog.text


@on_service()
async def test_a_client_that_closes_after_a_single_send_has_nothing_to_say(sandbox, gandi, caplog):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.drop_reply("vm_create")
    with caplog.at_level(logging.WARNING, "aiogandi"):
        await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
        await gandi.close()
    assert caplog.text == ""


@on_service(retry=Retry(attempts=1, settle=SETTLE, backoff=0))
async def test_what_runs_after_it_was_told_as_not_run_is_told(sandbox, gandi, caplog):
    sandbox.drop_reply("vm_create", late=10)
    with caplog.at_level(logging.WARNING, "aiogandi"):
        with pytest.raises(TransportError) as caught:
            await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
        assert not caught.value.sent
        await asyncio.sleep(TIMEOUT + 5)

    assert "after it was told as not run" in caplog.text
    [pending] = gandi.pending()
    assert (pending.state, pending.surplus) == ("absent", (sandbox.operations[-1]["id"],))


@on_service()
async def test_looking_for_a_surplus_takes_few_requests(sandbox, gandi):
    sandbox.drop_request("vm_create")
    await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
    before = gandi.stats.requests
    await asyncio.sleep(10 * TIMEOUT)
    assert gandi.stats.requests - before <= 4
    assert gandi.pending() == []


@on_service()
async def test_the_second_send_is_refused_because_the_first_ran_late(sandbox, gandi):
    vm_id = await a_halted_vm(sandbox, gandi)
    sandbox.delay("vm_start", seconds=TIMEOUT + SETTLE + 1)
    sandbox.delay("vm_start", seconds=3)
    # By then the first has ended.
    asyncio.get_running_loop().call_later(TIMEOUT + SETTLE + 2, sandbox.advance, 1000)
    operation = await gandi.vm_start(vm_id)

    assert (sandbox.calls["vm_start"], sandbox.executed["vm_start"]) == (2, 1)
    assert operation.id == sandbox.operations[-1]["id"]


@on_service()
async def test_a_late_first_request_is_found_although_the_second_was_refused(sandbox, gandi):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.delay("vm_create", seconds=TIMEOUT + SETTLE + 1)
    sandbox.fault("vm_create", code=530060, message="DataError: wrong state")

    operation = await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)

    assert [vm["id"] for vm in sandbox.vms] == [operation.vm_id]


@on_service(retry=Retry(within=20, settle=SETTLE, backoff=0))
async def test_an_unreachable_service_after_a_lost_reply_is_an_unknown_outcome(sandbox, gandi):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.drop_reply("vm_create")
    sandbox.drop_request("operation_list", times=9999)
    with pytest.raises(OutcomeUnknown, match="vm_create") as caught:
        await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)

    assert caught.value.method == "vm_create"
    assert "hostname='web'" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert sandbox.calls["vm_create"] == 1
    assert gandi.stats.unknown == 1


@on_service(retry=Retry(attempts=2, within=600, settle=SETTLE, backoff=0))
async def test_what_never_arrives_is_told_as_not_run(sandbox, gandi):
    sandbox.drop_request("vm_create", times=9)
    with pytest.raises(TransportError, match="did not run") as caught:
        await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)

    assert not isinstance(caught.value, OutcomeUnknown)
    assert not caught.value.sent
    assert sandbox.calls["vm_create"] == 2


@on_service(retry=Retry(settle=60, backoff=0))
async def test_a_caller_who_is_cancelled_while_reconciling_is_gone_at_once(sandbox, gandi):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.drop_request("vm_create")
    task = asyncio.create_task(gandi.vm_create("web", "s3cret-pw", 111, 2, 1))
    await until(lambda: sandbox.calls["operation_list"] >= 2, within=60)
    await asyncio.sleep(0.02)
    task.cancel()
    started = asyncio.get_running_loop().time()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.get_running_loop().time() - started < 0.05


@on_service(retry=Retry(attempts=3, within=20, settle=SETTLE, backoff=0))
async def test_a_call_that_was_found_absent_and_never_left_again_did_not_run(sandbox, gandi):
    sandbox.drop_request("vm_create")
    sandbox.refuse("vm_create", status=429, retry_after=0, times=1000)
    with pytest.raises(TransportError) as caught:
        await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
    assert not isinstance(caught.value, OutcomeUnknown)
    assert (caught.value.status, caught.value.sent) == (429, False)
