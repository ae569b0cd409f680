"""Operations are awaited through one poller, on the real sandbox."""

import asyncio
import logging

import pytest

from aiogandi import (
    AuthenticationError,
    ClientClosed,
    InvalidArgument,
    InvalidState,
    NotFound,
    OperationCancelled,
    OperationFailed,
    OperationState,
    OperationTimeout,
    PermissionDenied,
    Polling,
)
from aiogandi.sandbox import Sandbox, ServiceFault

QUICK = Polling(interval=0.02, max_interval=0.1)


@pytest.fixture
async def sandbox():
    async with Sandbox(speed=1000) as sandbox:
        yield sandbox


@pytest.fixture
async def gandi(sandbox):
    async with sandbox.client(polling=QUICK) as gandi:
        yield gandi


async def create(gandi, number=1):
    return [await gandi.vm_create(f"web-{n}", "s3cret-pw", 111, 1, 1) for n in range(number)]


async def running_vm(gandi, sandbox):
    [operation] = await create(gandi)
    sandbox.advance(1000)
    return operation.vm_id


def polls(sandbox):
    return sandbox.calls["operation_list"] + sandbox.calls["operation_details"]


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


async def test_nothing_is_asked_while_nobody_waits(sandbox, gandi):
    await create(gandi, 3)
    before = polls(sandbox)
    await asyncio.sleep(0.1)
    assert polls(sandbox) == before
    assert gandi._tracker._poller._task is None


async def test_finding_the_operation_of_a_new_server_costs_one_request(gandi, monkeypatch):
    operations = await create(gandi, 50)
    call, finds = gandi._session.call, []

    def counted(request, *args, **how):
        finds.extend(filters for filters in request.arguments.values() if "param" in str(filters))
        return call(request, *args, **how)

    monkeypatch.setattr(gandi._session, "call", counted)
    await asyncio.gather(*operations)
    assert len(finds) == 50
    assert len({operation.id for operation in operations}) == 50


async def test_the_poller_is_gone_when_nobody_waits_any_more(sandbox, gandi):
    operation = await gandi.vm_stop(await running_vm(gandi, sandbox))
    waiting = asyncio.create_task(operation.wait())
    await asyncio.sleep(0)
    assert gandi._tracker._poller._task is not None
    await waiting
    await asyncio.sleep(0.05)
    assert gandi._tracker._poller._task is None
    assert len(gandi._tracker.schedule) == 0


async def test_one_poller_serves_all(sandbox, gandi):
    operations = await create(gandi, 30)
    tasks = asyncio.all_tasks()
    waits = [asyncio.create_task(operation.wait()) for operation in operations]
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks() - tasks - set(waits)) == 1
    await asyncio.gather(*waits)


async def test_many_waiters_of_one_operation_share(sandbox, gandi):
    operation = await gandi.vm_stop(await running_vm(gandi, sandbox))
    other = gandi.operation(operation.id)
    results = await asyncio.gather(operation, operation.wait(), other, other.wait())
    assert {details.id for details in results} == {operation.id}


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
        await asyncio.wait_for(waits[2], 5)
    sandbox.release_operations()
    await asyncio.gather(*waits[:2], *waits[3:])


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


async def test_trouble_while_polling_only_delays(sandbox, gandi, caplog):
    stop = await gandi.vm_stop(await running_vm(gandi, sandbox))
    for make in (
        lambda: sandbox.drop_request("operation_details"),
        lambda: sandbox.refuse("operation_details", status=503),
        lambda: sandbox.refuse("operation_details", status=429, retry_after=0),
        lambda: sandbox.garble("operation_details"),
        lambda: sandbox.fault("operation_details", code=150000, message="ServerError: internal"),
        lambda: sandbox.fault("operation_details", code=510150, message="x [session: y]"),
    ):
        make()
    with caplog.at_level(logging.INFO, "aiogandi.tracker"):
        assert (await stop.wait(timeout=10)).state == "DONE"
    assert "polling: operation_details: HTTP 503" in caplog.text


async def test_lists_that_the_service_refuses_only_delay(sandbox, gandi):
    operations = await create(gandi, 5)
    sandbox.advance(1000)
    sandbox.fault("operation_list", code=500130, message="DataError: invalid value", times=999)
    stops = [await gandi.vm_stop(operation.vm_id) for operation in operations]
    results = await asyncio.wait_for(asyncio.gather(*stops), 10)
    assert all(details.state == "DONE" for details in results)


async def test_after_an_outage_the_waits_go_on(sandbox):
    async with sandbox.client(polling=QUICK) as gandi:
        operations = await create(gandi, 5)
        waits = [asyncio.create_task(operation.wait()) for operation in operations]
        await sandbox.__aexit__(None, None, None)
        await asyncio.sleep(0.2)
        assert not any(wait.done() for wait in waits)
        await sandbox.__aenter__()
        results = await asyncio.wait_for(asyncio.gather(*waits), 10)
    assert all(details.state == "DONE" for details in results)


async def test_a_deadline_is_kept_while_a_request_hangs(sandbox, gandi):
    stop = await gandi.vm_stop(await running_vm(gandi, sandbox))
    sandbox.delay("operation_details", seconds=30, times=9)
    started = asyncio.get_running_loop().time()
    with pytest.raises(OperationTimeout):
        await stop.wait(timeout=0.15)
    assert asyncio.get_running_loop().time() - started < 0.5


