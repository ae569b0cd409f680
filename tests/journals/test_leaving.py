"""Journals that are cancelled, closed or left in the middle: everything is let go of, and nothing is lost."""

import asyncio
import threading

import pytest

from aiogandi import Journal, JournalError, OutcomeUnknown, bulk
from tests.journals.desk import create
from tests.journals.sqlite.probe import seen_elsewhere
from tests.waiting import until


async def cancelled_after(steps, work):
    """Begin *work*, and cancel it after so many steps of the loop. Return whether it had ended by then."""
    task = asyncio.ensure_future(work)
    for _ in range(steps):
        await asyncio.sleep(0)
    had_ended = task.done()
    task.cancel()
    await asyncio.wait([task])
    return had_ended


async def once(gandi, key):
    async with gandi.once(key):
        operation = await create(gandi, key)
        await operation
        return operation.vm_id


def has_thread(path):
    return f"journal {path}" in [each.name for each in threading.enumerate()]


async def test_cancelled_at_any_step_a_block_is_once(desk, path):
    keys = [f"web-{steps}" for steps in (*range(60), *range(60, 400, 20))]
    async with desk.client() as gandi:
        for key in keys:
            await cancelled_after(int(key.removeprefix("web-")), once(gandi, key))
        assert len(await asyncio.gather(*[once(gandi, key) for key in keys])) == len(keys)
        places = range(1, len(keys) + 1)
        await until(lambda: "held" not in seen_elsewhere(path.with_name("runs.db-locks"), *places))
    assert sorted(desk.hostnames) == sorted(keys)


async def test_cancelled_at_any_step_a_journal_is_opened_or_closed(path):
    for steps in range(20):
        journal = Journal(path)
        await cancelled_after(steps, journal.open())
        await journal.close()
        assert not has_thread(path)
        await journal.open()
        await cancelled_after(steps, journal.close())
        await journal.close()
        await until(lambda: not has_thread(path))
        assert not journal.is_open


async def test_two_cannot_open_it_at_once(path):
    journal = Journal(path)
    opened = await asyncio.gather(journal.open(), journal.open(), return_exceptions=True)
    assert [type(each) for each in opened] == [type(None), JournalError]
    await journal.close()
    assert not has_thread(path)


async def test_when_it_is_closed_while_calls_are_under_way_nothing_is_lost(desk, told):
    desk.sandbox.delay("vm_create", seconds=0.3, times=3)
    keys = ["a", "b", "c"]
    async with desk.both() as (journal, gandi):
        tasks = [asyncio.create_task(once(gandi, key)) for key in keys]
        await until(lambda: desk.sent() == len(keys))
        await journal.close()
        async with asyncio.timeout(30):
            ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert "what became of it is not written down" in told.text
    made = {vm["hostname"]: vm["id"] for vm in desk.sandbox.vms}
    assert ended == [made[key] for key in keys]  # what was bought is in somebody's hands
    async with desk.client() as gandi:
        assert [await once(gandi, key) for key in keys] == ended
    assert sorted(desk.hostnames) == keys


async def test_when_its_client_is_closed_while_calls_are_under_way_nothing_is_lost(desk):
    desk.sandbox.drop_reply("vm_create", times=1)
    desk.sandbox.delay("operation_list", seconds=0.5, times=1)
    async with desk.client() as gandi:
        task = asyncio.create_task(once(gandi, "web"))
        await until(lambda: desk.hostnames)
        await gandi.close(wait=0)
        with pytest.raises(OutcomeUnknown):
            await task
    async with desk.client() as gandi:
        await once(gandi, "web")
    assert desk.hostnames == ["web"]


async def test_after_it_was_closed_each_use_is_told_and_nothing_is_sent(desk):
    async with desk.both() as (journal, gandi):
        run = journal.run("release")
        await journal.close()
        uses = (
            *(once(gandi, "web"), create(gandi), gandi.recover(), journal.runs()),
            *(journal.forget("web"), anext(run.outcomes()), anext(journal.export())),
        )
        for error in await asyncio.gather(*uses, return_exceptions=True):
            assert isinstance(error, JournalError)
            assert "the journal is closed: enter it with `async with` first" in str(error)
        [outcome] = [each async for each in bulk(gandi.vm_stop, [5], run=run)]
        assert isinstance(outcome.error, JournalError)
        assert not {"vm_create", "vm_stop"} & desk.sandbox.calls.keys()
        await gandi.vm_list()  # calls that read need none
        await journal.close()


async def test_several_journals_and_clients_in_one_process_make_each_thing_once(desk):
    async with (
        desk.both() as (journal, gandi),
        desk.client() as other,
        desk.sandbox.client(journal=journal) as third,
    ):
        made = await asyncio.gather(*[once(each, "web") for each in (gandi, other, third)])
        assert len(set(made)) == 1
        async with gandi.once("held"):
            assert await journal.forget("held", gandi=third) == 0
    assert desk.hostnames == ["web"]
