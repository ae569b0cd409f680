"""A reply is lost in the middle of a changing call: it ran once, and the caller never notices."""

import asyncio
import gc
import random
from contextlib import nullcontext

import pytest

from aiogandi import OperationDetails, OutcomeUnknown, RateLimit, bulk
from aiogandi.sandbox.trouble import Alter, AnswerFault, DropReply
from tests.integration.service import (
    a_disk,
    a_halted_vm,
    a_product,
    a_vm,
    an_attached_disk,
    for_a_while,
    on_service,
)

# Each changing call: how its things are made, and how it is made.
CHANGES = {
    "vm_create": (None, lambda g, _: g.vm_create("web", "s3cret-pw", 111, 2, 1, {"login": "me"})),
    "vm_update": (a_vm, lambda g, vm: g.vm_update(vm, {"shares": 3})),
    "vm_delete": (a_halted_vm, lambda g, vm: g.vm_delete(vm)),
    "vm_start": (a_halted_vm, lambda g, vm: g.vm_start(vm)),
    "vm_stop": (a_vm, lambda g, vm: g.vm_stop(vm)),
    "vm_reboot": (a_vm, lambda g, vm: g.vm_reboot(vm)),
    "disk_create": (
        None,
        lambda g, _: g.disk_create({"size": 2048, "name": "d", "fstype": "ext3"}),
    ),
    "disk_delete": (a_disk, lambda g, disk: g.disk_delete(disk)),
    "disk_attach": (
        lambda s, g: asyncio.gather(a_vm(s, g), a_disk(s, g)),
        lambda g, ids: g.disk_attach(*ids),
    ),
    "disk_detach": (an_attached_disk, lambda g, ids: g.disk_detach(*ids)),
    "hosting_account_product_add": (
        None,
        lambda g, _: g.hosting_account_product_add("shares", 4, "1m"),
    ),
    "hosting_account_product_renew": (
        a_product,
        lambda g, product: g.hosting_account_product_renew(product, "1m"),
    ),
    "hosting_account_product_update": (
        a_product,
        lambda g, product: g.hosting_account_product_update(product, 2000),
    ),
    "hosting_account_product_remove": (
        a_product,
        lambda g, product: g.hosting_account_product_remove(product),
    ),
}


TROUBLE = {
    "the reply is lost": (lambda s, method: s.drop_reply(method), 1),
    "the reply is garbled": (lambda s, method: s.garble(method), 1),
    "the request is lost": (lambda s, method: s.drop_request(method), 2),
    "the service answers 503": (lambda s, method: s.refuse(method, status=503), 2),
    "the service fails": (lambda s, method: s.fault(method, code=150000, message="oops"), 2),
    "the service answers 429": (lambda s, method: s.refuse(method, status=429, retry_after=0), 2),
}


@pytest.mark.parametrize("trouble", TROUBLE)
@pytest.mark.parametrize("method", CHANGES)
@on_service()
async def test_a_changing_call_runs_once_when(sandbox, gandi, method, trouble):
    prepare, change = CHANGES[method]
    thing = None if prepare is None else await prepare(sandbox, gandi)
    before = sandbox.executed[method]
    make, sends = TROUBLE[trouble]
    sent = sandbox.calls[method]
    make(sandbox, method)

    operation = await change(gandi, thing)

    await operation
    assert sandbox.executed[method] == before + 1
    assert sandbox.calls[method] == sent + sends
    assert sandbox.operations[-1]["id"] == operation.id
    assert sandbox.operations[-1]["type"] == method
    assert gandi.stats.reconciled == (sends == 1)
    assert gandi.stats.surplus == 0


@pytest.mark.parametrize("trouble", TROUBLE)
@on_service()
async def test_a_cancel_takes_effect_when(sandbox, gandi, trouble):
    sandbox.hold_operation("vm_create")
    held = await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
    [operation] = await gandi.operation_list(param={"vm_id": held.vm_id})
    TROUBLE[trouble][0](sandbox, "operation_cancel")

    await gandi.operation_cancel(operation)

    assert sandbox.operations[-1]["state"] == "CANCEL"
    assert sandbox.executed["operation_cancel"] == 1


