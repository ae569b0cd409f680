"""Compares the books of the service with what callers were told who were killed and begun again."""

from collections import defaultdict

from aiogandi import GandiError
from tests.simulation.books import key_of
from tests.simulation.days import TRUE
from tests.simulation.desk import Ordered
from tests.simulation.judge import BROKE, DUPLICATE, LOST, UNTRUE, story, without_secrets
from tests.simulation.people import NOT_THROUGH
from tests.simulation.waits import untrue_end

UNKNOWN = "unknown without need"


class CrashJudge:
    """The complaints of one day, as pairs of a kind and a text."""

    def __init__(self, world, books, plan, desk):
        self._world = world
        self._books = books
        self._plan = plan
        self._desk = desk
        self._works = [w for w in world.service.works.values() if isinstance(w.by, Ordered)]
        self.complaints = list(books.complaints)

    def __call__(self):
        told = self._what_was_told()
        self._what_is_not_through()
        if self._plan.day.judged != TRUE:
            self._what_nobody_was_told(told)
            self._what_was_bought(told)
        self._what_was_raised()
        self._how_waits_ended()
        return self.complaints

    def _complain(self, kind, text):
        self.complaints.append((kind, text))

    def _key(self, method, arguments):
        return key_of(method, arguments, self._world.service.habits)

    def _what_was_told(self):
        """Whose each operation is that somebody was told: an order's, and which of its steps'."""
        owners, last, unwritten = {}, {}, {}
        for call in self._books.calls:
            if call.outcome != "answered":
                continue
            work, place = self._work_of(call), (call.order, call.step)
            if work is None:
                self._complain(UNTRUE, f"no such thing: {story(call)}")
                continue
            if not isinstance(work.by, Ordered):
                if self._plan.day.judged != TRUE:
                    self._complain(UNTRUE, f"operation {work.id} is another's: {story(call)}")
            elif self._key(work.type, work.sent) != self._key(call.method, call.arguments):
                self._complain(UNTRUE, f"it is {self._key(work.type, work.sent)}: {story(call)}")
            if not call.is_written:
                unwritten[work] = place  # on a full disk: an equal call may be told of it later
                continue
            if owners.setdefault(work, place) != place:
                self._complain(UNTRUE, f"operation {work.id} was given to two: {story(call)}")
            before = last.setdefault(place, work)
            if before is not work and before.outcome != "ERROR":
                self._complain(UNTRUE, f"it was {before.id} before, now {work.id}: {story(call)}")
            last[place] = work
        return {**unwritten, **owners}

    def _work_of(self, call):
        name = {"vm_create": "vm_id", "disk_create": "disk_id"}.get(call.method, "id")
        number = getattr(call.told, name)
        for work in self._world.service.of_type(call.method):
            if getattr(work, name) == number:
                return work
        return None

    def _what_is_not_through(self):
        for order in (*self._plan.orders, *self._plan.outside):
            if order not in self._desk.through:
                self._complain(NOT_THROUGH, order.name)

    def _what_nobody_was_told(self, told):
        for work in self._works:
            if work not in told and not self._is_known(work):
                self._complain(LOST, f"operation {work.id} of {story(work.by)}")

    def _is_known(self, work):
        """Whether people know of an operation that nobody was told."""
        return work.id in self._desk.adopted

    def _what_was_bought(self, told):
        """Each order's things exist once, apart from those that failed."""
        wanted, there = defaultdict(set), defaultdict(list)
        for call in self._books.calls:
            wanted[self._key(call.method, call.arguments)].add((call.order, call.step))
        for work in self._works:
            there[self._key(work.by.method, work.by.arguments)].append(work)
        for key, works in there.items():
            good = [work for work in works if work.outcome != "ERROR"]
            if len(good) > len(wanted[key]):
                stories = " and ".join(story(work.by) for work in good)
                self._complain(
                    DUPLICATE,
                    f"{len(good)} of {without_secrets(key)} for {len(wanted[key])}: {stories}",
                )

    def _what_was_raised(self):
        if self._plan.is_clear:
            for error in self._desk.unknown:
                self._complain(UNKNOWN, str(error))
        for call in self._books.calls:
            if call.error is not None and not isinstance(call.error, GandiError):
                self._complain(BROKE, f"{call.error!r}: {story(call)}")

    def _how_waits_ended(self):
        for wait in self._books.waits:
            if wait.ended is None or (work := self._work_of(wait.call)) is None:
                continue
            if (problem := untrue_end(wait, work, self._plan.day)) is not None:
                self._complain(UNTRUE, f"{problem}: {story(wait.call)}")
