"""One poller for many processes, as one of them sees it: what it is told, what it tells, when it polls."""

import asyncio
from contextlib import nullcontext

import pytest

from aiogandi import (
    ClientClosed,
    NotFound,
    OperationCancelled,
    OperationDetails,
    OperationState,
    OperationTimeout,
    Polling,
)
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.operations.begun import Begun
from aiogandi.operations.guests import Watched, keys_of
from aiogandi.operations.operation import Operation, VMOperation
from aiogandi.operations.tracker import OperationTracker

RUN, DONE, CANCEL = OperationState.RUN, OperationState.DONE, OperationState.CANCEL


class Others:
    """What the other processes are told, in words; `relay` is how they answer."""

    def __init__(self):
        self.relay = None
        self.told = []
        self.touched = set()
        self.closed = False

    def join(self, relay):
        self.relay = relay

    async def close(self):
        self.closed = True

    def changed(self, key):
        self.touched.add(key)

    def ended(self, keys, details, late):
        self.told.append(("ended", keys, str(details.state)))

    def saw(self, key, details):
        self.told.append(("saw", key, str(details.state)))

    def found(self, key, operation_id):
        self.told.append(("found", key, operation_id))

    def failed(self, key, guests, error):
        self.told.append(("failed", key, guests, error))

    def gives_up(self):
        self.told.append(("gives up",))


class Here:
    """One process: its tracker, and a service that answers from a table, after a second."""

    def __init__(self):
        self.states = {}
        self.creates = {}  # the server that an operation creates
        self.asked = []
        self.events = []
        self.others = Others()
        self.begun = Begun()
        self.tracker = OperationTracker(
            self._poll,
            self._cancel,
            lambda: None,
            nullcontext,
            Polling(),
            Emitter(self.events.append),
            self.begun,
            self.others,
        )
        self.relay = self.others.relay

    async def _poll(self, method, arguments, *, on_send):
        on_send(0.0)
        await asyncio.sleep(1)
        self.asked.append((method, arguments))
        if method == "operation_details":
            number = arguments["operation_id"]
            if number not in self.states:
                raise NotFound(510042, "no such operation", method)
            told = {"id": number, "state": self.states[number]}
            if number in self.creates:
                return {**told, "type": "vm_create", "vm_id": self.creates[number]}
            return {**told, "type": "vm_stop"}
        wanted = arguments["filter"]
        if "param" in wanted:
            return [n for n, vm_id in self.creates.items() if vm_id == wanted["param"]["vm_id"]]
        return [number for number, state in self.states.items() if state == wanted["state"]]

    async def _cancel(self, number):
        self.states[number] = "CANCEL"

    def operation(self, number=7, **known):
        known.setdefault("started", asyncio.get_running_loop().time())
        return Operation(self.tracker, id=number, type="vm_stop", vm_id=1, **known)

    def creation(self, vm_id=5):
        return VMOperation(self.tracker, type="vm_create", vm_id=vm_id)

    async def wait(self, operation):
        task = asyncio.create_task(operation.wait())
        await asyncio.sleep(0)
        return task


def virtually(test):
    """Run the test, which is given a process, in virtual time."""

    def run(self, in_virtual_time):
        async def play():
            here = Here()
            try:
                await test(self, here)
            finally:
                await here.tracker.close()

        in_virtual_time(play())

    return run


def guest(kind="vm_stop", vm_id=1, started=None, *, follows=False):
    return Watched(kind, vm_id, None, None, started, follows)


class TestWhoWaitsHere:
    @virtually
    async def test_is_told_with_what_others_must_know(self, here):
        started = asyncio.get_running_loop().time()
        await here.wait(here.operation(7))
        await here.wait(here.creation(5))
        assert here.others.touched >= {7, ("vm_create", 5)}
        assert here.relay.keys() == [7, ("vm_create", 5)]
        assert here.relay.watched(7) == guest(started=started)
        assert here.relay.watched(("vm_create", 5)) == guest("vm_create", 5)
        assert here.relay.watched(8) is None

    @virtually
    async def test_is_told_as_having_begun_it_also_where_it_waits_by_the_id_alone(self, here):
        started = here.operation(7)
        here.begun.add(started)
        await here.wait(Operation(here.tracker, id=7))
        assert here.relay.watched(7).started == started.started

    @virtually
    async def test_is_told_no_more_when_it_waits_no_more(self, here):
        here.relay.poll(here=False)
        wait = await here.wait(here.operation(7))
        here.others.touched.clear()
        wait.cancel()
        await asyncio.wait([wait])
        assert 7 in here.others.touched
        assert here.relay.watched(7) is None
        assert not here.relay.watches(7)

    @virtually
    async def test_who_follows_each_state_is_told_so(self, here):
        states = aiter(here.operation(7))
        first = asyncio.ensure_future(anext(states))
        await asyncio.sleep(0)
        assert here.relay.watched(7).follows
        first.cancel()


