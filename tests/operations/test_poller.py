"""What the poller makes of trouble, and of services that tell less than ours."""

import asyncio
import logging
from dataclasses import replace

import pytest

from aiogandi import (
    AuthenticationError,
    Fault,
    Gandi,
    NotFound,
    OperationFailed,
    OperationTimeout,
    PermissionDenied,
)
from aiogandi.sandbox import Sandbox
from tests.operations.orders import QUICK, create, running_vm
from tests.waiting import until

# -- trouble on the way ----------------------------------------------------------------------


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
    results = await asyncio.wait_for(asyncio.gather(*stops), 60)
    assert all(details.state == "DONE" for details in results)


async def test_after_an_outage_the_waits_go_on(sandbox):
    async with sandbox.client(polling=QUICK) as gandi:
        operations = await create(gandi, 5)
        waits = [asyncio.create_task(operation.wait()) for operation in operations]
        await sandbox.__aexit__(None, None, None)
        await asyncio.sleep(0.2)
        assert not any(wait.done() for wait in waits)
        await sandbox.__aenter__()
        results = await asyncio.wait_for(asyncio.gather(*waits), 60)
    assert all(details.state == "DONE" for details in results)


def test_a_deadline_is_kept_while_a_request_hangs(in_virtual_time):
    async def story():
        async with Sandbox(speed=1000) as sandbox, sandbox.client(polling=QUICK) as gandi:
            stop = await gandi.vm_stop(await running_vm(gandi, sandbox))
            sandbox.delay("operation_details", seconds=30, times=9)
            began = asyncio.get_running_loop().time()
            with pytest.raises(OperationTimeout):
                await stop.wait(timeout=0.15)
            return asyncio.get_running_loop().time() - began

    assert in_virtual_time(story()) == pytest.approx(0.15, abs=0.01)


async def test_a_login_that_is_refused_meanwhile_ends_the_waits(sandbox, gandi):
    sandbox.stall_operation("vm_stop")
    stop = await gandi.vm_stop(await running_vm(gandi, sandbox))
    waiting = asyncio.create_task(stop.wait())
    await asyncio.sleep(0.03)
    sandbox.fault("login", code=510150, message="DataError: [login: you]", times=99)
    sandbox.expire_sessions()
    with pytest.raises(AuthenticationError):
        await asyncio.wait_for(waiting, 60)
    assert sandbox.calls["login"] < 5


# -- services that tell less, or otherwise --------------------------------------------------


@pytest.fixture
def client_of(answering):
    """A client of a server that answers each method as it is told to, and at once knows its things."""

    async def make(**answers):
        url, _ = await answering(**answers)
        polling = replace(QUICK, grace=0)
        return Gandi("login", "password", url=url, rate_limit=None, polling=polling)

    return make


async def test_an_unknown_state_is_still_under_way_and_support_is_a_failure(client_of):
    states = iter(["WAIT", "BILL", "SUPPORT"])
    async with await client_of(
        vm_stop=77, operation_details=lambda *_: {"id": 77, "state": next(states)}
    ) as gandi:
        stop = await gandi.vm_stop(5)
        assert [str(state) async for state in stop] == ["WAIT", "BILL", "SUPPORT"]
        with pytest.raises(OperationFailed, match="people must step in"):
            await stop


async def test_without_an_operation_in_the_books_the_servers_own_state_counts(client_of):
    states = iter(["being_created", "being_created", "running"])
    async with await client_of(
        operation_list=[], vm_create=5, vm_info=lambda *_: {"id": 5, "state": next(states)}
    ) as gandi:
        [operation] = await create(gandi)
        assert (await operation).state == "DONE"
        assert operation.id is None
        assert list(states) == []


@pytest.mark.parametrize(
    ("disk", "error"),
    [({"id": 6, "state": "deleted"}, OperationFailed), (Fault(530040, "not there"), NotFound)],
)
async def test_without_an_operation_in_the_books_a_disk_that_is_gone_is_a_failure(
    client_of, disk, error
):
    async with await client_of(operation_list=[], disk_create=6, disk_info=disk) as gandi:
        operation = await gandi.disk_create({"size": 2048, "name": "data", "fstype": "ext3"})
        with pytest.raises(error):
            await operation


async def test_a_service_that_does_not_filter_by_parameter_is_seen_through(client_of):
    vm_ids = iter([1, 2, 3])
    async with await client_of(
        vm_create=lambda *_: next(vm_ids),
        operation_list=[103, 102, 101],
        operation_details=lambda _, number: {"id": number, "vm_id": number - 100, "state": "DONE"},
    ) as gandi:
        operations = await create(gandi, 3)
        details = await asyncio.gather(*operations)
    assert [found.vm_id for found in details] == [1, 2, 3]
    assert [operation.id for operation in operations] == [101, 102, 103]


async def test_a_service_without_lists_of_operations_is_asked_for_the_server(sandbox, gandi):
    sandbox.fault("operation_list", code=530040, message="DataError: no such method", times=99)
    [operation] = await create(gandi)
    assert (await operation).state == "DONE"


async def test_an_operation_that_is_refused_delays_no_other(client_of):
    def details(_, number):
        if number == 4711:
            return Fault(530150, "DataError: not yours [operation_id: 4711]")
        return {"id": number, "state": "DONE"}

    async with await client_of(vm_stop=77, operation_details=details) as gandi:
        with pytest.raises(PermissionDenied):
            await asyncio.wait_for(gandi.operation(4711).wait(), 60)
        stop = await gandi.vm_stop(5)
        assert (await asyncio.wait_for(stop.wait(), 60)).state == "DONE"


async def test_an_operation_whose_look_hangs_delays_no_other(sandbox, gandi):
    sandbox.delay("operation_details", seconds=30)
    hangs = asyncio.create_task(gandi.operation(4711).wait())
    await until(lambda: sandbox.calls["operation_details"])
    stop = await gandi.vm_stop(await running_vm(gandi, sandbox))
    assert (await asyncio.wait_for(stop.wait(), 60)).state == "DONE"
    assert not hangs.done()
    hangs.cancel()
