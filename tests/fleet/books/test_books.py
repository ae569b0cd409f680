import asyncio
import json

import pytest

from aiogandi import InvalidArgument
from aiogandi.fleet import outcomes
from aiogandi.fleet.books.books import AT_ONCE, BegunItem, UnknownAction
from aiogandi.fleet.items import Item
from tests.fleet.fleets import books_of, until_true

CANCELLED = outcomes.failed("Cancelled", "")
FAILED = outcomes.failed("LookupError", "not there")
DONE = {"ok": True, "result": {"json": "1"}, "repeated": False}


def items_of(number, account="acme"):
    return [Item(each, f"web-{each}", account) for each in range(number)]


@pytest.fixture
async def books(fleet):
    async with books_of(fleet) as books:
        yield books


@pytest.fixture
async def others(make_fleet):
    """The books as another process sees them."""
    async with books_of(make_fleet()) as books:
        yield books


async def begin_run(books, items, run="run", action="echo"):
    await books.open(run, action, items)
    due = []
    for first in range(0, len(items), AT_ONCE):
        due += await books.submit(run, items[first : first + AT_ONCE])
    return due


async def begin(books, item, run="run"):
    return await books.begin(run, item.id, ["echo"])


async def told(books, run="run"):
    """How many are done, have failed, are under way and are waiting."""
    found = await books.progress(run)
    assert found.items == found.done + found.failed + found.under_way + found.waiting
    return found.done, found.failed, found.under_way, found.waiting


async def outcomes_of(books, run="run"):
    found, first = [], 0
    while (ended := await books.outcomes(run, first)).looked_at:
        first += ended.looked_at
        found += ended.outcomes
    return found


async def test_the_life_of_an_item(books):
    [item] = items_of(1)
    assert await begin_run(books, [item]) == [item]
    assert await told(books) == (0, 0, 0, 1)
    assert await books.accounts() == {"acme": 1}

    assert await begin(books, item) == BegunItem(item, "echo", 0, None, is_new=True)
    assert await told(books) == (0, 0, 1, 0)
    assert await books.end("run", item.id, DONE)

    assert await told(books) == (1, 0, 0, 0)
    assert (await books.progress("run")).is_over
    assert await books.accounts() == {}
    assert await outcomes_of(books) == [(item.id, item, DONE)]
    assert await begin(books, item) == "over"


async def test_the_first_outcome_is_the_one(books, others):
    [item] = items_of(1)
    await begin_run(books, [item])
    await begin(books, item)

    assert await others.end("run", item.id, FAILED)
    assert not await books.end("run", item.id, DONE)
    assert await outcomes_of(others) == [(item.id, item, FAILED)]
    assert await told(books) == (0, 1, 0, 0)


async def test_a_living_process_has_an_item_alone(books, others):
    [item] = items_of(1)
    await begin_run(books, [item])

    assert await begin(books, item)
    assert await begin(others, item) == "held"
    assert isinstance(await begin(books, item), BegunItem)
    await others.let_go("run", item.id)
    assert await begin(others, item) == "held"


async def test_what_is_let_go_is_begun_by_another_and_counts_no_death(books, others):
    [item] = items_of(1)
    await begin_run(books, [item])
    await begin(books, item)
    await books.let_go("run", item.id)

    assert await told(books) == (0, 0, 0, 1)
    assert await begin(others, item) == BegunItem(item, "echo", 0, None, is_new=False)


async def test_deaths_are_counted_until_an_item_comes_further(books, make_fleet):
    [item] = items_of(1)
    await begin_run(books, [item])
    for deaths in range(3):
        async with books_of(make_fleet()) as other:
            assert (await begin(other, item)).deaths == deaths

    assert await begin(books, item) == BegunItem(item, "echo", 3, None)
    await books.note_steps("run", item.id, 2, are_more=False)
    assert await begin(books, item) == BegunItem(item, "echo", 3, 2)
    await books.note_steps("run", item.id, 5, are_more=True)
    assert await begin(books, item) == BegunItem(item, "echo", 0, 5)
    assert [await books.died("run", item.id) for _ in range(3)] == [1, 2, 3]


async def test_an_item_of_an_unknown_action_is_left_alone(books):
    [item] = items_of(1)
    await begin_run(books, [item], action="other")

    assert await books.begin("run", item.id, []) == UnknownAction("other")
    assert await books.begin("run", item.id, ["echo", "refuse"]) == UnknownAction("other")
    assert await told(books) == (0, 0, 0, 1)
    assert await books.cancel("run", CANCELLED) == 1


async def test_submitted_again_what_is_open_or_has_failed_is_due(books):
    done, failed, under_way, open_ = items = items_of(4)
    await begin_run(books, items)
    for item in (done, failed, under_way):
        await begin(books, item)
    await books.end("run", done.id, DONE)
    await books.end("run", failed.id, FAILED)

    more = items_of(5)
    assert await begin_run(books, more) == [failed, under_way, open_, more[4]]

    assert await told(books) == (1, 0, 1, 3)
    assert await books.accounts() == {"acme": 4}
    assert await outcomes_of(books) == [(done.id, done, DONE)]
    assert await begin(books, failed) == BegunItem(failed, "echo", 0, None, is_new=True)
    await books.end("run", failed.id, DONE)
    ends = [id_ for id_, _, _ in await outcomes_of(books)]
    assert ends == [done.id, failed.id, failed.id]


