"""Compares the books of the service with what callers were told."""

from collections import Counter, defaultdict

from aiogandi import (
    AuthenticationError,
    ClientClosed,
    Fault,
    GandiError,
    HubError,
    InvalidArgument,
    OutcomeUnknown,
    TransportError,
)
from tests.simulation.books import Call, key_of
from tests.simulation.days import FULLY, TOLD, TRUE
from tests.simulation.waits import seconds_late, untrue_end

DUPLICATE = "duplicate"
LOST = "lost: nobody was told"
UNTRUE = "told what is not true"
ENDLESS = "wait did not end"
LEFT = "task left"
BROKE = "it broke"

CALL_BOUND = 1200.0
"""Seconds of a call at most: five sends and five look-ups of a minute each, and its time in line."""

WAIT_BOUND = 4000.0
"""Seconds of a wait at most. No operation takes a tenth of it, but half of all polls may fail."""

AT_ONCE = 0.01
"""Seconds within which a caller that goes is let go."""

BEGIN_OPERATIONS = frozenset(
    {
        *("vm_create", "vm_start", "vm_stop", "vm_reboot", "vm_delete"),
        *("disk_create", "disk_attach", "disk_detach", "disk_delete"),
    }
)


class Judge:
    """The complaints of one day, as pairs of a kind and a text."""

    def __init__(self, world, books):
        self._world = world
        self._level = world.day.judged
        self._books = books
        self._works = [w for w in world.service.works.values() if isinstance(w.by, Call)]
        self._calls = defaultdict(list)
        for call in books.calls:
            self._calls[self._key(call.method, call.arguments)].append(call)
        self.complaints = list(books.complaints)

    def __call__(self):
        told = self._what_was_returned()
        self._how_it_ended()
        self._cancellations()
        if self._level != TRUE:
            self._what_nobody_knows(told | self._what_was_named())
        if self._level == FULLY:
            self._what_ran_too_often()
        return self.complaints

    def _key(self, method, arguments):
        return key_of(method, arguments, self._world.service.habits)

    def _is_of(self, work, entry):
        ours = without_secrets(self._key(entry.method, entry.arguments))
        return without_secrets(self._key(work.type, work.sent)) == ours

    def _complain(self, kind, text):
        self.complaints.append((kind, text))

    # -- what callers were told is true ------------------------------------------------------------

    def _what_was_returned(self):
        """The operations that calls have returned."""
        told = {}
        for call in self._books.calls:
            if call.outcome != "answered" or call.method not in BEGIN_OPERATIONS:
                continue
            work = self._returned_by(call)
            if work is None:
                self._complain(UNTRUE, f"no such thing: {story(call)}")
            elif not isinstance(work.by, Call):
                if self._level != TRUE:
                    self._complain(UNTRUE, f"operation {work.id} is another's: {story(call)}")
            elif self._key(work.type, work.sent) != self._key(call.method, call.arguments):
                self._complain(UNTRUE, f"it is {self._key(work.type, work.sent)}: {story(call)}")
            elif work in told:
                both = f"{story(told[work])} and {story(call)}"
                self._complain(UNTRUE, f"operation {work.id} was given to two: {both}")
            else:
                told[work] = call
                if call.told.id not in (None, work.id):
                    self._complain(UNTRUE, f"its operation is {work.id}: {story(call)}")
        return set(told)

    def _returned_by(self, call):
        name = _created_by(call.method)
        return self._find(call.method, name, getattr(call.told, name))

    def _find(self, method, name, number):
        if name == "id":
            work = self._world.service.works.get(number)
            return work if work is not None and work.type == method else None
        for work in self._world.service.of_type(method):
            if getattr(work, name) == number:
                return work
        return None

    def _cancellations(self):
        for call in self._books.calls:
            if call.method != "operation_cancel":
                continue
            work = self._world.service.works[call.arguments["operation_id"]]
            if call.outcome == "answered" and work.cancelled is None:
                self._complain(UNTRUE, f"it is not cancelled: {story(call)}")
            if denies(call) and call.ran and self._level != TRUE:
                self._complain(UNTRUE, f"it was cancelled by this call: {story(call)}")

    # -- what nobody was told ----------------------------------------------------------------------

    def _what_was_named(self):
        """The operations that errors, events and `Gandi.pending` name."""
        numbers = set(self._books.surplus)
        named = set()
        for call in self._books.calls:
            if isinstance(call.error, OutcomeUnknown):
                numbers.update(call.error.surplus)
                numbers.update(_number(each) for each in getattr(call.error, "candidates", ()))
        for entry in self._books.pending:
            numbers.update(_number(each) for each in entry.surplus or ())
            for name in ("id", "vm_id", "disk_id"):
                number = entry.operation_id if name == "id" else getattr(entry, name)
                if number is None or name not in ("id", _created_by(entry.method)):
                    continue
                work = self._find(entry.method, name, number)
                if work is None or not self._is_of(work, entry):
                    self._complain(UNTRUE, f"pending() says {name} {number}, but not so: {entry}")
                else:
                    named.add(work)
        works = self._world.service.works
        return named | {works[number] for number in numbers if number in works}

    def _what_nobody_knows(self, accounted):
        # One that was sent twice, as its error says, may have run twice.
        # Beyond the guarantee, what may be that of an unknown call is left to it, whatever its password.
        seen = without_secrets if self._level == TOLD else lambda key: key
        unknown, may_be = Counter(), Counter()
        for whole, calls in self._calls.items():
            key = seen(whole)
            for call in calls:
                unknown[key] += _sends(call) * isinstance(call.error, OutcomeUnknown)
                may_be[key] += _sends(call) * _was_left_open(call)
        pending = Counter(
            without_secrets(self._key(entry.method, entry.arguments))
            for entry in self._books.pending
            if entry.operation_id is None
            and getattr(entry, _created_by(entry.method), None) is None
        )
        for work in self._works:
            if work in accounted or (self._level == TOLD and self._comes_too_late(work)):
                continue
            key = seen(self._key(work.type, work.sent))
            if may_be[key] and unknown[key]:
                unknown[key] -= 1
                may_be[key] -= 1
                continue
            if may_be[key] and pending[without_secrets(key)]:
                pending[without_secrets(key)] -= 1
                may_be[key] -= 1
                continue
            self._complain(self._kind_of_loss(work), f"operation {work.id} of {story(work.by)}")

    def _kind_of_loss(self, work):
        calls = self._calls[self._key(work.by.method, work.by.arguments)]
        if sum(len(call.ran) for call in calls) > len(calls):
            return f"{DUPLICATE}, and nobody was told"
        # Where its own call was given an equal one's operation, that one may have been denied.
        deniers = calls if work.by.outcome == "answered" else [work.by]
        return UNTRUE if any(denies(call) and call.ran for call in deniers) else LOST

    def _comes_too_late(self, work):
        """Whether an operation turned up after the client had stopped looking, as README says."""
        sends = [left for left, method, _ in work.by.exchanges if method == work.by.method]
        closed = self._books.closed[work.by.shift]
        # What cannot be read is asked for again, with pauses of up to 20 seconds. Where reads hang, a look
        # may take two time-outs.
        day = self._world.day
        hangs = not day.spares_reads and any(name == "hung" for name, _ in day.troubles)
        looked_at = max(max(sends) + 45, work.readable + 25) + 60 * hangs
        return work.visible > max(sends) + 25 or closed < looked_at

    def _what_ran_too_often(self):
        for calls in self._calls.values():
            ran = sum(len(call.ran) for call in calls)
            if calls[0].method in BEGIN_OPERATIONS and ran > len(calls):
                stories = " and ".join(map(story, calls))
                self._complain(DUPLICATE, f"ran {ran} times for {len(calls)} calls: {stories}")

    # -- how it ended ------------------------------------------------------------------------------

    def _how_it_ended(self):
        for call in self._books.calls:
            if call.ended is None or call.ended - call.began > CALL_BOUND:
                self._complain(ENDLESS, story(call))
            elif call.left is not None and call.ended - call.left > AT_ONCE:
                after = call.ended - call.left
                self._complain(ENDLESS, f"its caller was held for {after:.2f} s: {story(call)}")
            elif call.deadline is not None and call.ended - call.began > call.deadline + AT_ONCE:
                self._complain(ENDLESS, f"it outlived its {call.deadline:.2f} s: {story(call)}")
            if call.error is not None and not isinstance(call.error, GandiError):
                self._complain(BROKE, f"{call.error!r}: {story(call)}")
        for wait in self._books.waits:
            self._how_it_was_waited_for(wait)

    def _how_it_was_waited_for(self, wait):
        if wait.ended is None or wait.ended - wait.began > WAIT_BOUND:
            took = "" if wait.ended is None else f" took {wait.ended - wait.began:.0f} s"
            self._complain(ENDLESS, f"the wait for its operation{took}: {story(wait.call)}")
        elif (work := self._returned_by(wait.call)) is not None:  # else it is told above
            day = self._world.day
            if (late := seconds_late(wait, work, day)) is not None:
                self._complain(ENDLESS, f"the wait ended {late:.0f} s late: {story(wait.call)}")
            elif (problem := untrue_end(wait, work, day)) is not None:
                self._complain(UNTRUE, f"{problem}: {story(wait.call)}")


