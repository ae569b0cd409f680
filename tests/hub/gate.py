"""A way to a store on which what is sent takes its time, or does not arrive."""

import asyncio
from contextlib import asynccontextmanager

from aiogandi.cancellation import cancel


class Gate:
    """Stands before a port of this machine. Each piece of an answer takes *delay* seconds. While it is
    *shut* nothing arrives, in neither direction; what was sent arrives afterwards, as TCP has it.
    """

    def __init__(self, port):
        self.delay = 0.0
        self._port = port
        self._open = asyncio.Event()
        self._open.set()
        self._pumps = set()

    @property
    def url(self):
        """Where the store is seen through it."""
        return f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/0"

    def shut(self):
        """Let nothing through."""
        self._open.clear()

    def open(self):
        """Let all through."""
        self._open.set()

    async def _serve(self, reader, writer):
        self._pumps.add(asyncio.current_task())
        try:
            there, onward = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.close()
            return
        there_and_back = [
            asyncio.create_task(self._pump(reader, onward, late=False)),
            asyncio.create_task(self._pump(there, writer, late=True)),
        ]
        self._pumps.update(there_and_back)
        await asyncio.wait(there_and_back)

    async def _pump(self, reader, writer, *, late):
        try:
            while piece := await reader.read(65536):
                if late and self.delay:
                    await asyncio.sleep(self.delay)
                await self._open.wait()
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass  # one side has hung up
        finally:
            writer.close()

    @asynccontextmanager
    async def serving(self):
        """Serve."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield self
        finally:
            self._server.close()
            await cancel(self._pumps)
            await asyncio.sleep(0)  # transports close one turn of the loop after they were told to
