"""What type checkers know of the journal and of durable runs. This file is checked, never run."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, assert_type

from aiogandi import (
    VM,
    Done,
    Failed,
    Gandi,
    Journal,
    JournalConflict,
    JournalError,
    Operation,
    OperationDetails,
    Outcome,
    Pending,
    Recovered,
    Run,
    RunOutcome,
    RunSummary,
    VMOperation,
    bulk,
)


async def made() -> None:
    Journal(Path("runs.db"))
    Journal()  # type: ignore[call-arg]
    Journal(5)  # type: ignore[arg-type]
    Gandi("AA1234-GANDI", "mypassword", journal="runs.db")
    Gandi("AA1234-GANDI", "mypassword", journal=Path("runs.db"))
    Gandi("AA1234-GANDI", "mypassword", journal=5)  # type: ignore[arg-type]
    async with Journal("runs.db") as journal, Gandi.from_env(journal=journal) as gandi:
        assert_type(journal, Journal)
        assert_type(journal.is_open, bool)
        assert_type(gandi, Gandi)


async def under_a_key(gandi: Gandi) -> None:
    async with gandi.once("web-01") as nothing:
        assert_type(nothing, None)
        server = await gandi.vm_create("web-01", "s3cret-pw", 111, shares=1, cpu=1)
        assert_type(server, VMOperation)
    gandi.once(5)  # type: ignore[arg-type]


async def after_the_end_of_a_process(gandi: Gandi) -> None:
    found = await gandi.recover()
    assert_type(found, list[Recovered])
    for each in found:
        assert_type(each.pending, Pending)
        assert_type(each.pending.key, str | None)
        assert_type(each.pending.since, datetime)
        assert_type(each.outcome, Literal["adopted", "absent", "unknown"])
        assert_type(each.pending.operation(), Operation)


async def runs(journal: Journal, gandi: Gandi) -> None:
    run = journal.run("release-42")
    assert_type(run, Run)
    assert_type(journal.run("release-42", key=str, gandi=gandi), Run)
    journal.run("release-42", key=len)  # type: ignore[arg-type]
    journal.run("release-42", str)  # type: ignore[call-arg]
    assert_type(run.name, str)
    assert_type(run.outcomes(), AsyncIterator[RunOutcome])
    async for each in run.outcomes():
        assert_type(each.key, str)
        assert_type(each.state, Literal["done", "failed", "open"])
        assert_type(each.result, Any)
        assert_type(each.error, str | None)
        assert_type(each.since, datetime)
    assert_type(await journal.runs(), list[RunSummary])
    assert_type(await journal.runs(gandi=gandi), list[RunSummary])
    assert_type(await journal.forget("web-01"), int)
    assert_type(await journal.forget(("web-01", "disk"), run="release-42"), int)
    assert_type(await journal.forget(run="release-42", gandi=gandi), int)
    async for line in journal.export():
        assert_type(line, str)


async def durable(gandi: Gandi, run: Run, names: list[str]) -> None:
    async def provision(name: str) -> VMOperation:
        return await gandi.vm_create(name, "s3cret-pw", 111, shares=1, cpu=1)

    async def look(name: str) -> VM:
        return await gandi.vm_info(len(name))

    async for outcome in bulk(look, names, run=run, stop_after=3):
        assert_type(outcome, Outcome[str, VM])
        match outcome:
            case Done(item, vm, repeated):
                assert_type(item, str)
                assert_type(vm, VM)
                assert_type(repeated, bool)
            case Failed(item, error):
                assert_type(item, str)
                assert_type(error, Exception)
    async for begun in bulk(provision, names, run=run):
        assert_type(begun, Outcome[str, OperationDetails])
    bulk(look, names, run="release-42")  # type: ignore[call-overload]
    bulk(look, names, 100, run=run)  # type: ignore[call-overload]


def failures(error: JournalConflict) -> JournalError:
    return error
