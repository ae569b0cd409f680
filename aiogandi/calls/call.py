"""Calls that change nothing: sent with the session, and repeated after trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, Protocol, TypeVar

from aiogandi.calls import results
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import CallEnded
from aiogandi.overtaking import overtaking
from aiogandi.retries import Repeater
from aiogandi.transport.rank import Rank
from aiogandi.transport.request import Request

Result = TypeVar("Result")

_USABLE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "operation_list": results.listed,
    "operation_details": results.struct,
    "vm_info": results.struct,
    "disk_info": results.struct,
}
"""What a reply must be that conclusions are drawn from: another one is repeated like a lost one."""


class Sends(Protocol):
    """Sends a request with a session id, which is taken afresh each time."""

    async def call(
        self,
        request: Request,
        *,
        rank: Rank | None = None,
        timeout: float | None = None,
        on_send: Callable[[float], None] = ...,
    ) -> Any:
        """The service's answer, or a `GandiError`; *timeout* in seconds. *rank* says who goes first,
        where turns are scarce; None means that it is a caller's. *on_send* is called whenever the
        request leaves.
        """


class Reader:
    """Makes calls that may safely be sent twice: those that only read, and ``operation_cancel``."""

    def __init__(self, session: Sends, repeater: Repeater, events: Emitter) -> None:
        self._session = session
        self._repeater = repeater
        self._events = events

    async def read(self, request: Request, convert: Callable[[Any], Result]) -> Result:
        """What *convert* makes of the reply; it raises `TransportError` for one that cannot be."""
        if self._events.listening:
            return await observed(self._events, request, lambda: self._repeat(request, convert))
        return await self._repeat(request, convert)

    async def ask(
        self, method: str, arguments: Mapping[str, Any], *, rank: Rank | None = None
    ) -> Any:
        """The reply as it came, if the call can have it. No event tells of this call, because no
        caller asked for it. With `Rank.LOOKUP`, one that hangs is overtaken by a second one.
        """
        usable = _USABLE.get(method, results.anything)
        return await self._repeat(Request.of(method, arguments), usable, rank=rank)

    async def look(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """Like `ask`, to find out what became of a call whose reply was lost. It goes before callers'
        own calls, and is repeated for as long as ``Retry.within`` allows: where it fails, a call that
        ran is told as unknown.
        """
        request = Request.of(method, arguments)
        usable = _USABLE.get(method, results.anything)
        return await self._repeat(request, usable, rank=Rank.LOOKUP, until_within=True)

    def _repeat(
        self,
        request: Request,
        convert: Callable[[Any], Result],
        *,
        rank: Rank | None = None,
        until_within: bool = False,
    ) -> Coroutine[Any, Any, Result]:
        async def attempt(left: float | None) -> Result:
            return convert(await self._session.call(request, rank=rank, timeout=left))

        async def look(left: float | None) -> Result:
            async def send(sent: Request, leaves: Callable[[], None]) -> Result:
                reply = await self._session.call(
                    sent, rank=rank, timeout=left, on_send=lambda _: leaves()
                )
                return convert(reply)

            return await overtaking(request, send)

        way = look if rank is Rank.LOOKUP else attempt
        return self._repeater.run(request, way, until_within=until_within)


async def observed(
    events: Emitter, request: Request, work: Callable[[], Coroutine[Any, Any, Result]]
) -> Result:
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
        return await work()
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
