"""The client in a process that may be killed, and its way to the service."""

import asyncio

from aiogandi import ClientClosed
from tests.simulation.wire import READS, SimulatedGandi, Wire


class MortalWire(Wire):
    """The way to the service of a process that may be killed."""

    def __init__(self, process, *args):
        super().__init__(*args)
        self._process = process
        self.only_reads = False
        self.sent_while_reading = []
        process.at_death.append(lambda: self.break_off(process.rng))

    async def exchange(self, request, session_id=None, *, timeout=None):
        if self._process.is_buried:
            raise ClientClosed
        await self._process.survives("send")
        if self.only_reads and request.method not in READS:
            self.sent_while_reading.append(request.method)
        asyncio.get_running_loop().call_later(1e-4, self._process.comes_to, "sent")
        try:
            return await super().exchange(request, session_id, timeout=timeout)
        finally:
            await self._process.survives("reply")


class MortalGandi(SimulatedGandi):
    """The real client in a process that may be killed."""

    def __init__(self, world, process, **settings):
        self._process = process
        super().__init__(world, **settings)

    def _make_transport(self, url, *, timeout, redactor, **_):
        world = self._world
        self.wire = MortalWire(self._process, world.weather, world.service, timeout, redactor)
        return self.wire
