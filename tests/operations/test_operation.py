"""What a caller holds of an operation: it is awaited, watched, cancelled or left alone."""

import asyncio

import pytest

from aiogandi import (
    InvalidArgument,
    InvalidState,
    OperationCancelled,
    OperationFailed,
    OperationState,
    OperationTimeout,
)
from tests.operations.orders import create, polls, running_vm

# -- awaited ---------------------------------------------------------------------------------


async def test_awaiting_an_operation_gives_its_details(sandbox, gandi):
    operation = await gandi.vm_stop(await running_vm(gandi, sandbox))
    assert not operation.done()
    details = await operation
    assert details.state is OperationState.DONE
    assert (details.id, details.type) == (operation.id, "vm_stop")
    assert details.vm_id == operation.vm_id
    assert operation.done()
    assert operation.state == "DONE"


async def test_a_new_server_has_its_vm_id_at_once_and_its_operation_id_when_awaited(gandi):
    [operation] = await create(gandi)
    assert operation.vm_id is not None
    assert operation.id is None
    details = await operation
    assert operation.id == details.id is not None


async def test_a_new_disk_is_awaited(gandi):
    operation = await gandi.disk_create({"size": 2048, "name": "data", "fstype": "ext3"})
    assert operation.disk_id is not None
    assert (await operation).disk_id == operation.disk_id


async def test_a_failed_operation_tells_why(sandbox, gandi):
    sandbox.fail_operation("vm_create", message="no more room in the rack")
    [operation] = await create(gandi)
    with pytest.raises(OperationFailed, match="no more room in the rack") as caught:
        await operation
    assert caught.value.operation is operation
    assert caught.value.details.last_error == "no more room in the rack"
    with pytest.raises(OperationFailed):
        await operation


async def test_failures_among_many_are_told_from_successes(sandbox, gandi):
    operations = await create(gandi, 10)
    sandbox.advance(1000)
    sandbox.fail_operation("vm_stop", times=4)
    stops = [await gandi.vm_stop(operation.vm_id) for operation in operations]
    results = await asyncio.gather(*stops, return_exceptions=True)
    assert [type(result) for result in results[:4]] == [OperationFailed] * 4
    assert all(result.state == "DONE" for result in results[4:])


# -- with a deadline -------------------------------------------------------------------------


async def test_a_deadline_leaves_the_operation_alone(sandbox, gandi):
    sandbox.stall_operation("vm_stop")
    operation = await gandi.vm_stop(await running_vm(gandi, sandbox))
    with pytest.raises(OperationTimeout, match=str(operation.id)) as caught:
        await operation.wait(timeout=0.1)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.operation.id == operation.id
    assert caught.value.operation.state == "RUN"
    assert sandbox.calls["operation_cancel"] == 0


async def test_after_a_deadline_the_operation_can_be_waited_for_again(sandbox, gandi):
    sandbox.hold_operation("vm_stop")
    operation = await gandi.vm_stop(await running_vm(gandi, sandbox))
    with pytest.raises(OperationTimeout):
        await operation.wait(timeout=0)
    sandbox.release_operations()
    assert (await operation).state == "DONE"


@pytest.mark.parametrize("timeout", [-1, "5", float("nan"), True])
async def test_a_deadline_that_is_no_number_of_seconds_is_refused(timeout, gandi):
    with pytest.raises(InvalidArgument, match="timeout"):
        await gandi.operation(1).wait(timeout)


async def test_cancelling_a_wait_ends_that_wait_alone(sandbox, gandi):
    sandbox.hold_operation("vm_stop")
    operation = await gandi.vm_stop(await running_vm(gandi, sandbox))
    one, other = (asyncio.create_task(operation.wait()) for _ in range(2))
    await asyncio.sleep(0.03)
    one.cancel()
    with pytest.raises(asyncio.CancelledError):
        await one
    sandbox.release_operations()
    assert (await other).state == "DONE"
    assert sandbox.calls["operation_cancel"] == 0


