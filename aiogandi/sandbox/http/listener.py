"""Where the sandbox listens, and the connections that are open."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from typing import TYPE_CHECKING, Any

from aiohttp import web

from aiogandi.sandbox.http.connection import Connection

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.http import RawRequestMessage
    from aiohttp.streams import StreamReader

    from aiogandi.sandbox.http.exchange import Exchange


class Listener:
    """Listens at *host* and *port* while it is open, and has *exchange* answer the requests.

    With port 0 the system chooses one, which stays the same when the listener is opened again. An
    idle connection is closed after *idle_timeout* seconds.
    """

    def __init__(self, exchange: Exchange, host: str, port: int, *, idle_timeout: float) -> None:
        self._exchange = exchange
        self._host = host
        self._port = port
        self._idle_timeout = idle_timeout
        self._listening: asyncio.Server | None = None
        self._protocols: web.Server | None = None

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self._listening is not None

    async def open(self) -> None:
        """Begin to listen; RuntimeError if it listens already."""
        if self._listening is not None:
            raise RuntimeError("the sandbox is serving already")
        loop = asyncio.get_running_loop()
        protocols = web.Server(self._exchange.handle, request_factory=_request)

        def connection() -> Connection:
            return Connection(
                protocols,
                headers=self._exchange.headers,
                loop=loop,
                access_log=None,
                # aiohttp logs requests that it cannot parse, with everything that is in them.
                logger=_silent_logger(),
                keepalive_timeout=self._idle_timeout,
                # Some callers read the answer only after they have sent the whole body. The rest of a
                # refused body is read for so many seconds.
                lingering_time=1.0,
            )

        self._protocols = protocols
        self._listening = await loop.create_server(connection, self._host, self._port)
        self._port = self._listening.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening, and close all connections. What is being answered is cancelled, and of a
        reply that its caller does not read the rest is lost.
        """
        listening, protocols = self._listening, self._protocols
        if listening is None or protocols is None:
            return
        self._listening = self._protocols = None
        await _accept_no_more(listening)
        listening.close()
        transports = [connection.transport for connection in protocols.connections]
        protocols.pre_shutdown()
        await self._exchange.stop()
        await protocols.shutdown(timeout=0.1)
        for transport in filter(None, transports):
            # A caller that does not read its reply would keep its connection open for ever.
            transport.abort()
        await listening.wait_closed()
        # Transports close in the next turn of the loop.
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        """The URL that leads here from this machine; RuntimeError while it does not listen."""
        if self._listening is None:
            raise RuntimeError("the sandbox is not serving: enter it with `async with` first")
        host = self._host
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            pass  # a name
        else:
            if address.is_unspecified:
                host = "::1" if address.version == 6 else "127.0.0.1"
            if address.version == 6:
                host = f"[{host}]"
        return f"http://{host}:{self._port}/xmlrpc/"


def _request(
    message: RawRequestMessage,
    body: StreamReader,
    connection: Any,
    writer: AbstractStreamWriter,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    """Make aiohttp's request, of which its connection learns."""
    connection.begin(body)
    return web.BaseRequest(message, body, connection, writer, task, asyncio.get_running_loop())


async def _accept_no_more(listening: asyncio.Server) -> None:
    """Let the loop finish the connections that it has begun to accept. Closed in between, *listening*
    would leave them open: asyncio's own loop would even fail to make them.
    """
    loop = listening.get_loop()
    if isinstance(loop, asyncio.SelectorEventLoop):
        for each in listening.sockets:
            loop.remove_reader(each)
    for _ in range(2):  # one turn to make the connection, one to tell the protocol of it
        await asyncio.sleep(0)


def _silent_logger() -> logging.Logger:
    logger = logging.Logger("aiogandi.sandbox.http")  # noqa: LOG001 - a named one would be everybody's
    logger.disabled = True
    return logger
