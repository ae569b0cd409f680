"""`bulk` with a run of a journal: it goes on where it was, and knows what became of each item."""

import asyncio
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from aiogandi import VM, InvalidArgument, JournalError, NotFound, bulk
from tests.journals.desk import PASSWORD, Stop, create, one_under_way
from tests.waiting import until


async def outcomes(desk, action, items, *, key=str, name="release", **settings):
    """The outcomes of the run's items by item, in a process of its own."""
    async with desk.both() as (journal, gandi):
        run = journal.run(name, key=key)
        work = bulk(lambda item: action(gandi, item), items, run=run, **settings)
        return {outcome.item: outcome async for outcome in work}


async def told_of(desk, name="release"):
    """What the journal tells of the run: the state, result and error of each key."""
    async with desk.both() as (journal, _):
        return {
            each.key: (each.state, each.result, each.error)
            async for each in journal.run(name).outcomes()
        }


@dataclass(frozen=True)
class Own:
    """Neither JSON nor a model of ours."""

    vm_id: int


RESULTS = {
    "a number": (lambda operation: operation.vm_id, True),
    "nothing": (lambda operation: None, True),
    "a struct": (
        lambda operation: {"id": operation.vm_id, "names": ["web", 1.5, None, True]},
        True,
    ),
    "an operation": (lambda operation: operation, True),
    "something else": (lambda operation: Own(operation.vm_id), False),
    "a tuple": (lambda operation: (operation.vm_id,), False),
    "no number": (lambda operation: [float("inf")], False),
    "a password": (lambda operation: {"password": PASSWORD}, False),
}


@pytest.mark.parametrize(("result", "is_kept"), RESULTS.values(), ids=RESULTS)
async def test_a_result_comes_back_or_is_made_again(desk, result, is_kept):
    begun = []

    async def provision(gandi, name):
        begun.append(name)
        return result(await create(gandi, name))

    first = await outcomes(desk, provision, ["a", "b"])
    second = await outcomes(desk, provision, ["a", "b", "c"])

    assert [outcome.repeated for outcome in first.values()] == [False, False]
    assert {name: outcome.repeated for name, outcome in second.items()} == {
        "a": True,
        "b": True,
        "c": False,
    }
    assert all(second[name].result == outcome.result for name, outcome in first.items())
    assert sorted(begun) == ["a", "b", "c"] if is_kept else ["a", "a", "b", "b", "c"]
    assert sorted(desk.hostnames) == ["a", "b", "c"]


async def test_models_come_back_as_they_were(desk):
    async def provision(gandi, name):
        operation = await create(gandi, name)
        await operation
        return await gandi.vm_info(operation.vm_id)

    first = await outcomes(desk, provision, ["a"])
    sent = desk.sandbox.calls.copy()
    second = await outcomes(desk, provision, ["a"])
    assert desk.sandbox.calls == sent
    assert second["a"].result == first["a"].result
    assert second["a"].result.hostname == "a"
    assert (await told_of(desk))["a"][1] == first["a"].result


async def test_what_failed_is_tried_again(desk):
    desk.sandbox.fault("vm_create", code=530240, message="not yet", times=1)
    first = await outcomes(desk, create, ["a"])
    assert isinstance(first["a"].error, NotFound)
    [(state, result, error)] = (await told_of(desk)).values()
    assert (state, result) == ("failed", None)
    assert error.startswith("NotFound: ")
    assert "not yet" in error

    second = await outcomes(desk, create, ["a"])
    assert (second["a"].ok, second["a"].repeated) == (True, False)
    [(state, result, error)] = (await told_of(desk)).values()
    assert (state, error) == ("done", None)
    assert result.state == "DONE"


async def test_what_was_under_way_goes_on(desk):
    async def provision(gandi, name, *, ends):
        operation = await create(gandi, name)
        if not ends:
            raise Stop
        return operation.vm_id

    await outcomes(desk, lambda g, n: provision(g, n, ends=False), ["a"])
    done = await outcomes(desk, lambda g, n: provision(g, n, ends=True), ["a"])
    assert done["a"].result == desk.sandbox.vms[0]["id"]
    assert desk.sent() == 1


async def test_what_another_has_done_meanwhile_is_given_without_a_warning(desk, told):
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def provision(gandi, name):
        operation = await create(gandi, name)
        begun.set()
        await go_on.wait()
        return operation.vm_id

    first = asyncio.create_task(outcomes(desk, provision, ["a"]))
    await begun.wait()
    second = asyncio.create_task(outcomes(desk, provision, ["a"]))
    await until(lambda: "is held by" in told.text)
    go_on.set()
    done = [await first, await second]
    assert [each["a"].repeated for each in done] == [False, True]
    assert done[0]["a"].result == done[1]["a"].result
    assert "not asked for again" not in told.text


async def test_items_that_were_not_through_are_open(desk):
    async with desk.both() as (journal, gandi):
        run = journal.run("release")
        async with one_under_way(gandi, run):
            assert [(each.key, each.state) async for each in run.outcomes()] == [("a", "open")]
            [summary] = await journal.runs()
            assert (summary.name, summary.open, summary.done, summary.failed) == (
                "release",
                1,
                0,
                0,
            )


async def test_two_items_of_the_same_key_are_refused(desk):
    done = await outcomes(desk, create, ["web-1", "web-2", "db-1"], key=lambda name: name[:2])
    refused = [outcome.error for outcome in done.values() if not outcome.ok]
    assert [type(error) for error in refused] == [InvalidArgument]
    assert "another item with the key 'we'" in str(refused[0])
    assert len(desk.hostnames) == 2


