"""The steps of a key: each has its place, and what ran in one stays there."""

import sqlite3
from contextlib import closing, contextmanager

import pytest

from aiogandi import JournalConflict, JournalError
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
