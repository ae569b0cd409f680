"""What type checkers know of a fleet, its runs and their outcomes. This file is checked, never run."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, assert_type

from aiogandi import (
    VM,
    Done,
    Failed,
    Fleet,
    FleetRun,
    Gandi,
    GandiError,
    ItemFailed,
    Operation,
    OperationDetails,
    Outcome,
    RedisHub,
    RunProgress,
    VMOperation,
)

fleet = Fleet("redis://127.0.0.1:6379/0")


@fleet.action
async def look(gandi: Gandi, vm_id: int) -> VM:
    return await gandi.vm_info(vm_id)


@fleet.action
async def provision(gandi: Gandi, name: str) -> VMOperation:
    return await gandi.vm_create(name, "s3cret-pw", 111, shares=1, cpu=1)


@fleet.action
async def stop(gandi: Gandi, vm_id: int) -> Operation:
    return await gandi.vm_stop(vm_id)


@fleet.action
async def rename(gandi: Gandi, item: dict[str, str]) -> None: ...


def settings_of(account: str) -> dict[str, Any]:
    return {"login": account, "password": "mypassword", "rate_group": account}


async def settings_elsewhere(account: str) -> Mapping[str, Any]:
    return settings_of(account)


async def made(hub: RedisHub) -> None:
    Fleet(hub)
    Fleet(hub, account=settings_of, tries=5)
    Fleet(hub, account=settings_elsewhere)
    Fleet()  # type: ignore[call-arg]
    Fleet(5)  # type: ignore[arg-type]
    Fleet(hub, settings_of)  # type: ignore[call-arg]
    Fleet(hub, account="AA1234-GANDI")  # type: ignore[arg-type]
    Fleet(hub, account=len)  # type: ignore[arg-type]


async def an_action_is_still_itself(gandi: Gandi) -> None:
    assert_type(await look(gandi, vm_id=5), VM)
    assert_type(await provision(gandi, "web-01"), VMOperation)
    await look(gandi, "web-01")  # type: ignore[arg-type]
    await look(gandi, name=5)  # type: ignore[call-arg]

    @fleet.action  # type: ignore[type-var]
    def not_a_coroutine(gandi: Gandi, item: int) -> int:
        return item

    @fleet.action  # type: ignore[type-var]
    async def without_an_item(gandi: Gandi) -> None: ...

    not_a_coroutine(gandi, 5)
    await without_an_item(gandi)


async def submitted(names: AsyncIterator[str], items: list[dict[str, str]]) -> None:
    looks = await fleet.submit(look, [5, 6], run="release-42")
    assert_type(looks, FleetRun[int, VM])
    # What an operation of the action comes to, as it is waited for.
    assert_type(
        await fleet.submit(provision, names, run="release-42", account="AA1234-GANDI"),
        FleetRun[str, OperationDetails],
    )
    assert_type(await fleet.submit(stop, {5, 6}, run="release-43"), FleetRun[int, OperationDetails])
    assert_type(
        await fleet.submit(
            rename,
            items,
            run="release-44",
            key=lambda item: item["name"],
            account=lambda item: item["account"],
        ),
        FleetRun[dict[str, str], None],
    )
    await fleet.submit(look, [5, 6])  # type: ignore[call-overload]
    await fleet.submit(look, ["web-01"], run="release-42")  # type: ignore[arg-type]
    await fleet.submit(look, [5], run="release-42", key=len)  # type: ignore[arg-type]
    await fleet.submit(look, [5], run="release-42", account=5)  # type: ignore[call-overload]
    await fleet.submit(look, 5, run="release-42")  # type: ignore[call-overload]


async def outcomes(run: FleetRun[int, VM]) -> None:
    async for outcome in run:
        assert_type(outcome, Outcome[int, VM])
        match outcome:
            case Done(item, vm, repeated):
                assert_type(item, int)
                assert_type(vm, VM)
                assert_type(repeated, bool)
            case Failed(item, ItemFailed(kind=kind)):
                assert_type(item, int)
                assert_type(kind, str)
            case Failed(item, error):
                assert_type(error, Exception)


async def a_run(run: FleetRun[int, VM]) -> None:
    assert_type(run.name, str)
    assert_type(await run.cancel(), int)
    progress = await run.progress()
    assert_type(progress, RunProgress)
    assert_type(progress.run, str)
    assert_type(progress.since, datetime)
    assert_type(progress.under_way, int)
    assert_type(progress.is_over, bool)
    progress.items = 5  # type: ignore[misc]


async def runs() -> None:
    # Of a run that another program has submitted nobody knows here what is in it.
    assert_type(fleet.run("release-42"), FleetRun[Any, Any])
    told: FleetRun[int, VM] = fleet.run("release-42")
    await outcomes(told)
    assert_type(await fleet.runs(), list[RunProgress])


def failures(error: ItemFailed) -> GandiError:
    return error
