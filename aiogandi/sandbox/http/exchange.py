"""One HTTP exchange: a request is read with suspicion, executed or troubled, and answered properly.

*Assumed*, where the reference is silent: a body that is not an XML-RPC call is answered with HTTP 400,
as is one that breaks off; one over 1 MiB with 413 before it is read, one that does not arrive in time with
408, another path with 404, another HTTP method with 405, too many requests with 429, and an expectation
other than ``100-continue`` with 417. No call is what is no XML, what names no method, and what stands where
XML-RPC has something else; a scalar that is no value of its type, or has a type that XML-RPC does not have,
is a fault. No such page repeats anything of the request.

Of our own, and no part of the service: a sandbox without a rate limit says so in each of its answers,
by the header `NO_RATE_LIMIT`.
"""

from __future__ import annotations

import asyncio
import logging
import math
import traceback
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, cast

from aiohttp import HttpVersion11, web

from aiogandi import codec
from aiogandi.sandbox.books.faults import INTERNAL_ERROR, ServiceFault
from aiogandi.sandbox.script.trouble import (
    Alter,
    Answer,
    AnswerFault,
    Delay,
    DropReply,
    DropRequest,
    Garble,
    Refuse,
    Trouble,
)
from aiogandi.settings import NO_RATE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiogandi.sandbox.http.throttle import Throttle

PATHS: Final = frozenset({"/xmlrpc/", "/xmlrpc", "/hosting/", "/hosting"})
"""The paths at which calls are answered (documented with a slash at the end, *assumed* without)."""

LARGEST_BODY: Final = 2**20
"""Bytes, decompressed (*assumed*)."""

LONGEST_NAME: Final = 64
"""The most characters of a method's name that is counted under this name."""

UNREAD: Final = "?"
"""The name under which a request is counted whose method could not be read, or is too long."""

_HEADERS: Final = {"Content-Type": "text/xml; charset=utf-8"}

_log = logging.getLogger("aiogandi.sandbox")


