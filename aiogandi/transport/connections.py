"""Connections to the service: where they may lead, and how long one may be kept."""

from __future__ import annotations

import ipaddress
import re
from asyncio import CancelledError, Task
from collections.abc import Callable
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse
from aiohttp.connector import Connection
from yarl import URL

from aiogandi import chores

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler

IDLE: Final = 10.0
"""Seconds after which an unused connection is dropped: the service closes it after about 15, and a
request sent on a connection that is being closed is lost (assumed, from one client's comment)."""


def own_session(proxy: str | None = None) -> aiohttp.ClientSession:
    """An aiohttp session for one client alone: it keeps no cookies and no connection for long. All of
    it goes through *proxy*; without one, through none.
    """
    return aiohttp.ClientSession(
        proxy=proxy,
        connector=_Connector(limit=0, keepalive_timeout=IDLE),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


class _Connector(aiohttp.TCPConnector):
    """Opens and keeps connections in nobody's context.

    What asyncio reads from a connection it reads in the context in which that was opened, and the timer
    that drops idle ones has the context in which it was set. Both may go on for as long as there is
    traffic, and would keep alive what belongs to the first request of many.
    """

    # aiohttp has no public place for this. So nothing is assumed of the two but that they are methods:
    # where another version calls them otherwise, connections work as they do without.

    async def _create_connection(self, *args: Any, **named: Any) -> ResponseHandler:
        opening = chores.begin(partial(super()._create_connection, *args, **named))
        try:
            return await opening
        except CancelledError:
            opening.add_done_callback(_close_unused)  # it may have been opened just now
            raise

    def _release(self, *args: Any, **named: Any) -> None:
        Context().run(partial(super()._release, *args, **named))


def _close_unused(opening: Task[ResponseHandler]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


def keeps_too_long(http: aiohttp.ClientSession) -> bool:
    """Whether a session may reuse a connection that has been idle for longer than `IDLE`."""
    kept: float | None = getattr(http.connector, "_keepalive_timeout", None)
    return kept is None or kept > IDLE


def places_in(http: aiohttp.ClientSession) -> int | None:
    """How many connections to one service a session has at the same time; None for any number."""
    connector = http.connector
    if connector is None:
        return None  # it is closed
    return min(filter(None, (connector.limit, connector.limit_per_host)), default=None)


class Boarding:
    """An aiohttp middleware for one request over another's session: has it got its connection?

    aiohttp does not tell waiting for a place in a pool from connecting. *on_board* is called when the
    request has its connection, and is about to be sent. Without *reuse*, that connection is not used
    again, whether the service closes it or not. Asking for that by a header is not enough: a service
    that closes without saying so in its answer leaves a dead connection to the next call.
    """

    __slots__ = ("_on_board", "_reuse", "_stage")

    def __init__(self, on_board: Callable[[], None], *, reuse: bool) -> None:
        self._on_board = on_board
        self._reuse = reuse
        self._stage = "not begun"

    @property
    def waits(self) -> bool:
        """Whether the request is with aiohttp's pool, and has certainly not been sent."""
        return self._stage == "waits"

    def middlewares(self, http: aiohttp.ClientSession) -> tuple[ClientMiddlewareType, ...]:
        """The session's own middlewares, and this one."""
        return (*getattr(http, "_middlewares", ()), self)

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        send = request.send
        if self._stage == "not begun":  # a middleware of the session's may send a request again
            self._stage = "waits"

        async def send_on(connection: Connection) -> ClientResponse:
            if self._stage == "waits":
                self._stage = "sent"
                self._on_board()
            if not self._reuse and connection.protocol is not None:
                connection.protocol.force_close()
            return await send(connection)

        request.send = send_on  # type: ignore[method-assign,assignment]
        return await handler(request)


def refusal_of(url: str, *, insecure: bool = False) -> str | None:
    """Why credentials may not be sent to *url*; None if they may. *insecure*: unencrypted, too."""
    allowed = "an https:// URL, or an http:// one whose host is this machine"
    if insecure:
        allowed = "an https:// or http:// URL"
    try:
        if "://" not in url or _is_mistyped(url):
            return _as_meant(url) or f"url is not a URL; allowed is {allowed}"
        if _has_wrong_port(url):
            return _CREDENTIALS if "@" in url else _WRONG_PORT
        parsed = URL(url)
        host, scheme = parsed.host, parsed.scheme
        known = parsed.user is not None or parsed.password is not None
        usable = host and parsed.port and scheme in ("https", "http")
        is_padded = url != url.strip()
    except (TypeError, ValueError):
        return f"url is not a URL; allowed is {allowed}"
    if known:
        return _CREDENTIALS
    if is_padded:
        return "url has blanks around it"
    # What looks like a port is the beginning of a password in http://me:5/s3cret@host.
    place = f"{scheme}://{(host if '@' in url else parsed.host_port_subcomponent) or ''}"
    if not usable:
        return f"url={place}: allowed is {allowed}"
    if scheme == "http" and not insecure and not is_loopback(host or ""):
        return (
            f"url={place} would send secrets unencrypted; allowed is {allowed}. In a network"
            " that nobody listens in: insecure=True, GANDI_INSECURE=1 or the command's --insecure"
        )
    return None


_CREDENTIALS: Final = "url carries credentials; give them as login and password"
_WRONG_PORT: Final = "url has a wrong port: one is a number from 1 to 65535"

_BEGINNING: Final = re.compile(r"(?:(https?)(?:[:;][/\\]{0,2}|[/\\]{2}))+", re.IGNORECASE)
"""How a URL begins, also where it was mistyped: ``http//``, ``https:/``, ``http://http://``."""


def _is_mistyped(url: str) -> bool:
    beginning = _BEGINNING.match(url.strip())
    return beginning is not None and beginning[0].lower() not in ("http://", "https://")


def _as_meant(url: str) -> str | None:
    """What to say of a URL that does not begin with http:// or https://; None where it has no host.

    Of what was given, the host and its port alone are repeated, and those not where there is an @:
    anything before it may be a password.
    """
    if "@" in url:
        return _CREDENTIALS
    rest = url.strip()
    beginning = _BEGINNING.match(rest)
    if beginning is not None:
        rest = rest[beginning.end() :]
    if _has_wrong_port(f"//{rest}"):
        return _WRONG_PORT
    meant = URL(f"//{rest}")
    if not meant.host or meant.host.isdecimal() or meant.host in ("http", "https"):
        return None
    scheme = "http" if is_loopback(meant.host) else "https"
    if beginning is not None:
        scheme = beginning[1].lower()
    return f"url does not begin with https:// or http://; did you mean {scheme}://{meant.host_port_subcomponent}/xmlrpc/ ?"


def _has_wrong_port(url: str) -> bool:
    parts = urlsplit(url.strip())
    try:
        return parts.port == 0
    except ValueError:
        return True


def is_loopback(host: str) -> bool:
    """Whether it is this machine's own, by its address or as localhost."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
