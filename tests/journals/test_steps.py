"""The steps of a key: each has its place, and what ran in one stays there."""

import sqlite3
from contextlib import closing, contextmanager

import pytest

from aiogandi import (
    JournalConflict,
    JournalError,
    NotFound,
    OperationCancelled,
    OperationFailed,
    OutcomeUnknown,
)
from aiogandi.sandbox.trouble import Alter
from tests.journals.desk import Stop, create


@contextmanager
def unwritable(path):
    """Meanwhile no intent can be written."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON calls BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        yield
        connection.execute("DROP TRIGGER full")


async def the_second_alone(desk, gandi, second="web"):
    """A block whose first step could not be written down, and whose second has run."""
    with pytest.raises(Stop):
        async with gandi.once("web"):
            with unwritable(desk.path), pytest.raises(JournalError, match="full"):
                await create(gandi)
            await create(gandi, second)
            raise Stop


async def test_a_step_that_never_left_leaves_its_place_free(desk):
    async with desk.client() as gandi:
        await the_second_alone(desk, gandi)
    for _ in range(2):
        async with desk.client() as gandi:
            with pytest.raises(Stop):
                async with gandi.once("web"):
                    first, second = await create(gandi), await create(gandi)
                    raise Stop
    assert desk.sent() == 2
    assert [first.vm_id, second.vm_id] == [desk.sandbox.vms[1]["id"], desk.sandbox.vms[0]["id"]]


async def test_a_step_that_never_left_is_sent_before_another_that_ran(desk):
    async with desk.client() as gandi:
        await the_second_alone(desk, gandi, "second")
    for _ in range(2):
        async with desk.client() as gandi, gandi.once("web"):
            await create(gandi)
            await create(gandi, "second")
    assert desk.hostnames == ["second", "web"]


async def test_a_step_that_never_left_is_none_that_was_not_asked_for_again(desk, told):
    async with desk.client() as gandi:
        await the_second_alone(desk, gandi, "second")
    told.clear()
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
    assert "1 recorded steps were not asked for again, the first is vm_create" in told.text
    told.clear()
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
        with pytest.raises(JournalConflict, match="step 2"):
            await create(gandi, "third")
    assert "not asked for" not in told.text
    assert desk.sent() == 2


# -- what failed --------------------------------------------------------------------------------


async def lives_with_it(gandi, error):
    """A block that lives with the failure of its only call."""
    with pytest.raises(error):
        await (await create(gandi))


@pytest.mark.parametrize("error", [NotFound, OperationFailed])
async def test_a_failure_that_a_concluded_block_has_lived_with_stays_one(desk, error):
    if error is NotFound:
        desk.sandbox.fault("vm_create", code=530240, message="not yet")
    else:
        desk.sandbox.fail_operation("vm_create")
    async with desk.client() as gandi, gandi.once("web"):
        await lives_with_it(gandi, error)
    before = desk.sandbox.calls.copy()
    async with desk.client() as gandi, gandi.once("web"):
        await lives_with_it(gandi, error)
    assert desk.sandbox.calls == before


def told_as(state):
    """The service tells of each operation that it is in this *state*."""
    trouble = Alter(lambda details, _: {**details, "state": state})
    return lambda method: trouble if method == "operation_details" else None


async def test_a_step_whose_operation_was_cancelled_runs_anew(desk):
    desk.sandbox.interfere = told_as("CANCEL")
    async with desk.client() as gandi:
        with pytest.raises(OperationCancelled):
            async with gandi.once("web"):
                await (await create(gandi))
    desk.sandbox.interfere = None
    async with desk.client() as gandi, gandi.once("web"):
        assert (await (await create(gandi))).state == "DONE"
    assert desk.sent() == 2


async def test_what_people_must_see_to_is_neither_over_nor_begun_again(desk):
    desk.sandbox.interfere = told_as("SUPPORT")
    for _ in range(2):
        async with desk.client() as gandi:
            with pytest.raises(OperationFailed, match="people must step in"):
                async with gandi.once("web"):
                    await (await create(gandi))
    desk.sandbox.interfere = None
    async with desk.client() as gandi, gandi.once("web"):
        assert (await (await create(gandi))).state == "DONE"
    assert desk.sent() == 1


async def test_a_step_that_was_dismissed_is_sent_though_a_later_one_has_run(desk):
    async with desk.client() as gandi:
        with pytest.raises(Stop):
            async with gandi.once("web"):
                await (await create(gandi, "settled"))
                desk.sandbox.fault("operation_list", code=500250, message="forbidden", times=10**6)
                desk.sandbox.drop_request("vm_create")
                with pytest.raises(OutcomeUnknown):
                    await create(gandi)
                await create(gandi, "later")
                raise Stop
    desk.sandbox.interfere = None
    async with desk.client() as gandi:
        with pytest.raises(OutcomeUnknown):
            async with gandi.once("web"):
                raise AssertionError("the body must not run")
        [pending] = [each for each in gandi.pending() if each.state == "unknown"]
        pending.dismiss()
    for _ in range(2):
        async with desk.client() as gandi, gandi.once("web"):
            await create(gandi, "settled")
            await create(gandi)
            await create(gandi, "later")
    assert desk.hostnames == ["settled", "later", "web"]
