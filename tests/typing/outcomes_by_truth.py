"""mypy narrows an outcome by ``if outcome.ok``, which pyright does not. Checked, never run."""

from typing import assert_type

from aiogandi import VM, Failed, Gandi, Outcome, bulk


def narrowed_by_ok(outcome: Outcome[str, VM]) -> None:
    if outcome.ok:
        assert_type(outcome.result, VM)
    else:
        assert_type(outcome, Failed[str])
        assert_type(outcome.error, Exception)


async def narrowed_in_a_comprehension(gandi: Gandi) -> None:
    vms = [outcome.result async for outcome in bulk(gandi.vm_info, [5]) if outcome.ok]
    assert_type(vms, list[VM])
