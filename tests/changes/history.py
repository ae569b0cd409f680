"""A naive model of the books of changing calls, and the calls and operations that it is asked about."""

import math

from aiogandi import OperationDetails
from aiogandi.changes.change import Change
from aiogandi.changes.ledger import FRESH
from aiogandi.changes.recognition import Likeness
from aiogandi.changes.state import State
from aiogandi.redaction import Secret

YIELDS = {"vm_create": "vm_id", "disk_create": "disk_id", "vm_start": "id"}
LONG = "a-hostname-of-27-characters"
VM_IDS = {"web": 1, "WEB": 2, "db": 3, LONG: 4}
LATENESS = 20.0
STORES = {"keeps": lambda name: name, "folds": str.lower, "cuts": lambda name: name[:15]}
"""What a service makes of names."""


class Call(Change):
    """A call that remembers what it was begun with, and what became of its requests."""

    def __init__(self, method, name, password="p"):
        arguments = {
            "vm_create": {"hostname": name, "password": Secret(password), "os_id": 111},
            "disk_create": {"specs": {"name": name, "size": 1024}},
            "vm_start": {"vm_id": VM_IDS[name]},
        }[method]
        super().__init__(method, arguments, YIELDS[method])
        self.name = name
        self.password = password if method == "vm_create" else None
        self.twins = method, name, self.password  # equal for calls that are interchangeable
        self.known_before = None  # the operations that this client had seen when the call left
        self.requests = []  # what each has begun: None where it may still run, False where it cannot

    def is_alike_folded(self, other):
        folds = self.method != "vm_start" and self.name.lower() == other.name.lower()
        return self.twins == other.twins or (
            folds and (self.method, self.password) == (other.method, other.password)
        )


class Run:
    """An operation of the service, begun by one of our calls or, where *by* is None, by another
    client. It *tells* all of itself, or no parameters, or not which server or disk it creates.
    """

    def __init__(self, number, method, name, by, stores="keeps", tells="all"):
        self.id, self.method, self.name, self.by = number, method, name, by
        creates = method != "vm_start"
        self.stored = STORES[stores](name) if creates else name
        self.replied = 1000 + number if creates else number  # what the reply to its call names
        self.tells_params = tells != "no params"
        self.tells_thing = tells != "no thing" or not creates
        params = {
            "vm_create": {"hostname": self.stored, "os_id": 111},
            "disk_create": {"name": self.stored, "size": 1024},
            "vm_start": {"vm_id": VM_IDS[name]},
        }[method]
        things = {YIELDS[method]: self.replied} if creates else {"vm_id": VM_IDS[name]}
        self.details = OperationDetails(
            number,
            method,
            params=params if self.tells_params else None,
            **(things if self.tells_thing else {}),
        )

    @property
    def names(self):
        """The names by which it can be owned, as far as the operation itself tells."""
        creates = self.method != "vm_start" and self.tells_thing
        return [("id", self.id), *([(YIELDS[self.method], self.replied)] if creates else [])]


