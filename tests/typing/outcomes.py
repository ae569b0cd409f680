"""What type checkers know of `bulk` and its outcomes. This file is checked, never run."""

from collections.abc import AsyncIterator
from typing import assert_type

from aiogandi import VM, Done, Failed, Gandi, Operation, OperationDetails, Outcome, bulk


async def results_are_those_of_the_action(gandi: Gandi) -> None:
    assert_type(bulk(gandi.vm_info, [5, 6]), AsyncIterator[Outcome[int, VM]])
    assert_type(bulk(gandi.operation_cancel, [5, 6]), AsyncIterator[Outcome[int, None]])


async def operations_are_waited_for(gandi: Gandi, names: AsyncIterator[str]) -> None:
    async def create(name: str) -> Operation:
        return await gandi.vm_create(name, "s3cret-pw", 111, 1, 1)

    assert_type(bulk(gandi.vm_stop, [5, 6]), AsyncIterator[Outcome[int, OperationDetails]])
    assert_type(bulk(create, names), AsyncIterator[Outcome[str, OperationDetails]])


async def items_and_action_must_fit(gandi: Gandi) -> None:
    bulk(gandi.vm_info, ["web-01"])  # type: ignore[arg-type]
    bulk(len, ["web-01"])  # type: ignore[arg-type]


def narrowed_by_match(outcome: Outcome[str, VM]) -> VM:
    match outcome:
        case Done(item, vm):
            assert_type(item, str)
            assert_type(vm, VM)
            return vm
        case Failed(item, error):
            assert_type(item, str)
            assert_type(error, Exception)
            raise error


def narrowed_by_isinstance(outcome: Outcome[str, VM]) -> None:
    if isinstance(outcome, Done):
        assert_type(outcome.result, VM)
        assert_type(outcome.error, None)
    else:
        assert_type(outcome, Failed[str])
        assert_type(outcome.result, None)
        assert_type(outcome.error, Exception)


def not_narrowed(outcome: Outcome[str, VM]) -> None:
    assert_type(outcome.item, str)
    assert_type(outcome.ok, bool)
    assert_type(outcome.result, VM | None)
    assert_type(outcome.error, Exception | None)


def narrowed_by_identity(outcome: Outcome[str, VM]) -> None:
    if outcome.ok is True:
        assert_type(outcome.result, VM)
    else:
        assert_type(outcome.error, Exception)
    if outcome.error is None:
        assert_type(outcome.result, VM)
