"""Every call, every trouble on its way and every bad end: no result, error, record or event shows a
secret.
"""

import asyncio

import pytest

import aiogandi
from aiogandi import Retry, bulk, instrumentation
from aiogandi.changes.change import Change
from aiogandi.redaction import Secret
from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.trouble import Refuse
from tests.integration.secrets.leaks import LOGIN_PASSWORD, PARTS, VM_PASSWORD, parts_of
from tests.integration.service import SETTLE, TIMEOUT

SPECS = {"hostname": "web", "password": VM_PASSWORD}
NAMES = set(instrumentation.__all__) - {"Event", "Stats"}
EVENTS = {getattr(instrumentation, name) for name in NAMES}


async def make_every_call(gandi, sandbox, shown, output):
    """Returns a server's id."""
    await shown(gandi.account_currency())
    await shown(gandi.account_balance())
    await shown(gandi.hosting_account_info())
    await shown((await shown(gandi.hosting_account_product_add("shares", 4, "1m"))).wait())
    vm = await shown(gandi.vm_create("web", VM_PASSWORD, 111, 1, 1, {"login": "admin"}))
    with output.caught(aiogandi.InvalidValue):  # the service knows no such key
        await gandi.vm_create("web", VM_PASSWORD, 111, 1, 1, SPECS)
    disk = await shown(gandi.disk_create({"size": 2048, "name": "data", "fstype": "ext3"}))
    for operation in (vm, disk):
        await shown(operation.wait())
    await shown(gandi.vm_info(vm.vm_id))
    await shown(gandi.vm_disk_list(vm.vm_id))
    await shown(gandi.disk_info(disk.disk_id))
    await shown(gandi.operation_details(vm.id))
    for listing in (gandi.vm_list, gandi.disk_list, gandi.operation_list, gandi.os_list):
        await shown(listing())
    filtered = {"vm_id": vm.vm_id, "password": VM_PASSWORD}
    with output.caught(aiogandi.InvalidValue):
        await gandi.operation_list(param=filtered)
    sandbox.answer("operation_list", [vm.id])
    await shown(gandi.operation_list(param=filtered))
    for change in (
        gandi.vm_reboot(vm.vm_id),
        gandi.vm_stop(vm.vm_id),
        gandi.disk_attach(vm.vm_id, disk.disk_id),
        gandi.disk_detach(vm.vm_id, disk.disk_id),
        gandi.vm_update(vm.vm_id, SPECS | {"shares": 2}),
        gandi.vm_start(vm.vm_id),
    ):
        await shown((await shown(change)).wait())
    return vm.vm_id


async def meet_every_trouble(gandi, sandbox, shown, output):
    for trouble in (sandbox.drop_reply, sandbox.drop_request, sandbox.garble, sandbox.refuse):
        trouble("vm_create")
        await shown(gandi.vm_create("web", VM_PASSWORD, 111, 1, 1))
        trouble("vm_list", times=2)
        await shown(gandi.vm_list())
    # The first request runs after the second was sent.
    sandbox.delay("vm_create", seconds=TIMEOUT + SETTLE + 2)
    await shown(gandi.vm_create("twice", VM_PASSWORD, 111, 1, 1))
    await asyncio.sleep(TIMEOUT)  # what is left over is looked for in the background
    sandbox.refuse("vm_list", status=429, retry_after=1)
    await shown(gandi.vm_list())
    sandbox.expire_sessions()
    await shown(gandi.vm_list())
    sandbox.fault("vm_list", code=510150, message="[session: x]", times=6)
    with output.caught(aiogandi.SessionExpired):
        await gandi.vm_list()
    sandbox.delay("vm_list", seconds=TIMEOUT + 1, times=3)
    with output.caught(aiogandi.TransportError):
        await gandi.vm_list()
    with output.caught(aiogandi.NotFound):
        await gandi.vm_info(5)
    sandbox.delay("vm_create", seconds=TIMEOUT)
    call = asyncio.create_task(gandi.vm_create("late", VM_PASSWORD, 111, 1, 1))
    await asyncio.sleep(1)
    call.cancel()
    with output.caught(asyncio.CancelledError):
        await call
    sandbox.drop_reply("vm_create")
    # What became of it cannot be found out.
    sandbox.interfere = lambda method: Refuse(404) if method == "operation_list" else None
    with output.caught(aiogandi.OutcomeUnknown):
        await gandi.vm_create("unknown", VM_PASSWORD, 111, 1, 1)
    sandbox.interfere = None


