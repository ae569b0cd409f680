"""Steps that have failed, and what becomes of them when their block is begun again."""

import pytest

from aiogandi import NotFound, OperationCancelled, OperationFailed
from aiogandi.sandbox.trouble import Alter
from tests.journals.desk import create


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