class TestWherePollingIsLeftToAnother:
    @virtually
    async def test_nothing_is_asked_and_a_timeout_says_so(self, here):
        here.relay.poll(here=False)
        with pytest.raises(OperationTimeout, match="another process polls"):
            await here.operation(7).wait(300)
        assert here.asked == []

    @virtually
    async def test_the_end_comes_from_there_and_is_told_to_nobody(self, here):
        here.relay.poll(here=False)
        operation = here.operation(7)
        wait = await here.wait(operation)
        await asyncio.sleep(60)
        here.relay.hear_end([7], OperationDetails(7, "vm_stop", DONE), 0.5)
        end = await wait
        assert (end.state, end.vm_id) == (DONE, 1)
        assert here.others.told == []
        [event] = here.events
        assert (event.seconds, event.late) == pytest.approx((60, 0.5), abs=0.1)

    @virtually
    async def test_an_id_comes_from_there_and_the_wait_goes_on_by_it(self, here):
        here.relay.poll(here=False)
        operation = here.creation(5)
        wait = await here.wait(operation)
        here.others.touched.clear()
        here.relay.hear_id(("vm_create", 5), 7)
        assert operation.id == 7
        assert here.others.touched == {7, ("vm_create", 5)}
        assert here.relay.keys() == [7]
        here.relay.hear_end([7, ("vm_create", 5)], OperationDetails(7, "vm_create", DONE), 0)
        assert (await wait).id == 7

    @virtually
    async def test_an_end_tells_the_id_as_well(self, here):
        here.relay.poll(here=False)
        operation = here.creation(5)
        wait = await here.wait(operation)
        here.relay.hear_end([7, ("vm_create", 5)], OperationDetails(7, "vm_create", DONE), 0)
        assert ((await wait).id, operation.id) == (7, 7)

    @virtually
    async def test_an_end_without_an_id_is_one(self, here):
        here.relay.poll(here=False)
        wait = await here.wait(here.creation(5))
        here.relay.hear_end([("vm_create", 5)], OperationDetails(0, "vm_create", DONE), 0)
        assert (await wait).id == 0

    @virtually
    async def test_states_come_from_there(self, here):
        here.relay.poll(here=False)
        operation = here.operation(7)
        state = asyncio.ensure_future(anext(aiter(operation)))
        await asyncio.sleep(0)
        here.relay.hear_state(7, OperationDetails(7, "vm_stop", RUN))
        assert await state == RUN

    @virtually
    async def test_failures_come_from_there(self, here):
        here.relay.poll(here=False)
        waits = [await here.wait(each) for each in (here.operation(7), here.creation(5))]
        error = NotFound(510042, "no such thing")
        here.relay.hear_failure(7, error)
        here.relay.hear_failure(("vm_create", 5), error)
        for wait in waits:
            with pytest.raises(NotFound):
                await wait
        assert here.others.told == []

    @virtually
    async def test_a_cancelled_operation_is_told_also_where_nobody_waits_here(self, here):
        here.relay.poll(here=False)
        await here.tracker.cancel_id(8)
        await here.operation(7).cancel()
        assert here.others.told == [("ended", [8], "CANCEL"), ("ended", [7], "CANCEL")]

    @virtually
    async def test_a_look_and_a_find_that_were_interrupted_are_made_again(self, here):
        waits = [await here.wait(Operation(here.tracker, id=8)), await here.wait(here.creation(5))]
        await asyncio.sleep(0.5)  # both are under way
        here.relay.poll(here=False)
        await asyncio.sleep(60)
        here.states.update({7: "DONE", 8: "DONE"})
        here.creates[7] = 5
        assert here.asked == []
        here.relay.poll(here=True)
        ends = await asyncio.wait_for(asyncio.gather(*waits), 10)
        assert [end.id for end in ends] == [8, 7]


