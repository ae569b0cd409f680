"""Clients that have a hub and no journal: their calls are known as long as anything of them may appear."""

import asyncio
import time

import pytest

from aiogandi.changes.state import State
from tests.hub.journal.sides import intent, processes

BRIEF = {"brief": True, "within": 0.0}


@pytest.fixture
async def sides(make_hub):
    async with processes(make_hub, **BRIEF) as sides:
        yield sides


async def others(side):
    return [each.number for each in (await side.journal.view([])).others]


async def test_they_are_seen_by_others_with_a_journal_or_without(make_hub, sides):
    one, other = sides
    call = await one.journal.intend(intent())
    assert await others(other) == [call]
    async with processes(make_hub, 1) as [third]:
        assert await others(third) == [call]
        assert await third.journal.left() == []  # nothing of it is to be recovered


async def test_a_changing_call_costs_two_round_trips(sides):
    one, other = sides
    await one.journal.drop([await one.journal.intend(intent())])  # it has entered
    before = one.store.exchanges
    calls = [await one.journal.intend(intent()) for _ in range(10)]
    for call in calls:
        await one.journal.claim(call, [("vm_id", call)], State.ANSWERED, {"vm_id": call})
        await one.journal.end(call, {"vm_id": call}, {"state": "DONE"})
    await asyncio.gather(*(one.journal.drop([call]) for call in calls))
    spent = {
        name: number - before.get(name, 0)
        for name, number in one.store.exchanges.items()
        if number != before.get(name, 0) and name.startswith("journal")
    }
    assert spent == {"journal-intend": 10, "journal-claim": 10, "journal-drop": 1}
    assert await others(other) == []


@pytest.mark.parametrize("state", [State.SENT, State.LOST, State.UNKNOWN])
async def test_what_a_killed_process_has_sent_counts_until_it_cannot_appear(make_hub, state):
    lease, quick = 0.3, {"timeout": 0.1, "settle": 0.1}
    async with processes(make_hub, lease=lease, **BRIEF) as (one, other):
        call = await one.journal.intend(intent(**quick))
        if state is State.LOST:
            await one.journal.lose(call, time.time() + 0.1)
        elif state is State.UNKNOWN:
            await one.journal.settle(call, state)
        assert await others(other) == [call]
        await one.kill()
        began = time.monotonic()
        while await others(other):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
        assert time.monotonic() - began >= 0.1
        assert (await other.journal.begun("vm_create", 0.0)).others == 0


async def test_what_a_living_process_sees_to_is_known_longer(make_hub):
    async with processes(make_hub, lease=0.2, **BRIEF) as (one, other):
        sent = await one.journal.intend(intent(timeout=0.05, settle=0.05))
        unknown = await one.journal.intend(intent(timeout=0.05, settle=0.05))
        await one.journal.settle(unknown, State.UNKNOWN)
        async with asyncio.timeout(20):
            while await others(other) != [sent]:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        assert await one.journal.claim(sent, [("id", 1)], State.ANSWERED, {"id": 1})


@pytest.mark.parametrize("state", [State.LOST, State.UNKNOWN])
async def test_it_is_known_as_long_as_another_client_looks_for_an_equal_one(make_hub, state):
    """Else that client would take what this call has begun for its own."""
    quick = {"timeout": 0.05, "settle": 0.05}
    async with processes(make_hub, 3, lease=0.3, **BRIEF) as (one, other, third):
        sought = await other.journal.intend(intent(timeout=60))
        call = await one.journal.intend(intent(**quick))
        await other.journal.lose(sought, time.time())
        later = await third.journal.intend(intent(since=time.time() + 60))
        if state is State.LOST:
            await one.journal.lose(call, time.time())
            await one.kill()
        else:
            await one.journal.settle(call, state)
        ends = time.monotonic() + 1
        while time.monotonic() < ends:
            assert await others(third) == [sought, call]
            await asyncio.sleep(0.05)
        await other.journal.settle(sought, State.ABSENT)
        async with asyncio.timeout(20):
            while await others(other) != [later]:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)


async def test_their_claims_stay_when_they_have_gone(make_hub, sides):
    one, other = sides
    call = await one.journal.intend(intent())
    await one.journal.claim(call, [("id", 1)], State.ANSWERED, {"id": 1})
    await one.journal.drop([call])
    await one.journal.leave()
    assert (await other.journal.view([("id", 1)])).claimed == {("id", 1)}
    theirs = await other.journal.intend(intent())
    assert not await other.journal.claim(theirs, [("id", 1)], State.ADOPTED, {"id": 1})
    assert await other.journal.owner(theirs, [("id", 1)]) is not None
