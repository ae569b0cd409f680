"""`Gandi.once`: what stands inside runs once under its key, however often it is begun."""

import asyncio
import os

import pytest

from aiogandi import (
    InvalidArgument,
    JournalConflict,
    NotFound,
    OperationFailed,
)
from aiogandi.sandbox import Sandbox
from tests.journals.desk import PASSWORD, create, stop_after
from tests.waiting import until


async def test_what_was_answered_is_given_from_the_journal(desk):
    async with desk.client() as gandi:
        await stop_after(gandi, create)
    async with desk.client() as gandi, gandi.once("web"):
        before = desk.sandbox.calls.copy()
        operation = await create(gandi)
        assert desk.sandbox.calls == before
        assert operation.vm_id == desk.sandbox.vms[0]["id"]
        assert (await operation).state == "DONE"
    assert desk.hostnames == ["web"]


async def test_an_operation_that_had_ended_costs_no_request(desk):
    async with desk.client() as gandi, gandi.once("web"):
        first = await (await create(gandi))
    before = desk.sandbox.calls.copy()
    async with desk.client() as gandi, gandi.once("web"):
        again = await (await create(gandi))
    assert desk.sandbox.calls == before
    assert again == first


async def test_reading_calls_run_again(desk):
    for _ in range(2):
        async with desk.client() as gandi, gandi.once("web"):
            await gandi.vm_list()
    assert desk.sent("vm_list") == 2


async def test_a_key_that_is_concluded_gives_its_steps_for_ever(desk):
    for _ in range(3):
        async with desk.client() as gandi, gandi.once("web"):
            await create(gandi)
    assert desk.sent() == 1


async def test_a_key_that_is_forgotten_runs_anew(desk):
    for _ in range(2):
        async with desk.both() as (journal, gandi):
            async with gandi.once("web"):
                await create(gandi)
            assert await journal.forget("web") == 1
            assert await journal.forget("web") == 0
    assert desk.hostnames == ["web", "web"]


async def test_what_never_ran_is_sent(desk):
    async with desk.client() as gandi:
        await stop_after(gandi, create)
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
        await create(gandi, "second")
    assert desk.hostnames == ["web", "second"]


# -- what failed --------------------------------------------------------------------------------


async def test_a_step_that_was_refused_runs_anew(desk):
    desk.sandbox.fault("vm_create", code=530240, message="not yet")
    async with desk.client() as gandi:
        with pytest.raises(NotFound):
            async with gandi.once("web"):
                await create(gandi, "another")
        async with gandi.once("web"):
            await create(gandi)
    assert desk.hostnames == ["web"]


async def test_a_step_that_was_refused_is_refused_again_where_a_later_one_is_recorded(desk):
    async def either(gandi):
        with pytest.raises(NotFound, match="not yet"):
            await create(gandi)
        await create(gandi, "instead")

    desk.sandbox.fault("vm_create", code=530240, message="not yet")
    async with desk.client() as gandi:
        await stop_after(gandi, either)
    before = desk.sent()
    async with desk.client() as gandi, gandi.once("web"):
        await either(gandi)
    assert desk.sent() == before == 2
    assert desk.hostnames == ["instead"]


async def test_a_step_whose_operation_failed_runs_anew(desk):
    desk.sandbox.fail_operation("vm_create")
    async with desk.client() as gandi:
        with pytest.raises(OperationFailed):
            async with gandi.once("web"):
                await (await create(gandi))
    async with desk.client() as gandi, gandi.once("web"):
        assert (await (await create(gandi))).state == "DONE"
    assert desk.sent() == 2


async def test_a_step_whose_operation_failed_fails_again_where_a_later_one_is_recorded(desk):
    async def either(gandi):
        with pytest.raises(OperationFailed):
            await (await create(gandi))
        await create(gandi, "instead")

    desk.sandbox.fail_operation("vm_create")
    async with desk.client() as gandi:
        await stop_after(gandi, either)
    before = desk.sandbox.calls.copy()
    async with desk.client() as gandi, gandi.once("web"):
        await either(gandi)
    assert desk.sandbox.calls == before


