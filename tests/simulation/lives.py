"""One life of a program that works with a journal: it may be killed at any place, and begun again."""

import asyncio
import contextlib
from contextlib import AsyncExitStack, aclosing

from aiogandi import GandiError, HubError, OperationError, bulk
from tests.simulation.desk import Ordered
from tests.simulation.judge import UNTRUE
from tests.simulation.people import NOT_THROUGH, TRIES, People
from tests.simulation.service import parameters_of
from tests.simulation.wire import CALL


class Life(People):
    """The callers of one process."""

    async def main(self, outside, recovers):
        """Do all orders."""
        async with AsyncExitStack() as parts:
            await self._open()
            parts.push_async_exit(self.journal)
            await parts.enter_async_context(self.gandi)
            if recovers:
                await self._recover()
            work = [self._outside(order) for order in outside if order not in self.desk.through]
            if self.plan.bulk:
                work.append(self._run())
            else:
                work += map(self._insistent, self.orders)
            tasks = [self.loop.create_task(each) for each in work]
            try:
                await asyncio.wait(tasks) if tasks else None
            finally:
                for task in tasks:
                    task.cancel()
            for task in tasks:
                await task

    async def _open(self):
        """Open the journal, as a program does that is begun again where its store is away."""
        while True:
            try:
                return await self.journal.open()
            except HubError:
                await asyncio.sleep(5)

    # -- what is done for an order -------------------------------------------------------------

    async def _insistent(self, order):
        for attempt in range(TRIES):
            await asyncio.sleep(self.rng.choice((0, self.rng.uniform(0, 5), 10.0 * (attempt > 5))))
            try:
                await self._impatient(self._once(order))
            except (GandiError, TimeoutError) as error:
                if not await self._met(order, error):
                    return
            else:
                return
        self._complain(NOT_THROUGH, f"{order.name}: {TRIES} times in one life")

    async def _impatient(self, work):
        if self.rng.random() >= self.day.leaving:
            return await work
        async with asyncio.timeout(self.rng.uniform(0, 60)):
            return await work

    async def _once(self, order):
        async with self.gandi.once(order.name):
            told = await self._do(order)
        self._is_through(order, told)

    async def _run(self):
        run = self.journal.run("run", key=lambda order: order.name)
        for _ in range(TRIES):
            failed = []
            async with aclosing(bulk(self._do, self.orders, run=run)) as outcomes:
                async for outcome in outcomes:
                    if outcome.error is None:
                        self._is_through(outcome.item, outcome.result)
                    else:
                        failed.append(outcome)
            for outcome in failed:
                if not await self._met(outcome.item, outcome.error):
                    return
            if not failed:
                return
            await asyncio.sleep(10)  # a refused login stands for a minute
        self._complain(NOT_THROUGH, f"the run: {TRIES} times in one life")

    def _is_through(self, order, told):
        if not self.process.lives:
            return
        before = self.desk.through.get(order)
        if order not in self.desk.concluded:
            self.desk.through[order] = told
        elif before != told and self.desk.is_kept:
            self._complain(UNTRUE, f"{order.name} is {told}, and was {before}")
        if self.desk.disk.has_concluded(order.name):
            self.desk.concluded.add(order)  # on a full disk it may not be, and is run again

    async def _do(self, order):
        """The calls of an order; returns the ids of all that it has begun."""
        if order.kind == "nested":
            return await self._nested(order)
        return await self._steps(order, 0)

    async def _nested(self, order):
        async def inner(name, first):
            async with self.gandi.once(name):
                return await self._steps(order, first, kind="disk")

        both = [self.loop.create_task(inner(name, first)) for name, first in (("a", 10), ("b", 20))]
        try:
            await asyncio.wait(both)
        finally:
            for task in both:
                task.cancel()
        return [await task for task in both]

    async def _steps(self, order, first, kind=None):
        kind = kind or order.kind
        create = "vm_create", order.hostname, order.password, 111, 1, 1
        if kind == "disk":
            return [(await self._step(order, first, "disk_create", dict(order.disk))).disk_id]
        if kind == "vm":
            return [(await self._step(order, first, *create)).vm_id]
        if kind == "lenient":  # it lives with what fails
            made = await self._step(order, first, *create, waits=False)
            with contextlib.suppress(OperationError):
                await made
            return [made.vm_id]
        if kind == "reboot":
            return [(await self._step(order, first, "vm_reboot", self.vm_of(order))).id]
        waits = kind == "server"
        vm = await self._step(order, first, *create, waits=waits)
        disk = await self._step(order, first + 1, "disk_create", dict(order.disk), waits=waits)
        if not waits:
            await vm
            await disk
        done = await self._step(order, first + 2, "disk_attach", vm.vm_id, disk.disk_id)
        return [vm.vm_id, disk.disk_id, done.id]

    async def _step(self, order, step, method, *args, waits=True):
        arguments = dict(zip(parameters_of(method), args, strict=False))
        call = Ordered(
            next(self._calls),
            self.number,
            method,
            arguments,
            None,
            self.loop.awake(),
            order=order,
            step=step,
        )
        self.books.calls.append(call)
        CALL.set(call)
        try:
            told = await getattr(self.gandi, method)(*args)
        except BaseException as error:
            if self.process.lives:
                call.ended = self.loop.awake()
                gone = isinstance(error, asyncio.CancelledError)
                call.outcome, call.error = ("gone", None) if gone else ("error", error)
            raise
        finally:
            CALL.set(None)
        call.outcome, call.told, call.ended = "answered", told, self.loop.awake()
        if order in self.plan.outside:
            self.desk.through[order] = "told"  # outside of keys, that is all there is
            self.desk.asked.pop(order, None)
        if waits:
            await self.wait(call, told)
        return told
