"""Processes that wait for operations through one store, and the service that they ask."""

import asyncio
import itertools
from collections import Counter
from contextlib import asynccontextmanager, nullcontext

from aiogandi import DataFault, NotFound, Polling
from aiogandi.hub.link import Link
from aiogandi.hub.store import Store
from aiogandi.hub.watches.shared import SharedWatches
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.operations.begun import Begun
from aiogandi.operations.operation import Operation
from aiogandi.operations.tracker import OperationTracker
from aiogandi.redaction import Secret

QUICK = Polling(interval=0.03, max_interval=0.1)


class Service:
    """Knows of operations what the service would tell, and who has asked."""

    def __init__(self):
        self.operations = {}
        self.asked = Counter()
        self.refuses = {}
        self._ids = itertools.count(101)

    def begin(self, kind="vm_stop", **members):
        """A new operation's id."""
        number = next(self._ids)
        self.operations[number] = {"id": number, "type": kind, "state": "RUN", **members}
        return number

    def end(self, number, state="DONE", **members):
        self.operations[number].update(state=state, **members)

    def answer(self, who, method, arguments):
        self.asked[who] += 1
        if (error := self.refuses.get(who) or self.refuses.get(method)) is not None:
            raise error
        if method == "operation_list":
            return self._listed(arguments["filter"])
        if method == "operation_details":
            number = arguments["operation_id"]
            if number not in self.operations:
                raise NotFound(510042, f"no operation {number}", method)
            return dict(self.operations[number])
        raise DataFault(500000, f"no {method} here", method)

    def _listed(self, filters):
        def fits(each):
            wanted = {**filters, **filters.get("param", {})}
            return all(
                each.get(name) == wanted[name]
                for name in ("state", "type", "vm_id", "disk_id")
                if name in wanted
            )

        return sorted((n for n, each in self.operations.items() if fits(each)), reverse=True)[:300]


class Process:
    """One process: its store, and its tracker, which asks *service*."""

    def __init__(self, name, service, goes_on, store):
        self.name = name
        self.service = service
        self.goes_on = goes_on
        self.events = []
        self.begun = Begun()
        self.store = store
        self.store.join()
        self.sharing = SharedWatches(self.store, "an-account")
        self.tracker = OperationTracker(
            self._poll,
            self._cancel,
            lambda: None,
            nullcontext,
            QUICK,
            Emitter(self.events.append),
            self.begun,
            self.sharing,
        )

    @classmethod
    def begin(cls, name, service, url, *settings):
        goes_on = asyncio.Event()
        goes_on.set()
        return cls(name, service, goes_on, _make_store(goes_on)(Secret(url), "the hub", *settings))

    def twin(self):
        """Another client in this process."""
        return Process(f"{self.name}, too", self.service, self.goes_on, self.store)

    @property
    def leads(self):
        return self.sharing.role.value == "leads"

    @property
    def follows(self):
        return self.sharing.role.value == "follows"

    @property
    def is_alone(self):
        return self.sharing.role.value == "alone"

    @property
    def polls(self):
        """How often it has asked the service."""
        return self.service.asked[self.name]

    def operation(self, number=None, kind="vm_stop", **known):
        """An operation as this process holds it, which it has begun just now."""
        known.setdefault("started", asyncio.get_running_loop().time())
        return Operation(self.tracker, id=number, type=kind, **known)

    def taken_up(self, number):
        """One that it knows by its id alone."""
        return Operation(self.tracker, id=number)

    async def _poll(self, method, arguments, *, on_send):
        await self.goes_on.wait()
        on_send(0.0)
        await asyncio.sleep(0.001)
        await self.goes_on.wait()
        return self.service.answer(self.name, method, arguments)

    async def _cancel(self, number):
        self.service.end(number, "CANCEL")

    def freeze(self):
        """Let it do nothing any more, as SIGSTOP does."""
        self.goes_on.clear()

    def thaw(self):
        self.goes_on.set()

    async def leave(self):
        """End it in good order."""
        self.thaw()
        await self.tracker.close()
        await self.store.leave()


def _make_store(goes_on):
    class FreezingStore(Store):
        """The store of a process that can be frozen."""

        @staticmethod
        def _make_link(url, deadline):
            return FreezingLink(url, deadline, goes_on)

    return FreezingStore


class FreezingLink(Link):
    """A link of a process that can be frozen: what it would do then, it does later."""

    def __init__(self, url, deadline, goes_on):
        super().__init__(url, deadline)
        self._goes_on = goes_on

    async def run(self, script, prefix, epoch, arguments):
        await self._goes_on.wait()
        return await super().run(script, prefix, epoch, arguments)

    async def news(self, stream, last, seconds):
        await self._goes_on.wait()
        news = await super().news(stream, last, seconds)
        await self._goes_on.wait()
        return news


@asynccontextmanager
async def processes(url, prefix, number, *, lease=2.0, deadline=1.0):
    """So many processes of one account, and the service."""
    service = Service()
    every = [
        Process.begin(f"process {n}", service, url, prefix, lease, deadline)
        for n in range(1, number + 1)
    ]
    try:
        yield service, every
    finally:
        for each in every:
            await each.leave()


async def waiting(operation):
    """A task that waits for it."""
    task = asyncio.create_task(operation.wait())
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    await asyncio.sleep(0)
    return task
