"""A reply is lost in the middle of a changing call: it ran once, and the caller never notices."""

import asyncio
import logging
import random

import pytest

from aiogandi import (
    InvalidState,
    OutcomeUnknown,
    Polling,
    RateLimit,
    Retry,
    ServerFault,
    TransportError,
    bulk,
)
from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.script.trouble import DropReply

QUICK = Retry(attempts=5, within=20, settle=0.1, backoff=0)


@pytest.fixture
async def sandbox():
    async with Sandbox(speed=1000) as sandbox:
        yield sandbox


@pytest.fixture
async def gandi(sandbox):
    async with sandbox.client(retry=QUICK, timeout=2, polling=Polling(interval=0.02)) as gandi:
        yield gandi


async def done(operation):
    """Wait for it in one look: the sandbox's clock is moved."""
    return await operation.wait(timeout=10)


async def a_vm(gandi, sandbox, hostname="web"):
    operation = await gandi.vm_create(hostname, "s3cret-pw", 111, 2, 1)
    sandbox.advance(1000)
    return operation.vm_id


async def a_disk(gandi, sandbox):
    operation = await gandi.disk_create({"size": 2048, "name": "data", "fstype": "ext3"})
    sandbox.advance(1000)
    return operation.disk_id


async def a_halted_vm(gandi, sandbox):
    vm_id = await a_vm(gandi, sandbox)
    await gandi.vm_stop(vm_id)
    sandbox.advance(1000)
    return vm_id


async def an_attached_disk(gandi, sandbox):
    vm_id, disk_id = await a_vm(gandi, sandbox), await a_disk(gandi, sandbox)
    await gandi.disk_attach(vm_id, disk_id)
    sandbox.advance(1000)
    return vm_id, disk_id


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
        lambda g, s: asyncio.gather(a_vm(g, s), a_disk(g, s)),
        lambda g, ids: g.disk_attach(*ids),
    ),
    "disk_detach": (an_attached_disk, lambda g, ids: g.disk_detach(*ids)),
    "hosting_account_product_add": (
        None,
        lambda g, _: g.hosting_account_product_add("shares", 4, "1m"),
    ),
    "hosting_account_product_renew": (
        lambda g, s: a_product(s),
        lambda g, product: g.hosting_account_product_renew(product, "1m"),
    ),
    "hosting_account_product_update": (
        lambda g, s: a_product(s),
        lambda g, product: g.hosting_account_product_update(product, 2000),
    ),
    "hosting_account_product_remove": (
        lambda g, s: a_product(s),
        lambda g, product: g.hosting_account_product_remove(product),
    ),
}


async def a_product(sandbox):
    return sandbox.products[0]["id"]


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
async def test_a_changing_call_runs_once_when(method, trouble, sandbox, gandi):
    prepare, change = CHANGES[method]
    thing = None if prepare is None else await prepare(gandi, sandbox)
    before = sandbox.executed[method]
    make, sends = TROUBLE[trouble]
    sent = sandbox.calls[method]
    make(sandbox, method)

    operation = await change(gandi, thing)

    await done(operation)
    assert sandbox.executed[method] == before + 1
    assert sandbox.calls[method] == sent + sends
    assert sandbox.operations[-1]["id"] == operation.id
    assert sandbox.operations[-1]["type"] == method
    assert gandi.stats.reconciled == (sends == 1)
    assert gandi.stats.surplus == 0


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_a_cancel_takes_effect_when(trouble, sandbox, gandi):
    sandbox.hold_operation("vm_create")
    held = await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
    [operation] = await gandi.operation_list(param={"vm_id": held.vm_id})
    TROUBLE[trouble][0](sandbox, "operation_cancel")

    await gandi.operation_cancel(operation)

    assert sandbox.operations[-1]["state"] == "CANCEL"
    assert sandbox.executed["operation_cancel"] == 1


async def test_a_hundred_servers_of_one_name_are_a_hundred_each_of_one_caller(sandbox):
    async with sandbox.client(retry=QUICK, timeout=5) as gandi:
        sandbox.drop_reply("vm_create", times=40)
        sandbox.drop_request("vm_create", times=10)
        operations = await asyncio.gather(
            *(gandi.vm_create("web", "s3cret-pw", 111, 1, 1) for _ in range(100))
        )

    assert len(sandbox.vms) == 100
    assert {operation.vm_id for operation in operations} == {vm["id"] for vm in sandbox.vms}
    assert gandi.stats.surplus == gandi.stats.surplus_cancelled == 0


async def test_all_hundred_replies_are_lost_and_nothing_is_twice(sandbox):
    async with sandbox.client(retry=QUICK, timeout=5) as gandi:
        sandbox.drop_reply("vm_create", times=100)
        operations = await asyncio.gather(
            *(gandi.vm_create("web", "s3cret-pw", 111, 1, 1) for _ in range(100))
        )

    assert sandbox.executed["vm_create"] == 100
    assert {operation.vm_id for operation in operations} == {vm["id"] for vm in sandbox.vms}
    assert gandi.stats.reconciled == 100


