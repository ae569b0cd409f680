"""aiohttp-xmlrpc's proxy with our codec: it posts a call, and reads a reply of limited size."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiohttp
from aiohttp import ClientMiddlewareType
from aiohttp_xmlrpc.client import ServerProxy
from lxml import etree

from aiogandi import codec
from aiogandi.redaction import Sealed
from aiogandi.transport.failures import (
    NoReply,
    Received,
    has_no_limit,
    media_type,
    retry_after,
)

log = logging.getLogger("aiogandi.proxy")

MAX_REPLY: Final = 16 * 2**20
"""Bytes of a reply, decompressed, that are read at most."""

_AT_ONCE: Final = 256 * 1024  # a reply up to here is decoded in one go: a few milliseconds
_STEP: Final = codec.LONGEST_TAG  # bytes of a larger one that are parsed between two pauses
_STINT: Final = 0.002  # seconds of work on it between two pauses


class Proxy(ServerProxy):  # type: ignore[misc]  # aiohttp-xmlrpc ships no types
    """aiohttp-xmlrpc's proxy with our codec in its two hooks: what that library writes and reads
    loses data (spaces, the ends of the int range, bytes), and its documents are unlimited.

    Its own way to send is closed: it follows redirects, reads without limit and logs session ids.
    """

    def __init__(
        self,
        url: str,
        *,
        client: aiohttp.ClientSession,
        headers: Mapping[str, str] | None = None,
        max_reply: int = MAX_REPLY,
    ) -> None:
        super().__init__(url, client=client, headers=headers)
        self._max_reply = max_reply

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name}: calls are sent by post")

    @staticmethod
    def _make_request(method_name: str, *args: Any) -> Sealed:
        return Sealed(codec.encode_call(method_name, args))

    def _parse_response(self, body: bytes, method_name: str) -> Any:  # noqa: ARG002
        return codec.decode_response(body)

    async def post(
        self,
        method: str,
        body: Sealed,
        limits: aiohttp.ClientTimeout,
        answer: Received,
        middlewares: Sequence[ClientMiddlewareType] | None = None,
    ) -> Any:
        """Post *body* and return the reply. What comes is kept in *answer*, to tell of a failure.
        Without *middlewares*, the session's own are used.

        Raises `NoReply`, `codec.MalformedMessage`, `aiohttp.ClientError` and `OSError`.
        """
        debug = log.isEnabledFor(logging.DEBUG)
        started = asyncio.get_running_loop().time() if debug else 0.0
        async with self.client.post(
            self.url,
            data=aiohttp.BytesPayload(body),  # aiohttp recognises bytes, but not a subclass
            headers=self.headers,
            allow_redirects=False,
            raise_for_status=False,
            middlewares=middlewares,
            timeout=limits,
        ) as response:
            answer.status = response.status
            if debug:
                elapsed = asyncio.get_running_loop().time() - started
                log.debug("%s: HTTP %d after %.3f s", method, response.status, elapsed)
            answer.has_no_limit = has_no_limit(response.headers)
            try:
                answer.media_type = media_type(response.headers)
                if response.status == 200:
                    return await self._read(method, response.content, answer)
                answer.retry_after = retry_after(response.headers)
                await answer.peek(response.content)
            except RuntimeError as error:
                if not self.client.closed:
                    raise
                # aiohttp raises RuntimeError where this side has closed the connection.
                raise aiohttp.ClientConnectionError("the aiohttp session was closed") from error
        raise NoReply

    async def _read(self, method: str, content: aiohttp.StreamReader, answer: Received) -> Any:
        pieces = []
        while not content.at_eof():
            piece = Sealed(await content.readany())
            answer.take(piece)
            pieces.append(piece)
            if answer.size > min(_AT_ONCE, self._max_reply):
                return await self._read_large(content, Sealed(b"".join(pieces)), answer)
        return self._parse_response(Sealed(b"".join(pieces)), method)

    async def _read_large(
        self, content: aiohttp.StreamReader, beginning: Sealed, answer: Received
    ) -> Any:
        """Parse a large reply as it arrives, and convert it in slices: the loop stays free."""
        parser, tags = codec.parser(), codec.TagLimit()
        chunk = Sealed(codec.declare_extensions(beginning))
        try:
            while chunk:
                if answer.size > self._max_reply:
                    raise codec.MalformedMessage(f"larger than {self._max_reply} bytes")
                for start in range(0, len(chunk), _STEP):
                    step = Sealed(chunk[start : start + _STEP])
                    tags.check(step)
                    parser.feed(step)
                    await asyncio.sleep(0)
                chunk = Sealed(await content.readany())
                answer.take(chunk)
            root = parser.close()
        except etree.XMLSyntaxError as error:
            raise codec.not_xml(error) from None
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
