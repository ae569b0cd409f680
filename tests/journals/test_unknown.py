"""Steps of which nobody can tell what they have begun, until somebody says so."""

import asyncio
import sqlite3
from contextlib import closing, contextmanager

import pytest

from aiogandi import ClientClosed, JournalError, OutcomeUnknown
from aiogandi.sandbox.trouble import Delay
from tests.journals.desk import create, stop_after
from tests.waiting import until


async def an_unknown_call(desk, key="web"):
    """A step of which the service does not tell whether it ran."""
    desk.sandbox.drop_reply("vm_create")
    async with desk.client() as gandi:
        with pytest.raises(OutcomeUnknown):
            async with gandi.once(key):
                await (await create(gandi, "settled"))
                desk.sandbox.fault("operation_list", code=500250, message="forbidden", times=10**6)
                desk.sandbox.drop_reply("vm_create")
                await create(gandi)


@contextmanager
def full(path):
    """Meanwhile the disk has no room for whose an operation is."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON claims BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        yield
        connection.execute("DROP TRIGGER full")


@pytest.mark.parametrize("lost", [False, True])
async def test_what_could_not_be_written_down_is_not_bought_again(desk, path, told, lost):
    async with desk.client() as gandi:
        if lost:
            desk.sandbox.drop_reply("vm_create")
        with full(path):
            await stop_after(gandi, create)
        assert "what became of it is not written down" in told.text
        async with gandi.once("web"):
            operation = await create(gandi)
    assert operation.vm_id == desk.sandbox.vms[0]["id"]
    assert desk.hostnames == ["web"]


async def test_what_is_found_for_an_earlier_process_on_a_full_disk_is_given_when_there_is_room(
    desk, path
):
    async with desk.client() as gandi:
        await stop_after(gandi)  # there is a file
    desk.sandbox.drop_reply("vm_create")
    with full(path):
        async with desk.client() as gandi:
            await stop_after(gandi, create)
    mine = desk.sandbox.vms[0]["id"]
    async with desk.client() as gandi:
        with full(path), pytest.raises(JournalError, match="full"):
            async with gandi.once("web"):
                raise AssertionError("the body must not run")
        async with gandi.once("web"):
            assert (await create(gandi)).vm_id == mine
    assert desk.hostnames == ["web"]


async def test_what_could_not_be_written_down_is_written_when_the_client_closes(desk, path):
    async with desk.client() as gandi:
        with full(path):
            await stop_after(gandi, create)
    before = desk.sandbox.calls.copy()
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
        assert desk.sandbox.calls == before


async def test_what_is_not_known_is_unknown_until_it_is_dismissed(desk):
    await an_unknown_call(desk)
    sent = desk.sent()
    async with desk.client() as gandi:
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                async with gandi.once("web"):
                    raise AssertionError("the body must not run")
        [pending] = gandi.pending()
        assert (pending.key, pending.state, pending.method) == ("web", "unknown", "vm_create")
        assert desk.sent() == sent
        pending.dismiss()
        async with gandi.once("web"):
            await create(gandi, "settled")
            await create(gandi)
    assert desk.hostnames == ["settled", "web", "web"]


async def test_what_is_not_known_is_unknown_until_it_is_adopted(desk):
    await an_unknown_call(desk)
    sent = desk.sent()
    mine = desk.sandbox.operations[-1]
    async with desk.client() as gandi:
        with pytest.raises(OutcomeUnknown):
            async with gandi.once("web"):
                raise AssertionError("the body must not run")
        [pending] = gandi.pending()
        pending.adopt(mine["id"])
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi, "settled")
        operation = await create(gandi)
    assert operation.vm_id == mine["params"]["vm_id"]
    assert desk.sent() == sent


@pytest.mark.parametrize("said", ["adopted", "dismissed"])
async def test_what_is_said_of_a_call_counts_where_another_process_looks_for_it(desk, said):
    await an_unknown_call(desk)
    sent = desk.sent()
    mine = desk.sandbox.operations[-1]
    async with desk.client() as one, desk.client() as other:
        with pytest.raises(OutcomeUnknown):
            async with one.once("web"):
                raise AssertionError("the body must not run")

        async def again():
            async with other.once("web"):
                await create(other, "settled")
                return await create(other)

        desk.sandbox.interfere = lambda method: Delay(0.2) if method == "operation_list" else None
        looks = desk.sent("operation_list")
        task = asyncio.ensure_future(again())
        await until(lambda: desk.sent("operation_list") > looks)
        [pending] = one.pending()
        pending.adopt(mine["id"]) if said == "adopted" else pending.dismiss()
        operation = await task
    assert (operation.vm_id == mine["params"]["vm_id"]) is (said == "adopted")
    assert desk.sent() == sent + (said == "dismissed")


async def test_to_adopt_what_is_anothers_is_told_with_whose_it_is(desk, told):
    async with desk.client() as gandi, gandi.once("other"):
        await (await create(gandi))
    theirs = desk.sandbox.operations[0]["id"]
    await an_unknown_call(desk)
    async with desk.client() as gandi:
        with pytest.raises(OutcomeUnknown):
            async with gandi.once("web"):
                raise AssertionError("the body must not run")
        [pending] = gandi.pending()
        pending.adopt(theirs)
    told.clear()
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi, "settled")
        await create(gandi)
    assert f"operation {theirs} was said to be its own, but it is that of vm_create" in told.text


async def test_it_is_told_at_once_where_another_call_was_given_it(desk, told):
    await an_unknown_call(desk, "one")
    await an_unknown_call(desk, "two")
    mine = desk.sandbox.operations[-1]["id"]
    for key in ("one", "two"):
        async with desk.client() as gandi:
            with pytest.raises(OutcomeUnknown):
                async with gandi.once(key):
                    raise AssertionError("the body must not run")
            [pending] = gandi.pending()
            told.clear()
            pending.adopt(mine)
    assert (
        f"operation {mine} was said to be its own, but it is that of vm_create under one"
        in told.text
    )


# -- who says so, and errs ----------------------------------------------------------------------


async def wrongly_adopted(desk, gandi):
    """The pending call, which somebody has said to have begun the operation of a disk."""
    disk = await gandi.disk_create({"name": "data", "size": 2048})
    await disk
    theirs = desk.sandbox.operations[-1]["id"]
    with pytest.raises(OutcomeUnknown):
        async with gandi.once("web"):
            raise AssertionError("the body must not run")
    gandi.pending()[0].adopt(theirs)
    with pytest.raises(OutcomeUnknown, match=f"operation {theirs}.*is a disk_create.*taken back"):
        async with gandi.once("web"):
            raise AssertionError("the body must not run")
    [pending] = gandi.pending()
    assert (pending.state, pending.operation_id) == ("unknown", None)
    return pending


@pytest.mark.parametrize("said", ["adopted", "dismissed"])
async def test_to_adopt_an_operation_of_another_type_is_taken_back(desk, said):
    await an_unknown_call(desk)
    mine = desk.sandbox.operations[-1]
    sent = desk.sent()
    async with desk.client() as gandi:
        pending = await wrongly_adopted(desk, gandi)
        pending.adopt(mine["id"]) if said == "adopted" else pending.dismiss()
        async with gandi.once("web"):
            await create(gandi, "settled")
            operation = await create(gandi)
    assert (operation.vm_id == mine["params"]["vm_id"]) is (said == "adopted")
    assert desk.sent() == sent + (said == "dismissed")


async def test_what_is_said_last_counts(desk):
    await an_unknown_call(desk)
    mine, other = desk.sandbox.operations[-1], desk.sandbox.operations[0]
    async with desk.client() as gandi:
        with pytest.raises(OutcomeUnknown):
            async with gandi.once("web"):
                raise AssertionError("the body must not run")
        [pending] = gandi.pending()
        pending.adopt(9999999)
        pending.adopt(mine["id"])
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi, "settled")
        assert (await create(gandi)).vm_id == mine["params"]["vm_id"]
    assert other["id"] != mine["id"]


async def test_to_dismiss_what_was_adopted_takes_that_back(desk):
    await an_unknown_call(desk)
    sent = desk.sent()
    async with desk.client() as gandi:
        with pytest.raises(OutcomeUnknown):
            async with gandi.once("web"):
                raise AssertionError("the body must not run")
        [pending] = gandi.pending()
        pending.adopt(desk.sandbox.operations[-1]["id"])
        pending.dismiss()
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi, "settled")
        await create(gandi)
    assert desk.sent() == sent + 1


@pytest.mark.parametrize("key", ["web", None])
async def test_what_is_said_after_close_is_refused_because_it_is_not_written_down(desk, key):
    desk.sandbox.drop_reply("vm_create")
    async with desk.client() as gandi:
        await (await create(gandi, "settled"))
        desk.sandbox.fault("operation_list", code=500250, message="forbidden", times=10**6)
        desk.sandbox.drop_reply("vm_create")
        with pytest.raises(OutcomeUnknown):
            if key is None:
                await create(gandi)
            else:
                async with gandi.once(key):
                    await create(gandi)
    pending = gandi.pending()[-1]
    for say in (pending.dismiss, lambda: pending.adopt(5)):
        with pytest.raises(ClientClosed, match="would not be written down"):
            say()
    assert pending.state == gandi.pending()[-1].state == "unknown"


async def test_a_dismissed_call_is_unknown_again_to_a_block_that_has_lived_with_it(desk):
    async def lives_with_it(gandi):
        try:
            return await create(gandi)
        except OutcomeUnknown:
            return await create(gandi, "instead")

    async with desk.client() as gandi:
        await (await create(gandi, "first"))
        desk.sandbox.fault("operation_list", code=500250, message="forbidden", times=10**6)
        desk.sandbox.drop_reply("vm_create")
        await stop_after(gandi, lives_with_it)
    sent = desk.sent()
    async with desk.client() as gandi:
        with pytest.raises(OutcomeUnknown):
            async with gandi.once("web"):
                raise AssertionError("the body must not run")
        gandi.pending()[0].dismiss()
    for _ in range(2):
        async with desk.client() as gandi, gandi.once("web"):
            operation = await lives_with_it(gandi)
    assert operation.vm_id == desk.sandbox.vms[-1]["id"]
    assert (desk.hostnames, desk.sent()) == (["first", "web", "instead"], sent)
