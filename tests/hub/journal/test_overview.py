"""What is asked of all keys and calls of an account: runs, their items, and all there is."""

import asyncio
import json

import pytest

from aiogandi.changes.journal import KeyHeld
from aiogandi.changes.state import State
from aiogandi.errors import InvalidArgument, JournalError
from aiogandi.hub.journal.storage import AT_ONCE
from tests.hub.journal.sides import ACCOUNT, intent, processes

MANY = AT_ONCE + 20


@pytest.fixture
async def sides(make_hub):
    async with processes(make_hub) as sides:
        yield sides


async def many(side, run):
    """So many items of a run, of which the first is concluded and the second has failed. None is held."""
    keys = await asyncio.gather(*(side.journal.hold((f"{n:04}",), run) for n in range(MANY)))
    await side.journal.conclude(keys[0].number, {"done": 1})
    await side.journal.fail(keys[1].number, "no")
    for key in keys:
        side.journal.let_go(key.number)
    return keys


class TestARun:
    async def test_it_has_one_number_for_all_and_for_ever(self, sides):
        one, other = sides
        assert await other.storage.find_run(ACCOUNT, "release") is None
        number = await one.storage.run(ACCOUNT, "release")
        assert await other.storage.run(ACCOUNT, "release") == number
        assert await other.storage.find_run(ACCOUNT, "release") == number
        assert await one.storage.run(ACCOUNT, "another") != number
        assert await one.storage.find_run("[]", "release") is None

    async def test_one_of_many_items_is_told_and_forgotten_whole(self, sides):
        one, other = sides
        run = await one.storage.run(ACCOUNT, "release")
        assert await other.storage.runs(ACCOUNT) == []
        await many(one, run)
        inside = await one.journal.hold(("0001", "inside"), run)
        [(name, _, counts)] = await other.storage.runs(ACCOUNT)
        assert (name, counts["concluded"], counts["failed"]) == ("release", 1, 1)
        assert counts["open"] == MANY - 2
        entries = await other.storage.entries(ACCOUNT, run)
        assert sorted(each.key for each in entries if len(each.key) == 1) == [
            (f"{n:04}",) for n in range(MANY)
        ]
        assert [each.key for each in entries if len(each.key) == 2] == [("0001", "inside")]
        assert await one.storage.forget(ACCOUNT, run, ("0001",)) == 1  # that inside of it is held
        one.journal.let_go(inside.number)
        assert await one.storage.forget(ACCOUNT, run, ("0001",)) == 1
        held = await other.journal.hold(("0007",), run)
        assert await one.storage.forget(ACCOUNT, run, None) == MANY - 2
        [left] = await one.storage.entries(ACCOUNT, run)
        assert (left.key, held.steps) == (("0007",), [])


class TestWhatIsLeft:
    async def test_what_a_living_client_sees_to_is_not_concluded_by_others(self, sides):
        one, other = sides
        call = await one.journal.intend(intent())
        with pytest.raises(KeyHeld, match="process 1"):
            await other.storage.dismiss(ACCOUNT, call)
        await one.vanish()
        await other.storage.dismiss(ACCOUNT, call)
        with pytest.raises(InvalidArgument, match="nobody has concluded"):
            await other.storage.dismiss(ACCOUNT, call)

    async def test_it_is_said_which_operation_is_its_own(self, sides):
        one, other = sides
        key = await one.journal.hold(("web",))
        call = await one.journal.intend(intent(key, 0))
        theirs = await other.journal.intend(intent())
        await other.journal.claim(theirs, [("id", 5)], State.ANSWERED, {"id": 5})
        with pytest.raises(KeyHeld, match="process 1"):
            await other.storage.adopt(ACCOUNT, call, [("id", 6)], {"id": 6})
        await one.journal.leave()
        with pytest.raises(InvalidArgument, match="operation 5 is that of vm_create of process 2"):
            await other.storage.adopt(ACCOUNT, call, [("id", 5)], {"id": 5})
        await other.storage.adopt(ACCOUNT, call, [("id", 6), ("vm_id", 1)], {"id": 6, "vm_id": 1})
        with pytest.raises(InvalidArgument, match="operation 7 is not its own: it has another one"):
            await other.storage.adopt(ACCOUNT, call, [("id", 7)], {"id": 7})
        assert (await other.journal.read(call)).ids == {"id": 6, "vm_id": 1}


async def test_all_there_is_can_be_exported(sides):
    one, other = sides
    run = await one.storage.run(ACCOUNT, "release")
    [first, *_] = await many(one, run)
    key = await one.journal.hold(("web",))
    under = await one.journal.intend(intent(key, 0))
    outside = await other.journal.intend(intent())
    rows = json.loads(json.dumps(await other.storage.export()))
    keys = [row for row in rows if row["kind"] == "key"]
    assert len(keys) == MANY + 1
    [told] = [row for row in keys if row["id"] == first.number]
    assert (told["run_name"], told["state"], told["result"]) == (
        *("release", "concluded"),
        {"done": 1},
    )
    calls = {row["id"]: row for row in rows if row["kind"] == "call"}
    assert calls.keys() == {under, outside}
    assert (calls[under]["key"], calls[under]["step"]) == (key.number, 0)
    assert calls[outside]["arguments"] == {"hostname": "web"}
    assert {json.dumps(row["account"]) for row in rows} == {ACCOUNT}
    assert "prints" not in calls[outside]


async def test_a_journal_that_is_closed_says_so(make_hub):
    async with processes(make_hub, 1) as [one]:
        await one.storage.close()
        for ask in (one.client, lambda: one.storage.left(ACCOUNT), one.storage.export):
            with pytest.raises(JournalError, match="enter it with `async with` first"):
                await ask()
        with pytest.raises(JournalError, match="was closed before its client"):
            await one.journal.left()
