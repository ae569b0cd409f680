"""One changing call in a task of its own, which goes on where its caller does not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, cast

from aiogandi.changes.change import Change
from aiogandi.changes.register import Entry
from aiogandi.changes.state import State
from aiogandi.errors import ClientClosed, GandiError
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import CallerGone, LeftBehind

log = logging.getLogger("aiogandi.retries")


class NobodyWaits(Exception):
    """The caller has gone, and the call is not under way: it is not sent."""


class Errand:
    """The task that makes one changing *call*, and the caller who waits for it.

    Where the caller goes while the call is under way, the exchange and the look-ups go on, and what the
    call began stays in *entry*, which is then pending. What has not left does not leave any more.
    """

    def __init__(self, call: Change, entry: Entry, events: Emitter) -> None:
        self.call = call
        self.entry = entry
        self.is_left = False
        """Whether the caller has gone."""
        self.is_closed = False
        """Whether the client closes."""
        self._events = events
        self.task: asyncio.Task[Any]

    def begin(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Do *work* in a task, with the caller's context variables: it is done for that caller."""
        self.task = asyncio.get_running_loop().create_task(self._do(work))

    async def _do(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        # Set here as well as in `begin`: this step may run before `create_task` has returned.
        self.task = cast("asyncio.Task[Any]", asyncio.current_task())
        return await work()

    async def result(self) -> Any:
        """What the work returned. When that has reached the caller, the call is concluded."""
        try:
            await asyncio.wait([self.task])
        except asyncio.CancelledError:
            self._leave()
            raise
        finally:
            self.entry.note_caller()  # it may be gone soon
        if self.call.state is not State.UNKNOWN and self.entry.key is None:
            self.entry.conclude()
        if self.task.cancelled():
            raise ClientClosed(sent=False)  # the client was closed before the work had begun
        return self.task.result()

    @property
    def may_leave(self) -> bool:
        """Whether the call may be sent, or sent again."""
        return not (self.is_left or self.is_closed)

    def check(self) -> None:
        """Raise what ends the work of a call that may not be sent."""
        if self.is_closed:
            raise ClientClosed(sent=False)
        if self.is_left:
            raise NobodyWaits

    def _leave(self) -> None:
        self.is_left = True
        call = self.call
        if call.state in (State.PREPARED, State.ABSENT):
            self.task.cancel()  # nothing of it is under way, and nothing will be
            self.task.add_done_callback(_look_at)
            self.entry.conclude()
            return
        self._events.emit(CallerGone(call.method, str(call.state)))
        # A task that is done calls it as well, a moment later.
        self.task.add_done_callback(self._tell)

    def _tell(self, task: asyncio.Task[Any]) -> None:
        """Tell what became of the call after its caller had gone."""
        call = self.call
        error = None if task.cancelled() else task.exception()
        if not isinstance(error, GandiError | NobodyWaits | None):
            log.error("%s broke", call.method, exc_info=error)  # this is a fault in our code
        names = ("id", "vm_id", "disk_id")
        operation_id, vm_id, disk_id = (call.known_id(name) for name in names)
        self._events.emit(LeftBehind(call.method, str(call.state), operation_id, vm_id, disk_id))
        if call.state is State.ABSENT or (call.method == "operation_cancel" and error is None):
            self.entry.conclude()
            log.info("%s: its caller had gone, and it left nothing behind", call.method)
            return
        log.warning(
            "%s: its caller had gone; the call is %s (operation_id=%s vm_id=%s disk_id=%s), and"
            " stands in pending()",
            call.method,
            call.state,
            operation_id,
            vm_id,
            disk_id,
        )


def _look_at(task: asyncio.Task[Any]) -> None:
    """asyncio would log an error that nobody has looked at."""
    if not task.cancelled():
        task.exception()
