"""Callers go while changing calls are under way: nothing is lost in silence."""

import asyncio
import copy
import json
import pickle
from contextlib import aclosing
from dataclasses import asdict
from datetime import datetime

import pytest

from aiogandi import InvalidArgument, OutcomeUnknown, RateLimit, bulk
from aiogandi.instrumentation import CallerGone, LeftBehind
from tests.calls.refusing import NO_IDS, Index, refused
from tests.integration.leaving import (
    PASSWORD,
    TURNED_AWAY,
    create,
    gone,
    now,
    warnings,
    when_it_arrives,
)
from tests.integration.service import RETRY, TIMEOUT, a_vm, on_service


@on_service()
async def test_what_is_pending_can_be_copied_written_down_and_sent_to_another_process(
    sandbox, gandi
):
    sandbox.delay("vm_create", seconds=5)
    await gone(create(gandi), after=2)
    [pending] = gandi.pending()

    assert PASSWORD not in str(pickle.dumps(pending, 0))
    record = pickle.loads(pickle.dumps(pending))
    assert record == pending
    assert repr(record) == repr(pending)
    for conclude in (record.operation, record.dismiss, lambda: record.adopt(5)):
        with pytest.raises(InvalidArgument, match=r"came out of a pickle"):
            conclude()
    written = json.loads(json.dumps(pending.to_dict()))
    assert written == pending.to_dict() == record.to_dict()
    assert {name: written[name] for name in ("method", "state", "surplus", "key", "task")} == {
        "method": "vm_create",
        "state": "sent",
        "surplus": [],
        "key": None,
        "task": "caller",
    }
    assert written["arguments"]["hostname"] == "web"
    assert written["arguments"]["password"] == "***"
    assert datetime.fromisoformat(written["since"]) == pending.since
    assert asdict(pending)["arguments"] == pending.arguments

    await asyncio.sleep(10)
    twin = copy.deepcopy(copy.copy(gandi.pending()[0]))
    assert (await twin.operation()).vm_id == sandbox.vms[0]["id"]
    assert gandi.pending() == []


@on_service()
async def test_a_call_under_way_is_told_while_and_after_it_is_known(sandbox, gandi, told):
    await a_vm(sandbox, gandi, "first")
    told.clear()
    sandbox.delay("vm_create", seconds=5)
    await gone(create(gandi), after=2)

    [pending] = gandi.pending()
    assert (pending.method, pending.state, pending.task) == ("vm_create", "sent", "caller")
    assert (pending.vm_id, pending.operation_id, pending.surplus, pending.key) == (
        *(None, None),
        (),
        None,
    )
    assert pending.arguments["hostname"] == "web"
    assert "s3cret" not in repr(pending)
    assert pending.since.tzinfo is not None
    with pytest.raises(InvalidArgument, match="not known"):
        pending.operation()

    await asyncio.sleep(10)
    [record] = warnings(told)
    assert str(sandbox.vms[-1]["id"]) in record.getMessage()
    assert "s3cret" not in told.text
    [pending] = gandi.pending()
    assert (pending.state, pending.vm_id) == ("answered", sandbox.vms[-1]["id"])
    operation = pending.operation()
    assert gandi.pending() == []
    assert (await operation).vm_id == operation.vm_id == pending.vm_id
    assert sandbox.calls["vm_create"] == 2


@on_service()
async def test_what_was_lost_is_found_for_nobody(sandbox, gandi, told):
    await a_vm(sandbox, gandi, "first")
    told.clear()
    sandbox.drop_reply("vm_create", late=2)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await create(gandi)
    assert [pending.state for pending in gandi.pending()] == ["lost"]
    await asyncio.sleep(10)

    [pending] = gandi.pending()
    assert (pending.state, pending.vm_id) == ("adopted", sandbox.vms[-1]["id"])
    assert pending.operation_id == sandbox.operations[-1]["id"]
    assert len(warnings(told)) == 1
    assert (await pending.operation()).vm_id == pending.vm_id
    assert sandbox.calls["vm_create"] == 2


@on_service()
async def test_what_did_not_run_is_not_sent_again_for_nobody(sandbox, gandi, told):
    await a_vm(sandbox, gandi, "first")
    told.clear()
    for loss in (
        lambda: sandbox.drop_request("vm_create"),
        lambda: sandbox.refuse("vm_create", status=503),
        lambda: sandbox.fault("vm_create", code=500, message="ServerError"),
    ):
        loss()
        await gone(create(gandi), after=1)
        await asyncio.sleep(TIMEOUT * 2)
    assert gandi.pending() == []
    assert sandbox.calls["vm_create"] == 4
    assert len(sandbox.vms) == 1
    assert warnings(told) == []
    assert told.text.count("left nothing behind") == 3