@pytest.mark.parametrize("key", ["", 5, None])
async def test_the_key_of_an_item_is_a_text(desk, key):
    done = await outcomes(desk, create, ["a"], key=lambda _: key)
    assert isinstance(done["a"].error, InvalidArgument)
    assert desk.sent() == 0


async def test_runs_are_told_and_forgotten(desk):
    desk.sandbox.fault("vm_create", code=530240, message="not yet", times=1)
    await outcomes(desk, create, ["a", "b"], limit=1)
    await outcomes(desk, create, ["c"], name="another")
    async with desk.both() as (journal, _):
        first, second = await journal.runs()
        assert (first.name, first.failed, first.done, first.open) == ("release", 1, 1, 0)
        assert (second.name, second.failed, second.done, second.open) == ("another", 0, 1, 0)
        assert first.since <= second.since

        assert await journal.forget("b", run="release") == 1
        assert await journal.forget(run="another") == 1
        assert [each.name for each in await journal.runs()] == ["release"]
        with pytest.raises(InvalidArgument, match="nothing to forget"):
            await journal.forget()

    done = await outcomes(desk, create, ["b"])
    assert not done["b"].repeated
    assert sorted(desk.hostnames) == ["b", "b", "c"]


async def test_the_client_of_a_run_is_named_where_there_are_several(desk):
    async with (
        desk.both() as (journal, gandi),
        desk.sandbox.client(journal=journal, handle="BB1-GANDI") as other,
    ):
        with pytest.raises(InvalidArgument, match="2 clients were opened with this journal"):
            journal.run("release")
        assert journal.run("release", gandi=gandi).name == "release"
        assert await journal.runs(gandi=other) == []
    async with desk.journal() as journal:
        with pytest.raises(InvalidArgument, match="no client was opened"):
            journal.run("release")
        with pytest.raises(InvalidArgument, match="a client that was opened with this journal"):
            journal.run("release", gandi=gandi)


async def test_an_export_tells_all_but_passwords(desk):
    await outcomes(desk, create, ["a"])
    async with desk.both() as (journal, gandi):
        await create(gandi, "b")
        with pytest.raises(Stop):
            async with gandi.once("c"):
                await create(gandi, "c")
                raise Stop
        lines = [json.loads(line) async for line in journal.export()]
    assert sorted((line["kind"], *line["key"]) for line in lines if line["kind"] == "key") == [
        ("key", "a"),
        ("key", "c"),
    ]
    assert PASSWORD not in json.dumps(lines)
    assert "prints" not in json.dumps(lines)
    assert all(line["account"][0] == "AA1234-GANDI" for line in lines)


async def test_a_journal_that_is_not_open_says_so(desk):
    journal = desk.journal()
    async with desk.sandbox.client(journal=journal) as gandi:
        with pytest.raises(JournalError, match="closed: enter it with `async with` first"):
            await create(gandi)
        assert desk.sent() == 0
    async with journal:
        with pytest.raises(JournalError, match="open already"):
            await journal.open()
    await journal.close()


async def test_a_path_is_opened_and_closed_with_its_client(desk, path):
    for _ in range(2):
        async with desk.sandbox.client(journal=path) as gandi:
            assert not path.exists() or desk.sent()
            async with gandi.once("web"):
                await create(gandi)
    assert desk.sent() == 1


async def test_what_is_taken_for_a_key_has_outer_ones_before_it(desk):
    async def provision(gandi, name):
        async with gandi.once("inner"):
            return (await create(gandi, name)).vm_id

    await outcomes(desk, provision, ["a", "b"])
    assert sorted(await told_of(desk)) == ["a", "b"]
    async with desk.both() as (journal, _):
        assert await journal.forget(("a", "inner"), run="release") == 1
        assert await journal.forget("b", run="release") == 2  # with what is inside of it
        assert await journal.forget(run="release") == 1


@pytest.mark.parametrize(
    "item", ["web", 5, ("web", 5), Decimal("1.5"), date(2026, 11, 27), Path("web"), UUID(int=1)]
)
async def test_the_text_of_a_plain_item_is_its_key(desk, item):
    async with desk.both() as (journal, _):
        assert journal.run("release").key_of(item) == str(item)


@pytest.mark.parametrize(
    "item", [object(), VM.from_wire({"hostname": "web"}, id=1), {"name": "web"}, ("web", object())]
)
async def test_the_text_of_another_item_may_change_so_a_key_is_asked_for(desk, item):
    async with desk.both() as (journal, _):
        with pytest.raises(InvalidArgument, match="give key="):
            journal.run("release").key_of(item)
        assert journal.run("release", key=lambda _: "web").key_of(item) == "web"


async def test_it_is_counted_how_many_calls_an_item_has_made(desk):
    async with desk.both() as (journal, gandi):
        run = journal.run("release")
        counted = [await run.steps("web-1")]

        async def two(item):
            for number in range(2):
                await create(gandi, f"{item}-{number}")
                counted.append(await run.steps(item))
            raise LookupError

        for _ in range(2):
            [outcome] = [outcome async for outcome in bulk(two, ["web-1"], run=run)]
            assert not outcome.ok
        assert await run.steps("web-2") == 0
        assert await journal.run("other").steps("web-1") == 0

    assert counted == [0, 1, 2, 2, 2]
