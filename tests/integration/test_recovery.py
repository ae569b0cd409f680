"""After an outage, however long, waits learn soon that the service is back."""

import asyncio

import pytest

from aiogandi.sandbox.trouble import AnswerFault, DropRequest, Refuse
from tests.integration.polling import HANG, POLLS, TAKES, reboots, trouble_for, while_operations_run

SOON = 15.0
"""Seconds after the service's return within which every wait must have ended."""

OUTAGES = {
    "no reply": HANG,
    "HTTP 503": Refuse(503),
    "dropped": DropRequest(),
    "server faults": AnswerFault(110010, "ServerError: database connection lost"),
}

LASTS = 50.0


async def outage(sandbox, gandi, operations, trouble, lasts):
    """How long after an outage the last wait learned of its end."""
    clock = asyncio.get_running_loop().time
    waits = [asyncio.create_task(operation.wait()) for operation in operations]
    trouble_for(sandbox, trouble, *POLLS)
    await asyncio.sleep(lasts)
    assert not any(wait.done() for wait in waits)
    trouble_for(sandbox, None)
    back = clock()
    await asyncio.gather(*waits, return_exceptions=True)
    return clock() - back


@pytest.mark.parametrize("number", [1, 2, 12])
@pytest.mark.parametrize("fail", [False, True], ids=["done", "failed"])
@pytest.mark.parametrize("trouble", OUTAGES.values(), ids=OUTAGES)
@while_operations_run()
async def test_waits_end_soon_after_an_outage(sandbox, gandi, trouble, fail, number):
    operations = await reboots(sandbox, gandi, number, fail=fail)
    assert await outage(sandbox, gandi, operations, trouble, LASTS) < SOON


@pytest.mark.parametrize("trouble", OUTAGES.values(), ids=OUTAGES)
@pytest.mark.parametrize("fail", [False, True], ids=["done", "failed"])
@while_operations_run()
async def test_also_those_whose_id_is_to_be_found(sandbox, gandi, trouble, fail):
    if fail:
        sandbox.fail_operation("vm_create", times=5)
    operations = [await gandi.vm_create(f"new-{each}", "s3cret-pw", 111, 1, 1) for each in range(5)]
    assert await outage(sandbox, gandi, operations, trouble, LASTS) < SOON
    assert all(operation.id is not None for operation in operations)


@while_operations_run()
async def test_long_silence_is_noticed_to_be_over_as_soon_as_a_short_one(sandbox, gandi):
    operations = await reboots(sandbox, gandi, 1)
    assert await outage(sandbox, gandi, operations, HANG, 400) < SOON
    assert sandbox.calls.total() < 170


@pytest.mark.parametrize("method", ["*", "operation_details"])
@while_operations_run()
async def test_the_first_five_polls_of_one_operation_hang(sandbox, gandi, method):
    [operation] = await reboots(sandbox, gandi, 1)
    sandbox.advance(TAKES)
    clock = asyncio.get_running_loop().time
    began = clock()
    sandbox.delay(method, seconds=1e6, times=5)
    await operation
    assert clock() - began < SOON


@while_operations_run()
async def test_a_service_that_takes_twenty_seconds_for_each_reply_is_heard(sandbox, gandi):
    operations = await reboots(sandbox, gandi, 2)
    sandbox.delay("operation_details", seconds=20, times=999)
    sandbox.delay("operation_list", seconds=20, times=999)
    clock = asyncio.get_running_loop().time
    began = clock()
    results = await asyncio.gather(*operations)
    assert {str(details.state) for details in results} == {"DONE"}
    assert clock() - began < TAKES + 60
