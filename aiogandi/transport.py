"""One XML-RPC exchange over aiohttp: sent, limited, checked, or a clear error."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp
from aiohttp_xmlrpc.client import ServerProxy
from lxml import etree
from yarl import URL

from aiogandi import codec
from aiogandi.errors import ClientClosed, InvalidArgument, TransportError, fault_for
from aiogandi.redaction import Sealed, Secret, redact, secrets_in
from aiogandi.throttle import Throttle
from aiogandi.version import __version__

log = logging.getLogger("aiogandi.transport")

MAX_REPLY: Final = 16 * 2**20
"""Bytes of a reply, decompressed, that are read at most."""

IDLE: Final = 10.0
"""Seconds after which an unused connection is dropped: the service closes it after about 15, and a
request sent on a connection that is being closed is lost (documented by other clients)."""

CONNECTIONS: Final = 100
"""Exchanges under way at most; the time-out of one does not begin to run before it has its place."""

_AT_ONCE: Final = 256 * 1024  # a reply up to here is decoded in one go: a few milliseconds
_STEP: Final = 64 * 1024  # bytes of a larger one that are parsed between two pauses
_EXCERPT: Final = 200  # characters of an unusable reply that an exception shows
_PEEK: Final = 4096  # bytes that are looked at for them


class Proxy(ServerProxy):  # type: ignore[misc]  # aiohttp-xmlrpc ships no types
    """aiohttp-xmlrpc's proxy with our codec in its two hooks: what that library writes and reads
    loses data (spaces, the ends of the int range, bytes), and its documents are unlimited.
    """

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
        self.url = checked_url(url)
        self._timeout = timeout
        self._throttle = throttle
        self._tally = tally
        self._http = http
        self._max_reply = max_reply
        self._secrets = tuple(secrets)
        self._proxy: Proxy | None = None
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._closed = False

    @staticmethod
    def prepare(method: str, args: Sequence[Any], names: Sequence[str] = ()) -> Request:
        """Encode a call; `InvalidArgument`, which names the place, for what cannot be sent."""
        return Request(method, codec.encode_params(args, names), tuple(secrets_in(args)))

    async def exchange(
        self,
        request: Request,
        lead: Callable[[], Secret] | None = None,
        *,
        polling: bool = False,
        timeout: float | None = None,
    ) -> Any:
        """Send *request* and return what the service answered.

        *lead* gives what goes before the arguments, and is asked at the last moment: a request may
        wait long for its turn. *polling* takes its turn in the tracker's share of the rate, and no
        place among the calls. *timeout*, in seconds, shortens the client's.

        Raises `Fault` for the service's refusal and `TransportError` for everything else; the
        request's secrets are blanked in both.
        """
        proxy = self._proxy or self._open()
        limit = self._timeout if timeout is None else min(timeout, self._timeout)
        await self._throttle.turn(polling=polling)
        if polling:
            return await self._send(proxy, request, lead, limit)
        async with self._places:
            return await self._send(proxy, request, lead, limit)

    async def _send(
        self, proxy: Proxy, request: Request, lead: Callable[[], Secret] | None, timeout: float
    ) -> Any:
        params: Sequence[Secret] = request.params
        secrets = request.secrets
        if lead is not None:
            first = lead()
            params, secrets = [first, *params], (first, *secrets)
        body = proxy._make_request(request.method, *params)  # noqa: SLF001 - the library's hook
        reply = await self._post(proxy, request.method, body, timeout, secrets)
        if isinstance(reply, codec.FaultReply):
            raise fault_for(reply.code, reply.message, (*self._secrets, *secrets))
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
        elif not getattr(http.connector, "_keepalive_timeout", math.inf) <= IDLE:
            # Another's session may keep a connection until the very moment at which the service
            # closes it. aiohttp offers no way to ask for a younger one, so ours are not kept.
            headers["Connection"] = "close"
        self._proxy = Proxy(self.url, client=http, headers=headers)
        return self._proxy

    async def _post(
        self, proxy: Proxy, method: str, body: Sealed, timeout: float, secrets: Sequence[Secret]
    ) -> Any:
        if proxy.client.closed:
            raise ClientClosed("the client's aiohttp session is closed")
        self._tally["requests"] += 1
        started = asyncio.get_running_loop().time()
        status: int | None = None
        retry_after: float | None = None
        pieces: list[Sealed] = []  # of the reply, for the excerpt
        cause: Exception | None = None
        try:
            async with proxy.client.post(
                self.url,
                data=body,
                headers=proxy.headers,
                allow_redirects=False,
                raise_for_status=False,
                # A connection that does not come about in half the time is known not to have
                # carried the request; only what was sent and not answered is in doubt.
                timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=timeout / 2),
            ) as response:
                status = response.status
                if log.isEnabledFor(logging.DEBUG):
                    elapsed = asyncio.get_running_loop().time() - started
                    log.debug("%s: HTTP %d after %.3f s", method, status, elapsed)
                if status == 200:
                    return await self._read(proxy, method, response.content, pieces)
                pieces.append(Sealed(await response.content.read(_PEEK)))
                problem = f"HTTP {status} {response.reason or ''}".rstrip()
                retry_after = _retry_after(response.headers)
                if 300 <= status < 400:
                    problem = f"{problem}: redirects are not followed"
        except codec.MalformedMessage as error:
            problem = f"HTTP {status}, but {error}"
        except TimeoutError as error:
            problem, cause = f"no reply within {timeout:g} s", error
        except (aiohttp.ClientError, OSError) as error:
            problem, cause = f"{type(error).__name__}: {error}", error
        secrets = (*self._secrets, *secrets)
        # Raised down here, so that no exception's context leads to frames that read the reply.
        if self._closed:
            raise ClientClosed
        if status == 429:
            self._tally["throttled"] += 1
            self._throttle.hold(self._throttle.pause if retry_after is None else retry_after)
        not_sent = status == 429 or isinstance(
            cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError
        )
        excerpt = _excerpt(pieces, secrets) if cause is None else ""
        raise TransportError(
            f"{method}: {redact(problem, secrets)}{excerpt}",
            status,
            sent=not not_sent,
            retry_after=retry_after,
        ) from cause

    async def _read(
        self, proxy: Proxy, method: str, content: aiohttp.StreamReader, pieces: list[Sealed]
    ) -> Any:
        size = 0
        while chunk := Sealed(await content.readany()):
            size += len(chunk)
            pieces.append(chunk)
            if size > _AT_ONCE:
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
        slices = codec.decode_in_slices(root)
        while True:
            try:
                next(slices)
            except StopIteration as result:
                return result.value
            await asyncio.sleep(0)


def _excerpt(pieces: Sequence[bytes], secrets: Iterable[Secret]) -> str:
    # Blanked before it is cut: half a secret would not be recognised.
    text = redact(b"".join(pieces)[:_PEEK].decode(errors="replace"), secrets)[:_EXCERPT]
    return f": {text!r}" if text else ""


def checked_url(url: str) -> str:
    """*url*, if credentials may be sent there; `InvalidArgument` otherwise."""
    allowed = "an https:// URL, or an http:// one whose host is this machine (127.0.0.1, localhost)"
    try:
        parsed = URL(url)
    except (TypeError, ValueError):
        raise InvalidArgument(f"url is not a URL; allowed is {allowed}") from None
    if parsed.user is not None or parsed.password is not None:
        raise InvalidArgument("url carries credentials; give them as login and password")
    if not parsed.host or parsed.scheme not in ("https", "http"):
        raise InvalidArgument(f"url={url!r}: allowed is {allowed}")
    if parsed.scheme == "http" and not _is_loopback(parsed.host):
        raise InvalidArgument(f"url={url!r} would send secrets unencrypted; allowed is {allowed}")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from a Retry-After header, which holds seconds or a date of the world's clock."""
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value[:9])
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max((date - datetime.now(UTC)).total_seconds(), 0.0)
