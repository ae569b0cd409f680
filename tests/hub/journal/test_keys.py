"""Keys in the store: one process holds one, as long as it is heard of, and nobody else writes under it."""

import asyncio
import time

import pytest

from aiogandi.changes.journal import HeldElsewhere
from aiogandi.changes.state import State
from aiogandi.errors import HubError, JournalConflict
from aiogandi.hub.journal.scripts.keys import HOLD_NUMBER
from aiogandi.hub.scripts import account_name
from tests.hub.journal.sides import ACCOUNT, LONG, held, intent, processes
from tests.waiting import until

WEB = ("web",)


@pytest.fixture
async def sides(make_hub):
    async with processes(make_hub) as sides:
        yield sides


class TestHolding:
    async def test_a_key_is_one_processs_and_who_wants_it_is_told_whose(self, sides):
        one, other = sides
        key = await one.journal.hold(WEB)
        assert await other.journal.hold(WEB) == HeldElsewhere("process 1")
        one.journal.let_go(key.number)
        assert (await held(other.journal, WEB)).number == key.number
        assert await one.journal.hold(WEB) == HeldElsewhere("process 2")

    async def test_tasks_of_one_process_exclude_each_other(self, sides):
        one, _ = sides
        second = await one.client()
        key = await one.journal.hold(WEB)
        assert await one.journal.hold(WEB) == HeldElsewhere("process 1")
        assert await second.hold(WEB) == HeldElsewhere("process 1")
        one.journal.let_go(key.number)
        assert (await second.hold(WEB)).number == key.number
        await second.leave()

    async def test_runs_have_keys_of_their_own(self, sides):
        one, other = sides
        run = await one.storage.run('["login", null, "url"]', "release")
        outside = await one.journal.hold(WEB)
        inside = await other.journal.hold(WEB, run)
        assert outside.number != inside.number

    async def test_it_ends_with_its_client(self, sides):
        one, other = sides
        await one.journal.hold(WEB)
        await one.journal.leave()
        assert not isinstance(await other.journal.hold(WEB), HeldElsewhere)

    async def test_it_ends_with_its_process(self, sides):
        one, other = sides
        key = await one.journal.hold(WEB)
        call = await one.journal.intend(intent(key, 0))
        await one.vanish()
        found = await other.journal.hold(WEB)
        assert [step.number for step in found.steps] == [call]

    async def test_whoever_is_cancelled_while_it_asks_holds_nothing(self, sides):
        one, other = sides
        for turns in range(6):
            asking = asyncio.ensure_future(one.journal.hold(WEB))
            for _ in range(turns):
                await asyncio.sleep(0)
            if not asking.done():
                asking.cancel()
            await asyncio.wait([asking])
            if not asking.cancelled():
                one.journal.let_go(asking.result().number)
            key = await held(other.journal, WEB)
            other.journal.let_go(key.number)


LATE = {
    "intend": lambda journal, key, call: journal.intend(intent(key, 1)),
    "send_again": lambda journal, key, call: journal.send_again(call, 2),
    "lose": lambda journal, key, call: journal.lose(call, time.time()),
    "settle": lambda journal, key, call: journal.settle(call, State.ABSENT),
    "end": lambda journal, key, call: journal.end(call, {}, {"state": "ERROR"}),
    "conclude": lambda journal, key, call: journal.conclude(key.number, "late"),
    "fail": lambda journal, key, call: journal.fail(key.number, "late"),
    "hold_again": lambda journal, key, call: journal.hold_again(key.number),
}


