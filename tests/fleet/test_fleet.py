"""Giving work to a fleet, and its runs as whoever asks sees them."""

import asyncio
import traceback

import pytest

from aiogandi import Done, Failed, HubError, InvalidArgument, RedisHub
from aiogandi.fleet.books.books import AT_ONCE
from aiogandi.fleet.fleet import Fleet
from aiogandi.fleet.items import DEFAULT, item_of
from tests.fleet.fleets import books_of, echo, make_server, outcomes_of, refuse, working


async def keys_of(fleet):
    """All that stands in the store of the fleet's runs."""
    async with books_of(fleet):
        store = fleet.hub.store
        return await store.command("KEYS", f"*{store.prefix}:fleet*")


async def test_what_is_submitted_is_done_by_a_worker(fleet, sandbox):
    names = [f"web-{number}" for number in range(10)]
    async with working(fleet):
        run = await fleet.submit(make_server, names, run="servers")
        outcomes = await outcomes_of(run)

    assert sorted(outcome.item for outcome in outcomes) == names
    assert [outcome for outcome in outcomes if outcome.result != outcome.item] == []
    assert sorted(vm["hostname"] for vm in sandbox.vms) == names


async def test_a_run_is_seen_from_elsewhere(fleet, make_fleet):
    await fleet.submit(echo, [1, 2], run="numbers")
    elsewhere = make_fleet(None)
    run = elsewhere.run("numbers")

    progress = await run.progress()
    assert (progress.run, progress.action, progress.items) == ("numbers", "echo", 2)
    assert (progress.waiting, progress.under_way, progress.is_over) == (2, 0, False)
    async with working(fleet):
        assert sorted(outcome.result for outcome in await outcomes_of(run)) == [1, 2]
    assert await elsewhere.runs() == [await run.progress()]
    assert (await run.progress()).is_over


# -- submitting --------------------------------------------------------------------------------


async def rows():
    for number in range(3):
        yield {"number": number}


async def failing_rows():
    yield 1
    raise EOFError("the file ends")


@pytest.mark.parametrize("kind", ["generator", "async iterable", "set", "none"])
async def test_items_come_from_anything(fleet, kind):
    def number(item):
        return str(item["number"])

    items = {
        "generator": ({"number": each} for each in range(3)),
        "async iterable": rows(),
        "set": {0, 1, 2},
        "none": [],
    }[kind]
    key = str if kind == "set" else number
    async with working(fleet):
        run = await fleet.submit(echo, items, run="rows", key=key)
        found = await outcomes_of(run)

    assert len(found) == (0 if kind == "none" else 3)
    assert all(outcome.result == outcome.item for outcome in found)


async def test_one_row_that_is_filled_anew_is_many_items(fleet):
    def filled():
        row = {}
        for number in range(3):
            row["number"] = number
            yield row

    async with working(fleet):
        run = await fleet.submit(echo, filled(), run="rows", key=lambda row: f"{row['number']}")
        found = [outcome.result["number"] for outcome in await outcomes_of(run)]

    assert sorted(found) == [0, 1, 2]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"items": "web-1"}, "items"),
        ({"items": b"web-1"}, "items"),
        ({"items": 5}, "items"),
        ({"items": [1, (2, 3)]}, "tuple"),
        ({"items": [1, {"root password": "x"}]}, "password"),
        ({"items": ["a", "b", "a"]}, "two items with the key 'a'"),
        ({"items": [1, "1"]}, "two items with the key '1'"),
        ({"run": ""}, "run"),
        ({"run": "a\n"}, "run"),
        ({"run": "x" * 201}, "run"),
        ({"run": 5}, "run"),
        ({"key": "name"}, "key"),
        ({"key": len, "items": ["a"]}, "key"),
        ({"account": 5}, "account"),
        ({"account": ""}, "account"),
        ({"account": lambda _: None}, "account"),
        ({"action": outcomes_of}, "@fleet.action"),
        ({"action": "echo"}, "@fleet.action"),
    ],
    ids=lambda value: f"{value!r:.40}".partition(" at 0x")[0],
)
async def test_wrong_arguments_write_nothing(fleet, arguments, told):
    arguments = {"action": echo, "items": [1, 2], "run": "numbers", **arguments}

    with pytest.raises(InvalidArgument, match=told):
        await fleet.submit(arguments.pop("action"), arguments.pop("items"), **arguments)

    assert await keys_of(fleet) == []


async def test_items_that_cannot_be_read_write_nothing(fleet):
    with pytest.raises(EOFError):
        await fleet.submit(echo, failing_rows(), run="rows")

    assert await keys_of(fleet) == []


