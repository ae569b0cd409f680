"""A run is known by its name, and its items are those that were given to it."""

import dataclasses
from collections import Counter, OrderedDict

import pytest

from aiogandi import InvalidArgument, bulk
from tests.journals.desk import create


async def done(action, items, run):
    """The results of the items by item, and whether each is that of an earlier run."""
    outcomes = {each.item: each async for each in bulk(action, items, run=run)}
    return {item: (each.result, each.repeated) for item, each in outcomes.items() if each.ok}


async def counts(journal):
    return {each.name: (each.done, each.failed, each.open) for each in await journal.runs()}


async def test_keys_inside_of_an_item_count_as_none(desk):
    async with desk.both() as (journal, gandi):

        async def provision(name):
            for part in ("server", "spare"):
                async with gandi.once(part):
                    await create(gandi, f"{name}-{part}")
            if name == "c":
                raise ValueError(name)

        await done(provision, ["a", "b", "c"], journal.run("release"))
        assert await counts(journal) == {"release": (2, 1, 0)}


async def test_to_ask_for_a_run_that_never_began_begins_none(desk):
    async with desk.both() as (journal, _):
        run = journal.run("relaese")
        assert [each async for each in run.outcomes()] == []
        assert await journal.forget("a", run="relaese") == 0
        assert await journal.forget(run="relaese") == 0
        assert await journal.runs() == []


@pytest.mark.parametrize("by_another", [False, True])
async def test_a_run_that_is_forgotten_begins_again_under_its_name(desk, by_another):
    async with desk.both() as (journal, gandi), desk.both() as (other, _):

        async def provision(name):
            return (await create(gandi, name)).vm_id

        run = journal.run("release")
        await done(provision, ["a"], run)
        assert await (other if by_another else journal).forget(run="release") == 1
        assert await journal.runs() == []
        again = await done(provision, ["a"], run)
        assert await counts(journal) == {"release": (1, 0, 0)}
        assert [each.key async for each in run.outcomes()] == ["a"]
    async with desk.both() as (journal, gandi):
        vm_id, _ = again["a"]
        assert await done(provision, ["a"], journal.run("release")) == {"a": (vm_id, True)}
    assert desk.sent() == 2


async def test_the_items_of_a_run_are_the_same_wherever_it_is_begun(desk):
    async with desk.both() as (journal, gandi):

        async def provision(name):
            async with gandi.once("server"):
                return (await create(gandi, name)).vm_id

        run = journal.run("release")
        async with gandi.once("outer"):
            first = await done(provision, ["a", "b"], run)
        assert sorted([each.key async for each in run.outcomes()]) == ["a", "b"]
        assert await counts(journal) == {"release": (2, 0, 0)}
        second = await done(provision, ["a", "b"], run)
        assert second == {name: (vm_id, True) for name, (vm_id, _) in first.items()}
        assert await journal.forget("outer") == 1
        assert await journal.forget("a", run="release") == 2
    assert desk.sent() == 2


async def test_a_run_inside_of_its_own_items_has_keys_inside_of_theirs(desk):
    async with desk.both() as (journal, gandi):
        run = journal.run("release")

        async def provision(name):
            vm_id = (await create(gandi, name)).vm_id
            if name != "db":
                await done(provision, ["db"], run)
            return vm_id

        await done(provision, ["a", "b"], run)
        assert await counts(journal) == {"release": (2, 0, 0)}
    assert sorted(desk.hostnames) == ["a", "b", "db", "db"]


def rings():
    ring = []
    ring.append(ring)
    return ring


class Name(str):
    """A text that is more than one."""

    __slots__ = ()


@dataclasses.dataclass
class Own(dict):
    """A dict that is more than one."""


RESULTS = {
    "a counter": lambda: Counter("aab"),
    "an ordered dict": lambda: OrderedDict(a=1),
    "a dict in a dict": lambda: {"a": Counter("aab")},
    "a text of another kind": lambda: [Name("a")],
    "a number without an end": lambda: 10**5000,
    "a ring": rings,
}


@pytest.mark.parametrize("make", RESULTS.values(), ids=RESULTS)
async def test_a_result_of_another_kind_is_made_again(desk, make):
    async with desk.both() as (journal, gandi):

        async def provision(name):
            await create(gandi, name)
            return make()

        run = journal.run("release")
        for repeated in (False, True):
            [(result, was)] = (await done(provision, ["a"], run)).values()
            assert type(result) is type(make())
            assert was is repeated
        assert await counts(journal) == {"release": (1, 0, 0)}
    assert desk.sent() == 1


async def test_a_key_around_a_run_that_repeats_a_password_of_its_items_is_refused(desk):
    async with desk.both() as (journal, gandi), gandi.once("s3cret-pw2"):

        async def provision(name):
            async with gandi.once("server"):
                await create(gandi, name, "s3cret-pw2")

        [outcome] = [each async for each in bulk(provision, ["a"], run=journal.run("release"))]
        assert isinstance(outcome.error, InvalidArgument)
        assert "the key repeats a password" in str(outcome.error)
    assert desk.sent() == 0