async def come_to_every_bad_end(gandi, sandbox, output, vm_id):
    """Returns an operation that never ends."""
    sandbox.fail_operation("vm_reboot", message=f"DataError: [password: {VM_PASSWORD}]")
    with output.caught(aiogandi.OperationFailed):
        await (await gandi.vm_reboot(vm_id))
    sandbox.hold_operation("vm_stop")
    held = await gandi.vm_stop(vm_id)
    await held.cancel()
    with output.caught(aiogandi.OperationCancelled):
        await held
    sandbox.stall_operation("vm_reboot")
    stalled = await gandi.vm_reboot(vm_id)
    with output.caught(aiogandi.OperationTimeout):
        await stalled.wait(30)
    async for outcome in bulk(
        lambda name: gandi.vm_create(name, VM_PASSWORD, 111, 5000, 1), ["a", "b"]
    ):
        output.add(repr(outcome))
        output.add_error(outcome.error)
    return stalled


async def have_a_bad_day(output, sessions):
    """The sessions' ids come into this set."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0  # each step of the loop is logged
    async with (
        Sandbox(
            login="AA1234-GANDI", password=LOGIN_PASSWORD, clock=loop.time, speed=60
        ) as sandbox,
        sandbox.client(
            retry=Retry(3, within=120, settle=SETTLE, backoff=0),
            timeout=TIMEOUT,
            on_event=output.hear,
        ) as gandi,
    ):
        sandbox.alter("login", lambda session, _: sessions.add(session) or session, times=100)

        async def shown(awaitable):
            result = await awaitable
            output.add_object(result)
            return result

        vm_id = await make_every_call(gandi, sandbox, shown, output)
        await meet_every_trouble(gandi, sandbox, shown, output)
        stalled = await come_to_every_bad_end(gandi, sandbox, output, vm_id)
        await shown(gandi.vm_list())
        output.add_object(gandi)
        sandbox.delay("vm_create", seconds=TIMEOUT)
        under_way = asyncio.create_task(gandi.vm_create("late", VM_PASSWORD, 111, 1, 1))
        waiting = asyncio.create_task(stalled.wait())
        await asyncio.sleep(1)
        await gandi.close()
        for task in (under_way, waiting):
            with output.caught(aiogandi.ClientClosed, aiogandi.OutcomeUnknown):
                await task
        output.add_object(gandi)


@pytest.mark.usefixtures("untraced")
def test_no_call_on_the_sandbox_shows_a_secret(output, in_virtual_time):
    sessions = set()
    in_virtual_time(have_a_bad_day(output, sessions))
    assert len(sessions) >= 3
    assert EVENTS - output.heard == set()
    assert not output.leaks(PARTS | parts_of(sessions, 8))


def test_a_call_on_its_way_shows_no_secret(output):
    call = Change("vm_create", {"hostname": "web", "password": Secret(VM_PASSWORD)})
    output.add_object(call)
    assert not output.leaks()


async def test_no_record_of_a_listener_that_raises_shows_a_secret(output):
    def listen(event):
        output.hear(event)
        raise ValueError

    async with Sandbox(login="AA1234-GANDI", password=LOGIN_PASSWORD, speed=1000) as sandbox:
        sandbox.drop_reply("vm_create")
        retry = Retry(settle=0.05, backoff=0)
        async with sandbox.client(retry=retry, on_event=listen) as gandi:
            await gandi.vm_create("web", VM_PASSWORD, 111, 1, 1)
    assert any("on_event raised for ReplyLost(" in text for text in output.texts)
    assert not output.leaks()