class TestALostKey:
    """That of a process which was not heard of for longer than its lease, and goes on."""

    @pytest.mark.parametrize("write", LATE.values(), ids=LATE)
    async def test_nothing_is_written_under_it(self, sides, write):
        one, other = sides
        key = await one.journal.hold(WEB)
        call = await one.journal.intend(intent(key, 0))
        await one.vanish()
        await other.journal.hold(WEB)
        before = await other.journal.hold_again(key.number)
        with pytest.raises(
            HubError, match=r"key 'web' is not held any more: .* process 2 holds it"
        ):
            await write(one.journal, key, call)
        after = await other.journal.hold_again(key.number)
        assert [_told(step) for step in after.steps] == [_told(step) for step in before.steps]
        assert not after.is_concluded
        [entry] = await other.storage.entries('["login", null, "url"]', 0)
        assert (entry.state, entry.error) == ("open", None)

    async def test_nor_where_it_was_let_go_since(self, sides):
        one, other = sides
        key = await one.journal.hold(WEB)
        await one.vanish()
        await other.journal.hold(WEB)
        await other.journal.leave()
        with pytest.raises(HubError, match="others have held it meanwhile"):
            await one.journal.intend(intent(key, 0))

    async def test_one_that_nobody_has_taken_is_still_held(self, sides):
        one, _ = sides
        key = await one.journal.hold(WEB)
        await one.vanish()
        call = await one.journal.intend(intent(key, 0))
        assert await one.journal.claim(call, [("vm_id", 1)], State.ANSWERED, {"vm_id": 1})
        assert await one.journal.conclude(key.number, None)

    async def test_what_a_late_reply_tells_of_an_open_call_is_written_down(self, sides):
        one, other = sides
        key = await one.journal.hold(WEB)
        call = await one.journal.intend(intent(key, 0))
        await one.vanish()
        await other.journal.hold(WEB)
        assert await one.journal.claim(call, [("vm_id", 1)], State.ANSWERED, {"vm_id": 1})
        assert not await other.journal.settle(call, State.ABSENT)
        assert (await other.journal.read(call)).ids == {"vm_id": 1}

    async def test_of_a_call_that_has_given_way_it_is_told_once(self, sides):
        one, other = sides
        key = await one.journal.hold(WEB)
        call = await one.journal.intend(intent(key, 0))
        await one.vanish()
        await other.journal.hold(WEB)
        await other.journal.settle(call, State.ABSENT)
        await other.journal.intend(intent(key, 0))
        late = one.journal.claim, call, [("vm_id", 1)], State.ANSWERED, {"vm_id": 1}
        with pytest.raises(HubError, match="process 2 holds it"):
            await late[0](*late[1:])
        assert not await late[0](*late[1:])
        assert (await other.journal.view([("vm_id", 1)])).claimed == frozenset()

    async def test_it_is_let_go_by_who_holds_it_alone(self, sides):
        one, other = sides
        key = await one.journal.hold(WEB)
        await one.vanish()
        await other.journal.hold(WEB)
        one.journal.let_go(key.number)
        await one.journal.leave()
        assert (await other.journal.hold_again(key.number)).number == key.number


def _told(step):
    return step.number, step.state, step.sends, step.patience, step.ended


class TestASuccessor:
    """Whoever takes over what a process has left waits until nothing of it can be under way any more."""

    async def test_of_one_that_is_heard_of_no_more_for_lease_timeout_and_settle(self, sides):
        one, other = sides
        key = await one.journal.hold(WEB)
        await one.journal.intend(intent(key, 0, timeout=30.0, settle=3.0))
        await one.vanish()
        [step] = (await other.journal.hold(WEB)).steps
        assert step.settle == pytest.approx(LONG + 30.0 + 3.0, abs=20)
        assert step.timeout == LONG + 30.0

    async def test_of_one_that_has_left_as_it_should_no_longer_than_in_a_file(self, sides):
        one, other = sides
        key = await one.journal.hold(WEB)
        await one.journal.intend(intent(key, 0, timeout=30.0, settle=3.0))
        await one.journal.leave()
        [step] = (await other.journal.hold(WEB)).steps
        assert (step.settle, step.timeout) == (3.0, 30.0)

    async def test_of_its_own_process_neither(self, sides):
        one, _ = sides
        key = await one.journal.hold(WEB)
        await one.journal.intend(intent(key, 0, timeout=30.0, settle=3.0))
        [step] = (await one.journal.hold_again(key.number)).steps
        assert (step.settle, step.timeout) == (3.0, 30.0)

    async def test_what_was_sent_long_ago_is_not_waited_for(self, make_hub):
        async with processes(make_hub, lease=0.2) as (one, other):
            key = await one.journal.hold(WEB)
            await one.journal.intend(intent(key, 0, timeout=0.1, settle=0.05))
            one.journal.let_go(key.number)
            found = []

            async def looks():
                while True:
                    held = await other.journal.hold(WEB)
                    if not isinstance(held, HeldElsewhere):
                        found.append(held.steps[0].settle)
                        other.journal.let_go(held.number)
                    await asyncio.sleep(0.01)

            looking = asyncio.ensure_future(looks())
            await until(lambda: found and found[-1] == 0.05)
            looking.cancel()
            await asyncio.wait([looking])
            assert found[0] <= 0.2 + 0.1 + 0.05