async def test_an_unknown_state_is_still_under_way_and_support_is_a_failure(sandbox, gandi):
    stop = await gandi.vm_stop(await running_vm(gandi, sandbox))
    answers = iter(["WAIT", "BILL", "SUPPORT"])
    sandbox.alter(
        "operation_details", lambda details, _: details | {"state": next(answers)}, times=3
    )
    seen = []
    async for state in stop:
        seen.append(str(state))
    assert seen == ["WAIT", "BILL", "SUPPORT"]
    with pytest.raises(OperationFailed, match="people must step in"):
        await stop


async def test_without_an_operation_in_the_books_the_servers_own_state_counts(sandbox, gandi):
    sandbox.answer("operation_list", [], times=10**6)
    [good] = await create(gandi)
    assert (await good).state == "DONE"
    assert good.id is None
    sandbox.fail_operation("disk_create")
    bad = await gandi.disk_create({"size": 2048, "name": "data", "fstype": "ext3"})
    with pytest.raises((OperationFailed, NotFound)):
        await bad


async def test_a_service_that_does_not_filter_by_parameter_is_seen_through(sandbox, gandi):
    def by_type_and_state(_, arguments):
        session, *filters = arguments
        known = [{n: f[n] for n in ("type", "state") if n in f} for f in filters]
        return sandbox.execute("operation_list", session, *known)

    sandbox.alter("operation_list", by_type_and_state, times=10**6)
    operations = await create(gandi, 3)
    details = await asyncio.gather(*operations)
    assert [d.vm_id for d in details] == [operation.vm_id for operation in operations]
    assert [sandbox.operations[n]["id"] for n in range(3)] == [o.id for o in operations]


async def test_a_dropped_waiter_among_others_is_not_asked_for(sandbox, gandi):
    sandbox.stall_operation("vm_stop")
    stalled = await gandi.vm_stop(await running_vm(gandi, sandbox))
    with pytest.raises(OperationTimeout):
        await stalled.wait(0.03)
    sandbox.calls.clear()
    await asyncio.sleep(0.1)
    assert polls(sandbox) == 0


async def test_a_login_that_is_refused_meanwhile_ends_the_waits(sandbox, gandi):
    sandbox.stall_operation("vm_stop")
    stop = await gandi.vm_stop(await running_vm(gandi, sandbox))
    waiting = asyncio.create_task(stop.wait())
    await asyncio.sleep(0.03)
    sandbox.fault("login", code=510150, message="DataError: [login: you]", times=99)
    sandbox.expire_sessions()
    with pytest.raises(AuthenticationError):
        await asyncio.wait_for(waiting, 5)
    assert sandbox.calls["login"] < 5


async def test_a_service_without_lists_of_operations_is_asked_for_the_server(sandbox, gandi):
    sandbox.fault("operation_list", code=530040, message="DataError: no such method", times=99)
    [operation] = await create(gandi)
    assert (await operation).state == "DONE"


async def test_a_sibling_that_is_taken_up_again_is_not_dropped(sandbox, gandi):
    operations = await create(gandi, 20)
    await asyncio.gather(*operations)
    stops = [await gandi.vm_stop(operation.vm_id) for operation in operations]

    async def one(number):
        await stops[number]
        await gandi.operation(stops[(number + 1) % 20].id).wait()

    await asyncio.wait_for(asyncio.gather(*map(one, range(20))), 10)


async def test_cancelling_wakes_who_waits_even_while_its_id_is_looked_for(sandbox, gandi):
    sandbox.hold_operation("vm_create")
    [operation] = await create(gandi)
    sandbox.refuse("operation_list", times=1)
    waiting = asyncio.create_task(operation.wait())
    await asyncio.sleep(0)
    await operation.cancel()
    with pytest.raises(OperationCancelled):
        await asyncio.wait_for(waiting, 1)


async def test_one_operation_that_hangs_or_is_refused_delays_no_other(sandbox, gandi):
    other = await gandi.vm_stop(await running_vm(gandi, sandbox))

    def refuse(details, _):
        if details["id"] == other.id:
            raise ServiceFault(530150, f"DataError: not yours [operation_id: {other.id}]")
        return details

    sandbox.alter("operation_details", refuse, times=10**6)
    with pytest.raises(PermissionDenied):
        await asyncio.wait_for(other.wait(), 5)
    stop = await gandi.vm_stop(await running_vm(gandi, sandbox))
    assert (await asyncio.wait_for(stop.wait(), 5)).state == "DONE"


async def test_six_iterations_that_were_given_up_leave_nothing_to_follow(sandbox, gandi):
    operations = await create(gandi, 6)
    sandbox.advance(1000)
    sandbox.stall_operation("vm_stop", times=6)
    stops = [await gandi.vm_stop(operation.vm_id) for operation in operations]
    for stop in stops:
        async with asyncio.timeout(1):
            async for _ in stop:
                break
    assert gandi._tracker.schedule._followed == set()


async def test_each_iterator_sees_the_state_from_its_own_beginning(sandbox, gandi):
    sandbox.stall_operation("vm_stop")
    stop = await gandi.vm_stop(await running_vm(gandi, sandbox))
    first, second = aiter(stop), aiter(gandi.operation(stop.id))
    assert await asyncio.wait_for(anext(first), 2) == "RUN"
    assert await asyncio.wait_for(anext(second), 2) == "RUN"