# -- other work under the same key --------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (lambda gandi: create(gandi, "db"), "hostname is 'db', and was 'web'"),
        (lambda gandi: create(gandi, shares=2), "shares is 2, and was 1"),
        (lambda gandi: create(gandi, password="an0ther-pw"), "the password is another one"),
        (lambda gandi: gandi.vm_stop(5), "it was vm_create"),
    ],
)
@pytest.mark.parametrize("concluded", [True, False])
async def test_another_step_in_the_place_of_one_that_ran_is_a_conflict(
    desk, other, told, concluded
):
    async with desk.client() as gandi:
        if concluded:
            async with gandi.once("web"):
                await create(gandi)
        else:
            await stop_after(gandi, create)
    before = desk.sandbox.calls.copy()
    async with desk.client() as gandi:
        with pytest.raises(JournalConflict, match=told) as caught:
            async with gandi.once("web"):
                await other(gandi)
        assert PASSWORD not in str(caught.value)
    assert desk.sandbox.calls == before


async def test_passwords_are_not_compared_after_that_of_the_account_was_changed(desk, told):
    async with desk.client() as gandi:
        await stop_after(gandi, create)
    async with Sandbox(password="a-new-one") as sandbox:
        later = desk.at(sandbox)
        async with later.client(url=desk.sandbox.url) as gandi, gandi.once("web"):
            await create(gandi, password="an0ther-pw")
    assert "its password cannot be compared" in told.text
    assert desk.sent() == 1


async def test_steps_that_are_not_asked_for_again_are_told(desk, told):
    async with desk.client() as gandi:
        await stop_after(gandi, create, lambda gandi: create(gandi, "second"))
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
    assert (
        "key 'web': 1 recorded steps were not asked for again, the first is vm_create" in told.text
    )


# -- one at a time ------------------------------------------------------------------------------


async def test_calls_at_the_same_time_need_keys_of_their_own(desk):
    async with desk.client() as gandi:
        with pytest.raises(InvalidArgument, match=r"nest `async with gandi\.once"):
            async with gandi.once("web"):
                await asyncio.gather(create(gandi), create(gandi, "second"))


async def test_keys_of_their_own_stand_inside(desk):
    async def one(gandi, name):
        async with gandi.once(name):
            await create(gandi, name)

    for _ in range(2):
        async with desk.client() as gandi:
            async with gandi.once("all"):
                await asyncio.gather(*(one(gandi, name) for name in ("a", "b", "c")))
            async with gandi.once("a"):
                await create(gandi, "outside")
    assert sorted(desk.hostnames) == ["a", "b", "c", "outside"]


async def test_calls_after_the_end_of_the_block_are_refused(desk):
    async with desk.client() as gandi:
        ended = asyncio.Event()

        async def late():
            await ended.wait()
            await create(gandi)

        async with gandi.once("web"):
            task = asyncio.create_task(late())
        ended.set()
        with pytest.raises(InvalidArgument, match="the block of key 'web' has ended"):
            await task
        await create(gandi)
    assert desk.sent() == 1


async def test_a_key_that_is_held_is_waited_for(desk, told):
    async with desk.client() as gandi:
        order = []

        async def hold(name, leave=None):
            async with gandi.once("web"):
                order.append(name)
                if leave is not None:
                    await leave.wait()
                await create(gandi)

        leave = asyncio.Event()
        first = asyncio.create_task(hold("first", leave))
        await until(lambda: order)
        second = asyncio.create_task(hold("second"))
        await until(lambda: "is held by" in told.text)
        async with gandi.once("another"):
            await create(gandi, "another")
        assert order == ["first"]
        leave.set()
        await asyncio.gather(first, second)
    assert f"key 'web' is held by process {os.getpid()} (" in told.text
    assert sorted(desk.hostnames) == ["another", "web"]


# -- where keys live ----------------------------------------------------------------------------


async def test_without_a_journal_there_are_no_keys(sandbox):
    async with sandbox.client() as gandi:
        with pytest.raises(InvalidArgument, match="this needs a journal"):
            async with gandi.once("web"):
                raise AssertionError("the body must not run")
        with pytest.raises(InvalidArgument, match="this needs a journal"):
            await gandi.recover()


@pytest.mark.parametrize("key", ["", 5, None])
async def test_a_key_is_a_text(desk, key):
    async with desk.client() as gandi:
        with pytest.raises(InvalidArgument, match="key"):
            async with gandi.once(key):
                raise AssertionError("the body must not run")


async def test_a_key_of_another_address_or_login_is_another(desk):
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
    async with Sandbox(speed=3000, login="BB1-GANDI") as other:
        elsewhere = desk.at(other)
        async with elsewhere.client() as gandi, gandi.once("web"):
            await create(gandi, "elsewhere")
        assert elsewhere.hostnames == ["elsewhere"]
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
    assert desk.hostnames == ["web"]
