"""What a call may have begun beyond its own operation: looked for afterwards, and told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from functools import partial

from aiogandi.cancellation import cancel
from aiogandi.changes.change import Change
from aiogandi.changes.decisions import left_over
from aiogandi.changes.journal import Begun
from aiogandi.changes.ledger import Ledger
from aiogandi.changes.lookup import Lookup
from aiogandi.changes.recorder import Recorder
from aiogandi.changes.state import State
from aiogandi.errors import GandiError
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import SurplusFound
from aiogandi.models import OperationDetails
from aiogandi.settings import Retry

log = logging.getLogger("aiogandi.retries")


class SurplusSearch:
    """Goes on looking, in the background, after a call whose fate was in doubt has ended.

    A request that was given up may run later than the settling time allows for. So the books are looked
    at again until *timeout* seconds after the last send, and what turns up is told. Nothing is ever
    cancelled: with another client on the account, it may be that client's.
    """

    def __init__(
        self,
        ledger: Ledger,
        lookup: Lookup,
        policy: Retry,
        timeout: float,
        events: Emitter,
        clock: Callable[[], float],
        recorder: Recorder | None,
    ) -> None:
        self._recorder = recorder
        self._ledger = ledger
        self._lookup = lookup
        self._policy = policy
        self._timeout = timeout
        self._events = events
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def follow(self, call: Change, on_found: Callable[[int], None], timeout: float = 0.0) -> None:
        """Take over a call that has ended, and end it in the ledger when nothing more is due of it.
        *on_found* is told the id of each surplus operation. *timeout* is that of the process that made the
        call, where it was another one; it counts where it is the longer one.
        """
        if call.yields is None or not (call.may_have_left_more or call.state is State.ADOPTED):
            self._ledger.end(call, self._clock())
            return
        task = asyncio.get_running_loop().create_task(
            self._follow(call, on_found, max(timeout, self._timeout)),
            name=f"{call.method} (search for a surplus)",
        )
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, call))

    @property
    def under_way(self) -> list[asyncio.Task[None]]:
        """The searches that go on."""
        return list(self._tasks)

    def drop(self, call: Change) -> None:
        """End a call in the ledger for which nothing is looked for, because the client closes."""
        if call.may_have_left_more:
            _warn_of_ignorance(call, "the client was closed; drain() waits until it is")
        self._ledger.end(call, self._clock())

    async def close(self) -> None:
        """Stop looking."""
        await cancel(self.under_way)

    async def _follow(self, call: Change, on_found: Callable[[int], None], timeout: float) -> None:
        if call.state is State.ADOPTED:
            await self._warn_of_others(call)
        await self._search(call, on_found, timeout)

    def _ended(self, call: Change, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            self.drop(call)
        else:
            self._ledger.end(call, self._clock())

    async def _search(self, call: Change, on_found: Callable[[int], None], timeout: float) -> None:
        problem: str | None = None
        clock = asyncio.get_running_loop().time
        ends_at = clock() + timeout
        for pause in self._pauses(ends_at):
            await asyncio.sleep(pause)
            last = clock() >= ends_at
            try:
                look = await self._lookup.look({"type": call.method})
                if self._recorder is not None:
                    await self._recorder.elsewhere.see(look.operations)
            except GandiError as error:
                problem = str(error)  # the next look may fare better
                continue
            unread = [number for number in look.unread if number > (call.newest or 0)]
            problem = f"the service does not tell of operation {unread[0]}" if unread else None
            if not look.complete:
                problem = "operation_list does not reach far enough"
            left = left_over(self._ledger, call, look.operations)
            for details in left.surplus:
                self._tell(call, details)
                on_found(details.id)
            if last and not left.waits and not unread:
                break
        if problem is not None:
            _warn_of_ignorance(call, problem)

    def _pauses(self, ends_at: float) -> Iterator[float]:
        """Seconds to wait before each look: for the settling time, twice as long each time until the
        last one is due, and on for as long as another call may still own what was found.
        """
        clock = asyncio.get_running_loop().time
        pause = shortest = max(self._policy.settle, self._timeout / 8)
        while (left := ends_at - clock()) > 0:
            yield min(pause, left) if left > pause * 1.5 else left
            pause *= 2
        ends_at += self._policy.within
        while clock() < ends_at:
            yield shortest

    def _tell(self, call: Change, details: OperationDetails) -> None:
        number = details.id
        others = self._ledger.rivals(call, details)
        self._ledger.discard(details, self._clock())
        state = None if details.state is None else str(details.state)
        self._events.emit(SurplusFound(call.method, number, state))
        things = (("vm_id", details.vm_id), ("disk_id", details.disk_id))
        log.warning(
            "%s: %s; operation %d (%s, %s) is left over",
            call.method,
            _reason(call) + (", unless a call began it whose outcome is unknown" if others else ""),
            number,
            state,
            " ".join(f"{name}={value}" for name, value in things if value is not None),
        )

    async def _warn_of_others(self, call: Change) -> None:
        """Equal operations of two clients cannot be told apart: say so where another one is about."""
        begun = Begun()
        try:
            numbers = await self._lookup.ids(call.method)
            if self._recorder is not None:
                await self._recorder.elsewhere.see(self._ledger.sightings.details.values())
                begun = await self._recorder.elsewhere.begun(call)
        except GandiError as error:
            log.info("%s: whether another client is about is not known: %s", call.method, error)
            return
        if self._ledger.other_clients.begin_such(call, numbers, begun):
            log.warning(
                "%s: its reply was lost, and operation %s was found to be its own; but another client"
                " begins such operations on this account, and it may be that client's",
                call.method,
                call.known_id("id"),
            )


def _warn_of_ignorance(call: Change, problem: str) -> None:
    log.warning(
        "%s: it was sent %s, and whether a surplus operation runs is not known: %s",
        call.method,
        {1: "once", 2: "twice"}.get(call.sends, f"{call.sends} times"),
        problem,
    )


def _reason(call: Change) -> str:
    """How an operation can be left over that looks like the call's."""
    if call.state is State.ABSENT:
        return "it ran after it was told as not run"
    if call.sends == 1:
        return f"it was given operation {call.known_id('id')}, but another fits it and is nobody's"
    return "it ran twice"
