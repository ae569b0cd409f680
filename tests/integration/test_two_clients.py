"""Two clients work on one account: what is the other's is left alone, and doubts are told."""

import asyncio
import logging

import pytest

from tests.integration.service import SETTLE, TIMEOUT, a_vm, on_service


def create(gandi, hostname="web"):
    return gandi.vm_create(hostname, "s3cret-pw", 111, 1, 1)


@on_service()
async def test_another_clients_equal_operation_is_never_cancelled(sandbox, gandi, caplog):
    """It looks like a surplus of ours, and is PENDING."""
    caplog.set_level(logging.WARNING, "aiogandi")
    vm_id = await a_vm(sandbox, gandi)
    sandbox.drop_request("vm_reboot")
    call = asyncio.create_task(gandi.vm_reboot(vm_id))
    await asyncio.sleep(SETTLE + 0.5)
    own = await call
    sandbox.hold_operation("vm_reboot")
    async with sandbox.client() as other:
        theirs = await other.vm_reboot(vm_id)
        await asyncio.sleep(TIMEOUT * 2)
        assert sandbox.operations[-1]["state"] == "PENDING"
        sandbox.release_operations()
        sandbox.advance(1000)
        assert (await theirs).state == "DONE"
    assert own.id != theirs.id
    assert sandbox.calls["operation_cancel"] == 0
    assert sandbox.executed["vm_reboot"] == 2


@pytest.mark.parametrize("theirs", ["web", "other"])
@on_service()
async def test_another_clients_operations_of_that_kind_are_told(sandbox, gandi, caplog, theirs):
    caplog.set_level(logging.WARNING, "aiogandi")
    await gandi.hosting_account_product_add("shares", 1, "1m")
    async with sandbox.client() as other:
        await create(other, theirs)
        sandbox.drop_reply("vm_create")
        await create(gandi)
        await asyncio.sleep(TIMEOUT * 2)
    assert "another client" in caplog.text
    assert sandbox.executed["vm_create"] == 2


@on_service()
async def test_alone_there_is_no_word_of_another_client(sandbox, gandi, caplog):
    caplog.set_level(logging.WARNING, "aiogandi")
    sandbox.drop_reply("vm_create", times=2)
    await asyncio.gather(*(create(gandi) for _ in range(3)))
    await asyncio.sleep(TIMEOUT * 2)
    assert caplog.text == ""
