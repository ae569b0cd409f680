"""One XML-RPC exchange over aiohttp: sent, limited, checked, or a clear error."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import aiohttp
from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse
from aiohttp.connector import Connection
from yarl import URL

from aiogandi import codec
from aiogandi.cancellation import Deadlines
from aiogandi.errors import ClientClosed, InvalidArgument, fault_for
from aiogandi.redaction import Redactor, Secret, secrets_in
from aiogandi.transport.failures import Answer, NoReply, failure
from aiogandi.transport.proxy import MAX_REPLY, Proxy
from aiogandi.transport.rate import Rank, Throttle
from aiogandi.version import __version__

IDLE: Final = 10.0
"""Seconds after which an unused connection is dropped: the service closes it after about 15, and a
request sent on a connection that is being closed is lost (documented by other clients)."""

CONNECTIONS: Final = 100
"""Calls that wait for their turn to be sent or for their reply at most; the time-out of one does
not begin to run before it has its place."""


@dataclass(slots=True)
class Request:
    """A call that can be sent: *params* are its *arguments*, encoded."""

    method: str
    params: codec.Params
    arguments: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, method: str, arguments: Mapping[str, Any]) -> Request:
        """Encode a call; `InvalidArgument`, which names the place, for what cannot be sent."""
        return cls(method, codec.encode_params(arguments), arguments)

    def secrets(self) -> tuple[Secret, ...]:
        """Those among the arguments."""
        return tuple(secrets_in(self.arguments))


class Lead(Protocol):
    """What goes before a call's arguments. It is asked at the last moment, since a call may wait
    long for its turn.
    """

    def ready(self) -> bool:
        """Whether there is something; if not, no turn is used up. Not asked where none would be."""

    def take(self) -> Secret:
        """What there is; `Withdrawn` if nothing."""


class Withdrawn(Exception):
    """A call was not sent after all: there was no session to send it with when its turn came."""


class Transport:
    """Sends calls to one URL. Nothing is opened before the first one."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        throttle: Throttle,
        tally: Counter[str],
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
        self._throttle = throttle
        self._tally = tally
        self._http = http
        self._max_reply = max_reply
        self._redactor = Redactor() if redactor is None else redactor
        self._proxy: Proxy | None = None
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._deadlines = Deadlines()
        self._closed = False

    async def exchange(
        self,
        request: Request,
        lead: Lead | None = None,
        *,
        rank: Rank = Rank.CALL,
        timeout: float | None = None,
    ) -> Any:
        """Send *request* and return what the service answered.

        *lead* gives what goes before the arguments. *rank*: polls and logins do not queue up with
        the calls. *timeout*, in seconds, shortens the client's.

        Raises `Fault` for the service's refusal and `TransportError` for everything else, without
        the request's secrets in them; `Withdrawn` where *lead* has nothing to give.
        """
        cause: Exception | None = None
        reply: Any = None
        # The place comes before the turn: turns that were given out while all places were taken
        # would be used all at once when places fall free.
        async with self._places if rank is Rank.CALL else nullcontext():
            proxy = self._proxy or self._open()
            leading: tuple[Secret, ...] = ()
            if lead is None:
                await self._throttle.turn(rank)
            elif await self._throttle.turn(rank, lead.ready):
                leading = (lead.take(),)
            else:
                raise Withdrawn
            if proxy.client.closed:
                raise ClientClosed("the client's aiohttp session is closed")
            self._tally["requests"] += 1
            method = request.method
            body = proxy._make_request(method, *leading, request.params)  # noqa: SLF001 - its hook
            limit = self._timeout if timeout is None else min(timeout, self._timeout)
            limits = self._limits if limit == self._timeout else _limits(limit)
            answer = Answer()
            try:
                with self._deadlines.within(limit):
                    reply = await proxy.post(method, body, limits, answer)
            except (NoReply, codec.MalformedMessage, aiohttp.ClientError, OSError) as error:
                cause = error
        if cause is None and not isinstance(reply, codec.FaultReply):
            return reply
        # It was refused or failed. Told down here, so that no exception's context leads to frames
        # that read the reply.
        redactor = self._redactor.plus((*leading, *request.secrets()))
        if cause is None:
            told: Exception = fault_for(reply.code, reply.message, redactor)
        else:
            told = self._failure(method, answer, cause, limit, redactor)
        del reply, cause  # they may hold a secret, and this frame is part of the traceback
        raise told

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
            http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        elif _keeps_connections(http):
            # Another's session may keep a connection until the very moment at which the service
            # closes it. aiohttp offers no way to ask for a younger one, so ours are not kept.
            headers["Connection"] = "close"
            middlewares = (*getattr(http, "_middlewares", ()), _once)
        self._proxy = Proxy(
            self.url,
            client=http,
            headers=headers,
            middlewares=middlewares,
            max_reply=self._max_reply,
        )
        return self._proxy

    def _failure(
        self,
        method: str,
        answer: Answer,
        cause: Exception,
        timeout: float,
        redactor: Redactor,
    ) -> Exception:
        if self._closed:
            return ClientClosed()
        if answer.status == 429:
            self._tally["throttled"] += 1
            asked = answer.retry_after
            self._throttle.hold(self._throttle.pause if asked is None else asked)
        return failure(method, answer, cause, timeout, redactor)


def _limits(timeout: float) -> aiohttp.ClientTimeout:
    # A connection that does not come about in half the time is known not to have carried the
    # request; only what was sent and not answered is in doubt. How long all of it may take is seen
    # to by `Deadlines`.
    return aiohttp.ClientTimeout(total=None, connect=timeout / 2)


async def _once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """An aiohttp middleware: the connection is not used again, whether the service closes it or not.

    Asking for that by a header is not enough: a service that closes without saying so in its answer
    leaves a dead connection to the next call.
    """
    send = request.send

    async def send_once(connection: Connection) -> ClientResponse:
        if connection.protocol is not None:
            connection.protocol.force_close()
        return await send(connection)

    request.send = send_once  # type: ignore[method-assign,assignment]
    return await handler(request)


def _keeps_connections(http: aiohttp.ClientSession) -> bool:
    """Whether it may reuse a connection that has been idle for longer than `IDLE`."""
    kept: float | None = getattr(http.connector, "_keepalive_timeout", None)
    return kept is None or kept > IDLE


def refusal_of(url: str) -> str | None:
    """Why credentials may not be sent to *url*; None if they may."""
    allowed = "allowed is an https:// URL, or an http:// one whose host is this machine"
    try:
        parsed = URL(url)
        host, scheme = parsed.host, parsed.scheme
        known = parsed.user is not None or parsed.password is not None
        usable = host and parsed.port and scheme in ("https", "http")
    except (TypeError, ValueError):
        return f"url is not a URL; {allowed}"
    if known:
        return "url carries credentials; give them as login and password"
    if not usable:
        return f"url={scheme}://{host or ''}: {allowed}"
    if scheme == "http" and not _is_loopback(host or ""):
        return f"url={scheme}://{host} would send secrets unencrypted; {allowed}"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
