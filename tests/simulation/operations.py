"""The operations of the model of the service: how they begin and end, and what is shown of them.

The service has a clock of its own, which goes on while the client's machine sleeps.
"""

import heapq
import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta

LISTED = 300
"""Operations that one list shows at most."""

FOREIGN = "another client"

CREATIONS = ("vm_create", "disk_create")

_EPOCH = datetime(2026, 1, 1)


class Refused(Exception):
    """The service answers with a fault."""

    def __init__(self, code, message):
        super().__init__(code, message)
        self.code = code
        self.message = message


@dataclass(slots=True, eq=False)
class Work:
    """An operation: who asked for it by which *sent* arguments, and what is shown of it as *params*."""

    id: int
    type: str
    sent: dict
    params: dict
    by: object
    created: float
    starts: float
    ends: float
    outcome: str
    visible: float
    readable: float
    unreadable_code: int
    vm_id: int | None = None
    disk_id: int | None = None
    cancelled: float | None = None

    def state(self, now):
        if self.cancelled is not None:
            return "CANCEL"
        if now < self.starts:
            return "PENDING"
        return "RUN" if now < self.ends else self.outcome

    def updated(self, now):
        if self.cancelled is not None:
            return self.cancelled
        return max(at for at in (self.created, self.starts, self.ends) if at <= now)


class Operations:
    """The service's clock, and all operations that there are."""

    def __init__(self, habits, rng, clock):
        self.habits = habits
        self._rng = rng
        self._clock = clock
        self._due = []
        self._order = itertools.count()
        self.now = clock()
        self._newest = habits.first_id
        self.works = {}
        self._by_type = {}

    # -- time ----------------------------------------------------------------------------------

    def time(self):
        """The service's clock, in seconds."""
        return self._clock()

    def at(self, when, action):
        """Do *action* at that time of the service's clock."""
        heapq.heappush(self._due, (when, next(self._order), action))

    def catch_up(self):
        """Do all that was due by now."""
        now = self._clock()
        while self._due and self._due[0][0] <= now:
            self.now, _, action = heapq.heappop(self._due)
            action()
        self.now = now

    def of_type(self, kind):
        """All operations of one type, the oldest first."""
        return self._by_type.get(kind, ())

    # -- what happens --------------------------------------------------------------------------

    def begin(self, kind, params, *, then=None, vm=None, disk=None):
        """Enter an operation, after which its disk, or else its server, is in the state *then*."""
        habits, rng = self.habits, self._rng
        self._newest += rng.randint(1, 3)
        number = self._newest if habits.ids_grow else habits.first_id + rng.getrandbits(30)
        starts = self.now + (0.0 if rng.random() < 0.3 else rng.uniform(0, habits.pending))
        ends = starts + rng.uniform(1, habits.lasts)
        hidden = rng.uniform(0, habits.hides) if rng.random() < 0.5 else 0.0
        unreadable = rng.uniform(0, 60) if rng.random() < habits.unreadable else 0.0
        work = Work(
            number,
            kind,
            {},
            params if not habits.numbers_as_text else {k: _as_text(v) for k, v in params.items()},
            FOREIGN,
            self.now,
            starts,
            ends,
            "ERROR" if rng.random() < habits.fails else "DONE",
            self.now + hidden,
            self.now + hidden + unreadable,
            rng.choice((510240, 150000)),
            vm.id if vm else None,
            disk.id if disk else None,
        )
        self.works[number] = work
        self._by_type.setdefault(kind, []).append(work)
        for thing in filter(None, (vm, disk)):
            thing.busy[number] = work
        self.at(ends, lambda: self._end(work, then, vm, disk))
        return work

    def _end(self, work, then, vm, disk):
        for thing in filter(None, (vm, disk)):
            thing.busy.pop(work.id, None)
        if work.cancelled is not None:
            return
        if work.outcome == "ERROR":
            then = "invalid" if work.type in CREATIONS else None
        if then is not None:
            (disk or vm).state = then

    def begun_by(self, caller):
        """All operations that one call has begun."""
        return [work for work in self.works.values() if work.by is caller]

    # -- what is shown -------------------------------------------------------------------------

    def show(self, work, by):
        """List it by that time at the latest, but not before it began."""
        early = max(work.visible - max(by, work.created), 0.0)
        work.visible -= early
        work.readable -= early

    def operation_details(self, operation_id):
        work = self._known(operation_id)
        if work.visible > self.now:
            raise Refused(510240, f"DataError: not found [operation_id: {operation_id}]")
        if work.readable > self.now:
            raise Refused(work.unreadable_code, f"cannot be read [operation_id: {operation_id}]")
        return {
            "id": work.id,
            "type": work.type,
            "state": work.state(self.now),
            "date_created": self.date(work.created),
            "date_updated": self.date(work.updated(self.now)),
            "params": dict(work.params),
        }

    def operation_list(self, filter=None):  # noqa: A002 - the API's own word
        wanted = dict(filter or {})
        param = wanted.pop("param", {})
        habit = self.habits.param_filter
        if param and habit == "refused":
            raise Refused(500133, "DataError: unexpected value [param: …]")
        if habit == "ignored":
            param = {}
        elif self.habits.filter_folds:
            param = {name: self.habits.stored_if_text(value) for name, value in param.items()}
        kind = wanted.pop("type", None)
        state = wanted.pop("state", "ALL")
        bounds = [self._bound(name, date) for name, date in wanted.items()]
        found = []
        for work in reversed(self.works.values() if kind is None else self.of_type(kind)):
            if (
                work.visible <= self.now
                and (state == "ALL" or state == work.state(self.now))
                and (not param or _has(work.params, param))
                and (not bounds or all(holds(work) for holds in bounds))
            ):
                found.append(work.id)
                if len(found) == LISTED:
                    break
        if self.habits.odd_lists:
            found = [0, *found, *found[:2]]
        if self.habits.shuffles:
            self._rng.shuffle(found)
        return found

    def _bound(self, name, date):
        """Whether an operation is within ``created_before``, say: dates have whole seconds."""
        field, side = name.split("_")
        limit = (date - _EPOCH).total_seconds()
        off = self.habits.clock_off

        def holds(work):
            at = int(off + (work.created if field == "created" else work.updated(self.now)))
            return at >= limit if side == "after" else at < limit

        return holds

    def date(self, at):
        """What the service writes for a time: whole seconds, of a clock that may be wrong."""
        return _EPOCH + timedelta(seconds=int(at + self.habits.clock_off))

    def _known(self, operation_id):
        if operation_id not in self.works:
            raise Refused(510240, f"DataError: not found [operation_id: {operation_id}]")
        return self.works[operation_id]


def _has(params, wanted):
    return all(str(params.get(name)) == str(value) for name, value in wanted.items())


def _as_text(value):
    return str(value) if isinstance(value, int) else value
