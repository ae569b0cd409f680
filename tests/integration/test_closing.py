"""The client closes while changing calls are under way: nothing is lost in silence."""

import asyncio
import gc

import aiohttp
import anyio
import pytest

from aiogandi import ClientClosed, OutcomeUnknown, RateLimit
from tests.integration.leaving import (
    TURNED_AWAY,
    create,
    gone,
    now,
    warnings,
    when_it_arrives,
)
from tests.integration.service import RETRY, SETTLE, TIMEOUT, a_vm, on_service


@on_service()
async def test_closing_waits_for_what_has_left(sandbox, gandi):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.delay("vm_create", seconds=TIMEOUT - 1, times=2)
    stays = asyncio.create_task(create(gandi, "one"))
    await gone(create(gandi, "two"), after=1)
    began, requests = now(), gandi.stats.requests
    await gandi.close()
    assert TIMEOUT - 3 < now() - began < TIMEOUT
    assert gandi.stats.requests == requests
    [pending] = gandi.pending()
    assert {(await stays).vm_id, pending.vm_id} == {vm["id"] for vm in sandbox.vms}


@pytest.mark.parametrize("wait", [0, 5])
@on_service()
async def test_closing_waits_no_longer_than_it_may(sandbox, gandi, wait, told):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.delay("vm_create", seconds=20, times=2)
    stays = asyncio.create_task(create(gandi, "one"))
    await gone(create(gandi, "two"), after=1)
    began = now()
    await gandi.close(wait=wait)
    assert now() - began == pytest.approx(wait, abs=0.1)
    with pytest.raises(OutcomeUnknown, match="hostname='one'") as caught:
        await stays
    assert "s3cret" not in str(caught.value)
    assert [pending.state for pending in gandi.pending()] == ["unknown", "unknown"]
    assert len(warnings(told)) == 1
    number = sandbox.executed["vm_create"]
    await asyncio.sleep(30)
    assert sandbox.calls["vm_create"] == 2 >= number


@on_service(rate_limit=RateLimit(2, per=100))
async def test_closing_sends_nothing_that_stood_in_line(sandbox, gandi):
    await gandi.vm_list()
    calls = [asyncio.create_task(create(gandi)) for _ in range(3)]
    await asyncio.sleep(1)
    began = now()
    await gandi.close()
    assert now() - began < 0.1
    for call in calls:
        with pytest.raises(ClientClosed) as caught:
            await call
        assert caught.value.sent is False
    assert sandbox.calls["vm_create"] == 0
    assert gandi.pending() == []
    with pytest.raises(ClientClosed) as caught:
        await create(gandi)
    assert caught.value.sent is False


@pytest.mark.parametrize("how", TURNED_AWAY)
@on_service()
async def test_what_is_turned_away_while_the_client_closes_is_not_sent_again(sandbox, gandi, how):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    closing = []
    when_it_arrives(
        sandbox, lambda: closing.append(asyncio.create_task(gandi.close())), TURNED_AWAY[how]
    )
    requests, began = gandi.stats.requests, now()
    with pytest.raises(OutcomeUnknown if how == "overload" else ClientClosed):
        await create(gandi)
    await closing[0]
    assert now() - began < 1
    assert gandi.stats.requests == requests + 1
    assert sandbox.vms == []


@on_service()
async def test_a_lost_call_that_is_looked_for_is_unknown(sandbox, gandi):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.drop_reply("vm_create", late=2)
    stays = asyncio.create_task(create(gandi))
    await asyncio.sleep(1)
    await gandi.close()
    with pytest.raises(OutcomeUnknown):
        await stays
    [pending] = gandi.pending()
    assert pending.state == "unknown"
    pending.dismiss()
    assert gandi.pending() == []


async def twice_cancelled(gandi):
    closing = asyncio.create_task(gandi.close())
    await asyncio.sleep(1)
    closing.cancel()
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait([closing])
    assert closing.cancelled()


async def at_once_cancelled(gandi):
    closing = asyncio.create_task(gandi.close())
    closing.cancel()
    await asyncio.wait([closing])
    await asyncio.sleep(0.1)


async def by_a_timeout(gandi):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await gandi.close()


