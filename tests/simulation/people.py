"""What people do about errors, and about what earlier lives of a program have left."""

import asyncio
from random import Random

from aiogandi import (
    AuthenticationError,
    ClientClosed,
    Fault,
    GandiError,
    InvalidState,
    JournalError,
    OperationError,
    OutcomeUnknown,
    TransportError,
)
from tests.simulation.callers import Callers
from tests.simulation.desk import Ordered, kind_of
from tests.simulation.judge import BROKE, UNTRUE

TRIES = 40
"""How often one life tries to get an order through."""

SETTLED = 60.0
"""Seconds after which all that was under way has run, for people who look at the service's books."""

NOT_THROUGH = "not through"
RECOVERY_SENT = "recover() has changed something"

TRIED_AGAIN = (
    AuthenticationError,
    Fault,
    JournalError,
    OperationError,
    TimeoutError,
    TransportError,
)


class People(Callers):
    """Who look after the orders of one life, with a *plan*. *desk* is what they know of all of them."""

    def __init__(self, world, number, books, gandi, journal, process, plan, orders, desk):
        super().__init__(world, number, books, gandi)
        self.journal = journal
        self.process = process
        self.plan = plan
        self.orders = orders
        self.desk = desk
        self.rng = Random(f"life {plan.day.seed} {number}")
        process.at_death.append(self._note_what_is_written)

    def _note_what_is_written(self):
        for call in self.books.calls:
            if call.shift == self.number and call.outcome == "answered":
                call.is_written = self.desk.disk.claims(self.work_of(call))

    # -- what goes wrong -----------------------------------------------------------------------

    async def _met(self, order, error):
        """Do what people do about an error. Return whether it is tried again."""
        if isinstance(error, OutcomeUnknown):
            self.desk.unknown.append(error)
            if self.rng.random() < 0.7:
                await asyncio.sleep(SETTLED)
                self._resolve(order)
        elif isinstance(error, ClientClosed):
            return False
        elif isinstance(error, InvalidState):
            self._start(order)
        elif not isinstance(error, TRIED_AGAIN):
            self._complain(BROKE, f"{order.name}: {error!r}")
        return True

    def _start(self, order):
        """Start the server that is to be rebooted: another client has stopped it."""
        self.world.service.vms[self.vm_of(order)].state = "running"

    def vm_of(self, order):
        """The server that an order reboots."""
        return self.desk.vms[order.vm if order.vm >= 0 else order.name]

    def _resolve(self, order):
        """Say of what is unknown what the service's books tell."""
        for pending in self.gandi.pending():
            outer = (pending.key or "").split(" / ")[0]
            if outer == order.name and pending.state == "unknown":
                self._say(pending, order)

    def _say(self, pending, order):
        habits = self.day.habits
        kind, told = kind_of(pending.method, pending.arguments, habits), self._told()
        inner = {"a": 10, "b": 20}.get((pending.key or "").rpartition(" / ")[2])
        world = self.world
        left = pending.since.timestamp() - world.wall() + world.service.time()
        free = [
            work
            for work in world.service.of_type(pending.method)
            if isinstance(work.by, Ordered)
            and work.created >= left - 1  # an older one is none of its own
            and all(given is order and inner in (None, step) for given, step in told.get(work, ()))
            and work.id not in self.desk.adopted
            and self.desk.named.get(work.id, pending.key) == pending.key
            and not self.desk.disk.claims(work)
            and kind_of(work.type, work.sent, habits) == kind
        ]
        # An equal step, for this service, may have been given this one's operation, and left its own.
        served = {place for places in told.values() for place in places}
        own = [work for work in free if work.by.order is order]
        own = own or [
            work
            for work in free
            if (work.by.order, work.by.step) in served or work.by.order in self.desk.through
        ]
        if not own:
            pending.dismiss()
        else:
            self.desk.named[own[0].id] = pending.key
            if pending.key is None:
                self.desk.adopted[own[0].id] = order
            pending.adopt(own[0].id)

    def _told(self):
        """For which orders, and which of their steps, each operation was told."""
        told = {}
        for call in self.books.calls:
            if call.outcome == "answered":
                told.setdefault(self.work_of(call), set()).add((call.order, call.step))
        return told

    def work_of(self, call):
        """The operation that a call was told."""
        name = {"vm_create": "vm_id", "disk_create": "disk_id"}.get(call.method, "id")
        number = getattr(call.told, name)
        works = self.world.service.of_type(call.method)
        return next(
            (w for w in works if (w.id if name == "id" else getattr(w, name)) == number), None
        )

    def _complain(self, kind, text):
        if self.process.lives:
            self.books.complaints.append((kind, text))

    # -- outside of keys -----------------------------------------------------------------------

    async def _outside(self, order):
        for _ in range(TRIES):
            self.desk.asked[order] = self.process
            try:
                await self._steps(order, 0)
            except OutcomeUnknown as error:
                self.desk.unknown.append(error)
                await asyncio.sleep(SETTLED)
                self._settle_outside(order)
            except (GandiError, TimeoutError) as error:
                if not await self._met(order, error):
                    return
                await asyncio.sleep(10)
            if order in self.desk.through:
                return
        self._complain(NOT_THROUGH, f"{order.name}: {TRIES} times in one life")

    def _calls_of(self, order):
        return [call for call in self.books.calls if call.order is order]

    def _settle_outside(self, order):
        """Say what became of this life's call of which nothing is known."""
        wanted = self._calls_of(order)[-1]
        kind = kind_of(wanted.method, wanted.arguments)
        for pending in self.gandi.pending():
            is_it = kind_of(pending.method, pending.arguments) == kind
            if is_it and pending.key is None and pending.state == "unknown":
                self._say(pending, order)
                break
        if order in self.desk.adopted.values():
            self.desk.through[order] = "named"

    async def _recover(self):
        """Look at what earlier lives have left, when none of them seems to live any more."""
        if self.desk.lease:
            await asyncio.sleep(self.desk.lease)
        wire = self.gandi.wire
        for _ in range(TRIES):
            wire.only_reads = True
            try:
                found = await self.gandi.recover()
            except (GandiError, TimeoutError) as error:
                if isinstance(error, ClientClosed):
                    return
                await asyncio.sleep(10)
                continue
            finally:
                wire.only_reads = False
            break
        for method in wire.sent_while_reading:
            self._complain(RECOVERY_SENT, method)
        self.desk.recovered += len(found)
        if any(each.outcome == "unknown" for each in found):
            await asyncio.sleep(SETTLED)
        for each in sorted(found, key=lambda each: each.outcome == "unknown"):
            self._take(each)  # those that are known first: they tell which may be the others'
        for order in [o for o, process in self.desk.asked.items() if process.is_over]:
            del self.desk.asked[order]  # it never left, or did not run

    def _take(self, recovered):
        pending = recovered.pending
        work = self._work_of_pending(pending)
        if recovered.outcome == "adopted" and not self._is_of(work, pending):
            self._complain(UNTRUE, f"recovered {recovered}")
        elif pending.key is not None:
            return
        elif recovered.outcome == "adopted":
            if work not in self._told() and work.id not in self.desk.adopted:
                self._hand_over(pending, work)
            # Else its caller was told, and that was not written down any more.
        elif recovered.outcome == "unknown":
            for order in [order for order in self.desk.asked if self._fits(order, pending)][:1]:
                self._say(pending, order)
                if order in self.desk.adopted.values():
                    self.desk.through[order] = "named"
                del self.desk.asked[order]

    def _work_of_pending(self, pending):
        """The operation that an entry of `pending` tells of."""
        for work in self.world.service.of_type(pending.method):
            if pending.operation_id is not None:
                if work.id == pending.operation_id:
                    return work
            elif (pending.vm_id or pending.disk_id) in (work.vm_id, work.disk_id):
                return work
        return None

    def _is_of(self, work, pending):
        habits = self.day.habits
        if work is None:
            return False
        return not isinstance(work.by, Ordered) or kind_of(work.type, work.sent, habits) == kind_of(
            pending.method, pending.arguments, habits
        )

    def _hand_over(self, pending, work):
        for order in list(self.desk.asked):
            if self._fits(order, pending):
                pending.operation()
                self.desk.through[order] = "recovered"
                self.desk.adopted[work.id] = order
                del self.desk.asked[order]
                return
        self._complain(UNTRUE, f"nobody has asked for {pending}")

    def _fits(self, order, pending):
        call = self._calls_of(order)[-1]
        return self.desk.asked[order].is_over and kind_of(call.method, call.arguments) == kind_of(
            pending.method, pending.arguments
        )
