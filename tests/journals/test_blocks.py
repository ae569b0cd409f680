"""Blocks of `Gandi.once`: who is inside of them, and how they end with their client."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from aiogandi import ClientClosed, Gandi, InvalidArgument, Journal, JournalError, bulk
from aiogandi.sandbox import QUICK
from tests.journals.desk import create, stop_after
from tests.waiting import until

# -- which task is inside -----------------------------------------------------------------------


async def entered(stack, gandi):
    return await stack.enter_async_context(gandi.once("web"))


async def test_a_block_that_another_task_enters_is_refused_before_anything_is_sent(desk):
    async with desk.client() as gandi, AsyncExitStack() as stack:
        block = gandi.once("web")
        with pytest.raises(InvalidArgument, match=r"entered in another task.*asyncio\.timeout"):
            await asyncio.ensure_future(stack.enter_async_context(block))
    assert sum(desk.sandbox.calls.values()) == 0


async def test_wait_for_enters_a_block_or_says_that_it_does_not(desk):
    for _ in range(2):
        async with desk.client() as gandi, AsyncExitStack() as stack:
            try:
                await asyncio.wait_for(stack.enter_async_context(gandi.once("web")), 10)
            except InvalidArgument:  # before Python 3.12 it makes a task
                await stack.enter_async_context(gandi.once("web"))
            await create(gandi)
    assert desk.hostnames == ["web"]


async def test_a_block_that_is_left_where_it_was_not_entered_is_told_and_stays_open(desk):
    async with desk.both() as (journal, gandi):
        with pytest.raises(InvalidArgument, match="left in another task than the one that entered"):
            async with AsyncExitStack() as stack:
                await asyncio.ensure_future(entered(stack, gandi))
                await create(gandi)
        states = [line for line in [each async for each in journal.export()] if '"key"' in line]
        assert '"state": "failed"' in states[0]


async def test_a_block_may_be_left_by_a_task_that_its_own_task_waits_for(desk):
    for _ in range(2):
        async with desk.client() as gandi:
            stack = AsyncExitStack()
            await entered(stack, gandi)
            await create(gandi)
            await asyncio.ensure_future(stack.aclose())  # as wait_for() does before Python 3.12
            async with gandi.once("other"):
                await create(gandi, "other")
    assert desk.hostnames == ["web", "other"]


# -- which client is inside ---------------------------------------------------------------------


async def test_another_client_of_the_account_is_refused_inside_of_a_block(desk):
    async with (
        desk.journal() as journal,
        desk.sandbox.client(journal=journal, **QUICK) as one,
        desk.sandbox.client(journal=journal, **QUICK) as other,
    ):

        async def action(name):
            return await create(other, name)

        run = journal.run("release", gandi=one)
        [outcome] = [each async for each in bulk(action, ["web"], run=run)]
        assert isinstance(outcome.error, InvalidArgument)
        assert "inside the block of key 'web' by another client of the same account" in str(
            outcome.error
        )
        assert desk.sent() == 0
        async with one.once("outer"), other.once("inner"):
            await create(other)
            with pytest.raises(InvalidArgument, match="key 'inner'"):
                await create(one)
        await create(other, "outside")
    assert desk.hostnames == ["web", "outside"]


# -- how it ends with its client ----------------------------------------------------------------


@pytest.mark.parametrize("error", [ClientClosed, ValueError])
async def test_the_error_of_a_block_stays_what_it_is_where_the_client_was_closed(desk, path, error):
    gandi = desk.sandbox.client(journal=path, **QUICK)
    with pytest.raises(error):
        async with gandi.once("web"):
            await create(gandi)
            await gandi.close()
            if error is ValueError:
                raise ValueError
            await create(gandi, "second")
    assert desk.hostnames == ["web"]


@pytest.mark.parametrize("own", [True, False])
async def test_who_waits_for_a_key_is_ended_by_close(desk, path, told, own):
    async with Journal(path) as journal, desk.client() as holder, holder.once("web"):
        waiting = desk.sandbox.client(journal=path if own else journal, **QUICK)

        async def wait():
            async with waiting.once("web"):
                raise AssertionError("the body must not run")

        task = asyncio.ensure_future(wait())
        await until(lambda: "is held by" in told.text)
        await waiting.close()
        with pytest.raises(ClientClosed):
            await asyncio.wait_for(task, 1)


async def test_a_client_closes_whose_journal_could_not_be_opened(desk, tmp_path):
    async with desk.sandbox.client(journal=tmp_path / "none" / "runs.db", **QUICK) as gandi:
        task = asyncio.ensure_future(entered(AsyncExitStack(), gandi))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(0.1)
    gandi = desk.sandbox.client(journal=tmp_path / "none" / "runs.db", **QUICK)
    with pytest.raises(JournalError):
        await create(gandi)
    await gandi.close()


# -- noise --------------------------------------------------------------------------------------


async def test_who_is_given_the_result_of_an_item_is_not_told_of_its_steps(desk, told):
    async def action(gandi, name):
        return (await (await create(gandi, name))).vm_id

    async def run(journal, gandi: Gandi):
        found = bulk(lambda name: action(gandi, name), ["a", "b", "c"], run=journal.run("release"))
        return {outcome.item: outcome.result async for outcome in found}

    async with desk.both() as one, desk.both() as other:
        first, second = await asyncio.gather(run(*one), run(*other))
    assert first == second
    assert "were not asked for again" not in told.text
    assert sorted(desk.hostnames) == ["a", "b", "c"]


async def test_a_key_says_nothing_of_the_same_key_of_a_run(desk):
    async with desk.both() as (journal, gandi):
        await (await create(gandi, "first"))
        desk.sandbox.fault("operation_list", code=500250, message="forbidden", times=10**6)
        desk.sandbox.drop_reply("vm_create")
        run = journal.run("release")
        [_] = [each async for each in bulk(lambda name: create(gandi, name), ["x"], run=run)]
        before = [pending.key for pending in gandi.pending()]
        async with gandi.once("x"):
            pass
        assert [pending.key for pending in gandi.pending()] == before == ["x"]


async def test_what_is_not_asked_for_again_is_told_by_recover(desk, told):
    """A server that a loop has bought beside the one that it went on with, say."""
    async with desk.client() as gandi:
        await stop_after(gandi, create, lambda gandi: create(gandi, "second"))
    first, second = (vm["id"] for vm in desk.sandbox.vms)
    async with desk.client() as gandi:
        async with gandi.once("web"):
            assert (await create(gandi)).vm_id == first
        assert f"the first is vm_create (vm_id={second}); recover() tells" in told.text
        [left] = await gandi.recover()
        assert (left.outcome, left.pending.vm_id, left.pending.key) == ("adopted", second, None)
        left.pending.dismiss()
    async with desk.client() as gandi:
        assert await gandi.recover() == []
        async with gandi.once("web"):
            assert (await create(gandi)).vm_id == first
    assert desk.sent() == 2
