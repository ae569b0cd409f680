"""What nobody has concluded: told from the journal alone, and concluded there by somebody who knows."""

import pytest

from aiogandi import InvalidArgument, OutcomeUnknown, bulk
from aiogandi.changes.journal import KeyHeld
from tests.journals.desk import create

FORBIDDEN = {"code": 500250, "message": "forbidden"}


async def an_unknown_item(desk):
    """A run with one item, of which the service does not tell whether its call ran."""
    desk.sandbox.fault("operation_list", **FORBIDDEN, times=10**6)
    desk.sandbox.drop_reply("vm_create")
    async with desk.both() as (journal, gandi):
        run = journal.run("release")
        [outcome] = [
            each async for each in bulk(lambda name: create(gandi, name), ["web"], run=run)
        ]
    assert isinstance(outcome.error, OutcomeUnknown)


async def again(desk):
    """The outcome of the same run."""
    async with desk.both() as (journal, gandi):
        run = journal.run("release")
        [outcome] = [
            each async for each in bulk(lambda name: create(gandi, name), ["web"], run=run)
        ]
        return outcome


async def test_it_is_told_with_its_run_and_asks_the_service_nothing(desk):
    await an_unknown_item(desk)
    asked = desk.sandbox.calls.total()
    async with desk.both() as (journal, _):
        [left] = await journal.left()
    assert (left.run, left.call.key, left.call.method) == ("release", ("web",), "vm_create")
    assert desk.sandbox.calls.total() == asked
    async with desk.both(url="http://127.0.0.1:1/") as (journal, _):
        assert await journal.left() == []  # of another account


async def test_what_is_dismissed_is_sent_again(desk):
    await an_unknown_item(desk)
    async with desk.both() as (journal, _):
        [left] = await journal.left()
        await journal.dismiss(left.call.number)
        assert await journal.left() == []
        with pytest.raises(InvalidArgument, match="nobody has concluded"):
            await journal.dismiss(left.call.number)
    assert (await again(desk)).ok
    assert desk.hostnames == ["web", "web"]


async def test_what_is_adopted_is_not_sent_again(desk):
    await an_unknown_item(desk)
    mine = desk.sandbox.operations[-1]
    async with desk.both() as (journal, gandi):
        [left] = await journal.left()
        await journal.adopt(left.call.number, await gandi.operation_details(mine["id"]))
    outcome = await again(desk)
    assert outcome.result.vm_id == mine["params"]["vm_id"]
    assert desk.hostnames == ["web"]


async def test_an_operation_has_one_owner(desk):
    async with desk.client() as gandi, gandi.once("other"):
        await (await create(gandi))
    theirs = desk.sandbox.operations[0]["id"]
    await an_unknown_item(desk)
    async with desk.both() as (journal, gandi):
        [left] = await journal.left()
        details = await gandi.operation_details(theirs)
        with pytest.raises(InvalidArgument, match=f"operation {theirs} is that of "):
            await journal.adopt(left.call.number, details)
        [still] = await journal.left()
    assert still == left


async def test_what_somebody_has_under_way_is_left_alone(desk):
    async with desk.client() as gandi, desk.both() as (journal, _), gandi.once("held"):
        await create(gandi)
        [left] = await journal.left()
        with pytest.raises(KeyHeld, match="process "):
            await journal.dismiss(left.call.number)


async def test_calls_outside_of_keys_are_concluded_too(desk):
    async with desk.client() as gandi:
        await create(gandi)
        await gandi.close(wait=0)
    async with desk.both() as (journal, _):
        for each in await journal.left():
            await journal.dismiss(each.call.number)
        assert await journal.left() == []
