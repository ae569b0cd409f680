"""A way to a store on which its answers take longer, or nothing arrives."""

import asyncio
from urllib.parse import urlsplit


class SlowWay:
    """To the store at *url*, whose answers take so many *seconds* longer. While it is `shut`, nothing arrives
    in either direction; what was sent does so afterwards, as TCP has it.
    """

    def __init__(self, url, seconds=0.0):
        self.seconds = seconds
        self._parts = urlsplit(url)
        self._relays = set()
        self._passable = asyncio.Event()
        self._passable.set()

    async def open(self):
        """Begin; its URL."""
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        login, at, _ = self._parts.netloc.rpartition("@")
        port = self._server.sockets[0].getsockname()[1]
        return self._parts._replace(netloc=f"{login}{at}127.0.0.1:{port}").geturl()

    def shut(self):
        """Let nothing pass."""
        self._passable.clear()

    def clear(self):
        """Let all pass."""
        self._passable.set()

    async def close(self):
        """End it, and the connections over it."""
        self._server.close()
        for each in self._relays:
            each.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)

    async def _relay(self, reader, writer):
        self._relays.add(asyncio.current_task())
        store = await asyncio.open_connection(self._parts.hostname, self._parts.port or 6379)
        try:
            await asyncio.gather(
                self._pass(reader, store[1], is_answer=False),
                self._pass(store[0], writer, is_answer=True),
            )
        except (asyncio.CancelledError, ConnectionError):
            pass  # the way ends: nobody waits for this task
        finally:
            writer.close()
            store[1].close()

    async def _pass(self, source, target, *, is_answer):
        while data := await source.read(65536):
            await asyncio.sleep(self.seconds if is_answer else 0)
            await self._passable.wait()
            target.write(data)
        target.close()
