"""Changing calls in any interleaving: the books agree with a model that forgets nothing.

Calls are begun, leave, run (also late, or after they have ended), are answered, refused, lost, looked
for and given up; other clients begin operations; lists show some of them in any order; the service
keeps, folds or cuts names. After each step the ledger is compared with the history of all that
happened. `test_no_extras` judges what this is for.
"""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from aiogandi.changes.decisions import Adopt, Undecided, decide, exact_rivals, left_over
from aiogandi.changes.ledger import FRESH, Ledger
from aiogandi.changes.recognition import Likeness
from aiogandi.changes.state import State
from tests.changes import history

SETTLE = 3
UNSETTLED = State.SENT, State.LOST, State.UNKNOWN

WHICH = st.integers(0, 5)
METHOD = st.sampled_from(["vm_create", "vm_create", "vm_start", "disk_create"])
NAME = st.sampled_from(["web"] * 4 + ["WEB", "WEB", "db", history.LONG])
PASSWORD = st.sampled_from("ppq")
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
        self.ledger, self.history = Ledger(history.LATENESS), history.History()
        self.now = 1.0
        self.stores = "keeps"
        self.runs = []
        self.looks = []  # when each began, its filter, and what it found
        self.owner, self.settled = {}, {}

    def tick(self):
        self.now += 1
        return self.now

    # -- calls ---------------------------------------------------------------------------------

    @initialize(stores=st.sampled_from(list(history.STORES)))
    def a_service_has_its_ways(self, stores):
        self.stores = stores

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

    def a_call_goes_on(self, which, fares, tells, waits, shares):
        if not (calls := self.history.open()):
            return
        call = calls[which % len(calls)]
        match call.state:
            case State.PREPARED | State.ABSENT if call.sends < 3:
                self.send(call)
            case State.SENT if fares == "runs" and call.requests[-1] is None:
                self.run_request(call, len(call.requests) - 1, tells)
            case State.SENT:
                self.fare(call, fares)
            case State.LOST:
                if waits:
                    self.now = max(self.now, call.patience_ends)
                self.look_for(call, shares=shares)
            case _ if call.may_have_left_more and fares != "refused":
                self.sift(call)
            case _:
                self.end(call)

    def send(self, call):
        if not call.sends:
            call.known_before = self.history.known()
        self.ledger.sent(call, self.tick())
        self.history.add("send", call, self.now)
        call.requests.append(None)

    def a_request_runs_late(self, which, tells):
        calls = [
            call
            for call in self.history.begun()
            if None in call.requests and self.now <= call.last_sent + history.LATENESS
        ]
        if calls:
            call = calls[which % len(calls)]
            self.run_request(call, call.requests.index(None), tells)

    def run_request(self, call, number, tells):
        call.requests[number] = self.run(call.method, call.name, tells, call)

    def another_client_begins_one(self, method, name, tells):
        self.run(method, name, tells, None)

    def run(self, method, name, tells, by):
        self.runs.append(history.Run(len(self.runs) + 1, method, name, by, self.stores, tells))
        return self.runs[-1]

    def fare(self, call, how):
        run = call.requests[-1]
        if run and how in ("runs", "answered"):
            self.answer(call, run)
        elif run is None and (how == "throttled" or (how == "refused" and call.sends == 1)):
            call.requests[-1] = False
            call.did_not_run()
            self.history.add("refuse", call)
        else:
            if run is None and how == "refused":  # which says nothing of an earlier request
                call.requests[-1] = False
            call.lose(self.now + SETTLE)

    def answer(self, call, run):
        was_given = self.history.owns(call.yields, run.replied)
        assert self.ledger.own(call, run.replied, self.tick()) is not was_given
        if was_given:
            call.lose(self.now + SETTLE)
            return
        self.history.add("own", call.yields, run.replied, call)
        if call.yields == "id":
            self.history.add("note", run.id, call.last_sent)
        self.settle(call, run)

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
        found = [self.runs[number - 1] for number in wanted]
        for run in found:
            if run.id not in self.ledger.sightings.details:
                self.learn(run)
        return found

    def learn(self, run):
        self.ledger.learn(run.details)
        self.history.add("learn", run, self.history.owner(run))
        begun = {
            call
            for call in self.history.begun()
            if self.history.looks_like(call, run) is not Likeness.DIFFERENT
        }
        may_have_begun = {
            call
            for call in self.remembered(begun)
            if call in self.history.open() or call.is_open or call.may_have_left_more
        }
        ages = [call.newest for call in self.history.open()]
        if not ages or None in ages:
            return  # nothing is too old to be asked about, not even what was forgotten
        folds, keeps = self.history.proves(run)
        assert run.method in self.ledger.habits.folds or not folds
        assert run.method in self.ledger.habits.keeps or not keeps
        if self.history.is_owned(run) or may_have_begun:
            assert not self.ledger.other_clients.have_begun(run.details)
        elif not begun:
            assert self.ledger.other_clients.have_begun(run.details)

    def remembered(self, calls):
        """Those of the calls that the ledger must not have forgotten."""
        since = min((call.since for call in self.history.open()), default=self.now)
        return {call for call in calls if self.history.may_run_until(call) >= since}

    def look(self, call, filters):
        by_name = "param" in filters and call.method != "vm_start"
        shown = [
            run.id
            for run in reversed(self.runs)
            if run.method == call.method and (run.stored == call.name or not by_name)
        ]
        found = self.saw(shown)
        self.looks.append((self.now, filters, found))
        return found

    def look_for(self, call, *, shares):
        believed = self.now >= call.patience_ends
        filters = {"type": call.method} if believed else call.filter
        after = call.patience_ends if believed else call.patience_ends - SETTLE
        shared = [
            found for at, its, found in self.looks if shares and at > after and its == filters
        ]
        found = shared[-1] if shared else self.look(call, filters)
        decision = decide(self.ledger, call, [run.details for run in found], believed=believed)
        if isinstance(decision, Undecided) and decision.proof and self.learn_folding(call.method):
            decision = decide(self.ledger, call, [run.details for run in found], believed=believed)
        if isinstance(decision, Adopt):
            for served, details in decision.pairs:
                self.adopt(served, self.runs[details.id - 1])
        if isinstance(decision, Undecided):
            assert believed
            if not (decision.may_clear and shares):  # or it looks again
                self.give_up(call, decision.candidates)
        elif believed and call.state is State.LOST:
            # What it has begun, and was shown, is an equal call's by now.
            assert all(self.history.is_owned(run) for run in found if run in call.requests)
            call.find_absent()

    def learn_folding(self, method):
        witness = self.ledger.habits.witness(method)
        if witness is None:
            return False
        call, number = witness
        run = next(run for run in self.runs if run.method == method and run.replied == number)
        self.ledger.habits.saw(run.details, call)
        self.history.add("learn", run, call)
        assert run in call.requests
        return method in self.ledger.habits.folds

    def give_up(self, call, candidates):
        call.give_up()
        alike = Likeness.EXACT, Likeness.UNTOLD
        for number in candidates:
            if self.history.likeness(call, self.runs[number - 1]) in alike:
                self.history.add("dispute", number)
        self.ledger.dispute(call, candidates)

    def adopt(self, call, run):
        assert not self.history.is_owned(run)
        assert self.history.told(call)[0] is not None
        assert run.id not in call.known_before
        assert run.by is None or call.is_alike_folded(run.by)
        passed_over = self.history.passes_over(call, run)
        for other in self.history.rivals(call, run):
            if (
                passed_over
                if other.twins == call.twins
                else call.method not in self.ledger.habits.keeps
            ):
                self.history.add("doubt", other, run.id)
        self.ledger.take(call, run.details, self.tick())
        for name in run.names:
            self.history.add("own", *name, call)
        self.settle(call, run)

    def settle(self, call, run):
        assert run.id not in self.owner
        self.owner[run.id] = call
        self.settled[call] = call.state, call.sends, call.adopted

    def sift(self, call):
        found = self.look(call, {"type": call.method})
        for details in left_over(self.ledger, call, [run.details for run in found]).surplus:
            run = self.runs[details.id - 1]
            assert run.id not in self.owner
            assert run.id not in call.known_before
            assert run.by in (None, call) or not run.by.is_open
            self.ledger.discard(details, self.tick())
            self.history.add("own", "id", run.id, None)

    # -- after each step -----------------------------------------------------------------------

    @invariant()
    def the_same_calls_are_open_and_as_old(self):
        still_open = self.history.open()
        for call in self.history.begun():
            assert self.ledger.is_active(call) == (call in still_open)
        for call in still_open:
            assert (call.newest, call.since) == self.history.told(call)
            assert call.first_sent == self.history.first_sent(call)
            assert call.doubts == self.history.doubts(call)
            twins = [
                other
                for other in still_open
                if other is not call
                and other.twins == call.twins
                and other.state in (State.SENT, State.LOST)
            ]
            assert self.ledger.twins(call) == twins
        assert self.ledger.is_fresh(self.now) == (self.now - self.history.as_of() < FRESH)
        shown = self.history.forms()
        assert bool(self.ledger.habits.folds) in (False, shown[0])
        assert bool(self.ledger.habits.keeps) in (False, shown[1])

    @invariant()
    def each_open_call_may_be_given_the_same_operations(self):
        for call in self.history.open():
            for run in self.runs:
                like, due = (
                    self.ledger.likeness(call, run.details),
                    self.history.likeness(call, run),
                )
                if call.newest is None:  # it is given nothing, whatever it looks like
                    assert like is due or due is Likeness.DIFFERENT
                    assert self.ledger.disputed(call, run.details)
                else:
                    assert like is due
                    if like is not Likeness.DIFFERENT:
                        self.compare_rivals(call, run)

    def compare_rivals(self, call, run):
        """A call that had ended when the newest operation was learned may have been forgotten."""
        rivals = set(self.ledger.rivals(call, run.details))
        most = self.history.rivals(call, run)
        assert self.remembered(most) <= rivals <= most
        others = self.history.others(call, run)
        others = {o for o in others if o.state in UNSETTLED or o.may_have_left_more}
        disputed = self.ledger.disputed(call, run.details)
        if self.history.is_disputed(call, run, self.remembered(others)):
            assert disputed
        elif not self.history.is_disputed(call, run, others):
            assert not disputed
        exact = {
            other
            for other in most.intersection(self.history.open())
            if other.state is not State.UNKNOWN
            and self.history.likeness(other, run) is Likeness.EXACT
        }
        assert set(exact_rivals(self.ledger, call, run.details)) == exact

    @invariant()
    def a_settled_call_never_changes(self):
        for call, settled in self.settled.items():
            assert (call.state, call.sends, call.adopted) == settled


TestInterleavings = pytest.mark.usefixtures("untraced")(Interleavings.TestCase)
TestInterleavings.settings = settings(
    max_examples=settings().max_examples, stateful_step_count=50, derandomize=True
)