class History:
    """What happened, in order. It forgets nothing, and computes every answer from the whole of it."""

    KINDS = ("begin", "send", "refuse", "end", "note", "saw", "learn", "own", "dispute", "doubt")

    def __init__(self):
        self.events = []
        self.of = {kind: [] for kind in self.KINDS}

    def add(self, kind, *values):
        self.events.append((kind, *values))
        self.of[kind].append(list(values))

    # -- times and ages ------------------------------------------------------------------------

    def as_of(self):
        """When the newest operation was last known."""
        return max((as_of for _, as_of in self.of["note"]), default=-math.inf)

    def told(self, call):
        """The newest operation that the call knows to be older than itself, and when that was it."""
        newest, as_of, told, sends = None, -math.inf, (None, 0), 0
        for kind, *values in self.events:
            match kind, values:
                case "note", [number, time]:
                    newest, as_of = max(newest or 0, number), max(as_of, time)
                case "saw", [[_, *_] as numbers, _]:
                    newest = max(newest or 0, *numbers)
                case "begin", [begun, time] if begun is call:
                    told = newest if time - as_of < FRESH else None, as_of
                case "send", [left, time] if left is call:
                    if not sends:
                        told = newest if time - as_of < FRESH else None, as_of
                    sends += 1
                case "refuse", [refused] if refused is call:
                    sends -= 1
        return told

    def first_sent(self, call):
        """When the first of the sends left that may have run; of all, where none may have."""
        first, sends = None, 0
        for kind, sent, *time in self.events:
            if sent is call and kind == "send":
                first = first if sends else time[0]
                sends += 1
            elif sent is call and kind == "refuse":
                sends -= 1
        return first

    def first_seen(self, number):
        return next((time for numbers, time in self.of["saw"] if number in numbers), math.inf)

    def begun(self):
        return [call for call, _ in self.of["begin"]]

    def open(self):
        ended = {call for call, _ in self.of["end"]}
        return [call for call in self.begun() if call not in ended]

    def may_run_until(self, call):
        """When the last request of a call that has ended can run at the latest; infinite before."""
        ended = next((time for ended, time in self.of["end"] if ended is call), math.inf)
        return max(ended, call.last_sent + LATENESS)

    # -- whose is it ---------------------------------------------------------------------------

    def owns(self, name, number):
        return any((name, number) == owned[:2] for owned in map(tuple, self.of["own"]))

    def owner(self, run):
        owners = (call for *owned, call in self.of["own"] if tuple(owned) in run.names)
        return next(owners, None)

    def is_owned(self, run):
        return any(self.owns(*name) for name in run.names)

    def known(self):
        """The ids of the operations that lists have shown, or replies have named."""
        seen = {number for numbers, _ in self.of["saw"] for number in numbers}
        return seen | {number for name, number, _ in self.of["own"] if name == "id"}

    @staticmethod
    def looks_like(call, run):
        """How like the call the operation is, whatever its age and whoever owns it."""
        if call.method != run.method:
            return Likeness.DIFFERENT
        if not run.tells_params:
            return Likeness.UNTOLD
        if call.name == run.stored:
            return Likeness.EXACT
        if call.method == "vm_start":
            return Likeness.DIFFERENT
        if call.name.lower() == run.stored.lower():
            return Likeness.FOLDED
        cut = len(call.name) >= 15 and call.name.startswith(run.stored)
        return Likeness.CUT if cut else Likeness.DIFFERENT

    def likeness(self, call, run):
        found = self.looks_like(call, run)
        left = self.first_sent(call)
        seen_before = left is not None and self.first_seen(run.id) < left
        if run.id <= (self.told(call)[0] or 0) or seen_before or self.is_owned(run):
            return Likeness.DIFFERENT
        return found if run.tells_thing else min(found, Likeness.UNTOLD)

    def others(self, call, run):
        """The other calls that had left before the operation was seen and that it looks like."""
        return {
            other
            for other in self.begun()
            if other is not call
            and other.requests
            and self.first_sent(other) <= self.first_seen(run.id)
            and self.looks_like(other, run) is not Likeness.DIFFERENT
        }

    def rivals(self, call, run):
        unknown = State.SENT, State.LOST, State.UNKNOWN
        return {other for other in self.others(call, run) if other.state in unknown}

    def is_disputed(self, call, run, others):
        """Whether it may be that of one of *others* to whom it is worth more, or nobody could ever
        tell.
        """
        exact = self.likeness(call, run) is Likeness.EXACT
        for other in others:
            open_or_absent = other.state in (State.SENT, State.LOST, State.ABSENT)
            serves_both = exact and open_or_absent and call.is_alike_folded(other)
            if call.twins != other.twins and not serves_both:
                return True
        return [run.id] in self.of["dispute"] or self.told(call)[0] is None

    def passes_over(self, call, run):
        """Whether an operation before *run*, whose details are known, may be the call's own as well."""
        learned = {other.id: other for other, _ in self.of["learn"] if other.id < run.id}
        alike = Likeness.EXACT, Likeness.UNTOLD
        return any(self.likeness(call, other) in alike for other in learned.values())

    def doubts(self, call):
        return {number for doubting, number in self.of["doubt"] if doubting is call}

    # -- what was learned ----------------------------------------------------------------------

    def proves(self, run, owner=None):
        """Whether the operation shows that the service folds names, and that it keeps them."""
        owner = owner or self.owner(run)
        if owner is None or owner.method == "vm_start" or owner.name == owner.name.lower():
            return False, False
        found = self.looks_like(owner, run)
        return found is Likeness.FOLDED, found is Likeness.EXACT

    def forms(self):
        """Whether the service was seen to fold a name, and to keep one that folding would change."""
        shown = [self.proves(run, owner) for run, owner in self.of["learn"] if owner is not None]
        return any(folds for folds, _ in shown), any(keeps for _, keeps in shown)
