"""One XML-RPC exchange over aiohttp: sent, limited, checked, or a clear error."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import aiohttp
from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse
from aiohttp.connector import Connection
from aiohttp_xmlrpc.client import ServerProxy
from lxml import etree
from yarl import URL

from aiogandi import codec
from aiogandi.answers import Answer, failure, retry_after
from aiogandi.errors import ClientClosed, InvalidArgument, fault_for
from aiogandi.redaction import Sealed, Secret, secrets_in
from aiogandi.throttle import Rank, Throttle
from aiogandi.version import __version__

log = logging.getLogger("aiogandi.transport")

MAX_REPLY: Final = 16 * 2**20
"""Bytes of a reply, decompressed, that are read at most."""

IDLE: Final = 10.0
"""Seconds after which an unused connection is dropped: the service closes it after about 15, and a
request sent on a connection that is being closed is lost (documented by other clients)."""

CONNECTIONS: Final = 100
"""Calls that wait for their turn to be sent or for their reply at most; the time-out of one does
not begin to run before it has its place."""

_AT_ONCE: Final = 256 * 1024  # a reply up to here is decoded in one go: a few milliseconds
_STEP: Final = 64 * 1024  # bytes of a larger one that are parsed between two pauses
_STINT: Final = 0.002  # seconds of work on it between two pauses


class Proxy(ServerProxy):  # type: ignore[misc]  # aiohttp-xmlrpc ships no types
    """aiohttp-xmlrpc's proxy with our codec in its two hooks: what that library writes and reads
    loses data (spaces, the ends of the int range, bytes), and its documents are unlimited.

    Its own way to send is closed: it follows redirects, reads without limit and logs session ids.
    """

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name}: calls are sent by Transport.exchange")

    @staticmethod
    def _make_request(method_name: str, *args: Any) -> Sealed:
        return Sealed(codec.encode_call(method_name, args))

    def _parse_response(self, body: bytes, method_name: str) -> Any:  # noqa: ARG002
        return codec.decode_response(body)


@dataclass(frozen=True, slots=True)
class Request:
    """A call that can be sent: its arguments encoded, and the secrets among them."""

    method: str
    params: Sequence[codec.Param]
    secrets: tuple[Secret, ...]


class Lead(Protocol):
    """What goes before a call's arguments. It is asked at the last moment, since a call may wait
    long for its turn.
    """

    def ready(self) -> bool:
        """Whether there is something; if not, no turn is used up."""

    def take(self) -> Secret:
        """What there is; `Withdrawn` if nothing."""


class Withdrawn(Exception):
    """A call was not sent after all: there was no session to send it with when its turn came."""


class _NoReply(Exception):
    """The service answered with another HTTP status than 200."""


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
        secrets: Iterable[Secret] = (),
    ) -> None:
        if problem := refusal_of(url):
            del url  # it may hold credentials, and this frame is part of the traceback
            raise InvalidArgument(problem)
        self.url = url
        self._timeout = timeout
        self._throttle = throttle
        self._tally = tally
        self._http = http
        self._max_reply = max_reply
        self._secrets = tuple(secrets)
        self._proxy: Proxy | None = None
        self._middlewares: tuple[ClientMiddlewareType, ...] | None = None  # None: the session's
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._closed = False

    @staticmethod
    def prepare(method: str, args: Sequence[Any], names: Sequence[str] = ()) -> Request:
        """Encode a call; `InvalidArgument`, which names the place, for what cannot be sent."""
        return Request(method, codec.encode_params(args, names), tuple(secrets_in(args)))

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
        if rank is not Rank.CALL:
            return await self._in_turn(request, lead, rank, timeout)
        # The place comes before the turn: turns that were given out while all places were taken
        # would be used all at once when places fall free.
        async with self._places:
            return await self._in_turn(request, lead, rank, timeout)

    async def _in_turn(
        self, request: Request, lead: Lead | None, rank: Rank, timeout: float | None
    ) -> Any:
        proxy = self._proxy or self._open()
        limit = self._timeout if timeout is None else min(timeout, self._timeout)
        params: Sequence[Secret] = request.params
        secrets = (*self._secrets, *request.secrets)
        if lead is None:
            await self._throttle.turn(rank)
        else:
            if not await self._throttle.turn(rank, lead.ready):
                raise Withdrawn
            first = lead.take()
            params, secrets = [first, *params], (first, *secrets)
        body = proxy._make_request(request.method, *params)  # noqa: SLF001 - the library's hook
        reply = await self._post(proxy, request.method, body, limit, secrets)
        if isinstance(reply, codec.FaultReply):
            fault = fault_for(reply.code, reply.message, secrets)
            del reply  # its message may repeat a secret, and this frame is part of the traceback
            raise fault
        return reply

    async def close(self) -> None:
        """Close the connections that are ours. Exchanges under way fail."""
        self._closed = True
        if self._proxy is not None and self._http is None:
            await self._proxy.client.close()

    def _open(self) -> Proxy:
        if self._closed:
            raise ClientClosed
        headers = {"User-Agent": f"aiogandi/{__version__}"}
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
            self._middlewares = (*getattr(http, "_middlewares", ()), _once)
        self._proxy = Proxy(self.url, client=http, headers=headers)
        return self._proxy

    async def _post(
        self, proxy: Proxy, method: str, body: Sealed, timeout: float, secrets: Sequence[Secret]
    ) -> Any:
        if proxy.client.closed:
            raise ClientClosed("the client's aiohttp session is closed")
        self._tally["requests"] += 1
        answer = Answer()
        cause: Exception | None = None
        try:
            return await self._converse(proxy, method, body, timeout, answer)
        except _NoReply:
            pass
        except (codec.MalformedMessage, aiohttp.ClientError, OSError) as error:
            cause = error
        # Raised down here, so that no exception's context leads to frames that read the reply.
        if self._closed:
            raise ClientClosed
        if answer.status == 429:
            self._tally["throttled"] += 1
            asked = answer.retry_after
            self._throttle.hold(self._throttle.pause if asked is None else asked)
        told = failure(method, answer, cause, timeout, secrets)
        del cause  # it may quote a secret, and this frame is part of the traceback
        raise told

    async def _converse(
        self, proxy: Proxy, method: str, body: Sealed, timeout: float, answer: Answer
    ) -> Any:
        """Post *body* and return the reply. What comes is noted in *answer*, for who is told."""
        started = asyncio.get_running_loop().time()
        async with proxy.client.post(
            self.url,
            data=body,
            headers=proxy.headers,
            allow_redirects=False,
            raise_for_status=False,
            middlewares=self._middlewares,
            # A connection that does not come about in half the time is known not to have
            # carried the request; only what was sent and not answered is in doubt.
            timeout=aiohttp.ClientTimeout(total=timeout, connect=timeout / 2),
        ) as response:
            answer.status = response.status
            if log.isEnabledFor(logging.DEBUG):
                elapsed = asyncio.get_running_loop().time() - started
                log.debug("%s: HTTP %d after %.3f s", method, response.status, elapsed)
            if response.status == 200:
                return await self._read(proxy, method, response.content, answer.pieces)
            answer.reason = response.reason or ""
            answer.retry_after = retry_after(response.headers)
            await answer.peek(response.content)
        raise _NoReply

    async def _read(
        self, proxy: Proxy, method: str, content: aiohttp.StreamReader, pieces: list[Sealed]
    ) -> Any:
        size = 0
        while chunk := Sealed(await content.readany()):
            size += len(chunk)
            pieces.append(chunk)
            if size > min(_AT_ONCE, self._max_reply):
                return await self._read_large(content, pieces, size)
        return proxy._parse_response(Sealed(b"".join(pieces)), method)  # noqa: SLF001 - as well

    async def _read_large(
        self, content: aiohttp.StreamReader, pieces: list[Sealed], size: int
    ) -> Any:
        """Parse a large reply as it arrives, and convert it in slices: the loop stays free."""
        parser = codec.parser()
        chunk = Sealed(codec.declare_extensions(b"".join(pieces)))
        try:
            while chunk:
                if size > self._max_reply:
                    raise codec.MalformedMessage(f"larger than {self._max_reply} bytes")
                for start in range(0, len(chunk), _STEP):
                    parser.feed(Sealed(chunk[start : start + _STEP]))
                    await asyncio.sleep(0)
                chunk = Sealed(await content.readany())
                size += len(chunk)
            root = parser.close()
        except etree.XMLSyntaxError as error:
            raise codec.MalformedMessage(f"not XML: {error}") from None
        loop = asyncio.get_running_loop()
        slices = codec.decode_in_slices(root)
        pause_at = loop.time() + _STINT
        while True:
            try:
                next(slices)
            except StopIteration as result:
                return result.value
            if loop.time() > pause_at:
                await asyncio.sleep(0)
                pause_at = loop.time() + _STINT


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