@pytest.mark.parametrize("hours", [-7, 0, 7])
async def test_last_weeks_start_of_the_same_vm_is_not_todays(hours, sandbox):
    async with sandbox.client() as old:
        vm_id = await a_halted_vm(old, sandbox)
        await old.vm_start(vm_id)
        sandbox.advance(1000)
        await old.vm_stop(vm_id)
        sandbox.advance(7 * 86400 + hours * 3600)
    sandbox.expire_sessions()
    before = sandbox.operations[-2]
    assert before["type"] == "vm_start"

    async with sandbox.client(retry=QUICK) as new:
        sandbox.drop_request("vm_start")
        operation = await new.vm_start(vm_id)

    assert operation.id > before["id"]
    assert sandbox.executed["vm_start"] == 2


async def test_the_clocks_may_be_hours_apart(sandbox, gandi):
    from datetime import timedelta

    for skew in (-9, 9):
        sandbox.set_date(sandbox.now + timedelta(hours=skew))
        sandbox.drop_reply("vm_create")
        await done(await gandi.vm_create("web", "s3cret-pw", 111, 2, 1))

    assert sandbox.executed["vm_create"] == 2
    assert gandi.stats.reconciled == 2


async def test_an_operation_of_another_client_is_not_taken(sandbox, gandi):
    vm_id = await a_vm(gandi, sandbox)
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


async def test_a_request_that_runs_late_and_is_pending_is_cancelled(sandbox, caplog):
    async with sandbox.client(retry=QUICK, timeout=0.15) as gandi:
        vm_id = await a_vm(gandi, sandbox)
        # The first request is only run after the second was sent, and queues up behind it.
        sandbox.delay("vm_reboot", seconds=0.32)
        sandbox.stall_operation("vm_reboot")
        with caplog.at_level(logging.WARNING, "aiogandi"):
            operation = await gandi.vm_reboot(vm_id)

    reboots = [o for o in sandbox.operations if o["type"] == "vm_reboot"]
    assert [o["state"] for o in reboots] == ["RUN", "CANCEL"]
    assert operation.id == reboots[0]["id"]
    assert gandi.stats.surplus_cancelled == 1
    assert str(reboots[1]["id"]) in caplog.text


async def test_a_surplus_that_runs_is_named_in_a_warning(sandbox, caplog):
    async with sandbox.client(retry=QUICK, timeout=0.15) as gandi:
        sandbox.delay("vm_create", seconds=0.32)
        with caplog.at_level(logging.WARNING, "aiogandi"):
            operation = await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)

    [surplus] = [vm["id"] for vm in sandbox.vms if vm["id"] != operation.vm_id]
    assert gandi.stats.surplus == 1
    assert f"vm_id={surplus}" in caplog.text


async def test_the_second_send_is_refused_because_the_first_ran_late(sandbox):
    async with sandbox.client(retry=QUICK, timeout=0.15) as gandi:
        vm_id = await a_halted_vm(gandi, sandbox)
        sandbox.delay("vm_start", seconds=0.24)
        sandbox.delay("vm_start", seconds=0.1)
        operation = await gandi.vm_start(vm_id)

    assert sandbox.executed["vm_start"] == 1
    assert operation.id == sandbox.operations[-1]["id"]


async def test_an_unreachable_service_after_a_lost_reply_is_an_unknown_outcome(sandbox):
    async with sandbox.client(
        retry=Retry(attempts=3, within=1, settle=0.05, backoff=0), timeout=2
    ) as gandi:
        await gandi.hosting_account_product_add("shares", 1, "1m")
        sandbox.drop_reply("vm_create")
        sandbox.drop_request("operation_list", times=50)
        with pytest.raises(OutcomeUnknown, match="vm_create") as caught:
            await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)

    assert caught.value.method == "vm_create"
    assert "hostname='web'" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert sandbox.calls["vm_create"] == 1
    assert gandi.stats.unknown == 1


async def test_what_never_arrives_is_an_unknown_outcome_in_the_end(sandbox):
    async with sandbox.client(retry=Retry(attempts=2, within=9, settle=0.05, backoff=0)) as gandi:
        sandbox.drop_request("vm_create", times=9)
        with pytest.raises(OutcomeUnknown):
            await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)

    assert sandbox.calls["vm_create"] == 2


async def test_a_service_that_keeps_failing_is_a_server_fault(sandbox):
    async with sandbox.client(retry=Retry(attempts=2, within=9, settle=0.05, backoff=0)) as gandi:
        sandbox.fault("vm_create", code=150000, message="ServerError: internal", times=9)
        with pytest.raises(ServerFault):
            await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)

    assert sandbox.calls["vm_create"] == 2