async def test_the_same_key_in_two_accounts_is_two_items(fleet):
    items = [{"of": account, "name": "web-1"} for account in ("acme", "globex")]
    async with working(fleet):
        run = await fleet.submit(
            echo,
            items,
            run="both",
            key=lambda item: item["name"],
            account=lambda item: item["of"],
        )
        found = [outcome.result for outcome in await outcomes_of(run)]

    assert sorted(found, key=lambda item: item["of"]) == items


async def test_submitted_again_nothing_is_doubled_and_the_failed_are_tried_again(
    make_fleet, sandbox
):
    fleet = make_fleet()
    are_refused = {"web-1"}

    @fleet.action
    async def sometimes(gandi, name):
        if name in are_refused:
            raise LookupError(name)
        return await make_server(gandi, name)

    async with working(fleet):
        run = await fleet.submit(sometimes, ["web-0", "web-1"], run="servers")
        first = {outcome.item: outcome for outcome in await outcomes_of(run)}
        are_refused.clear()
        again = await fleet.submit(sometimes, ["web-0", "web-1", "web-2"], run="servers")
        second = await outcomes_of(again)

    assert not first["web-1"].ok
    assert second[0] == first["web-0"]
    assert sorted(second, key=str) == [Done(name, name) for name in ("web-0", "web-1", "web-2")]
    assert sorted(vm["hostname"] for vm in sandbox.vms) == ["web-0", "web-1", "web-2"]
    assert (await run.progress()).done == 3


@pytest.mark.parametrize("other", [{"action": refuse}, {"items": [2], "key": lambda _: "1"}])
async def test_other_work_of_the_same_name_is_refused_and_the_run_goes_on(fleet, other):
    run = await fleet.submit(echo, [1], run="numbers")

    arguments = {"action": echo, "items": [1, 5], "run": "numbers", **other}
    with pytest.raises(InvalidArgument, match=r"[Oo]ther work needs another"):
        await fleet.submit(arguments.pop("action"), arguments.pop("items"), **arguments)

    assert (await run.progress()).items == 1
    async with working(fleet):
        assert await outcomes_of(run) == [Done(1, 1)]


async def test_a_submitter_that_was_cut_off_submits_again(fleet):
    """Wherever it is cut off, the second time completes it."""
    items = [*range(2 * AT_ONCE + 5)]
    cut_off = 0
    for pause in (0.0, 0.01, 0.02, 0.04, 0.08):
        submitting = asyncio.create_task(fleet.submit(echo, items, run="numbers"))
        await asyncio.wait([submitting], timeout=pause)
        cut_off += submitting.cancel()
        await asyncio.wait([submitting])
    assert cut_off

    run = await fleet.submit(echo, items, run="numbers")

    assert (await run.progress()).items == len(items)
    engine = fleet.engine()
    ids = [("numbers", item_of(each, str, DEFAULT).id) for each in items]
    assert all(await engine.is_known(DEFAULT, ids))
    await engine.close()


async def test_what_was_never_given_to_the_engine_is_delivered_by_a_worker(make_fleet):
    fleet = make_fleet()
    async with books_of(fleet) as books:
        items = [item_of(number, str, f"account-{number % 3}") for number in range(20)]
        await books.open("numbers", "echo", items)
        await books.submit("numbers", items)

    async with working(fleet, lost=0.2):
        found = await outcomes_of(fleet.run("numbers"))

    assert sorted(outcome.result for outcome in found) == [*range(20)]


async def test_a_store_that_is_away_is_told_at_once(store_server):
    server = store_server()
    fleet = Fleet(RedisHub(server.url, deadline=0.3))
    fleet.action(echo)
    server.kill()

    for asked in (fleet.submit(echo, [1], run="a"), fleet.runs(), fleet.run("a").progress()):
        with pytest.raises(HubError, match="is away"):
            await asked


# -- a run's end, and ends -----------------------------------------------------------------------


async def test_outcomes_are_read_as_often_as_one_likes_in_the_order_of_the_ends(fleet, make_fleet):
    async with working(fleet):
        run = await fleet.submit(echo, range(50), run="numbers")
        elsewhere = make_fleet().run("numbers")
        both = await asyncio.gather(outcomes_of(run), outcomes_of(run), outcomes_of(elsewhere))
        later = await outcomes_of(run)

    assert len(later) == 50
    assert all(each == later for each in both)


async def test_leaving_the_loop_ends_nothing(fleet):
    gate = asyncio.Event()

    @fleet.action
    async def wait(_, item):
        if item:
            await gate.wait()
        return item

    async with working(fleet):
        run = await fleet.submit(wait, range(4), run="numbers")
        async for outcome in run:
            assert outcome == Done(0, 0)
            break
        gate.set()
        assert len(await outcomes_of(run)) == 4


