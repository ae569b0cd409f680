"""Calls that change nothing: sent with the session, and repeated after trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol, TypeVar

from aiogandi.calls import results
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import CallEnded
from aiogandi.retries import Repeater
from aiogandi.transport.request import Request

Result = TypeVar("Result")


class Sends(Protocol):
    """Sends a request with a session id, which is taken afresh each time."""

    async def call(self, request: Request, *, timeout: float | None = None) -> Any:
        """The service's answer, or a `GandiError`; *timeout* in seconds."""


class Reader:
    """Makes calls that may safely be sent twice: those that only read, and ``operation_cancel``."""

    def __init__(self, session: Sends, repeater: Repeater, events: Emitter) -> None:
        self._session = session
        self._repeater = repeater
        self._events = events

    async def read(self, request: Request, convert: Callable[[Any], Result]) -> Result:
        """What *convert* makes of the reply; it raises `TransportError` for one that cannot be."""
        work = self._repeat(request, convert)
        return await (observed(self._events, request, work) if self._events.listening else work)

    async def ask(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """The reply as it came. No event tells of this call, because no caller asked for it."""
        return await self._repeat(Request.of(method, arguments), results.anything)

    def _repeat(
        self, request: Request, convert: Callable[[Any], Result]
    ) -> Coroutine[Any, Any, Result]:
        async def attempt(left: float | None) -> Result:
            return convert(await self._session.call(request, timeout=left))

        return self._repeater.run(request, attempt)


async def observed(events: Emitter, request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """Do *work*, which makes one call of a caller's, and tell of its beginning and its end."""
    clock = asyncio.get_running_loop().time
    began = clock()
    vm_id, disk_id, operation_id = (
        number if isinstance(number := request.arguments.get(name), int) else None
        for name in ("vm_id", "disk_id", "operation_id")
    )
    number = events.call_began(request.method, vm_id, disk_id, operation_id)
    error: BaseException | None = None
    try:
        return await work
    except BaseException as raised:
        error = raised
        raise
    finally:
        events.emit(
            CallEnded(
                request.method,
                number,
                vm_id,
                disk_id,
                operation_id,
                request.sends,
                clock() - began,
                request.queued,
                error,
            )
        )
        del error  # its traceback holds this frame