async def test_the_same_key_in_two_accounts(books):
    items = [*items_of(2, "acme"), *items_of(2, "été: 日本 😀")]

    assert await begin_run(books, items) == items
    assert await books.accounts() == {"acme": 2, "été: 日本 😀": 2}


@pytest.mark.parametrize("change", ["action", "item", "a late item"])
async def test_another_run_of_the_same_name_is_refused_and_nothing_is_written(books, change):
    items = items_of(AT_ONCE + 2)
    await begin_run(books, items)
    await books.cancel("run", CANCELLED)
    more = [*items, Item(1, "further", "acme")]
    place = {"item": 0, "a late item": AT_ONCE + 1}.get(change)
    if place is not None:
        more[place] = Item("other", items[place].key, "acme")

    with pytest.raises(InvalidArgument, match=r"[Oo]ther work needs another"):
        await begin_run(books, more, action="refuse" if change == "action" else "echo")

    assert await told(books) == (0, AT_ONCE + 2, 0, 0)
    assert (await books.progress("run")).is_cancelled


async def test_an_item_that_another_program_has_submitted_meanwhile_is_refused(books, others):
    await books.open("run", "echo", items_of(2))
    await begin_run(others, [Item("other", "web-1", "acme")])

    with pytest.raises(InvalidArgument, match="'web-1'"):
        await books.submit("run", items_of(2))
    assert await told(books) == (0, 0, 0, 1)


async def test_what_is_not_begun_is_cancelled(books, others):
    items = items_of(3)
    await begin_run(books, items)
    await begin(others, items[0])
    await begin(books, items[1])
    await books.let_go("run", items[1].id)

    assert await books.cancel("run", CANCELLED) == 1

    assert await outcomes_of(books) == [(items[2].id, items[2], CANCELLED)]
    assert isinstance(await begin(books, items[1]), BegunItem)
    assert await begin(books, items[2]) == "over"
    assert await books.cancel("run", CANCELLED) == 0
    assert (await books.progress("run")).is_cancelled
    assert await begin_run(books, items) == items
    assert not (await books.progress("run")).is_cancelled


async def test_2000_items_are_cancelled_while_others_end(books, others):
    """What ends meanwhile must not let the cancelling pass an item by."""
    items = items_of(2000)
    await begin_run(books, items)
    held = items[:600]
    for item in held:
        await begin(others, item)

    async def end():
        for item in held:
            await others.end("run", item.id, DONE)

    ending = asyncio.create_task(end())
    assert await books.cancel("run", CANCELLED) == 1400
    await ending
    assert await told(books) == (600, 1400, 0, 0)
    assert await books.accounts() == {}


async def test_outcomes_come_in_pages_that_a_store_can_send(books):
    items = items_of(20)
    await begin_run(books, items)
    large = {"ok": True, "result": {"json": json.dumps("x" * 200_000)}, "repeated": False}
    for item in items:
        await books.end("run", item.id, large)

    page = await books.outcomes("run", 0)

    assert 0 < page.looked_at == len(page.outcomes) <= 6
    assert [item for _, item, _ in await outcomes_of(books)] == items


async def test_a_run_is_forgotten(books):
    items = items_of(3)
    await begin_run(books, items)
    await books.end("run", items[0].id, FAILED)
    with pytest.raises(InvalidArgument, match="2 items have not ended"):
        await books.forget("run")
    for item in items:
        await begin(books, item)
        await books.died("run", item.id)
        await books.end("run", item.id, DONE)
    await books.forget("run")

    assert await books.all_progress() == []
    for asked in (books.progress("run"), books.outcomes("run", 0), books.forget("run")):
        with pytest.raises(InvalidArgument, match="none of this name"):
            await asked
    with pytest.raises(InvalidArgument, match="none of this name"):
        await books.submit("run", items)
    with pytest.raises(InvalidArgument, match="none of this name"):
        await books.cancel("run", CANCELLED)


async def test_what_comes_late_leaves_nothing_in_the_store(fleet, books):
    store = fleet.hub.store
    [item] = items_of(1)
    await begin_run(books, [item])
    await begin(books, item)
    await books.end("run", item.id, DONE)
    await books.forget("run")
    before = await store.command("KEYS", f"{store.prefix}:fleet:*")

    await books.let_go("run", item.id)
    await books.note_steps("run", item.id, 3, are_more=True)
    assert not await books.end("run", item.id, DONE)
    assert await books.died("run", item.id) == 0

    assert await store.command("KEYS", f"{store.prefix}:fleet:*") == before


async def test_runs_are_told_the_oldest_first(books):
    for name in ("zebra", "ant", "bee"):
        await begin_run(books, items_of(2), name)
    await begin_run(books, items_of(2), "zebra")

    assert [each.run for each in await books.all_progress()] == ["zebra", "ant", "bee"]


async def test_one_process_tends_to_what_is_lost_until_its_time_is_up(books, others, fleet, prefix):
    assert await books.may_tend(60)
    assert not await others.may_tend(60)
    command, key = fleet.hub.store.command, f"{prefix}:fleet:tending"
    assert 0 < await command("PTTL", key) <= 60_000
    assert await command("PEXPIRE", key, 1)
    await until_true(lambda: others.may_tend(60))
    assert not await books.may_tend(60)


async def test_what_waits_is_found_in_pages(books):
    items = items_of(AT_ONCE + 3)
    await begin_run(books, items)

    pages = [page async for page in books.waiting("run", 0)]
    assert [len(page) for page in pages] == [AT_ONCE, 3]
    assert {each for page in pages for each in page} == {item.id for item in items}
    assert [page async for page in books.waiting("run", 60)] == []