UNREADABLE = {
    "not found": AnswerFault(510240, "DataError: not found"),
    "no state": Alter(lambda details, _: {k: v for k, v in details.items() if k != "state"}),
}


@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize(("seconds", "error"), [(20, None), (3600, OutcomeUnknown)])
@on_service()
async def test_an_operation_that_cannot_be_read_is_not_taken_for_one_that_goes_on(
    sandbox, gandi, answer, seconds, error
):
    """Else the cancellation would be sent again, be refused because it ran, and be told as refused."""
    sandbox.hold_operation("vm_create")
    held = await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
    [operation] = await gandi.operation_list(param={"vm_id": held.vm_id})
    sandbox.drop_reply("operation_cancel")
    for_a_while(sandbox, "operation_details", answer, seconds)

    with pytest.raises(error) if error else nullcontext():
        await gandi.operation_cancel(operation)

    assert sandbox.operations[-1]["state"] == "CANCEL"
    assert sandbox.calls["operation_cancel"] == 1


@on_service()
async def test_a_hundred_servers_of_one_name_are_a_hundred_each_of_one_caller(sandbox, gandi):
    sandbox.drop_reply("vm_create", times=40)
    sandbox.drop_request("vm_create", times=10)
    operations = await asyncio.gather(
        *(gandi.vm_create("web", "s3cret-pw", 111, 1, 1) for _ in range(100))
    )

    assert len(sandbox.vms) == 100
    assert {operation.vm_id for operation in operations} == {vm["id"] for vm in sandbox.vms}
    assert gandi.stats.surplus == 0


@on_service()
async def test_all_hundred_replies_are_lost_and_nothing_is_twice(sandbox, gandi):
    sandbox.drop_reply("vm_create", times=100)
    operations = await asyncio.gather(
        *(gandi.vm_create("web", "s3cret-pw", 111, 1, 1) for _ in range(100))
    )

    assert sandbox.executed["vm_create"] == 100
    assert {operation.vm_id for operation in operations} == {vm["id"] for vm in sandbox.vms}
    assert gandi.stats.reconciled == 100


@pytest.mark.usefixtures("untraced")
@on_service(rate_limit=RateLimit(30, per=2.0))
async def test_more_lost_replies_than_a_list_holds_are_all_found(sandbox, gandi):
    sandbox.drop_reply("vm_create", times=305)
    operations = await asyncio.gather(
        *(gandi.vm_create("web", "s3cret-pw", 111, 1, 1) for _ in range(305)),
    )

    assert sandbox.executed["vm_create"] == 305
    assert len({operation.vm_id for operation in operations}) == 305


@on_service()
async def test_equal_disks_in_a_stream_are_as_many_as_were_asked_for(sandbox, gandi):
    lost = random.Random(5)
    sandbox.interfere = lambda method: (
        DropReply() if method == "disk_create" and lost.random() < 0.1 else None
    )

    async def create(_):
        return (await gandi.disk_create({"size": 1, "name": "d", "fstype": "ext3"})).disk_id

    handed_out = [outcome.result async for outcome in bulk(create, range(250), limit=20)]

    assert sandbox.executed["disk_create"] == 250
    assert len(set(handed_out)) == 250


@pytest.mark.usefixtures("untraced")
@on_service()
async def test_the_books_do_not_grow_while_calls_never_cease(sandbox, gandi):
    vm_ids = [await a_vm(sandbox, gandi, f"web-{n}") for n in range(4)]
    lost = random.Random(7)
    sandbox.interfere = lambda method: (
        DropReply() if method == "vm_update" and lost.random() < 0.2 else None
    )

    async def lane(vm_id):
        for number in range(60):
            await gandi.vm_update(vm_id, {"hostname": f"web-{number}"})
            await asyncio.sleep(5)

    async def known_after_a_while():
        await asyncio.gather(*map(lane, vm_ids))
        gc.collect()
        return sum(isinstance(thing, OperationDetails) for thing in gc.get_objects())

    # A lost call is followed for a minute and more, so some are always known.
    first = await known_after_a_while()
    assert await known_after_a_while() < first + 20
    assert sandbox.executed["vm_update"] == 480
