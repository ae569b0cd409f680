"""Whose operation is whose, in the store: entered at once or not at all, whichever process asks."""

import time

import pytest

from aiogandi.changes.journal import Begun
from aiogandi.changes.state import State
from tests.hub.journal.sides import intent, processes


@pytest.fixture
async def sides(make_hub):
    async with processes(make_hub) as sides:
        yield [each.journal for each in sides]


def claim(journal, call, *names, state=State.ANSWERED, **ids):
    return journal.claim(call, list(names), state, ids)


class TestAClaim:
    async def test_one_of_another_call_is_refused_whole(self, sides):
        one, other = sides
        ours, theirs = await one.intend(intent()), await other.intend(intent())
        assert await claim(other, theirs, ("vm_id", 6))
        assert not await claim(one, ours, ("id", 5), ("vm_id", 6))
        assert (await one.view([("id", 5), ("vm_id", 6)])).claimed == {("vm_id", 6)}
        assert await one.owner(ours, [("id", 5), ("vm_id", 6)]) == "vm_create of process 2"
        assert await other.owner(theirs, [("vm_id", 6)]) is None

    async def test_one_may_be_made_again(self, sides):
        one, other = sides
        call = await one.intend(intent())
        for names in ([("id", 5)], [("id", 5), ("vm_id", 6)], [("id", 5), ("vm_id", 6)]):
            assert await claim(one, call, *names, id=5)
        assert (await other.view([("id", 5), ("vm_id", 6)])).claimed == {("id", 5), ("vm_id", 6)}

    async def test_all_see_whose_operations_are_claimed(self, sides):
        one, other = sides
        call = await one.intend(intent())
        names = [("id", number) for number in range(0, 3000, 2)]
        assert await claim(one, call, *names)
        asked = [("id", number) for number in range(3000)]
        assert (await other.view(asked)).claimed == frozenset(names)
        assert (await one.view(asked)).claimed == frozenset(names)

    async def test_a_call_that_has_an_operation_is_given_no_other(self, sides):
        one, other = sides
        call = await one.intend(intent())
        assert await claim(one, call, ("id", 11), state=State.ADOPTED, id=11)
        assert not await claim(other, call, ("id", 12), state=State.ADOPTED, id=12)
        assert await claim(other, call, ("id", 11), state=State.ADOPTED, id=11)

    @pytest.mark.parametrize("state", [State.LOST, State.SENT, State.ABSENT, State.UNKNOWN])
    async def test_another_clients_call_is_given_one_while_it_is_looked_for(self, sides, state):
        one, other = sides
        call = await one.intend(intent())
        if state is State.LOST:
            await one.lose(call, time.time() + 5.0)
        elif state is not State.SENT:
            await one.settle(call, state)
        is_lost = state is State.LOST
        assert await other.claim_for(call, [("id", 11)], {"id": 11}) is is_lost
        assert (await one.read(call)).state is (State.ADOPTED if is_lost else state)
        assert bool((await one.view([("id", 11)])).claimed) is is_lost

    async def test_what_somebody_said_is_taken_back_and_nothing_else(self, sides):
        one, other = sides
        call, theirs = await one.intend(intent()), await other.intend(intent())
        await claim(one, call, ("id", 7), state=State.ADOPTED, id=7)
        await one.disown(call, 8)
        assert (await one.read(call)).state is State.ADOPTED
        await one.disown(call, 7)
        assert ((await one.read(call)).state, (await one.read(call)).ids) == (State.UNKNOWN, {})
        assert await claim(other, theirs, ("id", 7), id=7)


class TestOtherClients:
    async def test_their_open_calls_are_seen_until_they_are_not_open(self, sides):
        one, other = sides
        call = await one.intend(intent())
        [seen] = (await other.view([])).others
        assert (seen.number, seen.state, seen.newest) == (call, State.SENT, 5)
        assert (await one.view([])).others == []
        await one.lose(call, time.time() + 3.0)
        [seen] = (await other.view([])).others
        assert seen.patience == pytest.approx(time.time() + 3.0, abs=1.5)
        await claim(one, call, ("vm_id", 1), vm_id=1)
        assert (await other.view([])).others == []

    async def test_what_was_begun_is_counted_by_client_and_method(self, sides):
        one, other = sides
        long_ago = time.time() - 100
        for journal in (one, one, other):
            call = await journal.intend(intent())
            await claim(journal, call, ("vm_id", call), ("id", call))
        await other.intend(intent())
        await other.intend(intent(method="disk_create"))
        assert await one.begun("vm_create", long_ago) == Begun(2, 2)
        assert await other.begun("vm_create", long_ago) == Begun(2, 2)
        assert await one.begun("vm_create", time.time() + 100) == Begun(0, 1)
        assert await one.begun("disk_create", long_ago) == Begun(0, 1)

    async def test_times_are_those_of_each_machines_own_clock(self, sides):
        one, other = sides
        call = await one.intend(intent(since=time.time() - 50))
        [seen] = (await other.view([])).others
        assert seen.since == pytest.approx(time.time() - 50, abs=1.5)
        assert (await one.read(call)).since == pytest.approx(time.time() - 50, abs=1.5)


class TestWhatIsWrittenLate:
    """By a process that was held up, when another one has seen to the call meanwhile."""

    @pytest.mark.parametrize(
        "late",
        [
            lambda journal, call: journal.lose(call, time.time()),
            lambda journal, call: journal.settle(call, State.UNKNOWN),
            lambda journal, call: journal.settle(call, State.ABSENT),
        ],
        ids=["lost", "unknown", "absent"],
    )
    async def test_it_does_not_take_from_a_call_what_was_found(self, sides, late):
        one, other = sides
        call = await one.intend(intent())
        assert await claim(other, call, ("id", 7), state=State.ADOPTED, id=7)
        await late(one, call)
        [left] = await other.left()
        assert (left.state, left.ids, left.patience) == (State.ADOPTED, {"id": 7}, None)

    async def test_whether_it_is_settled_is_told(self, sides):
        one, other = sides
        call = await one.intend(intent())
        assert await one.settle(call, State.UNKNOWN)
        assert await other.settle(call, State.ABSENT)
        assert await one.settle(call, State.ABSENT)
        assert not await one.settle(call, State.UNKNOWN)

    async def test_what_is_dropped_is_forgotten(self, sides):
        one, other = sides
        calls = [await one.intend(intent()) for _ in range(3)]
        await one.drop(calls)
        assert await other.left() == []
        assert await one.read(calls[0]) is None
        await one.end(calls[0], {"id": 3}, {"state": "DONE"})  # which comes too late
        assert await one.read(calls[0]) is None


async def test_a_client_that_leaves_writes_first_what_waits(make_hub):
    async with processes(make_hub) as (one, other):
        call = await one.journal.intend(intent())
        dropped = one.journal.drop([call])
        await one.journal.leave()
        assert dropped.done()
        assert await other.journal.left() == []


async def test_a_client_may_leave_after_the_journal_was_closed(make_hub):
    async with processes(make_hub, 1) as [one]:
        await one.storage.close()
        await one.journal.leave()