class TestGuests:
    @virtually
    async def test_are_polled_for_and_told(self, here):
        here.states[7] = "DONE"
        here.relay.welcome("there", 7, guest())
        await asyncio.sleep(10)
        assert here.others.told == [("ended", [7], "DONE")]
        assert here.events == []  # nobody in this process waits
        assert not here.relay.watches(7)

    @virtually
    async def test_are_dismissed_one_by_one_or_all(self, here):
        for name in ("there", "elsewhere"):
            here.relay.welcome(name, 7, guest())
        here.relay.welcome("there", ("vm_create", 5), guest("vm_create", 5))
        assert here.relay.guests() == {
            ("there", 7),
            ("elsewhere", 7),
            ("there", ("vm_create", 5)),
        }
        here.relay.dismiss("there", 7)
        assert here.relay.watches(7)
        here.relay.dismiss_all(lambda name: name == "elsewhere")
        assert not here.relay.watches(7)
        here.relay.dismiss_all()
        assert here.relay.guests() == set()
        await asyncio.sleep(100)
        assert here.others.told == []

    @virtually
    async def test_leave_the_waits_of_this_process_alone(self, here):
        wait = await here.wait(here.operation(7))
        here.relay.welcome("there", 7, guest())
        here.relay.dismiss_all()
        here.states[7] = "DONE"
        assert (await asyncio.wait_for(wait, 30)).id == 7

    @virtually
    async def test_are_told_the_id_and_can_leave_by_what_they_came_with(self, here):
        here.states[7], here.creates[7] = "RUN", 5
        here.relay.welcome("there", ("vm_create", 5), guest("vm_create", 5))
        await asyncio.sleep(10)
        assert ("found", ("vm_create", 5), 7) in here.others.told
        assert here.relay.guests() == {("there", ("vm_create", 5))}
        here.relay.welcome("there", 7, guest("vm_create", 5))
        here.relay.dismiss("there", ("vm_create", 5))
        assert here.relay.guests() == {("there", 7)}
        here.relay.dismiss("there", 7)
        assert not here.relay.watches(7)

    @virtually
    async def test_who_leave_before_they_hear_the_id_are_not_polled_for(self, here):
        here.states[7], here.creates[7] = "RUN", 5
        here.relay.welcome("there", ("vm_create", 5), guest("vm_create", 5))
        await asyncio.sleep(10)
        here.relay.dismiss("there", ("vm_create", 5))
        assert not here.relay.watches(7)

    @virtually
    async def test_who_follow_are_told_each_state_once(self, here):
        here.states[7] = "PENDING"
        here.relay.welcome("there", 7, guest(follows=True))
        await asyncio.sleep(10)
        here.states[7] = "RUN"
        await asyncio.sleep(10)
        here.relay.welcome("elsewhere", 7, guest())
        await asyncio.sleep(10)
        here.states[7] = "DONE"
        await asyncio.sleep(10)
        assert here.others.told == [
            ("saw", 7, "PENDING"),
            ("saw", 7, "RUN"),
            ("ended", [7], "DONE"),
        ]

    @virtually
    async def test_have_their_time_of_grace(self, here):
        here.relay.welcome("there", 7, guest(started=asyncio.get_running_loop().time()))
        await asyncio.sleep(100)
        assert here.others.told == []
        await asyncio.sleep(200)
        [(what, key, guests, error)] = here.others.told
        assert (what, key, guests) == ("failed", 7, ["there"])
        assert error.code == 510042

    @virtually
    async def test_know_by_which_keys_they_may_be_told(self, here):
        end = OperationDetails(7, "disk_create", DONE, vm_id=3, disk_id=4)
        assert keys_of(Operation(None, id=7), end) == [7, ("disk_create", 4)]
        assert keys_of(Operation(None, id=7, type="vm_stop", vm_id=3), end) == [7]


class TestTheTracker:
    @virtually
    async def test_when_the_client_closes_the_others_are_left(self, here):
        wait = await here.wait(here.operation(7))
        await here.tracker.close()
        assert here.others.closed
        with pytest.raises(ClientClosed):
            await wait

    @virtually
    async def test_who_waits_for_a_creation_is_told_of_its_cancelling_by_both_keys(self, here):
        here.relay.poll(here=False)
        operation = here.creation(5)
        operation.id = 7
        await operation.cancel()
        assert here.others.told == [("ended", [7, ("vm_create", 5)], "CANCEL")]
        with pytest.raises(OperationCancelled):
            await operation
