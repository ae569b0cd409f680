"""One connection of the sandbox: aiohttp's, with two things that aiohttp does in another way.

A caller may end its side of the connection when it has sent its requests, as ``nc -N`` does: TCP allows
that, and the replies are still due. aiohttp closes the connection, so that calls run whose callers hear
nothing of it. Here it stays open until all that came is answered. And aiohttp's page for what is no HTTP
quotes the request, in which a password may stand; ours says what every such page says.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.streams import StreamReader

TURNS: Final = 8
"""Turns of the event loop, after which a request that has come is in the hands of a handler. aiohttp takes
the next one two turns after it answered one, or after its bytes came."""


class Connection(web.RequestHandler):
    """Answers what comes over one connection, also after the caller's side has ended. *headers* go with
    the answer to what is no HTTP.
    """

    __slots__ = ("_body", "_ended", "_headers")

    def __init__(self, *args: Any, headers: Mapping[str, str], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._headers = headers
        self._ended = False
        self._body: StreamReader | None = None  # of the request that is being answered

    def begin(self, body: StreamReader) -> None:
        """Take note of a request that is going to be answered, by its *body*."""
        self._body = body
        if self._ended:
            self._end_body()

    async def finish_response(self, *args: Any) -> tuple[web.StreamResponse, bool]:
        """Write an answer."""
        try:
            return await super().finish_response(*args)
        finally:
            self._body = None
            if self._ended:
                self._close_if_idle(TURNS)

    def eof_received(self) -> bool:  # type: ignore[override]  # aiohttp's says None only
        """The caller's side has ended: nothing more comes, and what has come is answered first."""
        self._ended = True
        self._end_body()
        self._close_if_idle(TURNS)
        return True  # the transport stays open

    def _end_body(self) -> None:
        """Let nobody wait for the rest of a body that is not whole."""
        if self._body is not None and not self._body.is_eof():
            self._body.set_exception(web.RequestPayloadError("the caller's side has ended"))

    def _close_if_idle(self, turns: int) -> None:
        """Close the connection unless a request is taken up within so many *turns*."""
        if self._body is not None:
            return
        if turns:
            asyncio.get_running_loop().call_soon(self._close_if_idle, turns - 1)
        else:
            self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the answer to what is no HTTP, or to an error of the sandbox: nothing of the request."""
        del message
        answer = super().handle_error(request, status, exc)
        text = "bad request\n" if status < 500 else "internal error\n"
        refusal = web.Response(status=answer.status, text=text, headers=self._headers)
        refusal.force_close()
        return refusal