@on_service(rate_limit=RateLimit(2, per=100))
async def test_what_stood_in_line_never_leaves(sandbox, gandi, told):
    await gandi.vm_list()
    calls = [asyncio.create_task(create(gandi)) for _ in range(3)]
    await asyncio.sleep(1)
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)
    assert all(call.cancelled() for call in calls)
    await asyncio.sleep(1000)
    assert (sandbox.calls["vm_create"], gandi.pending()) == (0, [])
    assert warnings(told) == []


@on_service()
async def test_there_are_events_of_it(sandbox, gandi):
    events = []
    async with sandbox.client(retry=RETRY, on_event=events.append) as listening:
        await listening.hosting_account_product_add("shares", 1, "1m")
        sandbox.drop_reply("vm_create", late=2)
        await gone(create(listening), after=1)
        await asyncio.sleep(10)
    vm_id, number = sandbox.vms[-1]["id"], sandbox.operations[-1]["id"]
    assert [event for event in events if isinstance(event, CallerGone | LeftBehind)] == [
        CallerGone("vm_create", "lost"),
        LeftBehind("vm_create", "adopted", number, vm_id, None),
    ]


@pytest.mark.parametrize("trouble", [None, "fault", "login"])
@on_service()
async def test_a_caller_who_goes_as_the_answer_comes(sandbox, gandi, told, trouble):
    """The call has ended, and its caller is cancelled before it could take the result."""

    def leave(event):
        if type(event).__name__ == "CallEnded" and event.method == "vm_create":
            caller.cancel()

    async with sandbox.client(retry=RETRY, on_event=leave) as listening:
        if trouble == "fault":
            sandbox.fault("vm_create", code=505043, message="DataError: no")
        if trouble == "login":
            sandbox.fault("login", code=510050, message="DataError: wrong password")
        caller = asyncio.create_task(create(listening))
        await asyncio.wait([caller])
        assert caller.cancelled()
        await asyncio.sleep(1)
        states = [(p.state, p.vm_id) for p in listening.pending()]
    assert states == ([] if trouble else [("answered", sandbox.vms[-1]["id"])])
    assert len(warnings(told)) == len(states)


@on_service()
async def test_leaving_a_bulk_run_loses_nothing(sandbox, gandi):
    async def action(name):
        return (await create(gandi, name)).vm_id

    sandbox.delay("vm_create", seconds=1)
    sandbox.delay("vm_create", seconds=5, times=9)
    async with aclosing(bulk(action, [f"web-{n}" for n in range(10)], limit=10)) as run:
        async for outcome in run:
            told = {outcome.result}
            break
    assert len(gandi.pending()) == 9
    await asyncio.sleep(10)
    told |= {pending.operation().vm_id for pending in gandi.pending()}
    assert told == {vm["id"] for vm in sandbox.vms}
    assert len(told) == 10


@on_service(retry=RETRY)
async def test_an_unknown_one_is_adopted_or_dismissed_by_hand(sandbox, gandi):
    await a_vm(sandbox, gandi, "first")
    sandbox.drop_reply("vm_create", times=2)
    outcomes = await asyncio.gather(
        gandi.vm_create("web", "s3cret-one", 111, 2, 1),
        gandi.vm_create("web", "s3cret-two", 111, 2, 1),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [OutcomeUnknown] * 2
    one, two = gandi.pending()
    assert (one.state, two.state) == ("unknown", "unknown")
    assert one.since <= two.since
    for no_id in NO_IDS:
        with refused("operation_id=", no_id):
            one.adopt(no_id)
    one.adopt(Index(sandbox.operations[-2]["id"]))
    two.dismiss()
    [one] = gandi.pending()
    assert (one.state, one.operation_id) == ("adopted", sandbox.operations[-2]["id"])
    assert (await one.operation()).vm_id == sandbox.vms[-2]["id"]
    assert gandi.pending() == []


@on_service()
async def test_the_oldest_is_the_first_also_where_a_surplus_was_found(sandbox, gandi):
    sandbox.drop_reply("vm_create", late=10)
    await create(gandi, "old")
    sandbox.delay("vm_create", seconds=TIMEOUT - 1)
    await gone(create(gandi, "young"), after=1)
    await asyncio.sleep(TIMEOUT * 2)
    assert [pending.arguments["hostname"] for pending in gandi.pending()] == ["old", "young"]


@pytest.mark.parametrize("how", TURNED_AWAY)
@on_service()
async def test_what_is_turned_away_as_its_caller_goes_is_not_sent_again(sandbox, gandi, how):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    call = asyncio.create_task(create(gandi))
    when_it_arrives(sandbox, call.cancel, TURNED_AWAY[how])
    await asyncio.wait([call])
    began = now()
    await gandi.drain()
    assert now() - began < 100
    assert (sandbox.calls["vm_create"], gandi.pending()) == (1, [])