async def by_a_scope(gandi):
    with anyio.move_on_after(1) as scope:
        await gandi.close()
    assert scope.cancelled_caught


async def by_a_scope_that_is_cancelled_before(gandi):
    with anyio.CancelScope() as scope:
        scope.cancel()
        await gandi.close()


@pytest.mark.parametrize(
    "interrupt", [twice_cancelled, by_a_timeout, by_a_scope, by_a_scope_that_is_cancelled_before]
)
@pytest.mark.parametrize("own", [True, False])
@on_service()
async def test_whatever_interrupts_closing_all_is_closed(sandbox, gandi, interrupt, own):
    before = asyncio.all_tasks()
    connector = aiohttp.TCPConnector(limit=6)
    async with aiohttp.ClientSession(connector=connector) as http:
        client = sandbox.client(retry=RETRY, timeout=TIMEOUT, http=None if own else http)
        await client.vm_list()
        sandbox.delay("vm_create", seconds=20, times=6)
        calls = [asyncio.create_task(create(client, f"web-{n}")) for n in range(5)]
        await gone(create(client), after=1)
        began = now()
        await interrupt(client)
        assert now() - began < 2
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {OutcomeUnknown}
        assert len(client.pending()) == 6
        tasks = asyncio.all_tasks() - before
        assert [task for task in tasks if "RequestHandler" not in repr(task)] == []
        async with asyncio.timeout(5), http.get(sandbox.url):
            pass  # none of the six connections is still taken


@on_service()
async def test_closing_twice_and_at_once_is_closing(sandbox, gandi):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.delay("vm_create", seconds=10)
    call = asyncio.create_task(create(gandi))
    await asyncio.sleep(1)
    await asyncio.gather(*(gandi.close() for _ in range(3)))
    assert (await call).vm_id == sandbox.vms[-1]["id"]
    requests = gandi.stats.requests
    await gandi.close()
    assert gandi.stats.requests == requests


@on_service()
async def test_closing_at_the_very_beginning_of_a_call(sandbox, gandi):
    call = asyncio.create_task(create(gandi))
    await asyncio.sleep(0)
    await gandi.close()
    with pytest.raises(ClientClosed) as caught:
        await call
    assert caught.value.sent is False


@on_service(rate_limit=RateLimit(2, per=100))
async def test_a_caller_who_goes_while_the_client_closes_leaves_no_error_behind(sandbox, gandi):
    ignored = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: ignored.append(context))
    await gandi.vm_list()
    call = asyncio.create_task(create(gandi))
    await asyncio.sleep(1)
    closing = asyncio.create_task(gandi.close())
    await asyncio.sleep(0)
    call.cancel()
    await asyncio.wait([call, closing])
    del call
    gc.collect()
    await asyncio.sleep(0)
    assert ignored == []


@on_service(session_lifetime=100, renew_margin=10)
async def test_closing_renews_no_session(sandbox, gandi):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    await asyncio.sleep(85)
    await gandi.vm_list()
    sandbox.delay("vm_create", seconds=20)
    call = asyncio.create_task(create(gandi))
    await asyncio.sleep(1)
    requests = gandi.stats.requests
    await gandi.close()
    assert gandi.stats.requests == requests
    assert (await call).vm_id == sandbox.vms[-1]["id"]


@on_service()
async def test_a_call_whose_operation_was_just_found_is_told_it_by_the_client_that_closes(
    sandbox, gandi
):
    """The look of an equal call has found it, while its own look still goes on."""
    vm_id = await a_vm(sandbox, gandi)
    sandbox.drop_reply("vm_reboot", late=SETTLE - 0.1)
    first = asyncio.create_task(gandi.vm_reboot(vm_id))
    await asyncio.sleep(SETTLE - 0.05)
    sandbox.delay("operation_list", seconds=20)
    await asyncio.sleep(0.15)
    sandbox.drop_reply("vm_reboot")
    second = await gandi.vm_reboot(vm_id)
    assert not first.done()
    await gandi.close(wait=0)

    reboots = [each["id"] for each in sandbox.operations if each["type"] == "vm_reboot"]
    assert [(await first).id, second.id] == reboots
