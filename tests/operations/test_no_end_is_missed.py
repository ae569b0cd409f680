"""Whatever happens in whatever order, the schedule finds every end, and finds it once."""

import random
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aiogandi import OperationDetails, OperationState, Polling
from aiogandi.operations.lists import ListQuestion
from aiogandi.operations.schedule import LOOK_AFTER, Schedule

DONE, ERROR, CANCEL = OperationState.DONE, OperationState.ERROR, OperationState.CANCEL


class Service:
    """Operations with a small list, a clock of its own, and other clients."""

    def __init__(self, size, begin):
        self.size = size
        self.now = begin
        self.operations = {}  # id: [state, created, updated]

    def create(self):
        operation_id = 100 + len(self.operations)
        self.operations[operation_id] = ["RUN", self.now, self.now]
        return operation_id

    def under_way(self):
        return [number for number, (state, *_) in self.operations.items() if state == "RUN"]

    def end(self, operation_id, state):
        self.operations[operation_id][0] = state
        self.operations[operation_id][2] = self.now

    def answer(self, request):
        if not isinstance(request, ListQuestion):
            _, created, updated = self.operations[request.id]
            return OperationDetails(request.id, date_created=created, date_updated=updated)
        found = [
            operation_id
            for operation_id, (state, created, updated) in self.operations.items()
            if state == request.state
            and (request.updated_after is None or updated >= request.updated_after)
            and (request.created_before is None or created <= request.created_before)
        ]
        return sorted(found, reverse=True)[: self.size]


@given(seed=st.integers(0, 2**64), size=st.integers(2, 8), skew=st.integers(-10_000, 10_000))
def test_no_end_is_ever_missed_and_none_is_asked_for_again(seed, size, skew):
    """Any order of events, lists of any size, any clock."""
    chance = random.Random(seed)  # forty ticks hold more choices than are quickly drawn one by one
    service = Service(size, datetime(2026, 1, 1) + timedelta(minutes=skew))
    ours, noticed = set(), set()
    schedule = Schedule(Polling(1.0, 10.0), full=size)
    for tick in range(1, 40):
        for _ in range(chance.randint(0, 6)):
            operation_id = service.create()
            if chance.random() < 0.5:
                ours.add(operation_id)
                schedule.watch(operation_id, "vm_start", tick, tick)
        under_way = service.under_way()
        ending = chance.randint(0, len(under_way)) // chance.choice([1, 5])
        for operation_id in chance.sample(under_way, ending):
            service.end(operation_id, chance.choice([DONE, DONE, ERROR, CANCEL]))
        service.now += timedelta(seconds=chance.randint(0, 3))
        run_tick(service, schedule, tick, noticed)
    for operation_id in service.under_way():
        service.end(operation_id, DONE)
    for tick in range(40, 40 + 2 * LOOK_AFTER):
        service.now += timedelta(seconds=1)
        run_tick(service, schedule, tick, noticed)
    assert noticed == ours
    assert len(schedule) == 0


def run_tick(service, schedule, tick, noticed):
    def end(operation_id):
        assert operation_id not in noticed, "it was asked for again"
        noticed.add(operation_id)
        schedule.ended(operation_id, tick)

    for state in schedule.tick(tick):
        steps = schedule.sweep(state)
        reply = None
        try:
            while True:
                reply = service.answer(steps.send(reply))
        except StopIteration as swept:
            for operation_id in swept.value.ours:
                end(operation_id)
    while (operation_id := schedule.next_look(tick)) is not None:
        state = service.operations[operation_id][0]
        schedule.looked(operation_id, None if state == "RUN" else state)
        if state != "RUN":
            end(operation_id)
