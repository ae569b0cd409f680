"""Which operation is a call's own, where its reply was lost: by age, by parameters, by owner."""

import asyncio
from datetime import timedelta

import pytest

from aiogandi import OutcomeUnknown
from aiogandi.sandbox.trouble import Alter, Answer
from tests.integration.service import RETRY, a_halted_vm, a_vm, on_service


@pytest.mark.parametrize("hours", [-7, 0, 7])
@on_service()
async def test_last_weeks_start_of_the_same_vm_is_not_todays(sandbox, gandi, hours):
    vm_id = await a_halted_vm(sandbox, gandi)
    await gandi.vm_start(vm_id)
    sandbox.advance(1000)
    await gandi.vm_stop(vm_id)
    sandbox.advance(7 * 86400 + hours * 3600)
    before = sandbox.operations[-2]
    assert before["type"] == "vm_start"

    async with sandbox.client(retry=RETRY) as new:
        sandbox.drop_request("vm_start")
        operation = await new.vm_start(vm_id)

    assert operation.id > before["id"]
    assert sandbox.executed["vm_start"] == 2


@on_service()
async def test_the_clocks_may_be_hours_apart(sandbox, gandi):
    for skew in (-9, 9):
        sandbox.set_date(sandbox.now + timedelta(hours=skew))
        sandbox.drop_reply("vm_create")
        await (await gandi.vm_create("web", "s3cret-pw", 111, 2, 1))

    assert sandbox.executed["vm_create"] == 2
    assert gandi.stats.reconciled == 2


@on_service()
async def test_an_operation_of_another_client_is_not_taken(sandbox, gandi):
    vm_id = await a_vm(sandbox, gandi)
    async with sandbox.client() as other:
        reboot = await other.vm_reboot(vm_id)
    await gandi.operation_list()
    sandbox.advance(100)
    await gandi.vm_list()
    # The other's is known to be older: this client has just seen a newer operation.
    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.drop_request("vm_reboot")

    operation = await gandi.vm_reboot(vm_id)

    assert operation.id != reboot.id
    assert sandbox.executed["vm_reboot"] == 2


@on_service()
async def test_the_next_equal_server_is_not_the_last_one(sandbox, gandi):
    first = await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
    await first
    sandbox.drop_request("vm_create")

    second = await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)

    assert second.vm_id != first.vm_id
    assert sandbox.executed["vm_create"] == 2


@on_service()
async def test_what_a_generic_call_began_is_not_taken_for_a_later_one(sandbox, gandi):
    vm_id = await a_vm(sandbox, gandi)
    began = await gandi.call("vm_reboot", vm_id)
    sandbox.advance(100)
    sandbox.drop_request("vm_reboot")

    operation = await gandi.vm_reboot(vm_id)

    assert operation.id != began
    assert sandbox.executed["vm_reboot"] == 2


@on_service()
async def test_calls_that_differ_in_their_password_only_are_not_mixed_up(sandbox, gandi):
    sandbox.drop_reply("vm_create", times=2)
    outcomes = await asyncio.gather(
        gandi.vm_create("web", "s3cret-one", 111, 2, 1),
        gandi.vm_create("web", "s3cret-two", 111, 2, 1),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [OutcomeUnknown, OutcomeUnknown]
    assert sandbox.calls["vm_create"] == 2


@on_service()
async def test_a_server_with_anothers_password_is_not_handed_out(sandbox, gandi):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.delay("vm_create", seconds=5)
    given_up = asyncio.create_task(gandi.vm_create("web", "s3cret-one", 111, 2, 1))
    await asyncio.sleep(3)
    given_up.cancel()
    await asyncio.wait([given_up])
    sandbox.drop_request("vm_create")
    operation = await gandi.vm_create("web", "s3cret-two", 111, 2, 1)

    [left] = gandi.pending()
    assert {left.vm_id, operation.vm_id} == {vm["id"] for vm in sandbox.vms}
    assert left.vm_id < operation.vm_id


@on_service()
async def test_a_filter_that_the_service_does_not_know_is_not_believed(sandbox, gandi):
    """A service that matches nothing by hostname must not look like one that ran nothing."""
    nothing = Alter(lambda ids, arguments: [] if "param" in str(arguments) else ids)
    sandbox.interfere = lambda method: nothing if method == "operation_list" else None
    sandbox.drop_reply("vm_create")

    operation = await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)

    assert [vm["id"] for vm in sandbox.vms] == [operation.vm_id]


@on_service()
async def test_what_a_full_list_may_hide_is_an_unknown_outcome(sandbox, gandi):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    many = [10**9 - number for number in range(300)]
    sandbox.interfere = lambda method: Answer(many) if method == "operation_list" else None
    sandbox.drop_request("vm_create")
    with pytest.raises(OutcomeUnknown):
        await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)

    assert sandbox.calls["vm_create"] == 1


@on_service()
async def test_what_the_service_tells_too_little_of_is_given_to_nobody(sandbox, gandi):
    def little(details, _):
        return {**details, "params": {n: details["params"].get(n) for n in ("hostname", "vm_id")}}

    sandbox.interfere = lambda method: Alter(little) if method == "operation_details" else None
    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.drop_request("vm_create")
    sandbox.delay("vm_create", seconds=9)
    lost, slow = await asyncio.gather(
        gandi.vm_create("web", "s3cret-pw", 111, 1, 1),
        gandi.vm_create("web", "s3cret-pw", 111, 1, 4),
        return_exceptions=True,
    )
    cpus = {vm["id"]: vm["cpu"] for vm in sandbox.vms}
    assert cpus[slow.vm_id] == 4
    assert isinstance(lost, OutcomeUnknown) or cpus[lost.vm_id] == 1
