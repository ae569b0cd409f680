"""One caller's call: made, written into the books, and sometimes left before it is answered."""

import asyncio
import itertools

from aiogandi.instrumentation import SurplusFound
from tests.simulation.books import Call, Wait
from tests.simulation.service import parameters_of
from tests.simulation.wire import CALL


async def all_of(*work):
    """The results of all, or the error of the first that failed, when all have ended."""
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


class Callers:
    """The callers of one client, *gandi*, in the shift of this *number*."""

    def __init__(self, world, number, books, gandi):
        self.world = world
        self.loop = world.loop
        self.day = world.day
        self.number = number
        self.books = books
        self.gandi = gandi
        self._calls = itertools.count(len(books.calls))

    async def call(self, method, *args, leaves_at_reply=None, deadline=None):
        """Make a call in this task, and write down what its caller is told."""
        call = Call(
            next(self._calls),
            self.number,
            method,
            dict(zip(parameters_of(method), args, strict=False)),
            asyncio.current_task(),
            self.loop.awake(),
            leaves_at_reply,
            deadline,
        )
        self.books.calls.append(call)
        CALL.set(call)
        try:
            call.told = await getattr(self.gandi, method)(*args)
        except asyncio.CancelledError:
            call.outcome = "gone"
            raise
        except Exception as error:
            call.outcome = "error"
            call.error = error
            raise
        else:
            call.outcome = "answered"
            return call, call.told
        finally:
            call.ended = self.loop.awake()
            call.task = None
            CALL.set(None)

    async def moody(self, rng, method, *args):
        """Make a call whose caller may go before it is answered."""
        if rng.random() >= self.day.leaving:
            return await self.call(method, *args)
        after = rng.choice((rng.uniform(0, 0.3), rng.uniform(0, 5), rng.uniform(0, 60)))
        mood = rng.choice(("deadline", "cancelled", "cancelled twice", "before", "after"))
        if mood == "deadline":
            async with asyncio.timeout(after):
                return await self.call(method, *args, deadline=after)
        if mood in ("before", "after"):
            task = self.loop.create_task(self.call(method, *args, leaves_at_reply=mood))
        else:
            task = self.loop.create_task(self.call(method, *args))
            self.loop.call_later(after, self._cancel, task)
            if mood == "cancelled twice":
                self.loop.call_later(after + rng.choice((0, 1e-6, 0.1)), self._cancel, task)
        return await task

    def _cancel(self, task):
        for call in reversed(self.books.calls):
            if call.task is task:
                call.leave()
                return
        task.cancel()

    async def wait(self, call, operation, timeout=None):
        """Wait for an operation, and write down how that ends."""
        wait = Wait(call, self.loop.awake())
        self.books.waits.append(wait)
        try:
            wait.outcome = (await operation.wait(timeout)).state
        except Exception as error:
            wait.outcome = error
            raise
        except asyncio.CancelledError as error:
            wait.outcome = error
            raise
        finally:
            wait.ended = self.loop.awake()

    def _at_once(self, began, what):
        if self.loop.awake() - began > 0.01:
            seconds = self.loop.awake() - began
            self.books.complaints.append(("wait did not end", f"{what} took {seconds:.2f} s"))

    def heard(self, event):
        """Listen to the client."""
        if isinstance(event, SurplusFound):
            self.books.surplus.append(event.operation_id)