class Exchange:
    """Answers requests.

    *execute* is called with a method and its arguments, and returns the result or raises
    `ServiceFault`. *trouble_for* returns the trouble that a request of a method meets, or None.
    *body_timeout*: seconds that a body may take to arrive. ``headers`` are those of every answer, also to
    what is no request. ``calls`` counts the requests by method,
    ``executed`` those that were executed without a fault.
    """

    def __init__(
        self,
        execute: Callable[[str, list[Any]], Any],
        trouble_for: Callable[[str], Trouble | None],
        throttle: Throttle | None,
        *,
        body_timeout: float,
    ) -> None:
        self._execute = execute
        self._trouble_for = trouble_for
        self._throttle = throttle
        self._body_timeout = body_timeout
        self.headers: Final = dict([NO_RATE_LIMIT] if throttle is None else [])
        self._handlers: set[asyncio.Task[Any]] = set()
        self.calls: Counter[str] = Counter()
        self.executed: Counter[str] = Counter()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request. Whatever goes wrong is an answer, unless the task is cancelled."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._handlers.add(task)
        try:
            answer = await self._answer(request)
            answer.headers.extend(self.headers)
            return answer
        finally:
            self._handlers.discard(task)

    async def stop(self) -> None:
        """Cancel what is being answered. A call whose time has not come is not executed."""
        handlers = list(self._handlers)
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            method, arguments = codec.decode_call(await self._body(request))
        except codec.MalformedMessage:
            self.calls[UNREAD] += 1
            # The reason stays unsaid, because it may quote what was sent.
            return _plain(400, "not an XML-RPC call")
        except web.HTTPException as refusal:
            self.calls[UNREAD] += 1
            allow = {"Allow": "POST"} if refusal.status == 405 else {}
            return _plain(refusal.status, refusal.reason.lower(), allow)
        self.calls[method if len(method) <= LONGEST_NAME else UNREAD] += 1
        if self._throttle is not None and (wait := self._throttle.wait()):
            return _plain(429, "too many requests", {"Retry-After": str(math.ceil(wait))})
        try:
            return await self._meet_trouble(request, method, arguments)
        except Exception as error:  # noqa: BLE001 - the caller gets a fault, whatever went wrong
            _report(method, error)
            return _xml(codec.encode_fault(INTERNAL_ERROR, "ServerError: internal error"))

    async def _meet_trouble(
        self, request: web.BaseRequest, method: str, arguments: list[Any]
    ) -> web.StreamResponse:
        trouble = self._trouble_for(method)
        if trouble is None:
            return _xml(self._reply(method, arguments))
        match trouble:
            case Refuse(status, retry_after):
                headers = {} if retry_after is None else {"Retry-After": _retry_after(retry_after)}
                return _plain(status, "refused", headers)
            case DropRequest():
                return _drop(request)
            case DropReply(late):
                return await self._drop_reply(request, method, arguments, late)
            case Delay(seconds):
                await asyncio.sleep(seconds)
            case Garble():
                self._reply(method, arguments)
                return _xml(b"<html><body>This is not the service you are look")
            case AnswerFault(code, message):
                return _xml(codec.encode_fault(code, message))
            case Answer(value):
                return _xml(codec.encode_response(value))
            case Alter(function):
                return _xml(self._reply(method, arguments, function))
        return _xml(self._reply(method, arguments))

    async def _drop_reply(
        self, request: web.BaseRequest, method: str, arguments: list[Any], late: float
    ) -> web.StreamResponse:
        """Execute the call, now or *late*, and close the connection, which is never late."""
        if late:
            _drop(request)
            await asyncio.sleep(late)
        self._reply(method, arguments)
        return _drop(request)

    def _reply(
        self,
        method: str,
        arguments: list[Any],
        alter: Callable[[Any, list[Any]], Any] | None = None,
    ) -> bytes:
        """Execute the call and return the reply's body."""
        try:
            result = self._execute(method, arguments)
            self.executed[method] += 1
            if alter is not None:
                result = alter(result, arguments)
        except ServiceFault as fault:
            return codec.encode_fault(fault.code, fault.message)
        return codec.encode_response(result)

    async def _body(self, request: web.BaseRequest) -> bytes:
        """Return the request's body, or raise the `web.HTTPException` that refuses it."""
        if request.path not in PATHS:
            raise web.HTTPNotFound
        if request.method != "POST":
            raise web.HTTPMethodNotAllowed(request.method, ["POST"])
        expects = _expectation(request)
        if expects not in ("", "100-continue"):
            raise web.HTTPExpectationFailed
        if (request.content_length or 0) > LARGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(LARGEST_BODY)
        if request.content.is_eof():
            # The body has arrived with the head, as nearly always: no timer is needed.
            return await self._read(request)
        if expects:
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0  # else aiohttp takes it for the answer's beginning
        try:
            async with asyncio.timeout(self._body_timeout):
                return await self._read(request)
        except TimeoutError:
            raise web.HTTPRequestTimeout from None

    async def _read(self, request: web.BaseRequest) -> bytes:
        body = bytearray()
        try:
            while piece := await request.content.readany():
                body += piece
                if len(body) > LARGEST_BODY:
                    raise web.HTTPRequestEntityTooLarge(LARGEST_BODY)
        except (web.RequestPayloadError, OSError):
            # A bad encoding, or the caller has hung up.
            raise web.HTTPBadRequest from None
        return bytes(body)


def _expectation(request: web.BaseRequest) -> str:
    """What the caller expects before it sends its body. HTTP/1.0 knows no such thing, and nothing of it
    is an expectation there.
    """
    if request.version < HttpVersion11:
        return ""
    return ", ".join(request.headers.getall("Expect", ())).strip().lower()


def _plain(status: int, text: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=f"{text}\n", headers=headers)


def _xml(body: bytes) -> web.Response:
    return web.Response(body=body, headers=_HEADERS)


def _drop(request: web.BaseRequest) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()  # aiohttp wants one; the connection is closed


def _retry_after(retry_after: float | str) -> str:
    return retry_after if isinstance(retry_after, str) else f"{retry_after:g}"


def _report(method: str, error: Exception) -> None:
    """Log where the sandbox failed, and nothing that the caller sent."""
    *_, place = traceback.extract_tb(error.__traceback__)
    _log.error("%s failed: %s at %s:%s", method, type(error).__name__, place.filename, place.lineno)