def denies(call):
    """Whether the caller was told that its call did not run."""
    match call.error:
        case OutcomeUnknown():
            return False
        case ClientClosed():
            return getattr(call.error, "sent", None) is False
        case InvalidArgument() | Fault() | AuthenticationError() | TransportError() | HubError():
            return True
    return False


def _created_by(method):
    """The name of the id that a call of this method returns."""
    return {"vm_create": "vm_id", "disk_create": "disk_id"}.get(method, "id")


def _was_left_open(call):
    """Whether its caller was told neither its operation nor that it did not run."""
    return call.outcome != "answered" and not denies(call)


def _sends(call):
    """How often it was sent."""
    return sum(method == call.method for _, method, _ in call.exchanges)


def _number(candidate):
    return getattr(candidate, "id", candidate)


def without_secrets(key):
    """A call's key as far as it may be shown."""
    method, arguments = key
    return method, tuple(pair for pair in arguments if pair[0] != "password")


def story(call):
    """What happened to a call, in one line."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
    exchanges = ", ".join(
        f"{left:.2f} {method if method != call.method else ''}[{fate.name or 'ok'}]"
        for left, method, fate in call.exchanges
        if method == call.method or fate.name
    )
    told = f"{call.outcome} {call.error or call.told or ''!r:.300}"
    ran = ", ".join(f"{at:.2f}" for at in call.ran) or "never"
    return f"call {call.number} {call.method}({arguments}): {told}; sent {exchanges}; ran {ran}"