async def test_what_is_not_begun_is_cancelled_and_what_is_under_way_goes_on(fleet):
    gate, begun = asyncio.Event(), asyncio.Event()

    @fleet.action
    async def wait(_, item):
        begun.set()
        await gate.wait()
        return item

    async with working(fleet, limit=1):
        run = await fleet.submit(wait, range(300), run="numbers")
        await begun.wait()
        cancelled = await run.cancel()
        assert (await run.progress()).is_cancelled
        gate.set()
        found = await outcomes_of(run)

        assert cancelled == 299
        kinds = [outcome.error.kind for outcome in found if not outcome.ok]
        assert kinds == ["Cancelled"] * 299
        assert [outcome.ok for outcome in found].count(True) == 1


async def test_a_cancelled_run_that_is_submitted_again_is_done(fleet):
    run = await fleet.submit(echo, range(5), run="numbers")
    assert await run.cancel() == 5
    assert (await run.progress()).is_over
    assert {type(outcome) for outcome in await outcomes_of(run)} == {Failed}

    await fleet.submit(echo, range(5), run="numbers")
    async with working(fleet):
        assert sorted(outcome.result for outcome in await outcomes_of(run)) == [*range(5)]


async def test_cancelling_while_items_begin_gives_each_one_outcome(fleet):
    async with working(fleet):
        run = await fleet.submit(make_server, [f"web-{each}" for each in range(60)], run="servers")
        cancelled = 0
        while not (await run.progress()).is_over:
            cancelled += await run.cancel()
        found = await outcomes_of(run)

    assert len({outcome.item for outcome in found}) == len(found) == 60
    assert [outcome.ok for outcome in found].count(False) == cancelled


async def test_a_run_is_forgotten_when_it_is_over(fleet):
    run = await fleet.submit(echo, [1], run="numbers")
    with pytest.raises(InvalidArgument, match="1 items have not ended"):
        await run.forget()
    async with working(fleet):
        await outcomes_of(run)
        await run.forget()

    assert await fleet.runs() == []
    for asked in (run.progress(), run.cancel(), run.forget(), outcomes_of(run)):
        with pytest.raises(InvalidArgument, match="'numbers': there is none of this name"):
            await asked


async def test_what_a_forgotten_run_had_done_is_not_done_again(fleet, sandbox):
    async with working(fleet):
        for repeated in (False, True):
            run = await fleet.submit(make_server, ["web-1"], run="servers")
            assert await outcomes_of(run) == [Done("web-1", "web-1", repeated)]
            await run.forget()

    assert len(sandbox.vms) == 1


# -- a fleet -------------------------------------------------------------------------------------


def test_a_url_with_a_password_that_is_refused_is_not_told():
    for url in ("redis://:hunter2-x@host:port/0", b"redis://:hunter2-x@host/0"):
        with pytest.raises(InvalidArgument) as raised:
            Fleet(url)
        frames = [frame for frame, _ in traceback.walk_tb(raised.value.__traceback__)]
        ours = [
            frame for frame in frames if frame.f_globals["__name__"].startswith("aiogandi.fleet")
        ]
        known = [value for frame in ours for value in frame.f_locals.values()]
        assert ours
        assert not [
            value for value in known if isinstance(value, str | bytes) and "hunter2" in f"{value!r}"
        ]
        assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("wrong", [{"account": {}}, {"tries": 0}, {"tries": 1.5}, {"account": "a"}])
def test_wrong_settings_are_refused(make_hub, wrong):
    with pytest.raises(InvalidArgument):
        Fleet(make_hub(), **wrong)


def test_an_action_has_one_name(fleet):
    assert fleet.action(echo) is echo

    async def other(gandi, item): ...

    other.__name__ = "echo"
    with pytest.raises(InvalidArgument, match="another one of this name"):
        fleet.action(other)
    for wrong in (lambda gandi, item: None, "echo", 5):
        with pytest.raises(InvalidArgument):
            fleet.action(wrong)
    assert "actions=['echo', 'make_server', 'refuse']" in repr(fleet)


def test_a_fleet_is_used_in_one_loop_after_the_other(make_hub, recwarn):
    fleet = Fleet(make_hub())
    fleet.action(echo)

    async def once(name):
        run = await fleet.submit(echo, range(3), run=name)
        await run.cancel()
        async for _ in run:
            break
        assert len(await fleet.runs()) == int(name)

    for name in ("1", "2"):
        asyncio.run(once(name), debug=True)
    assert not recwarn.list


async def test_nothing_is_left_after_a_call(fleet):
    before = asyncio.all_tasks()
    run = await fleet.submit(echo, range(3), run="numbers")
    assert asyncio.all_tasks() == before
    await run.cancel()
    assert asyncio.all_tasks() == before
    assert len(await outcomes_of(run)) == 3
    assert asyncio.all_tasks() == before
    await run.forget()
    await fleet.runs()
    assert asyncio.all_tasks() == before
