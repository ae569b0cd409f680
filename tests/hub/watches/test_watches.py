"""Many processes on one account: one polls for all, and each wait ends as it would alone."""

import asyncio

import pytest

from aiogandi import AuthenticationError, NotFound, OperationCancelled, OperationFailed
from aiogandi.instrumentation.events import OperationEnded
from tests.hub.watches.watchers import processes, waiting
from tests.waiting import until


@pytest.fixture
async def start(enter, shared_store, prefix):
    """Starts processes: ``service, (first, second) = await start(2)``."""
    return lambda number, **settings: enter(processes(shared_store, prefix, number, **settings))


async def lead(process):
    """Let this process poll, which waits for an operation of its own."""
    number = process.service.begin()
    wait = await waiting(process.operation(number))
    await until(lambda: process.leads)
    return number, wait


async def test_one_polls_for_all_and_each_end_reaches_who_waits(start):
    service, every = await start(4)
    numbers = [service.begin(vm_id=n) for n in range(1, 13)]
    waits = [
        await waiting(every[at % 4].operation(number, vm_id=at + 1))
        for at, number in enumerate(numbers)
    ]
    await until(lambda: [each.leads for each in every].count(True) == 1)
    await until(lambda: [each.follows for each in every].count(True) == 3)
    leader = next(each for each in every if each.leads)
    before = {each.name: each.polls for each in every if each is not leader}
    for number in numbers:
        service.end(number)

    ends = await asyncio.gather(*waits)

    assert [(end.id, end.state) for end in ends] == [(number, "DONE") for number in numbers]
    assert [end.vm_id for end in ends] == list(range(1, 13))
    assert {each.name: each.polls for each in every if each is not leader} == before
    told = [event for each in every for event in each.events if isinstance(event, OperationEnded)]
    assert sorted(event.operation_id for event in told) == numbers
    assert max(event.late for event in told) < 5


async def test_who_comes_late_learns_the_end_without_a_question(start):
    service, (first, second) = await start(2)
    number, wait = await lead(first)
    service.end(number, "ERROR", last_error="no room")
    with pytest.raises(OperationFailed, match="no room"):
        await wait
    asked = service.asked.total()
    await asyncio.sleep(0)

    with pytest.raises(OperationFailed, match="no room") as met:
        await second.taken_up(number).wait(30)

    assert met.value.details.last_error == "no room"
    assert service.asked.total() == asked


async def test_an_operation_that_people_must_bring_to_its_end_is_asked_for_again(start):
    service, (first, second) = await start(2)
    number, wait = await lead(first)
    service.end(number, "SUPPORT")
    elsewhere = await waiting(second.operation(number))
    for each in (wait, elsewhere):
        with pytest.raises(OperationFailed, match="people must step in"):
            await each
    service.end(number, "DONE")
    assert (await second.taken_up(number).wait(30)).state == "DONE"


async def test_an_end_that_is_older_than_the_call_is_of_another_operation(start):
    service, (first, second) = await start(2)
    number, wait = await lead(first)
    service.end(number)
    await wait
    service.operations.clear()  # the service begins anew, and gives the same ids
    service.operations[number] = {"id": number, "type": "vm_stop", "state": "RUN"}

    again = await waiting(second.operation(number))
    await until(lambda: service.asked.total() > 5)
    assert not again.done()
    service.end(number)
    assert (await again).state == "DONE"


async def test_the_operation_of_a_new_server_is_found_for_another_process(start):
    service, (first, second) = await start(2)
    await lead(first)
    mine = second.operation(kind="vm_create", vm_id=7)
    wait = await waiting(mine)
    asked = second.polls
    number = service.begin("vm_create", vm_id=7)
    await until(lambda: mine.id == number)
    service.end(number)
    end = await wait
    assert (end.id, end.vm_id, end.state) == (number, 7, "DONE")
    assert second.polls == asked == 0

    late = first.operation(kind="vm_create", vm_id=7)
    assert (await late.wait(30)).id == late.id == number


async def test_each_state_is_shown_to_another_process(start):
    service, (first, second) = await start(2)
    await lead(first)
    number = service.begin(kind="vm_start")
    service.end(number, "PENDING")
    seen = []

    async def follow():
        async for state in second.operation(number, "vm_start"):
            seen.append(str(state))
            if state in ("PENDING", "RUN"):
                service.end(number, {"PENDING": "RUN", "RUN": "DONE"}[state])

    await asyncio.wait_for(follow(), 30)
    assert seen == ["PENDING", "RUN", "DONE"]
    assert second.polls == 0


async def test_what_the_service_refuses_to_tell_fails_in_the_process_that_waits(start):
    service, (first, second) = await start(2)
    number, wait = await lead(first)
    with pytest.raises(NotFound) as met:
        await second.taken_up(4711).wait(30)
    assert (met.value.code, met.value.message) == (510042, "no operation 4711")
    assert met.value.method == "operation_details"
    assert second.polls == 0
    service.end(number)
    await wait


async def test_an_operation_that_is_cancelled_wakes_other_processes(start):
    _, (first, second, third) = await start(3)
    number, wait = await lead(first)
    elsewhere = await waiting(second.operation(number))
    await until(lambda: second.follows)

    await third.tracker.cancel_id(number)

    for each in (wait, elsewhere):
        with pytest.raises(OperationCancelled):
            await each


