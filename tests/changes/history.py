"""A naive model of the books of changing calls, and the calls and operations that it is asked about."""

import math

from aiogandi import OperationDetails
from aiogandi.changes.change import Change
from aiogandi.changes.ledger import FRESH
from aiogandi.redaction import Secret

YIELDS = {"vm_create": "vm_id", "disk_create": "disk_id", "vm_start": "id"}


class Call(Change):
    """A call that remembers what it was begun with, and what became of its requests."""

    def __init__(self, method, name, password):
        arguments = {
            "vm_create": {"hostname": name, "password": Secret(password), "os_id": 111},
            "disk_create": {"specs": {"name": name, "size": 1024}},
            "vm_start": {"vm_id": name},
        }[method]
        super().__init__(method, arguments, YIELDS[method])
        self.name = name
        self.known_before = None  # the operations that this client had seen when the call left
        self.requests = []  # what each has begun: None where it may still run, False where it cannot
        self.lost_at = math.inf


class Run:
    """An operation of the service, begun by one of our calls or, where *by* is None, by another
    client. It *tells* all of itself, or no parameters, or not which server or disk it creates.
    """

    def __init__(self, number, method, name, tells, by):
        self.id, self.method, self.name, self.by = number, method, name, by
        creates = method != "vm_start"
        self.replied = 1000 + number if creates else number  # what the reply to its call names
        self.tells_params = tells != "no params"
        self.tells_thing = tells != "no thing" or not creates
        params = {
            "vm_create": {"hostname": name, "os_id": 111},
            "disk_create": {"name": name, "size": 1024},
            "vm_start": {"vm_id": name},
        }[method]
        things = {YIELDS[method]: self.replied} if creates else {"vm_id": name}
        self.details = OperationDetails(
            number,
            method,
            params=params if self.tells_params else None,
            **(things if self.tells_thing else {}),
        )


class History:
    """What happened, in order. It forgets nothing, and computes every answer from the whole of it."""

    def __init__(self):
        self.events = []
        self.of = {kind: [] for kind in ("begin", "send", "end", "note", "saw", "own", "dispute")}

    def add(self, kind, *values):
        self.events.append((kind, *values))
        self.of[kind].append(list(values))

    def as_of(self):
        """When the newest operation was last known."""
        return max((as_of for _, as_of in self.of["note"]), default=-math.inf)

    def told(self, call):
        """The newest operation that the call knows to be older than itself, and when that was it."""
        newest, as_of, told, sent = None, -math.inf, (None, 0), False
        for kind, *values in self.events:
            match kind, values:
                case "note", [number, time]:
                    newest, as_of = max(newest or 0, number), max(as_of, time)
                case "saw", [[_, *_] as numbers, _]:
                    newest = max(newest or 0, *numbers)
                case "begin", [begun, time] if begun is call:
                    told = newest if time - as_of < FRESH else None, as_of
                case "send", [left, _] if left is call and not sent:
                    sent = True
                    told = (newest, as_of) if told[0] is not None else told
        return told

    def first_sent(self, call):
        return next((time for left, time in self.of["send"] if left is call), 0)

    def first_seen(self, number):
        return next((time for numbers, time in self.of["saw"] if number in numbers), math.inf)

    def ended_at(self, call):
        return next((time for ended, time in self.of["end"] if ended is call), math.inf)

    def begun(self):
        return [call for call, _ in self.of["begin"]]

    def open(self):
        ended = {call for call, _ in self.of["end"]}
        return [call for call in self.begun() if call not in ended]

    def owns(self, name, number):
        return [name, number] in self.of["own"]

    def is_owned(self, run):
        """Whether it is a call's, as far as the operation itself tells."""
        creates = run.method != "vm_start" and run.tells_thing
        return self.owns("id", run.id) or (creates and self.owns(YIELDS[run.method], run.replied))

    def known(self):
        """The ids of the operations that lists have shown, or replies have named."""
        seen = {number for numbers, _ in self.of["saw"] for number in numbers}
        return seen | {number for name, number in self.of["own"] if name == "id"}

    def matches(self, call, run):
        if call.method != run.method or (run.tells_params and call.name != run.name):
            return False
        return True if run.tells_params else None

    def fits(self, call, runs):
        """Each of these operations, and whether it may be the call's."""
        newest, first_sent = self.told(call)[0] or 0, self.first_sent(call)
        for run in runs:
            seen_before = self.first_seen(run.id) < first_sent
            if run.id <= newest or seen_before or self.is_owned(run):
                yield run, False
            elif not run.tells_thing and self.matches(call, run):
                yield run, None
            else:
                yield run, self.matches(call, run)

    def rivals(self, call, run):
        return {
            other
            for other in self.begun()
            if other is not call
            and not other.owner_known
            and (other.sends or self.ended_at(other) == math.inf)
            and 0 < self.first_sent(other) <= self.first_seen(run.id)
            and self.matches(other, run) is not False
        }

    def is_disputed(self, call, run, rivals):
        """Whether one of *rivals* is no equal of the call, or nobody could ever tell."""
        ours = (call.key, call.passwords)
        if any((other.key, other.passwords) != ours for other in rivals):
            return True
        return [run.id] in self.of["dispute"] or self.told(call)[0] is None
