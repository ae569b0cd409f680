"""What is on the disk before a call leaves, and what of it afterwards; and what a heir makes of it."""

import asyncio
import json
import time

import pytest

from aiogandi import OutcomeUnknown, Retry
from tests.journals.desk import PASSWORD, create
from tests.journals.places import rows_of
from tests.waiting import until


@pytest.fixture
def arriving(desk):
    """The calls in the journal, as they stand whenever a request to create a server arrives."""
    seen = []

    def look(method):
        if method == "vm_create":
            seen.append([dict(row) for row in rows_of(desk.path)[0]])

    desk.sandbox.interfere = look
    return seen


async def test_the_intent_is_on_the_disk_before_the_request_arrives(desk, arriving):
    async with desk.client(timeout=7, retry=Retry(settle=4.0)) as gandi, gandi.once("web"):
        before = time.time()
        await (await create(gandi, "first"))
        await create(gandi, "second")
    [first], [_, second] = arriving
    assert (first["method"], first["state"], first["sends"]) == ("vm_create", "sent", 1)
    assert before <= first["since"] <= time.time()
    assert (first["timeout"], first["settle"]) == (7, 4)
    assert (first["key"], first["step"]) == (second["key"], second["step"] - 1)
    assert first["key"] is not None
    assert '"hostname":"first"' in first["arguments"]
    assert PASSWORD not in str(first)
    own = desk.sandbox.operations[1]["id"]
    assert first["newest"] <= second["newest"] < own  # known to be older, as of a moment ago


async def test_each_further_send_is_counted_before_it_leaves(desk, arriving):
    desk.sandbox.drop_reply("vm_create", late=3600)
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
    [[second]] = arriving  # the first meets its trouble unseen
    assert (second["sends"], second["state"], second["patience"]) == (2, "sent", None)


async def test_the_id_is_there_after_the_answer_and_the_state_after_the_wait(desk, arriving):
    async with desk.client() as gandi, gandi.once("web"):
        vm_id = (await create(gandi)).vm_id
        [row] = rows_of(desk.path)[0]
        assert (row["state"], row["ids"], row["ended"]) == (
            "answered",
            json.dumps({"vm_id": vm_id}),
            None,
        )
        await (await create(gandi, "second"))
        await create(gandi, "third")
    _, _, [_, second, _] = arriving
    assert '"DONE"' in second["ended"]


async def test_a_call_under_no_key_is_there_until_its_result_is_in_somebodys_hands(desk, arriving):
    async with desk.client() as gandi:
        await create(gandi, "first")
        await create(gandi, "second")
    [first], [*_, second] = arriving
    assert (first["state"], first["key"]) == (second["state"], second["key"]) == ("sent", None)
    assert rows_of(desk.path)[0] == []


async def gone(desk, lost, **settings):
    """A process that is gone while its call is under way: *lost* is what becomes of that."""
    lost()
    async with desk.client(**settings) as gandi:
        task = asyncio.create_task(_under_a_key(gandi))
        await until(desk.sent)
        task.cancel()
        await asyncio.wait([task])
        await gandi.close(wait=0)


async def _under_a_key(gandi):
    async with gandi.once("web"):
        return (await create(gandi)).vm_id


async def test_the_settling_time_of_the_process_that_is_gone_counts_where_it_is_longer(desk):
    """The service begins the call later than the heir would wait for it."""
    await gone(
        desk,
        lambda: desk.sandbox.drop_reply("vm_create", late=1.0),
        retry=Retry(backoff=0, settle=2.5),
    )
    async with desk.client() as gandi:
        vm_id = await _under_a_key(gandi)
    assert [vm["id"] for vm in desk.sandbox.vms] == [vm_id]
    assert desk.sent() == 1


async def test_what_recover_cannot_tell_is_unknown_and_stays_so(desk):
    desk.sandbox.drop_request("vm_create")
    desk.sandbox.fault("operation_list", code=500250, message="forbidden", times=10**6)
    async with desk.client() as gandi:
        with pytest.raises(OutcomeUnknown):
            await create(gandi)
    for _ in range(2):
        async with desk.client() as gandi:
            [found] = await gandi.recover()
            assert (found.outcome, found.pending.state) == ("unknown", "unknown")
    assert desk.sent() == 1