class TestSteps:
    async def test_one_that_has_run_gives_way_to_no_other(self, sides):
        one, _ = sides
        key = await one.journal.hold(WEB)
        await one.journal.intend(intent(key, 0))
        with pytest.raises(JournalConflict, match="vm_create stands in its place"):
            await one.journal.intend(intent(key, 0))

    @pytest.mark.parametrize("failed", [True, False])
    async def test_one_that_did_not_run_or_failed_does_where_it_is_the_last(self, sides, failed):
        one, _ = sides
        key = await one.journal.hold(WEB)

        async def end(call):
            if failed:
                await one.journal.claim(call, [("id", call)], State.ANSWERED, {"id": call})
                await one.journal.end(call, {"id": call}, {"state": "ERROR"})
            else:
                await one.journal.settle(call, State.ABSENT)

        await end(await one.journal.intend(intent(key, 0)))
        call = await one.journal.intend(intent(key, 0))
        assert [step.number for step in (await one.journal.hold_again(key.number)).steps] == [call]
        await end(call)
        await one.journal.intend(intent(key, 1))
        with pytest.raises(JournalConflict):
            await one.journal.intend(intent(key, 0))

    async def test_concluded_ones_stay_and_unasked_ones_are_outside_from_then_on(self, sides):
        one, other = sides
        key = await one.journal.hold(WEB)
        calls = [await one.journal.intend(intent(key, step)) for step in range(3)]
        for number, call in enumerate(calls):
            assert not await one.journal.conclude(key.number, None)
            await one.journal.claim(call, [("vm_id", number)], State.ANSWERED, {"vm_id": number})
        await one.journal.end(calls[0], {"vm_id": 0, "id": 5}, {"state": "DONE", "id": 5})
        assert await one.journal.conclude(key.number, {"a": [1, "ü"]}, [1])
        found = await other.journal.find(WEB, 0)
        assert found.is_concluded
        assert found.result == {"a": [1, "ü"]}
        assert [step.number for step in found.steps] == [calls[0], calls[2]]
        assert found.steps[0].ended == {"state": "DONE", "id": 5}
        [left] = await other.journal.left()
        assert (left.number, left.place, left.ids) == (calls[1], None, {"vm_id": 1})

    async def test_what_failed_for_one_stays_done_for_another(self, sides):
        one, other = sides
        key = await one.journal.hold(WEB)
        await one.journal.fail(key.number, "Timeout: \udcff too slow")
        assert await other.journal.find(WEB, 0) is None
        [entry] = await other.storage.entries('["login", null, "url"]', 0)
        assert (entry.state, entry.error) == ("failed", "Timeout: \\udcff too slow")
        await one.journal.conclude(key.number, "done")
        await one.journal.fail(key.number, "Timeout: too late")
        assert (await other.journal.find(WEB, 0)).result == "done"


class TestTakingOver:
    async def test_calls_and_keys_of_the_living_are_left_alone(self, make_hub):
        async with processes(make_hub, lease=4.0) as (one, other):
            key = await one.journal.hold(WEB)
            await one.journal.intend(intent())
            [call] = await other.journal.left()
            assert not await other.journal.take_over(call.client)
            assert not await other.journal.hold_number(key.number)

    async def test_one_that_was_killed_counts_to_the_end_of_its_last_moment(self, sides, prefix):
        one, other = sides
        token = f"{other.store.process}:token"
        for number in range(20):
            key = await one.journal.hold((f"web-{number}",))
            words = (account_name(ACCOUNT), key.number, token, "process 2")
            # It is believed for 3 ms more, and for one of them the store's clock stands at their end.
            await other.store.command("SET", f"{prefix}:here:{one.store.process}", "x", "PX", 3)
            taken = False
            while not taken:
                taken, left = await other.store.run(HOLD_NUMBER, *words)
                assert taken or left > 0

    async def test_calls_of_one_that_has_gone_are_taken_over(self, sides):
        one, other = sides
        await one.journal.intend(intent())
        [call] = await other.journal.left()
        await one.vanish()
        assert await other.journal.take_over(call.client)
        assert await other.journal.take_over(call.client)

    async def test_who_was_taken_over_sends_none_of_them_again_and_enters_anew(self, sides):
        one, other = sides
        call = await one.journal.intend(intent())
        [seen] = await other.journal.left()
        await one.vanish()
        assert await other.journal.take_over(seen.client)
        with pytest.raises(HubError, match="another process sees to this call by now"):
            await one.journal.send_again(call, 2)
        assert (await other.journal.read(call)).sends == 1
        later = await one.journal.intend(intent())
        theirs = {each.number: each.client for each in await other.journal.left()}
        assert theirs[later] != seen.client

    async def test_a_client_that_has_left_leaves_its_calls_to_others(self, sides):
        one, other = sides
        await one.journal.intend(intent())
        await one.journal.leave()
        [call] = await other.journal.left()
        assert await other.journal.take_over(call.client)
