"""Changing calls in any interleaving: the books agree with a model that forgets nothing.

Calls are begun, leave, run (also late), are answered, refused, lost, looked for and given up; other
clients begin operations; lists show some of them in any order. After each step the ledger is compared
with the history of all that happened.

What is known to go wrong (`test_known_faults`) is left out: no request runs after its call has ended,
and a call may be given what an answered one with another password has begun without need.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from aiogandi.changes.change import State
from aiogandi.changes.decisions import Adopt, Undecided, decide, left_over
from aiogandi.changes.ledger import FRESH, Ledger
from tests.changes import history

WHICH = st.integers(0, 5)
METHOD = st.sampled_from(["vm_create", "vm_create", "vm_start", "disk_create"])
NAME = st.sampled_from([1, 1, 1, 2])
PASSWORD = st.sampled_from("pq")
TELLS = st.sampled_from(["all"] * 8 + ["no params", "no thing"])
FARES = st.sampled_from(["runs", "answered", "lost", "lost", "throttled", "refused"])
THEN = st.sampled_from(["waits", "leaves", "leaves", "runs", "runs", "runs"])
OFTEN = st.sampled_from([True, True, True, False])

# What may happen next, and how. One rule for all of it: of several, hypothesis switches some off for
# a whole example, and most examples would lack something that the others need.
BEGINS = st.tuples(st.just("a_call_begins"), METHOD, NAME, PASSWORD, OFTEN, THEN)
GOES_ON = st.tuples(st.just("a_call_goes_on"), WHICH, FARES, TELLS, st.booleans(), st.booleans())
LATE = st.tuples(st.just("a_request_runs_late"), WHICH, TELLS)
FOREIGN = st.tuples(st.just("another_client_begins_one"), METHOD, NAME, TELLS)
SEEN = st.tuples(st.just("a_list_is_seen"), st.lists(st.integers(0, 15), max_size=5))
ENDS = st.tuples(st.just("a_call_ends"), WHICH, st.sampled_from([0, 0, FRESH / 2]))
STEP = st.sampled_from([BEGINS] * 4 + [GOES_ON] * 13 + [LATE, FOREIGN, SEEN, ENDS]).flatmap(
    lambda step: step
)


class Interleavings(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.ledger, self.history = Ledger(), history.History()
        self.now = 1.0
        self.runs = []
        self.looks = []  # when each began, its filter, and what it found
        self.owner, self.owner_known = {}, {}

    def tick(self):
        self.now += 1
        return self.now

    # -- calls ---------------------------------------------------------------------------------

    @rule(step=STEP)
    def something_happens(self, step):
        what, *how = step
        getattr(self, what)(*how)

    def a_call_begins(self, method, name, password, asks, then):
        if not self.ledger.is_fresh(self.now) and asks:  # where that fails, nothing is known
            self.learn_newest()
        call = history.Call(method, name, password)
        self.ledger.begin(call, self.tick())
        self.history.add("begin", call, self.now)
        if then != "waits":
            self.send(call)
        if then == "runs":
            self.run_request(call, 0, "all")

    def a_call_goes_on(self, which, fares, tells, thorough, shares):
        if not (calls := self.history.open()):
            return
        call = calls[which % len(calls)]
        match call.state:
            case State.PREPARED | State.ABSENT:
                self.send(call)
            case State.SENT if fares == "runs" and call.requests[-1] is None:
                self.run_request(call, len(call.requests) - 1, tells)
            case State.SENT:
                self.fare(call, fares)
            case State.LOST:
                self.look_for(call, thorough=thorough, shares=shares)
            case _ if call.owner_known and call.sends > 1:
                self.sift(call)
            case _:
                self.end(call)

    def send(self, call):
        if call.known_before is None:
            call.known_before = self.history.known()
        self.ledger.sent(call, self.tick())
        self.history.add("send", call, self.now)
        call.requests.append(None)

    def a_request_runs_late(self, which, tells):
        calls = [call for call in self.history.open() if None in call.requests]
        if calls:
            call = calls[which % len(calls)]
            self.run_request(call, call.requests.index(None), tells)

    def run_request(self, call, number, tells):
        call.requests[number] = self.run(call.method, call.name, tells, call)

    def another_client_begins_one(self, method, name, tells):
        self.run(method, name, tells, None)

    def run(self, method, name, tells, by):
        self.runs.append(history.Run(len(self.runs) + 1, method, name, tells, by))
        return self.runs[-1]

    def fare(self, call, how):
        run = call.requests[-1]
        if run and how in ("runs", "answered"):
            self.answer(call, run)
        elif run is None and (how == "throttled" or (how == "refused" and call.sends == 1)):
            call.requests[-1] = False
            call.did_not_run()
        else:
            if run is None and how == "refused":  # which says nothing of an earlier request
                call.requests[-1] = False
            self.lose(call)

    def answer(self, call, run):
        was_given = self.history.owns(call.yields, run.replied)
        assert self.ledger.own(call, run.replied, self.tick()) is not was_given
        if was_given:
            self.lose(call)
            return
        self.history.add("own", call.yields, run.replied)
        if call.yields == "id":
            self.history.add("note", run.id, call.last_sent)
        self.settle(call, run)

    def lose(self, call):
        call.lose()
        call.lost_at = self.now

    def a_call_ends(self, which, after):
        if calls := self.history.open():
            self.end(calls[which % len(calls)])
        self.now += after

    def end(self, call):
        self.ledger.end(call, self.tick())
        self.history.add("end", call, self.now)

    # -- looks ---------------------------------------------------------------------------------

    def learn_newest(self):
        self.ledger.note(len(self.runs), self.tick())
        self.history.add("note", len(self.runs), self.now)

    def a_list_is_seen(self, picks):
        if picks and self.runs:
            last = len(self.runs) - 1
            self.saw(
                list(dict.fromkeys(self.runs[last - pick % len(self.runs)].id for pick in picks))
            )
        else:
            self.learn_newest()

    def saw(self, numbers):
        """What the ledger wants of a list; it may have forgotten why it wants none of an old one."""
        ages = [self.history.told(call)[0] for call in self.history.open()]
        oldest = min((newest or 0 for newest in ages), default=0)
        due = [n for n in numbers if n > oldest and not self.history.owns("id", n)]
        wanted = self.ledger.saw(numbers, self.tick())
        assert set(due) <= set(wanted) <= set(numbers)
        if ages and None not in ages:
            assert wanted == due
        self.history.add("saw", wanted, self.now)
        return [self.runs[number - 1] for number in wanted]

    def look(self, call):
        by_name = "param" in call.filter
        shown = [
            run.id
            for run in reversed(self.runs)
            if run.method == call.method and (run.name == call.name or not by_name)
        ]
        found = self.saw(shown)
        self.looks.append((self.now, call.filter, found))
        return found

    def look_for(self, call, *, thorough, shares):
        shared = [
            found
            for began, filters, found in self.looks
            if shares and began > call.lost_at and filters == call.filter
        ]
        found = shared[-1] if shared else self.look(call)
        decision = decide(self.ledger, call, [run.details for run in found], thorough=thorough)
        if isinstance(decision, Adopt):
            self.adopt(call, self.runs[decision.details.id - 1])
        elif isinstance(decision, Undecided):
            assert thorough
            self.ledger.dispute(decision.details)
            self.history.add("dispute", decision.details.id)
            call.give_up()
        elif thorough:
            # What it has begun, and was shown, is an equal call's by now.
            assert all(self.history.is_owned(run) for run in found if run in call.requests)
            call.find_absent()

    def adopt(self, call, run):
        assert not self.history.is_owned(run)
        assert self.history.told(call)[0] is not None
        assert run.id not in call.known_before
        assert (run.method, run.name) == (call.method, call.name)
        by = run.by
        assert by is None or by.passwords == call.passwords or by.owner_known
        self.ledger.take(call, run.details, self.tick())
        self.history.add("own", "id", run.id)
        self.history.add("own", call.yields, run.replied)
        self.settle(call, run)

    def settle(self, call, run):
        assert run.id not in self.owner
        self.owner[run.id] = call
        self.owner_known[call] = call.state, call.sends, call.adopted

    def sift(self, call):
        found = self.look(call)
        for details in left_over(self.ledger, call, [run.details for run in found]).surplus:
            run = self.runs[details.id - 1]
            assert run.id not in self.owner
            assert run.id not in call.known_before
            assert (run.method, run.name) == (call.method, call.name)
            assert run.by is None or run.by.owner_known
            self.ledger.discard(details, self.tick())
            self.history.add("own", "id", run.id)

    # -- after each step -----------------------------------------------------------------------

    @invariant()
    def the_same_calls_are_open_and_as_old(self):
        still_open = self.history.open()
        for call in self.history.begun():
            assert self.ledger.is_active(call) == (call in still_open)
        for call in still_open:
            assert (call.newest, call.since) == self.history.told(call)
        assert self.ledger.is_fresh(self.now) == (self.now - self.history.as_of() < FRESH)

    @invariant()
    def each_open_call_may_be_given_the_same_operations(self):
        for call in self.history.open():
            for run, due in self.history.fits(call, self.runs):
                fits = self.ledger.fits(call, run.details)
                if call.newest is None:  # it is given nothing, whatever fits
                    assert fits is due or due is False
                    assert self.ledger.disputed(call, run.details)
                else:
                    assert fits is due
                    if fits is not False:
                        self.compare_rivals(call, run)

    def compare_rivals(self, call, run):
        """A call that had ended when the newest operation was learned may have been forgotten."""
        rivals = set(self.ledger.rivals(call, run.details))
        most = self.history.rivals(call, run)
        assert {other for other in most if self.history.ended_at(other) >= call.since} <= rivals
        assert rivals <= most
        disputed = self.history.is_disputed(call, run, rivals)
        assert self.ledger.disputed(call, run.details) == disputed

    @invariant()
    def a_settled_call_never_changes(self):
        for call, settled in self.owner_known.items():
            assert (call.state, call.sends, call.adopted) == settled


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(
    settings.get_profile("anywhere"), max_examples=50, stateful_step_count=50, derandomize=True
)