async def test_a_generic_changing_call_is_never_sent_twice_in_doubt(sandbox, gandi):
    sandbox.drop_reply("vm_list")
    with pytest.raises(OutcomeUnknown):
        await gandi.call("vm_list")
    sandbox.drop_reply("vm_list")
    assert await gandi.call("vm_list", idempotent=True) == []
    assert sandbox.calls["vm_list"] == 3


async def test_data_faults_are_never_repeated(sandbox, gandi):
    vm_id = await a_vm(gandi, sandbox)
    with pytest.raises(InvalidState):
        await gandi.vm_delete(vm_id)
    assert sandbox.calls["vm_delete"] == 1


async def test_reading_calls_are_repeated_after_any_trouble(sandbox, gandi):
    sandbox.drop_request("vm_list")
    sandbox.drop_reply("vm_list")
    sandbox.garble("vm_list")
    sandbox.fault("vm_list", code=110020, message="ServerError: database query failed")
    assert await gandi.vm_list() == []
    assert gandi.stats.retries == 4


async def test_reading_calls_give_up_after_their_attempts(sandbox):
    async with sandbox.client(retry=Retry(attempts=3, backoff=0)) as gandi:
        sandbox.refuse("vm_list", status=502, times=9)
        with pytest.raises(TransportError) as caught:
            await gandi.vm_list()
    assert caught.value.status == 502
    assert sandbox.calls["vm_list"] == 3


async def test_a_caller_who_is_cancelled_while_reconciling_is_gone_at_once(sandbox):
    async with sandbox.client(retry=Retry(settle=60, backoff=0)) as gandi:
        await gandi.hosting_account_product_add("shares", 1, "1m")
        sandbox.drop_request("vm_create")
        task = asyncio.create_task(gandi.vm_create("web", "s3cret-pw", 111, 2, 1))
        while sandbox.calls["operation_list"] < 2:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        task.cancel()
        started = asyncio.get_running_loop().time()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.get_running_loop().time() - started < 0.05


async def test_each_repeat_and_reconciliation_is_a_log_record(sandbox, gandi, caplog):
    with caplog.at_level(logging.INFO, "aiogandi"):
        sandbox.drop_request("vm_list")
        await gandi.vm_list()
        sandbox.drop_reply("vm_create")
        await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
    assert "vm_list: attempt 2 in" in caplog.text
    assert "vm_create: its reply was lost, operation" in caplog.text
    assert "s3cret" not in caplog.text


async def test_calls_that_differ_in_their_password_only_are_not_mixed_up(sandbox):
    async with sandbox.client(retry=Retry(within=0.5, settle=0.1, backoff=0)) as gandi:
        sandbox.drop_reply("vm_create", times=2)
        outcomes = await asyncio.gather(
            gandi.vm_create("web", "s3cret-one", 111, 2, 1),
            gandi.vm_create("web", "s3cret-two", 111, 2, 1),
            return_exceptions=True,
        )
    assert [type(outcome) for outcome in outcomes] == [OutcomeUnknown, OutcomeUnknown]
    assert sandbox.calls["vm_create"] == 2


async def test_a_filter_that_the_service_does_not_know_is_not_believed(sandbox, gandi):
    """A service that matches nothing by hostname must not look like one that ran nothing."""

    def matches_nothing(ids, arguments):
        return [] if any("param" in filters for filters in arguments[1:]) else ids

    sandbox.alter("operation_list", matches_nothing, times=10**6)
    sandbox.drop_reply("vm_create")

    operation = await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)

    assert [vm["id"] for vm in sandbox.vms] == [operation.vm_id]


async def test_the_next_equal_server_is_not_the_last_one(sandbox, gandi):
    first = await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
    await done(first)
    sandbox.drop_request("vm_create")

    second = await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)

    assert second.vm_id != first.vm_id
    assert sandbox.executed["vm_create"] == 2


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


async def test_more_lost_replies_than_a_list_holds_are_all_found(sandbox):
    async with sandbox.client(retry=QUICK, timeout=5) as gandi:
        sandbox.drop_reply("vm_create", times=400)
        operations = await asyncio.gather(
            *(gandi.vm_create("web", "s3cret-pw", 111, 1, 1) for _ in range(400)),
        )

    assert sandbox.executed["vm_create"] == 400
    assert len({operation.vm_id for operation in operations}) == 400


async def test_what_a_full_list_may_hide_is_an_unknown_outcome(sandbox):
    async with sandbox.client(retry=QUICK, timeout=5) as gandi:
        await gandi.hosting_account_product_add("shares", 1, "1m")
        many = [10**9 - number for number in range(300)]
        sandbox.answer("operation_list", many, times=10**6)
        sandbox.drop_request("vm_create")
        with pytest.raises(OutcomeUnknown):
            await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)

    assert sandbox.calls["vm_create"] == 1