async def test_when_the_leader_leaves_another_polls_at_once(start):
    service, (first, second) = await start(2, lease=60.0)
    await lead(first)
    number = service.begin()
    wait = await waiting(second.operation(number))
    await until(lambda: second.follows)

    await first.tracker.close()
    service.end(number)

    assert (await asyncio.wait_for(wait, 20)).state == "DONE"
    assert second.leads


async def test_a_leader_whose_login_is_refused_lets_another_one_poll(start):
    service, (first, second) = await start(2, lease=60.0)
    _, own = await lead(first)
    number = service.begin()
    wait = await waiting(second.operation(number))
    await until(lambda: second.follows)

    service.refuses[first.name] = AuthenticationError("bad password")
    with pytest.raises(AuthenticationError):
        await own
    service.end(number)

    assert (await asyncio.wait_for(wait, 20)).state == "DONE"
    assert second.leads
    assert first.follows


async def test_whose_login_is_refused_and_who_is_alone_is_told_so_each_time(start):
    service, (first,) = await start(1, lease=60.0)
    await lead(first)
    service.refuses[first.name] = AuthenticationError("bad password")
    for _ in range(3):
        with pytest.raises(AuthenticationError):
            await first.operation(service.begin()).wait(20)


async def test_two_clients_of_one_process_are_two(start):
    service, (first, second) = await start(2, lease=60.0)
    number, wait = await lead(first)
    twin = first.twin()
    theirs = service.begin()
    waits = [await waiting(each.operation(theirs)) for each in (twin, second)]
    await until(lambda: twin.follows and second.follows)
    service.end(number)
    assert (await wait).id == number

    await first.tracker.close()
    service.end(theirs)
    assert [end.id for end in await asyncio.gather(*waits)] == [theirs, theirs]
    await twin.leave()


async def test_a_client_that_is_let_go_hears_nothing_any_more(start):
    service, (first, second) = await start(2, lease=0.5, deadline=20.0)
    await lead(first)
    twin = first.twin()
    number = service.begin()
    wait = await waiting(twin.operation(number))
    await until(lambda: twin.follows)
    twin.sharing.let_go()
    await first.tracker.close()
    elsewhere = await waiting(second.operation(number))
    await until(lambda: second.leads)
    service.end(number)
    await elsewhere
    assert twin.follows
    assert not wait.done()
    await twin.leave()


async def test_what_stands_in_the_store_is_blanked_as_the_client_knows_its_secrets(start):
    service, (first, second) = await start(2)
    first.sharing.blank_by(lambda sent: {**sent, "last_error": "it said ***"})
    number, wait = await lead(first)
    elsewhere = await waiting(second.operation(number))
    await until(lambda: second.follows)
    service.end(number, "ERROR", last_error="it said Tr0ub4dor")
    with pytest.raises(OperationFailed, match="Tr0ub4dor"):
        await wait
    with pytest.raises(OperationFailed, match=r"it said \*\*\*$"):
        await elsewhere


async def test_a_frozen_leader_is_replaced_and_stops_when_it_goes_on(start):
    service, (first, second, third) = await start(3, lease=0.5, deadline=20.0)
    theirs, own = await lead(first)
    numbers = [service.begin() for _ in range(10)]
    waits = [await waiting((second, third)[n % 2].operation(n)) for n in numbers]
    await until(lambda: second.follows and third.follows)

    first.freeze()
    service.end(theirs)
    for number in numbers:
        service.end(number)
    ends = await asyncio.wait_for(asyncio.gather(*waits), 20)
    assert [end.id for end in ends] == numbers
    assert sorted([second.leads, third.leads]) == [False, True]
    leader = second if second.leads else third

    first.thaw()
    assert (await asyncio.wait_for(own, 20)).id == theirs
    await until(lambda: first.follows)
    more = service.begin()
    wait = await waiting(first.operation(more))
    polls = first.polls
    await until(lambda: leader.polls > polls + 20 or leader.polls > 100)
    service.end(more)
    assert (await wait).id == more
    assert first.polls == polls


async def test_what_a_process_watched_is_forgotten_with_it(start):
    service, (first, second) = await start(2, lease=0.5, deadline=20.0)
    number, own = await lead(first)
    service.end(number)
    await own
    stalled = service.begin()
    await waiting(second.operation(stalled))
    before = first.polls
    await until(lambda: first.polls > before + 5)

    second.freeze()
    await stops(first)

    second.thaw()  # it was slow, and not dead
    before = first.polls
    await until(lambda: first.polls > before + 5)


async def stops(process):
    """Return when it asks nothing any more."""
    while True:
        before = process.polls
        await asyncio.sleep(0.3)
        if process.polls == before:
            return


async def test_nothing_is_asked_when_nobody_waits_in_any_process(start):
    service, (first, second) = await start(2)
    number, own = await lead(first)
    service.end(number)
    await own
    wait = await waiting(second.operation(service.begin()))
    before = first.polls
    await until(lambda: first.polls > before + 5)
    wait.cancel()
    await asyncio.wait_for(stops(first), 20)
