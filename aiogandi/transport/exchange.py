"""One XML-RPC exchange over aiohttp: sent, read, or told as a clear error."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any, Protocol

import aiohttp

from aiogandi import codec
from aiogandi.cancellation import Deadline, Deadlines
from aiogandi.errors import ClientClosed, InvalidArgument
from aiogandi.faults import fault_for
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import ExchangeEnded
from aiogandi.redaction import Redactor, Secret
from aiogandi.transport.connections import (
    Boarding,
    keeps_too_long,
    own_session,
    places_in,
    refusal_of,
)
from aiogandi.transport.failures import NoReply, Received, failure
from aiogandi.transport.proxy import MAX_REPLY, Proxy
from aiogandi.transport.request import Request
from aiogandi.version import __version__


class Exchanger(Protocol):
    """The seam under the client: everything above it works with any other way to exchange a request
    for a reply.
    """

    async def exchange(
        self, request: Request, session_id: Secret | None = None, *, timeout: float | None = None
    ) -> Any:
        """Send *request*, with *session_id* before its arguments, and return what the service
        answered. *timeout*, in seconds, shortens the client's. Time in which it waits for one of a
        limited number of connections is added to what *request* has stood in line.

        Raises `Fault` for the service's refusal, `TransportError` for everything else and
        `ClientClosed`, none of them with a secret.
        """

    async def close(self) -> None:
        """End what is under way, and open nothing any more."""


class Transport:
    """Sends requests to one URL. Nothing is opened before the first one.

    *insecure*: as in `refusal_of`. *lift* is called with each reply that says that the service has no
    rate limit.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        events: Emitter,
        http: aiohttp.ClientSession | None = None,
        max_reply: int = MAX_REPLY,
        redactor: Redactor | None = None,
        insecure: bool = False,
        lift: Callable[[], None] | None = None,
    ) -> None:
        if problem := refusal_of(url, insecure=insecure):
            del url  # it may hold credentials, and this frame is part of the traceback
            raise InvalidArgument(problem)
        self.url = url
        self._timeout = timeout
        self._is_limited = http is not None and places_in(http) is not None
        self._keeps = http is None or not keeps_too_long(http)
        self._is_followed = self._is_limited or not self._keeps
        self._limits = self._limits_of(timeout)
        self._events = events
        self._http = http
        self._max_reply = max_reply
        self._redactor = Redactor() if redactor is None else redactor
        self._lift = lift
        self._proxy: Proxy | None = None
        self._deadlines = Deadlines()
        self._closed = False

    async def exchange(
        self, request: Request, session_id: Secret | None = None, *, timeout: float | None = None
    ) -> Any:
        """See `Exchanger`."""
        proxy = self._proxy or self._open()
        if proxy.client.closed:
            raise ClientClosed("the client's aiohttp session is closed")
        events = self._events
        method = request.method
        leading = () if session_id is None else (session_id,)
        body = proxy._make_request(method, *leading, request.params)  # noqa: SLF001 - its hook
        number = events.exchange_began(method)
        began = asyncio.get_running_loop().time() if events.listening else 0.0
        limit = self._timeout if timeout is None else min(timeout, self._timeout)
        limits = self._limits if limit == self._timeout else self._limits_of(limit)
        answer = Received()
        deadline = self._deadlines.within(limit)
        boarding = self._boarding(request, deadline) if self._is_followed else None
        middlewares = None if boarding is None else boarding.middlewares(proxy.client)
        cause: Exception | None = None
        reply: Any = None
        try:
            with deadline:
                reply = await proxy.post(method, body, limits, answer, middlewares)
        except (NoReply, codec.MalformedMessage, aiohttp.ClientError, OSError) as error:
            cause = error
        except BaseException as error:  # the call is cancelled, or the client closes
            self._tell_end(method, number, began, error)
            raise
        if answer.has_no_limit and self._lift is not None:
            self._lift()
        if cause is None and not isinstance(reply, codec.FaultReply):
            if events.listening:
                self._tell_end(method, number, began, None)
            return reply
        # The exception for a refusal or a failure is made here, outside the except block, so that its
        # context does not lead to frames that read the reply.
        redactor = self._redactor.plus((*leading, *request.secrets()))
        told: Exception
        if cause is None:
            told = fault_for(reply.code, reply.message, redactor, method)
        else:
            waits = boarding is not None and boarding.waits
            if self._closed:
                told = ClientClosed(sent=not waits)
            else:
                told = failure(method, answer, cause, limit, redactor, waits=waits)
        del reply, cause  # they may hold a secret, and this frame is part of the traceback
        self._tell_end(method, number, began, told)
        raise told

    def _tell_end(
        self, method: str, number: int, began: float, error: BaseException | None
    ) -> None:
        if self._events.listening:
            seconds = asyncio.get_running_loop().time() - began
            self._events.emit(ExchangeEnded(method, number, seconds, error))

    async def close(self) -> None:
        """Close the connections that are ours. Exchanges under way fail."""
        self._closed = True
        self._deadlines.close()
        if self._proxy is not None and self._http is None:
            await self._proxy.client.close()

    def _open(self) -> Proxy:
        if self._closed:
            raise ClientClosed
        headers = {"User-Agent": f"aiogandi/{__version__}"}
        if not self._keeps:
            # Another's session may keep a connection until the very moment at which the service
            # closes it. aiohttp offers no way to ask for a younger one, so ours are not kept.
            headers["Connection"] = "close"
        http = own_session() if self._http is None else self._http
        self._proxy = Proxy(self.url, client=http, headers=headers, max_reply=self._max_reply)
        return self._proxy

    def _boarding(self, request: Request, deadline: Deadline) -> Boarding:
        """Follow *request* to its connection. Waiting for one of a limited number costs nothing of the
        time that the exchange has.
        """
        clock = asyncio.get_running_loop().time
        began = clock()

        def on_board() -> None:
            if self._is_limited:
                request.queued += clock() - began
                deadline.restart()

        return Boarding(on_board, reuse=self._keeps)

    def _limits_of(self, timeout: float) -> aiohttp.ClientTimeout:
        # A connection that does not come about in half the time is known not to have carried the
        # request; only what was sent and not answered is in doubt. How long all of it may take is
        # seen to by `Deadlines`. aiohttp counts waiting in a pool as connecting, so where a pool is
        # limited, only the time of each attempt at a connection is.
        half = None if timeout == math.inf else timeout / 2
        if self._is_limited:
            return aiohttp.ClientTimeout(total=None, sock_connect=half)
        return aiohttp.ClientTimeout(total=None, connect=half)