# -- watched ---------------------------------------------------------------------------------


async def test_each_state_is_seen(sandbox, gandi):
    vm_id = await running_vm(gandi, sandbox)
    sandbox.hold_operation("vm_stop")
    operation = await gandi.vm_stop(vm_id)
    seen = []
    async for state in operation:
        seen.append(state)
        sandbox.release_operations()
    assert seen[0] == "PENDING"
    assert seen[-1] == "DONE"
    assert [state async for state in operation] == ["DONE"]


async def test_each_state_is_seen_among_many_operations(sandbox, gandi):
    async def states(operation):
        return [str(state) async for state in operation]

    seen = await asyncio.gather(*map(states, await create(gandi, 10)))
    assert all(states[-1] == "DONE" for states in seen)


async def test_the_states_of_a_failing_operation_end_with_it(sandbox, gandi):
    sandbox.fail_operation("vm_stop")
    operation = await gandi.vm_stop(await running_vm(gandi, sandbox))
    assert [state async for state in operation][-1] == "ERROR"


async def test_each_iterator_sees_the_state_from_its_own_beginning(sandbox, gandi):
    sandbox.stall_operation("vm_stop")
    stop = await gandi.vm_stop(await running_vm(gandi, sandbox))
    first, second = aiter(stop), aiter(gandi.operation(stop.id))
    assert await asyncio.wait_for(anext(first), 60) == "RUN"
    assert await asyncio.wait_for(anext(second), 60) == "RUN"


# -- cancelled -------------------------------------------------------------------------------


async def test_a_pending_operation_is_cancelled_and_its_waiters_woken(sandbox, gandi):
    sandbox.hold_operation("vm_stop")
    operation = await gandi.vm_stop(await running_vm(gandi, sandbox))
    waiting = asyncio.create_task(operation.wait())
    await asyncio.sleep(0)
    before = polls(sandbox)
    await operation.cancel()
    with pytest.raises(OperationCancelled):
        await waiting
    assert polls(sandbox) <= before + 1
    assert operation.state == "CANCEL"
    with pytest.raises(OperationCancelled):
        await operation


async def test_the_creation_of_a_server_is_cancelled(sandbox, gandi):
    sandbox.hold_operation("vm_create")
    [operation] = await create(gandi)
    await operation.cancel()
    assert sandbox.vms == []
    with pytest.raises(OperationCancelled):
        await operation


async def test_a_running_operation_cannot_be_cancelled(sandbox, gandi):
    sandbox.stall_operation("vm_stop")
    operation = await gandi.vm_stop(await running_vm(gandi, sandbox))
    with pytest.raises(InvalidState):
        await operation.cancel()
    assert not operation.done()


async def test_one_cancelled_by_others_is_noticed(sandbox, gandi):
    operations = await create(gandi, 5)
    sandbox.advance(1000)
    sandbox.hold_operation("vm_stop", times=5)
    stops = [await gandi.vm_stop(operation.vm_id) for operation in operations]
    waits = [asyncio.create_task(stop.wait()) for stop in stops]
    await asyncio.sleep(0.05)
    async with sandbox.client() as other:
        await other.operation_cancel(stops[2].id)
    with pytest.raises(OperationCancelled):
        await asyncio.wait_for(waits[2], 60)
    sandbox.release_operations()
    await asyncio.gather(*waits[:2], *waits[3:])


async def test_cancelling_wakes_who_waits_even_while_its_id_is_looked_for(sandbox, gandi):
    sandbox.hold_operation("vm_create")
    [operation] = await create(gandi)
    sandbox.refuse("operation_list", times=1)
    waiting = asyncio.create_task(operation.wait())
    await asyncio.sleep(0)
    await operation.cancel()
    with pytest.raises(OperationCancelled):
        await asyncio.wait_for(waiting, 60)
