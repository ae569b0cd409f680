"""One XML-RPC exchange over aiohttp: sent, read, or told as a clear error."""

from __future__ import annotations

import asyncio
import math
from typing import Any, Protocol

import aiohttp
from aiohttp import ClientMiddlewareType

from aiogandi import codec
from aiogandi.cancellation import Deadlines
from aiogandi.errors import ClientClosed, InvalidArgument, fault_for
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import ExchangeEnded
from aiogandi.redaction import Redactor, Secret
from aiogandi.transport.connections import (
    keeps_too_long,
    middlewares_without_reuse,
    own_session,
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
        answered. *timeout*, in seconds, shortens the client's.

        Raises `Fault` for the service's refusal, `TransportError` for everything else and
        `ClientClosed`, none of them with a secret.
        """

    async def close(self) -> None:
        """End what is under way, and open nothing any more."""


class Transport:
    """Sends requests to one URL. Nothing is opened before the first one."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        events: Emitter,
        http: aiohttp.ClientSession | None = None,
        max_reply: int = MAX_REPLY,
        redactor: Redactor | None = None,
    ) -> None:
        if problem := refusal_of(url):
            del url  # it may hold credentials, and this frame is part of the traceback
            raise InvalidArgument(problem)
        self.url = url
        self._timeout = timeout
        self._limits = _limits(timeout)
        self._events = events
        self._http = http
        self._max_reply = max_reply
        self._redactor = Redactor() if redactor is None else redactor
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
        limits = self._limits if limit == self._timeout else _limits(limit)
        answer = Received()
        cause: Exception | None = None
        reply: Any = None
        try:
            with self._deadlines.within(limit):
                reply = await proxy.post(method, body, limits, answer)
        except (NoReply, codec.MalformedMessage, aiohttp.ClientError, OSError) as error:
            cause = error
        except BaseException as error:  # the call is cancelled, or the client closes
            self._tell_end(method, number, began, error)
            raise
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
        elif self._closed:
            told = ClientClosed(sent=True)
        else:
            told = failure(method, answer, cause, limit, redactor)
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
        middlewares: tuple[ClientMiddlewareType, ...] | None = None
        http = self._http
        if http is None:
            http = own_session()
        elif keeps_too_long(http):
            # Another's session may keep a connection until the very moment at which the service
            # closes it. aiohttp offers no way to ask for a younger one, so ours are not kept.
            headers["Connection"] = "close"
            middlewares = middlewares_without_reuse(http)
        self._proxy = Proxy(
            self.url,
            client=http,
            headers=headers,
            middlewares=middlewares,
            max_reply=self._max_reply,
        )
        return self._proxy


def _limits(timeout: float) -> aiohttp.ClientTimeout:
    # A connection that does not come about in half the time is known not to have carried the
    # request; only what was sent and not answered is in doubt. How long all of it may take is seen
    # to by `Deadlines`.
    return aiohttp.ClientTimeout(total=None, connect=None if timeout == math.inf else timeout / 2)
