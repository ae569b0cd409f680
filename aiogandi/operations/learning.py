"""What is learned of single operations, by looks and by finds, and what their trouble means."""

from __future__ import annotations

import asyncio
import logging

from aiogandi.errors import (
    AuthenticationError,
    ClientClosed,
    GandiError,
    NotFound,
    ServerFault,
    TransportError,
)
from aiogandi.faults import refuses_call
from aiogandi.models import OperationDetails
from aiogandi.operations.begun import Begun
from aiogandi.operations.creations import CREATIONS, Creations
from aiogandi.operations.directory import Directory
from aiogandi.operations.overtaking import is_silence
from aiogandi.operations.schedule import LOOK_AFTER
from aiogandi.operations.trouble import Way
from aiogandi.operations.watch import Watch, Watches
from aiogandi.settings import Polling

log = logging.getLogger("aiogandi.tracker")


class Learning:
    """Looks at operations by *directory*, finds those of *creations*, and tells *watches* what it learns.

    ``resume_at`` is when the next look or find is worth making, on the loop's clock: later in an outage,
    so that those who wait do not each find out for themselves.
    """

    def __init__(
        self,
        watches: Watches,
        directory: Directory,
        creations: Creations,
        polling: Polling,
        begun: Begun,
    ) -> None:
        self._watches = watches
        self._schedule = watches.schedule
        self._directory = directory
        self._creations = creations
        self._polling = polling
        self._begun = begun
        self._lists, self._details, self._states = Way(), Way(), Way()
        self._failures = 0  # of looks and finds, in a row of pauses
        self._find_failures = 0  # of finds that asked a list, in a row
        self._find_list_at = 0.0  # when the next of them may
        self.resume_at = 0.0
        self.is_silent = False
        """Whether the last of them brought nothing at all."""

    def begin(self) -> None:
        """Forget the trouble of earlier: polling begins anew."""
        for way in (self._lists, self._details, self._states, self._watches.finds):
            way.answered()
        self._spare_no_list()
        self._go_on()

    # -- lists ---------------------------------------------------------------------------------

    def lists_answered(self) -> None:
        """A list of operations in a final state was answered."""
        self._lists.answered()
        self._go_on()

    def lists_failed(self, error: GandiError, now: float) -> None:
        """None was."""
        self._lists.failed(error, now)

    # -- looks ---------------------------------------------------------------------------------

    async def look(self, operation_id: int) -> None:
        """Ask for the details of one operation."""
        now = asyncio.get_running_loop().time
        try:
            details = await self._directory.details(operation_id)
            if details.state is None:
                raise self._untold(operation_id, details)
        except GandiError as error:
            self._look_failed(operation_id, error, now())
            await self._look_in_lists(operation_id)
            return
        self._go_on()
        self._details.answered()
        if (watch := self._watches.by_id.get(operation_id)) is not None:
            watch.way.answered()
        self._schedule.looked(operation_id, details.state)
        self._watches.saw(operation_id, details, now())

    async def _look_in_lists(self, operation_id: int) -> None:
        """Ask for the lists that do not reach down to this operation, narrowed to it as far as the service
        can do that: an id in a list of a state is in that state, whatever else the list shows.
        """
        watch = self._watches.by_id.get(operation_id)
        knows = [] if watch is None else [*watch.operations(), self._begun.find(operation_id)]
        operation = next((each for each in knows if each is not None and each.type), None)
        if operation is None:
            return
        thing = {"vm_id": operation.vm_id} if operation.vm_id else {"disk_id": operation.disk_id}
        narrowed = {"type": operation.type, **({"param": thing} if any(thing.values()) else {})}
        for state in self._schedule.out_of_reach(operation_id):
            try:
                ids = await self._directory.ids({"state": str(state), **narrowed})
            except GandiError as error:
                self.delayed(error)
                return
            if operation_id in ids and self._schedule.reported([operation_id], state):
                self._watches.ended(operation_id, state, asyncio.get_running_loop().time())
                return

    def _untold(self, operation_id: int, details: OperationDetails) -> TransportError:
        """The error for an answer without a state. What else it tells is learned."""
        if (watch := self._watches.by_id.get(operation_id)) is not None:
            watch.saw(details)
        method = "operation_details"
        return TransportError(f"{method}: the answer tells no state", 200, method=method)

    def _look_failed(self, operation_id: int, error: GandiError, now: float) -> None:
        watch = self._watches.by_id.get(operation_id)
        if watch is not None:
            watch.way.failed(error, now)
            if self._is_answer(watch, error, now) or self._lasts(now, watch.way, self._lists):
                self._watches.fail(operation_id, error)
                return
        self.delayed(error)
        self._details.failed(error, now)
        self._schedule.look_failed(operation_id, now, silent=is_silence(error))
        self._hold(error, now)
        if self._lasts(now, self._details, self._lists):
            for each in list(self._watches.by_id):  # it would be the same with all others
                self._watches.fail(each, error)

    def _is_answer(self, watch: Watch, error: GandiError, now: float) -> bool:
        """Whether a refused look is the end of the wait. What the service has acknowledged to this client,
        or has listed as ended, is there, and lists tell of it.
        """
        operation_id = watch.operation.id
        if not refuses_call(error) or (operation_id and self._schedule.was_reported(operation_id)):
            return False
        if self.acknowledged_at(watch) is None:
            return True
        return isinstance(error, NotFound) and not self._may_be_hidden(watch, now)

    def _may_be_hidden(self, watch: Watch, now: float) -> bool:
        """Whether the service may not know yet what it has acknowledged to this client just now."""
        since = self.acknowledged_at(watch)
        return since is not None and now - since < self._polling.grace

    def acknowledged_at(self, watch: Watch) -> float | None:
        """When the service told of this operation, as far as anybody here knows."""
        since = watch.acknowledged_at
        if since is not None or watch.operation.id is None:
            return since
        begun = self._begun.find(watch.operation.id)
        return None if begun is None else begun.started

    # -- finds ---------------------------------------------------------------------------------

    async def find(self, watch: Watch) -> float | None:
        """Look for the id of an operation, or else for the state of what it creates. Returns seconds
        after which to do so again, None where that is over.
        """
        operation, finding = watch.operation, watch.finding
        now = asyncio.get_running_loop().time
        kind, thing = operation.type, operation.thing
        if operation.id is not None:  # others have found it
            self._watches.found(watch, operation.id, now())
            return None
        if kind not in CREATIONS or thing is None:
            nothing = f"nothing tells which operation {operation!r} is"
            self._watches.missing(watch, NotFound(0, nothing))
            return None
        by_list = finding.asks_list(spared=now() < self._find_list_at)
        try:
            if by_list:
                await self._find_in_list(watch, kind, thing)
            else:
                state = finding.state_told(await self._creations.state(kind, thing))
                self._states.answered()
                if state is not None:
                    self._watches.ended_unfound(watch, state, now())
        except GandiError as error:
            return self._find_failed(watch, error, now(), by_list=by_list)
        self._go_on()
        if operation.id is not None or not watch.wanted:
            return None
        # Look again, more slowly each time: the service may never list the operation.
        return self._slower(finding.answers / 10)

    async def _find_in_list(self, watch: Watch, kind: str, thing: int) -> None:
        found = await self._creations.find(kind, thing)
        self._spare_no_list()
        watch.finding.list_answered()
        if found is not None:
            self._watches.found(watch, found, asyncio.get_running_loop().time())

    def _spare_no_list(self) -> None:
        """No find has failed by the list: the next may ask it."""
        self._find_failures = 0
        self._find_list_at = 0.0

    def _find_failed(
        self, watch: Watch, error: GandiError, now: float, *, by_list: bool
    ) -> float | None:
        self.delayed(error)
        finding = watch.finding
        is_missing = False
        if by_list:
            finding.list_failed(error, now)
            self._find_failures += 1
            pause = self._polling.backoff(self._find_failures)
            if refuses_call(error):
                pause = LOOK_AFTER * self._polling.interval
            self._find_list_at = now + pause
            for each in list(self._watches.unfound.values()):
                if each.finding.told is not None:
                    self._watches.ended_unfound(each, each.finding.told, now)
        else:
            finding.state_failed(error, now)
            self._states.failed(error, now)
            is_missing = isinstance(error, NotFound) and not self._may_be_hidden(watch, now)
        if is_missing or finding.lasted(now) >= self._polling.give_up:
            self._watches.missing(watch, error)
        else:
            self._hold(error, now)
            if self._lasts(now, self._states, self._watches.finds):
                for each in list(self._watches.unfound.values()):  # as with looks
                    self._watches.missing(each, error)
            return self._slower(finding.failures / 2) if watch.wanted else None
        return None

    # -- trouble -------------------------------------------------------------------------------

    def delayed(self, error: GandiError) -> None:
        """Trouble only delays a wait. A refused login ends all waits, because it will not pass."""
        if isinstance(error, ClientClosed):
            raise error
        if isinstance(error, AuthenticationError):
            self._watches.fail_all(error)
        log.info("polling: %s", error)

    def met(self, watch: Watch) -> list[GandiError]:
        """What stands in the way of learning of this operation, as far as polling has met it."""
        found = self._watches.by_id.get(watch.operation.id or 0)  # perhaps another's watch by now
        if found is None:
            return watch.finding.met()
        return [way.error for way in (found.way, self._lists) if way.error is not None]

    def _lasts(self, now: float, *ways: Way) -> bool:
        """Whether each of these ways has met one and the same refusal for so long that it is told."""
        return min(way.lasted(now) for way in ways) >= self._polling.give_up

    def _slower(self, intervals: float) -> float:
        """The usual pause, longer by so many *intervals*."""
        return min(self._polling.interval * (1 + intervals), self._polling.max_interval)

    def _hold(self, error: GandiError, now: float) -> None:
        """Wait after trouble on the way to the service: longer each time, but not after silence."""
        if not isinstance(error, TransportError | ServerFault):
            return
        self.is_silent = is_silence(error)
        if now < self.resume_at:
            return
        if self.is_silent:
            self.resume_at = now + self._polling.interval
        else:
            self.resume_at = now + self._polling.backoff(self._failures)
            self._failures += 1

    def _go_on(self) -> None:
        self._failures = 0
        self.is_silent = False
        self.resume_at = 0.0