async def test_a_server_with_anothers_password_is_not_handed_out(sandbox):
    async with sandbox.client(retry=Retry(within=1, settle=0.05, backoff=0)) as gandi:
        await gandi.hosting_account_product_add("shares", 1, "1m")
        sandbox.delay("vm_create", seconds=0.05)
        given_up = asyncio.create_task(gandi.vm_create("web", "s3cret-one", 111, 2, 1))
        await asyncio.sleep(0.03)
        given_up.cancel()
        await asyncio.wait([given_up])
        sandbox.drop_request("vm_create")
        with pytest.raises(OutcomeUnknown):
            await gandi.vm_create("web", "s3cret-two", 111, 2, 1)


async def test_what_a_generic_call_began_is_not_taken_for_a_later_one(sandbox, gandi):
    vm_id = await a_vm(gandi, sandbox)
    began = await gandi.call("vm_reboot", vm_id)
    sandbox.advance(100)
    sandbox.drop_request("vm_reboot")

    operation = await gandi.vm_reboot(vm_id)

    assert operation.id != began
    assert sandbox.executed["vm_reboot"] == 2


async def test_a_late_first_request_is_found_although_the_second_was_refused(sandbox):
    async with sandbox.client(
        retry=Retry(attempts=3, within=9, settle=0.2, backoff=0), timeout=0.1
    ) as gandi:
        await gandi.hosting_account_product_add("shares", 1, "1m")
        sandbox.delay("vm_create", seconds=0.4)
        sandbox.fault("vm_create", code=530060, message="DataError: wrong state")

        operation = await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)

    assert [vm["id"] for vm in sandbox.vms] == [operation.vm_id]


async def test_a_changing_call_waits_as_long_as_the_service_asks(sandbox):
    async with sandbox.client(retry=Retry(settle=0.05, backoff=0)) as gandi:
        sandbox.refuse("vm_create", status=503, retry_after=1)
        started = asyncio.get_running_loop().time()
        await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
    assert asyncio.get_running_loop().time() - started >= 0.95


async def test_the_seconds_for_all_sends_bound_a_single_one_too(sandbox):
    async with sandbox.client(retry=Retry(within=0.15, backoff=0)) as gandi:
        await gandi.os_list()
        sandbox.delay("vm_list", seconds=5)
        started = asyncio.get_running_loop().time()
        with pytest.raises(TransportError):
            await gandi.vm_list()
    assert asyncio.get_running_loop().time() - started < 1


async def test_waiting_for_the_rate_does_not_count_as_trying(sandbox):
    async with sandbox.client(
        rate_limit=RateLimit(20, per=1.0), retry=Retry(attempts=3, within=0.3, backoff=0)
    ) as gandi:
        sandbox.refuse("disk_list", status=503)
        *_, disks = await asyncio.gather(*(gandi.vm_list() for _ in range(10)), gandi.disk_list())
    assert disks == []
    assert sandbox.calls["disk_list"] == 2


async def test_the_books_do_not_grow_while_calls_never_cease(sandbox, gandi):
    vm_ids = [await a_vm(gandi, sandbox, f"web-{n}") for n in range(4)]
    lost = random.Random(7)
    sandbox.interfere = lambda method: (
        DropReply() if method == "vm_update" and lost.random() < 0.2 else None
    )

    async def lane(vm_id):
        for number in range(60):
            await gandi.vm_update(vm_id, {"note": number})

    await asyncio.gather(*map(lane, vm_ids))

    books = gandi._retrier.reconciler.ledger
    assert sandbox.executed["vm_update"] == 240
    assert max(len(books._owned), len(books.details), len(books._seen)) < 60


async def test_what_the_service_tells_too_little_of_is_given_to_nobody(sandbox):
    def little(details, _):
        told = {n: v for n, v in details["params"].items() if n in ("hostname", "vm_id")}
        return details | {"params": told}

    sandbox.alter("operation_details", little, times=10**6)
    async with sandbox.client(retry=Retry(within=1, settle=0.1, backoff=0)) as gandi:
        await gandi.hosting_account_product_add("shares", 1, "1m")
        sandbox.drop_request("vm_create")
        sandbox.delay("vm_create", seconds=0.3)
        lost, slow = await asyncio.gather(
            gandi.vm_create("web", "s3cret-pw", 111, 1, 1),
            gandi.vm_create("web", "s3cret-pw", 111, 1, 4),
            return_exceptions=True,
        )
    cpus = {vm["id"]: vm["cpu"] for vm in sandbox.vms}
    assert cpus[slow.vm_id] == 4
    assert isinstance(lost, OutcomeUnknown) or cpus[lost.vm_id] == 1
