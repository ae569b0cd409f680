"""A drained client takes nothing new, and waits for what it has begun."""

import asyncio

import pytest

from aiogandi import ClientClosed, RateLimit
from tests.integration.leaving import (
    create,
    gone,
    now,
)
from tests.integration.service import TIMEOUT, a_vm, on_service


@on_service()
async def test_draining_waits_for_all_that_was_begun(sandbox, gandi):
    vm_id = await a_vm(sandbox, gandi)
    sandbox.fail_operation("vm_reboot")
    await gandi.vm_reboot(vm_id)
    sandbox.drop_reply("disk_create", late=2)
    disk = {"size": 2048, "name": "data", "fstype": "ext3"}
    await gone(gandi.disk_create(disk), after=1)
    draining = asyncio.create_task(gandi.drain())
    await asyncio.sleep(0)
    with pytest.raises(ClientClosed, match="drained") as caught:
        await create(gandi)
    assert caught.value.sent is False
    await draining
    assert {operation["state"] for operation in sandbox.operations} == {"DONE", "ERROR"}
    assert await gandi.vm_list()


@on_service()
async def test_what_is_left_is_named_where_the_time_is_over(sandbox, gandi):
    vm_id = await a_vm(sandbox, gandi)
    sandbox.stall_operation("vm_reboot")
    reboot = await gandi.vm_reboot(vm_id)
    sandbox.delay("disk_create", seconds=TIMEOUT - 1)
    disk = {"size": 2048, "name": "data", "fstype": "ext3"}
    await gone(gandi.disk_create(disk), after=1)
    began = now()
    with pytest.raises(TimeoutError, match=r"disk_create \(sent\)") as caught:
        await gandi.drain(timeout=10)
    assert now() - began == pytest.approx(10, abs=0.1)
    assert str(reboot.id) in str(caught.value)
    with pytest.raises(TimeoutError, match=str(reboot.id)) as caught:
        await gandi.drain(timeout=500)
    assert "disk_create" not in str(caught.value)


@on_service()
async def test_draining_waits_for_what_nobody_holds(sandbox, gandi):
    sandbox.stall_operation("vm_create", times=2)
    await gandi.hosting_account_product_add("shares", 1, "1m")
    for name in ("one", "two"):
        sandbox.delay("vm_create", seconds=2)
        await gone(create(gandi, name), after=1)
    await asyncio.sleep(10)
    taken = gandi.pending()[0].operation()
    for _ in range(2):
        with pytest.raises(TimeoutError, match="2 are under way") as caught:
            await gandi.drain(timeout=100)
    [pending] = gandi.pending()
    assert all(str(vm_id) in str(caught.value) for vm_id in (taken.vm_id, pending.vm_id))


@on_service(rate_limit=RateLimit(2, per=100))
async def test_what_stands_in_line_is_named_as_well(sandbox, gandi):
    await gandi.vm_list()
    call = asyncio.create_task(create(gandi))
    await asyncio.sleep(1)
    with pytest.raises(TimeoutError, match=r"1 are under way: vm_create \(prepared\)"):
        await gandi.drain(timeout=10)
    await call


@on_service()
async def test_nothing_is_left_of_a_client_that_did_nothing(sandbox, gandi):
    await gandi.drain(timeout=1)
    await gandi.close()
    await gandi.drain(timeout=1)
    assert sandbox.calls.total() == 0
