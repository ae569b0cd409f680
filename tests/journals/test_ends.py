"""How a block ends: what is told of it, and when its key is free."""

import asyncio

import pytest

from aiogandi import OutcomeUnknown
from tests.journals.desk import create, one_under_way
from tests.waiting import until


async def test_an_item_that_was_left_early_is_open_and_none_that_failed(desk):
    async with desk.both() as (journal, gandi):
        run = journal.run("release")
        async with one_under_way(gandi, run):
            pass
        async with gandi.once("another"):  # whatever the end has left to be written is
            pass
        assert [(each.state, each.error) async for each in run.outcomes()] == [("open", None)]


async def test_a_key_is_held_until_its_call_has_ended_though_its_caller_has_gone(desk, told):
    async def body(gandi):
        async with gandi.once("web"):
            return (await create(gandi)).vm_id

    async with desk.client() as gandi, desk.client() as another:
        desk.sandbox.delay("vm_create", seconds=1)
        task = asyncio.create_task(body(gandi))
        await until(desk.sent)
        task.cancel()
        await asyncio.wait([task])
        vm_id = await body(another)
    assert "key 'web' is held by" in told.text
    assert [vm["id"] for vm in desk.sandbox.vms] == [vm_id]
    assert desk.sent() == 1


async def test_what_cannot_be_told_of_one_key_does_not_hold_up_another(desk):
    desk.sandbox.drop_request("vm_create")
    desk.sandbox.fault("operation_list", code=500250, message="forbidden", times=10**6)
    async with desk.client() as gandi:
        with pytest.raises(OutcomeUnknown):
            async with gandi.once("web"):
                await create(gandi)
    async with desk.client() as gandi:
        with pytest.raises(OutcomeUnknown):
            async with gandi.once("web"):
                raise AssertionError("the body must not run")
        async with gandi.once("other"):
            await (await create(gandi, "other"))
        await (await create(gandi, "outside"))
    assert sorted(desk.hostnames) == ["other", "outside"]


async def test_what_a_block_has_begun_is_pending_until_the_block_has_ended_well(desk):
    async with desk.client() as gandi:
        async with gandi.once("outer"), gandi.once("inner"):
            await (await create(gandi))
            [pending] = gandi.pending()
            assert (pending.key, pending.state) == ("outer / inner", "answered")
        assert gandi.pending() == []


async def test_a_key_belongs_to_a_login_its_handle_and_the_address(desk):
    for handle in (None, "AA1234-GANDI", "AA1234-GANDI", None):
        async with desk.client(handle=handle) as gandi, gandi.once("web"):
            await create(gandi, f"of-{handle}")
    assert desk.hostnames == ["of-None", "of-AA1234-GANDI"]


async def test_a_generic_calls_value_is_given_from_the_journal(desk):
    values = []
    for _ in range(2):
        async with desk.client() as gandi, gandi.once("web"):
            values.append(await gandi.call("vm_create", "web", "s3cret-pw", 111, 1, 1, {}))
    assert values == [desk.sandbox.vms[0]["id"]] * 2
    assert desk.sent() == 1
