"""Nothing depends on when a task's first step runs: inside of ``create_task``, or some turns later."""

import asyncio
import sys

import pytest

from aiogandi import ClientClosed, bulk
from aiogandi.instrumentation.events import CallBegan
from tests.integration.leaving import create, gone
from tests.integration.service import SETTLE, TIMEOUT, a_vm, on_service

WITHIN = 600
"""Seconds of virtual time that a story takes at most: one that hangs ends."""


def late(loop, coroutine, **settings):
    """A task whose first step runs some turns after it was created."""

    async def work():
        for _ in range(3):
            await asyncio.sleep(0)
        return await coroutine

    task = asyncio.Task(work(), loop=loop, **settings)
    task.add_done_callback(
        lambda _: coroutine.close()
    )  # it may have been cancelled before it began
    return task


FACTORIES = {"eager": getattr(asyncio, "eager_task_factory", None), "late": late}


def on_every_kind_of_task(test):
    """Run a test on a sandbox and its client, in virtual time, with each task factory."""

    async def run(sandbox, gandi, factory):
        asyncio.get_running_loop().set_task_factory(FACTORIES[factory])
        async with asyncio.timeout(WITHIN):
            await asyncio.create_task(test(sandbox, gandi))

    run.__name__ = test.__name__
    is_old = sys.version_info < (3, 12)
    eager = pytest.param("eager", marks=pytest.mark.skipif(is_old, reason="new in Python 3.12"))
    return pytest.mark.parametrize("factory", [eager, "late"])(on_service()(run))


@on_every_kind_of_task
async def test_a_fresh_wait_ends(sandbox, gandi):
    assert (await (await create(gandi))).state == "DONE"
    vm_id = sandbox.vms[0]["id"]
    assert (await (await gandi.vm_stop(vm_id))).state == "DONE"


@on_every_kind_of_task
async def test_every_state_is_seen(sandbox, gandi):
    states = [state async for state in await create(gandi)]
    assert states[-1] == "DONE"


@on_every_kind_of_task
async def test_a_lost_reply_is_found(sandbox, gandi):
    await a_vm(sandbox, gandi)
    sandbox.drop_reply("vm_create", times=2)
    first, second = await asyncio.gather(create(gandi, "one"), create(gandi, "two"))
    assert {first.vm_id, second.vm_id} == {vm["id"] for vm in sandbox.vms[1:]}


@on_every_kind_of_task
async def test_a_surplus_is_told(sandbox, gandi):
    await a_vm(sandbox, gandi)
    sandbox.drop_reply("vm_create", late=SETTLE + 5)
    await create(gandi)
    await gandi.drain()
    assert gandi.stats.surplus == 1


@on_every_kind_of_task
async def test_all_share_one_login(sandbox, gandi):
    await asyncio.gather(*(gandi.vm_list() for _ in range(10)))
    sandbox.expire_sessions()
    await asyncio.gather(*(gandi.vm_list() for _ in range(10)))
    assert sandbox.calls["login"] == 2


@on_every_kind_of_task
async def test_a_caller_goes_at_once_or_later(sandbox, gandi):
    await a_vm(sandbox, gandi)
    sandbox.delay("vm_create", seconds=5, times=2)
    call = asyncio.create_task(create(gandi, "one"))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await gone(create(gandi, "two"), after=1)
    await asyncio.sleep(TIMEOUT)
    begun = {vm["id"] for vm in sandbox.vms[1:]}
    assert {pending.vm_id for pending in gandi.pending()} == begun
    for pending in gandi.pending():
        assert (await pending.operation()).state == "DONE"


@on_every_kind_of_task
async def test_bulk_gives_every_outcome(sandbox, gandi):
    async def names():
        for number in range(20):
            yield f"web-{number}"

    async def provision(name):
        return await create(gandi, name)

    outcomes = [outcome async for outcome in bulk(provision, names(), limit=5)]
    assert sorted(outcome.item for outcome in outcomes) == sorted(f"web-{n}" for n in range(20))
    assert all(outcome.ok for outcome in outcomes)
    assert len(sandbox.vms) == 20


@on_every_kind_of_task
async def test_closing_waits_for_what_has_left(sandbox, gandi):
    await a_vm(sandbox, gandi)
    sandbox.delay("vm_create", seconds=5)
    call = asyncio.create_task(create(gandi))
    await asyncio.sleep(1)
    wait = asyncio.create_task(gandi.operation(1).wait())
    await asyncio.sleep(0)
    await asyncio.gather(gandi.close(), gandi.close())
    assert (await call).vm_id == sandbox.vms[1]["id"]
    with pytest.raises(ClientClosed):
        await wait


@on_every_kind_of_task
async def test_a_listener_that_begins_tasks_of_its_own_disturbs_nothing(sandbox, gandi):
    begun = []

    def listener(event):
        if isinstance(event, CallBegan) and event.method == "vm_create":
            begun.append(asyncio.create_task(other.drain()))

    async with sandbox.client(on_event=listener) as other:
        await create(other)
        [drained] = begun
        await drained  # it has waited for the call during whose first step it began
    [details] = sandbox.operations
    assert (await gandi.operation_details(details["id"])).state == "DONE"
