"""Who waits for which operation: any number of waiters, one poller, and no request for nobody."""

import asyncio

import aiohttp
import pytest

from aiogandi import ClientClosed, NotFound, OperationTimeout, codec
from tests.operations.orders import QUICK, create, polls, running_vm


async def test_nothing_is_asked_while_nobody_waits(sandbox, gandi):
    await create(gandi, 3)
    before = polls(sandbox)
    await asyncio.sleep(0.1)
    assert polls(sandbox) == before


async def test_nothing_is_asked_when_nobody_waits_any_more(sandbox, gandi):
    await (await gandi.vm_stop(await running_vm(gandi, sandbox)))
    before = polls(sandbox)
    await asyncio.sleep(0.1)
    assert polls(sandbox) == before


async def test_one_poller_serves_all(sandbox, gandi):
    operations = await create(gandi, 30)
    tasks = asyncio.all_tasks()
    waits = [asyncio.create_task(operation.wait()) for operation in operations]
    await asyncio.sleep(0)
    # The poller and what it asks for, a few things at a time.
    assert len(asyncio.all_tasks() - tasks - set(waits)) < len(operations) / 2
    await asyncio.gather(*waits)


async def test_finding_the_operation_of_a_new_server_costs_one_request(sandbox):
    finds = []

    async def record(request, send):
        _, arguments = codec.decode_call(await request.body.as_bytes())
        finds.extend(filters for filters in arguments if "param" in str(filters))
        return await send(request)

    async with (
        aiohttp.ClientSession(middlewares=[record]) as http,
        sandbox.client(polling=QUICK, http=http) as gandi,
    ):
        operations = await create(gandi, 50)
        await asyncio.gather(*operations)
    assert len(finds) == 50
    assert len({operation.id for operation in operations}) == 50


async def test_many_waiters_of_one_operation_share(sandbox, gandi):
    operation = await gandi.vm_stop(await running_vm(gandi, sandbox))
    other = gandi.operation(operation.id)
    results = await asyncio.gather(operation, operation.wait(), other, other.wait())
    assert {details.id for details in results} == {operation.id}


async def test_an_operation_is_taken_up_by_its_id_in_another_client(sandbox, gandi):
    done = await gandi.vm_stop(await running_vm(gandi, sandbox))
    await done
    sandbox.stall_operation("vm_start")
    stalled = await gandi.vm_start(done.vm_id)
    async with sandbox.client(polling=QUICK) as other:
        taken_up = other.operation(done.id)
        assert (taken_up.type, taken_up.state) == (None, None)
        details = await taken_up
        assert details.type == taken_up.type == "vm_stop"
        assert taken_up.vm_id == done.vm_id
        with pytest.raises(OperationTimeout):
            await other.operation(stalled.id).wait(0.05)


async def test_a_long_finished_operation_is_known_with_one_request(sandbox, gandi):
    done = await gandi.vm_stop(await running_vm(gandi, sandbox))
    await done
    sandbox.advance(30 * 86400)
    sandbox.expire_sessions()
    await gandi.vm_list()
    before = polls(sandbox)
    await gandi.operation(done.id).wait(timeout=5)
    assert polls(sandbox) == before + 1


async def test_an_operation_that_the_service_does_not_know_fails_that_wait_alone(sandbox, gandi):
    stop = await gandi.vm_stop(await running_vm(gandi, sandbox))
    results = await asyncio.gather(gandi.operation(4711), stop, return_exceptions=True)
    assert isinstance(results[0], NotFound)
    assert results[1].state == "DONE"


async def test_a_dropped_waiter_among_others_is_not_asked_for(sandbox, gandi):
    sandbox.stall_operation("vm_stop")
    stalled = await gandi.vm_stop(await running_vm(gandi, sandbox))
    with pytest.raises(OperationTimeout):
        await stalled.wait(0.03)
    sent = gandi.stats.polls
    await asyncio.sleep(0.1)
    assert gandi.stats.polls == sent


async def test_a_sibling_that_is_taken_up_again_is_not_dropped(sandbox, gandi):
    operations = await create(gandi, 20)
    await asyncio.gather(*operations)
    stops = [await gandi.vm_stop(operation.vm_id) for operation in operations]

    async def one(number):
        await stops[number]
        await gandi.operation(stops[(number + 1) % 20].id).wait()

    await asyncio.wait_for(asyncio.gather(*map(one, range(20))), 60)


async def test_iterations_that_were_given_up_leave_nothing_to_follow(sandbox, gandi):
    operations = await create(gandi, 6)
    sandbox.advance(1000)
    sandbox.stall_operation("vm_stop", times=6)
    stops = [await gandi.vm_stop(operation.vm_id) for operation in operations]
    for stop in stops:
        async with asyncio.timeout(60):
            async for _ in stop:
                break
    sandbox.calls.clear()
    waits = (stop.wait(timeout=0.2) for stop in stops)
    results = await asyncio.gather(*waits, return_exceptions=True)
    assert {type(result) for result in results} == {OperationTimeout}
    # Lists tell of them all; only those whose every state is wanted are looked at themselves.
    assert sandbox.calls["operation_list"] > 0
    assert sandbox.calls["operation_details"] == 0


async def test_close_wakes_all_who_wait(sandbox):
    async with sandbox.client(polling=QUICK) as gandi:
        sandbox.stall_operation("*", times=3)
        operations = await create(gandi, 3)
        waits = [asyncio.create_task(operation.wait()) for operation in operations]
        states = asyncio.create_task(anext(aiter(gandi.operation(4711))))
        await asyncio.sleep(0)
    results = await asyncio.gather(*waits, states, return_exceptions=True)
    assert [type(result) for result in results] == [ClientClosed] * 4
    with pytest.raises(ClientClosed):
        await operations[0]
