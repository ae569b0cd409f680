"""What became of a changing call whose reply was lost: looked up at the service, never guessed.

How a call's operation is told from all others
----------------------------------------------
- By its **age**. Ids of operations grow with time (assumed). Before a changing call is sent, the
  newest id is known: from the last minute's replies, or from one ``operation_list``. Only an
  operation with a higher id can be the call's; no clock is compared, neither ours nor the
  service's. So last week's ``vm_start`` of the same VM is never taken for today's.
- By its **parameters**, which ``operation_details`` repeats (assumed): all that it tells must be
  equal to what was sent.
- By its **owner**. Each operation belongs to one local call: to the one whose reply named it, or
  whose lost reply it was found to be. Calls with equal parameters are interchangeable, so if a
  reply names an operation that another such call has been given, its own call goes on to look for
  the other's (which is why the oldest is given first: it is the one that a younger call could not
  be given). Only their passwords can tell them apart, and the service does not repeat those:
  where they differ, nothing is given to anybody while it could be another's.

An empty list proves nothing about a request that is still under way, so it is believed after a
settling time only; and after a second send the books are looked at again, since the first request
may have run late. A surplus operation that is still PENDING is cancelled, any other is reported.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar
from weakref import WeakValueDictionary

from aiogandi.calls import Call
from aiogandi.errors import (
    ClientClosed,
    DataFault,
    GandiError,
    NotFound,
    OutcomeUnknown,
    ServerFault,
    SessionExpired,
    TransportError,
)
from aiogandi.models import LISTED, OperationDetails, OperationState, ids_from_wire
from aiogandi.settings import Retry

log = logging.getLogger("aiogandi.retries")

FRESH: Final = 60.0
"""Seconds for which the newest operation id that was seen is taken for the service's newest: an
operation that another client begins on the same thing, in the same way, in that time and just
before ours is lost could be taken for ours."""

DETAILS_AT_ONCE: Final = 8
"""Operations that are asked for at the same time."""

Result = TypeVar("Result")

_THINGS: Final = ("vm_id", "disk_id")


@dataclass(frozen=True, slots=True)
class Look:
    """Operations that a list showed; *complete* unless there may be others that it did not."""

    found: list[OperationDetails]
    complete: bool


class Reconciler:
    """Keeps the books of who owns which operation. *ask* sends a reading call by name."""

    def __init__(
        self, ask: Callable[..., Awaitable[Any]], policy: Retry, tally: Counter[str]
    ) -> None:
        self._ask = ask
        self._policy = policy
        self._tally = tally
        self._newest: int | None = None
        self._as_of = -math.inf
        self._refresh: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._active: dict[Call, None] = {}  # in the order of their beginnings
        self._ends = 0  # since the last clean-up
        # Calls that were given up, but may have begun an operation, with the time of their end.
        self._ghosts: dict[Call, float] = {}
        self._owned: dict[tuple[str, int], float] = {}  # with the time at which that was known
        self._details: dict[int, OperationDetails] = {}  # of operations seen in lists
        self._seen: dict[int, float] = {}  # and when they were first seen
        self._in_dispute: set[int] = set()
        self._filters: dict[str, bool] = {}  # whether a parameter works as a filter
        self._looks: dict[str, asyncio.Task[Look]] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    # -- the books -----------------------------------------------------------------------------

    def is_fresh(self) -> bool:
        """Whether the newest operation id is known well enough to send a changing call."""
        return asyncio.get_running_loop().time() - self._as_of < FRESH

    async def refresh(self) -> None:
        """Learn the newest operation id, once for all who wait."""
        if self._refresh is None:
            self._refresh = self._start(self._learn_newest())
        await asyncio.shield(self._refresh)

    def begin(self, call: Call) -> None:
        """The call is on its way to be sent."""
        # Not what is out of date: an operation of unknown age is nobody's.
        call.newest = self._newest if self.is_fresh() else None
        call.since = self._as_of
        self._active[call] = None

    def sent(self, call: Call) -> None:
        """The call leaves."""
        if not call.first_sent:
            call.first_sent = asyncio.get_running_loop().time()
            if call.newest is not None:  # it may have waited long, and more is known by now
                call.newest, call.since = self._newest, self._as_of
        call.last_sent = asyncio.get_running_loop().time()

    def own(self, call: Call, number: int) -> bool:
        """The call's reply names this id; False if it was given to another call before."""
        if call.yields is None:
            return True
        if (call.yields, number) in self._owned:
            return False
        self._owned[call.yields, number] = asyncio.get_running_loop().time()
        call.settled = True
        if call.yields == "id":
            self._note(number, call.last_sent)
        return True

    def end(self, call: Call) -> None:
        """The call is over, whichever way. Now and then, what no call can be given is forgotten."""
        del self._active[call]
        now = asyncio.get_running_loop().time()
        if not call.settled and call.sends:
            self._ghosts[call] = now
        if call.yields is None and call.method != "operation_cancel":
            # Nobody knows what it began: whatever comes after it must not be taken for that.
            self._as_of = -math.inf
        self._ends += 1
        if self._ends > len(self._active):  # so that the work for each end does not grow
            self._ends = 0
            self._forget()

    def _forget(self) -> None:
        # What a call can be given at most: the oldest that is under way, or the next one.
        since, newest = self._as_of, self._newest or 0
        if self._active:
            since = min(other.since for other in self._active)
            newest = min(other.newest or 0 for other in self._active)
        for known in (self._owned, self._ghosts):
            while known and next(iter(known.values())) < since:
                del known[next(iter(known))]  # type: ignore[arg-type]
        for seen in (self._details, self._seen):
            for number in [number for number in seen if number <= newest]:
                del seen[number]
        self._in_dispute = {number for number in self._in_dispute if number > newest}

    async def close(self) -> None:
        """Stop looking."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _start(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Begin what several calls may wait for, whichever of them is cancelled."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task is self._refresh:
            self._refresh = None
        if not task.cancelled():
            task.exception()  # raised by whoever still waits; nobody may

    # -- finding -------------------------------------------------------------------------------

    async def recover(self, call: Call, lost: Exception) -> OperationDetails | None:
        """The operation of a call that may have run, or None: the service has not run it.

        Raises `OutcomeUnknown` where neither can be established.
        """
        if call.yields is None and call.method != "operation_cancel":
            raise self.unknown(call, lost) from lost
        loop = asyncio.get_running_loop()
        settled_at = loop.time() + self._policy.settle
        pause = self._policy.settle / 4
        while True:
            began = loop.time()
            believed = began >= settled_at
            log.info("%s: looking for what became of it: %s", call.method, lost)
            try:
                found = await self.find(call, thorough=believed)
            except (TransportError, DataFault, ServerFault) as error:
                if isinstance(error, OutcomeUnknown):
                    raise
                raise self.unknown(call, error) from error
            if found is not None or believed:
                return found
            await asyncio.sleep(max(min(pause, settled_at - loop.time()), 0))
            pause *= 2

    async def find(self, call: Call, *, thorough: bool = False) -> OperationDetails | None:
        """Look once; *thorough* does not trust a filter that was never seen to work."""
        if call.method == "operation_cancel":
            details = await self._operation(call.arguments["operation_id"])
            cancelled = details is not None and details.state == OperationState.CANCEL
            return details if cancelled else None
        look = await self._look(call.filter)
        names = [name for name in call.filter.get("param", ()) if self._filters.get(name) is None]
        found = self._claim(call, look, thorough=thorough)
        if found is not None:
            self._filters.update(dict.fromkeys(names, True))
        elif thorough and names:
            look = await self._look({"type": call.method})
            found = self._claim(call, look, thorough=True)
        if found is None and thorough and not look.complete:
            raise TransportError("its operation may have been pushed out of operation_list")
        return found

    def _claim(self, call: Call, look: Look, *, thorough: bool) -> OperationDetails | None:
        """The oldest operation that is this call's, made its own.

        What may be this call's, but cannot be told for sure, is waited for until *thorough*.
        """
        for details in sorted(look.found, key=_number):
            fits = self._fits(call, details)
            if fits is False:
                continue
            if fits and not self._disputed(call, details):
                self._take(call, details)
                return details
            if thorough:
                self._in_dispute.add(_number(details))
                raise self._undecided(call, details)
        return None

    def _fits(self, call: Call, details: OperationDetails) -> bool | None:
        """Whether an operation may be the call's; None where the service tells too little."""
        number = _number(details)
        if number <= (call.newest or 0) or self._is_owned(details):
            return False
        if self._seen.get(number, math.inf) < call.first_sent:
            return False
        fits = call.matches(details)
        if fits and call.yields and getattr(details, call.yields) is None:
            return None  # it is the call's, but does not say which VM or disk it creates
        return fits

    def _disputed(self, call: Call, details: OperationDetails) -> bool:
        """Whether its age is unknown, or only what the service does not tell could say whose it is:
        a password, most of all.
        """
        return (
            call.newest is None
            or _number(details) in self._in_dispute
            or any(
                other.key != call.key or other.secrets != call.secrets
                for other in self._rivals(call, details)
            )
        )

    def _rivals(self, call: Call, details: OperationDetails) -> list[Call]:
        """The other calls whose outcome is not known and that the operation may belong to."""
        seen = self._seen.get(_number(details), math.inf)
        return [
            other
            for other in (*self._active, *self._ghosts)
            if other is not call
            and not other.settled
            and 0 < other.first_sent <= seen
            and other.matches(details) is not False
        ]

    def _is_owned(self, details: OperationDetails) -> bool:
        names = (("id", details.id), ("vm_id", details.vm_id), ("disk_id", details.disk_id))
        creates = {"vm_create": "vm_id", "disk_create": "disk_id"}.get(details.type or "")
        return any(
            (name, number) in self._owned
            for name, number in names
            if number is not None and name in ("id", creates)
        )

    def _take(self, call: Call, details: OperationDetails) -> None:
        now = asyncio.get_running_loop().time()
        self._owned["id", _number(details)] = now
        if call.yields in _THINGS:
            self._owned[call.yields, getattr(details, call.yields)] = now
        call.settled = True

    async def _look(self, filters: dict[str, Any]) -> Look:
        """The operations that a list shows and that may be somebody's whose reply was lost.

        One look serves all who asked for it before it began; who asks later waits for the next.
        """
        key = repr(filters)
        look = self._looks.get(key)
        if look is None:
            look = self._looks[key] = self._start(self._run_look(key, filters))
        return await asyncio.shield(look)

    async def _run_look(self, key: str, filters: dict[str, Any]) -> Look:
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        async with lock:
            del self._looks[key]
            oldest = min((call.newest or 0 for call in self._active), default=0)
            ids = await self._list(filters)
            complete = True
            page = ids
            while len(page) >= LISTED and min(page) > oldest:
                # The list holds no more: it goes on below the date of its lowest id.
                lowest = min(page)
                await self._fetch([lowest])
                before = known.date_created if (known := self._details.get(lowest)) else None
                page = [] if before is None else await self._list(filters, created_before=before)
                more = [number for number in page if number < lowest]
                if not more:
                    complete = False
                    break
                ids += more
            seen = asyncio.get_running_loop().time()
            wanted = [n for n in ids if n > oldest and ("id", n) not in self._owned]
            for number in wanted:
                self._seen.setdefault(number, seen)
            await self._fetch(wanted)
            if wanted:
                self._newest = max(self._newest or 0, *wanted)
            found = [self._details[number] for number in wanted if number in self._details]
            return Look(found, complete)

    async def _list(self, filters: dict[str, Any], **more: Any) -> list[int]:
        names = filters.get("param", {})
        if not any(self._filters.get(name) is False for name in names):
            try:
                return ids_from_wire(await self._ask("operation_list", filter=filters | more))
            except DataFault as fault:
                if not names or isinstance(fault, SessionExpired):
                    raise
            # The service does not know this filter.
            self._filters.update(dict.fromkeys(names, False))
        wider = {"type": filters["type"]} | more
        return ids_from_wire(await self._ask("operation_list", filter=wider))

    async def _fetch(self, ids: list[int]) -> None:
        """Learn the details of those that are not known yet."""
        ids = [number for number in ids if number not in self._details]
        queue = iter(ids)

        async def work() -> None:
            for number in queue:
                if (details := await self._operation(number)) is not None:
                    self._details[number] = details

        workers = [asyncio.ensure_future(work()) for _ in range(min(DETAILS_AT_ONCE, len(ids)))]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()

    async def _operation(self, number: int) -> OperationDetails | None:
        try:
            reply = await self._ask("operation_details", operation_id=number)
        except NotFound:
            return None
        return replace(OperationDetails.from_wire(reply), id=number)

    async def _learn_newest(self) -> None:
        asked = asyncio.get_running_loop().time()
        try:
            ids = ids_from_wire(await self._ask("operation_list"))
        except ClientClosed:
            raise
        except GandiError as error:
            # The call goes on; should its reply be lost, nothing will be taken for its operation.
            log.warning("the newest operation is not known: %s", error)
        else:
            self._note(max(ids, default=0), asked)

    def _note(self, number: int, as_of: float) -> None:
        self._newest = max(self._newest or 0, number)
        self._as_of = max(self._as_of, as_of)

    # -- what is left over ---------------------------------------------------------------------

    async def sift(self, call: Call) -> None:
        """After a second send: look for what the first one may have left behind.

        A surplus operation that is PENDING is cancelled; any other is a WARNING and counted.
        """
        if call.sends < 2 or call.yields is None:
            return
        call.settled = True
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._policy.within
        await asyncio.sleep(self._policy.settle)
        while True:
            try:
                look = await self._look(call.filter)
            except GandiError as error:
                self._not_sifted(call, str(error))
                return
            left = [details for details in look.found if self._fits(call, details)]
            rivals = {_number(details): self._rivals(call, details) for details in left}
            for details in left:
                if not rivals[_number(details)]:
                    await self._dispose(call, details)
            if not look.complete:
                self._not_sifted(call, "operation_list does not reach far enough")
                return
            # What may still be another call's is for that call to find, first.
            waits = any(not self._ghosts.keys() >= set(others) for others in rivals.values())
            if not waits or loop.time() >= ends_at:
                return
            await asyncio.sleep(max(self._policy.settle / 4, 0.01))

    async def _dispose(self, call: Call, details: OperationDetails) -> None:
        number = _number(details)
        self._owned["id", number] = asyncio.get_running_loop().time()
        state = await self._cancelled(number)
        things = " ".join(f"{n}={v}" for n in _THINGS if (v := getattr(details, n)) is not None)
        if state == OperationState.CANCEL:
            self._tally["surplus_cancelled"] += 1
            log.warning("%s: it ran twice; operation %d was cancelled", call.method, number)
        else:
            self._tally["surplus"] += 1
            log.warning(
                "%s: it ran twice; operation %d (%s, %s) is left over",
                call.method,
                number,
                state,
                things,
            )

    async def _cancelled(self, number: int) -> OperationState | None:
        """Cancel an operation if it is PENDING; the state that it is in then, if that is known."""
        state: OperationState | None = None
        for cancel in (True, False):
            try:
                current = await self._operation(number)
                state = current.state if current is not None else None
                if state != OperationState.PENDING or not cancel:
                    break
                # Sent again if its reply is lost: whether it took effect is looked at afterwards.
                await self._ask("operation_cancel", operation_id=number)
            except GandiError as error:
                log.info("operation %d was not cancelled: %s", number, error)
        return state

    @staticmethod
    def _not_sifted(call: Call, reason: str) -> None:
        log.warning(
            "%s: it was sent %d times, and whether a surplus operation runs is not known: %s",
            call.method,
            call.sends,
            reason,
        )

    def unknown(self, call: Call, error: Exception) -> OutcomeUnknown:
        """The exception for a call of which nothing can be established."""
        self._tally["unknown"] += 1
        told = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
        where = "" if call.yields is None else f" in operation_list({call.filter})"
        return OutcomeUnknown(
            f"{call.method}({told}): whether it ran is not known ({error}); it is not sent again."
            f" Look for it{where} before you repeat it",
            call.method,
            status=getattr(error, "status", None),
        )

    def _undecided(self, call: Call, details: OperationDetails) -> OutcomeUnknown:
        self._tally["unknown"] += 1
        return OutcomeUnknown(
            f"{call.method}: operation {details.id} may be its own, which cannot be told for sure:"
            " another call differs from it only in its password, or the service tells too little."
            " It is not sent again",
            call.method,
            surplus=[_number(details)],
        )


def _number(details: OperationDetails) -> int:
    return details.id or 0
