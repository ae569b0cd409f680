"""The machine sleeps: the loop's clock stands still meanwhile, the wall clock and the service go on."""

import asyncio

from aiogandi import Gandi
from aiogandi.sandbox.trouble import DropReply, DropRequest
from tests.integration.service import RETRY, TIMEOUT, a_vm, on_service

FOUR_HOURS = 4 * 3600


class SleepyGandi(Gandi):
    """A client on a machine that has slept for so many seconds."""

    slept = 0.0

    def _wall_clock(self):
        return 5e8 + asyncio.get_running_loop().time() + self.slept


def sleepy(sandbox):
    return SleepyGandi(
        "AA1234-GANDI",
        "mypassword",
        url=sandbox.url,
        timeout=TIMEOUT,
        retry=RETRY,
        rate_limit=None,
    )


@on_service()
async def test_a_colleagues_old_reboot_is_not_todays(sandbox, colleague):
    vm_id = await a_vm(sandbox, colleague)
    async with sleepy(sandbox) as gandi:
        await gandi.hosting_account_product_add("shares", 1, "1m")  # the newest one is known
        theirs = await colleague.vm_reboot(vm_id)
        sandbox.advance(FOUR_HOURS)
        gandi.slept = FOUR_HOURS
        sandbox.drop_request("vm_reboot")
        operation = await gandi.vm_reboot(vm_id)
    assert operation.id != theirs.id
    assert sandbox.executed["vm_reboot"] == 2


@on_service()
async def test_a_call_that_stood_in_line_while_it_slept_learns_anew(sandbox, colleague):
    vm_id = await a_vm(sandbox, colleague)
    async with sleepy(sandbox) as gandi:
        sandbox.refuse("vm_list", status=429, retry_after=10)
        await gandi.hosting_account_product_add("shares", 1, "1m")
        held = asyncio.create_task(gandi.vm_list())
        await asyncio.sleep(1)
        call = asyncio.create_task(gandi.vm_reboot(vm_id))
        await asyncio.sleep(1)
        theirs = await colleague.vm_reboot(vm_id)
        sandbox.advance(FOUR_HOURS)
        gandi.slept = FOUR_HOURS
        sandbox.drop_request("vm_reboot")
        operation = await call
        await held
    assert operation.id != theirs.id
    assert sandbox.executed["vm_reboot"] == 2


@on_service()
async def test_what_was_lost_before_the_sleep_is_found_after_it(sandbox, colleague):
    vm_id = await a_vm(sandbox, colleague)
    async with sleepy(sandbox) as gandi:
        await gandi.hosting_account_product_add("shares", 1, "1m")
        for damage, sends in ((DropReply(late=0.2), 1), (DropRequest(), 2)):
            before = sandbox.calls["vm_reboot"]
            trouble = [damage]
            sandbox.interfere = lambda method, trouble=trouble: (
                trouble.pop() if method == "vm_reboot" and trouble else None
            )
            call = asyncio.create_task(gandi.vm_reboot(vm_id))
            await asyncio.sleep(0.5)
            sandbox.advance(FOUR_HOURS)
            gandi.slept += FOUR_HOURS
            operation = await call
            assert operation.id == sandbox.operations[-1]["id"]
            assert sandbox.calls["vm_reboot"] - before == sends
            sandbox.advance(1000)
