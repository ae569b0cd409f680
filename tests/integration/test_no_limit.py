"""``math.inf`` is no limit, wherever a limit of time is taken; not a number is refused there."""

import asyncio
import math

import pytest

from aiogandi import Gandi, InvalidArgument, OutcomeUnknown, Retry
from aiogandi.sandbox.trouble import Refuse
from tests.integration.leaving import PASSWORD, create, now
from tests.integration.service import RETRY, a_vm, on_service

HOURS = 3600.0
UNLIMITED = Retry(attempts=5, within=math.inf, settle=3, backoff=20)


@on_service(timeout=math.inf)
async def test_a_reply_may_take_hours(sandbox, gandi):
    sandbox.delay("vm_create", seconds=10 * HOURS)
    assert (await create(gandi)).vm_id == sandbox.vms[0]["id"]


@on_service(timeout=math.inf)
async def test_closing_waits_for_replies_as_long_as_the_client_would(sandbox, gandi):
    sandbox.delay("vm_create", seconds=10 * HOURS)
    call = asyncio.create_task(create(gandi))
    await asyncio.sleep(1)
    await gandi.close()
    assert (await call).vm_id == sandbox.vms[0]["id"]
    assert gandi.pending() == []


@on_service(timeout=math.inf)
async def test_closing_may_wait_for_less(sandbox, gandi):
    sandbox.delay("vm_create", seconds=10 * HOURS)
    call = asyncio.create_task(create(gandi))
    await asyncio.sleep(1)
    began = now()
    await gandi.close(wait=5)
    assert now() - began == pytest.approx(5, abs=0.1)
    with pytest.raises(OutcomeUnknown):
        await call


@on_service()
async def test_closing_waits_without_a_limit_of_its_own(sandbox, gandi):
    sandbox.delay("vm_create", seconds=29)
    call = asyncio.create_task(create(gandi))
    await asyncio.sleep(1)
    await gandi.close(wait=math.inf)
    assert (await call).vm_id == sandbox.vms[0]["id"]


@on_service()
async def test_operations_are_waited_for_as_long_as_they_take(sandbox, gandi):
    operation = await gandi.vm_reboot(await a_vm(sandbox, gandi))
    draining = asyncio.create_task(gandi.drain(timeout=math.inf))
    assert (await operation.wait(timeout=math.inf)).state == "DONE"
    await draining


@on_service(timeout=math.inf, retry=RETRY)
async def test_what_may_run_late_is_not_looked_for_without_end(sandbox, gandi):
    await a_vm(sandbox, gandi)
    sandbox.drop_request("vm_create")
    await create(gandi, "other")
    sandbox.advance(1000)
    began = now()
    await gandi.drain()
    assert now() - began < 100
    assert [vm["hostname"] for vm in sandbox.vms] == ["web", "other"]


@on_service(retry=UNLIMITED)
async def test_a_login_is_tried_for_as_long_as_the_outage_lasts(sandbox, gandi):
    began = now()
    sandbox.interfere = lambda method: Refuse(503) if now() - began < 3600 else None
    assert await gandi.vm_list() == []
    assert now() - began > 3600


@on_service(session_lifetime=math.inf)
async def test_a_session_of_no_age_is_replaced_when_it_is_refused(sandbox, gandi):
    for logins in (1, 1, 2):
        await gandi.vm_list()
        assert sandbox.executed["login"] == logins
        await asyncio.sleep(11 * HOURS)


@on_service()
async def test_what_is_no_number_of_seconds_is_refused_everywhere(sandbox, gandi):
    operation = gandi.operation(5)
    takers = {
        "timeout": [
            operation.wait,
            gandi.drain,
            lambda value: asyncio.sleep(0, Gandi("AA1234-GANDI", PASSWORD, timeout=value)),
        ],
        "wait": [lambda value: gandi.close(wait=value)],
    }
    for name, calls in takers.items():
        for call in calls:
            for value in (math.nan, -math.inf, -1, True, "inf"):
                with pytest.raises(InvalidArgument, match=f"^{name}=.*: seconds, "):
                    await call(value)
    assert await gandi.vm_list() == []
