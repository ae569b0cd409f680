"""The main claim: while requests run within the settling time, no interleaving makes an extra.

A plan says when each call begins and, for each of its sends, whether and when that runs, for how long
lists hide it, and when its reply comes or is known to be lost. The plan is played in virtual time.
"""

import heapq
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiogandi.changes.decisions import Adopt, Undecided, decide, left_over
from aiogandi.changes.ledger import Ledger
from aiogandi.changes.state import State
from tests.changes.history import Call, Run

SETTLE = 4
SENDS = 3
WITHIN = 12
"""For how long an undecided call that may become clear is looked for after its patience."""

MOMENTS = st.integers(0, SETTLE)
SEND = st.fixed_dictionaries(
    {
        "fate": st.sampled_from(["is lost", "is lost", "is answered", "never runs", "is refused"]),
        "reply": st.integers(0, 3),  # after the send
        "runs": st.integers(0, SETTLE + 3),
        "hidden": MOMENTS,
        "looks": st.lists(st.tuples(MOMENTS, st.integers(0, 2)), max_size=2),
        "takes": st.integers(0, 2),  # the look after its patience
    }
)
CALL = st.fixed_dictionaries(
    {
        "what": st.sampled_from([("web", "p")] * 6 + [("WEB", "p")] * 3 + [("web", "q")]),
        "begins": st.integers(0, 4),
        "asks": st.booleans(),  # for the newest operation, before it is sent
        "sends": st.lists(SEND, min_size=SENDS, max_size=SENDS),
        "leaves": MOMENTS,  # between its end and that in the books
    }
)
METHOD = st.sampled_from(["vm_create", "vm_start"])


class Play:
    def __init__(self, method, stores, plans):
        self.ledger = Ledger(lateness=20)
        self.ledger.note(10, 0)
        self.method, self.stores = method, stores
        self.now, self.agenda, self.order = 0, [], count()
        self.runs, self.visible = [], {}  # when each run is shown
        self.told = {}
        self.calls = []
        for plan in plans:
            name, password = plan["what"]
            self.calls.append(call := Call(method, name, password))
            self.at(plan["begins"], self.begin, call, plan)
        while self.agenda:
            self.now, _, act, values = heapq.heappop(self.agenda)
            act(*values)

    def at(self, time, act, *values):
        # What runs at a moment is seen by every look of that moment.
        heapq.heappush(self.agenda, (time, (act != self.run, next(self.order)), act, values))

    def shown(self):
        return [run for run in self.runs if self.visible[run] <= self.now]

    # -- calls ---------------------------------------------------------------------------------

    def begin(self, call, plan):
        if plan["asks"]:
            self.ledger.note(max((run.id for run in self.shown()), default=10), self.now)
        self.ledger.begin(call, self.now)
        self.send(call, plan)

    def send(self, call, plan):
        number = len(call.requests)
        if number == SENDS:
            self.at(self.now + plan["leaves"], self.end, call)
            return
        send = plan["sends"][number]
        self.ledger.sent(call, self.now)
        call.requests.append(None)
        reply = self.now + send["reply"]
        match send["fate"]:
            case "is refused":
                self.at(reply, self.refuse, call, plan)
            case "never runs":
                self.at(reply, self.lose, call, plan, send)
            case "is answered":
                self.at(min(self.now + send["runs"], reply), self.run, call, reply + SETTLE, send)
                self.at(reply, self.answer, call, plan, send)
            case "is lost":
                patience = reply + SETTLE
                self.at(min(self.now + send["runs"], patience), self.run, call, patience, send)
                self.at(reply, self.lose, call, plan, send)

    def run(self, call, patience, send):
        run = Run(11 + len(self.runs), call.method, call.name, call, self.stores)
        self.runs.append(run)
        self.visible[run] = min(self.now + send["hidden"], patience)
        call.requests[-1] = run

    def refuse(self, call, plan):
        call.did_not_run()
        self.at(self.now + 1, self.send, call, plan)

    def answer(self, call, plan, send):
        run = call.requests[-1]
        if self.ledger.own(call, run.replied, self.now):
            self.tell(call, run, plan)
        else:
            self.lose(call, plan, send)

    def tell(self, call, run, plan):
        assert run not in self.told
        self.told[run] = call
        assert call.is_alike_folded(run.by)
        self.at(self.now + plan["leaves"], self.end, call)

    def lose(self, call, plan, send):
        call.plan = plan
        call.lose(self.now + SETTLE)
        looks = [(self.now + after, takes) for after, takes in send["looks"]]
        for began, takes in [*looks, (call.patience_ends, send["takes"])]:
            self.at(began, self.look, call, call.sends, takes)

    def end(self, call):
        if call.may_have_left_more and call.state is not State.UNKNOWN:
            found = self.ledger.saw([run.id for run in self.shown()], self.now)
            details = [self.runs[number - 11].details for number in found]
            # There is none, so that whatever is told as surplus is somebody's.
            assert left_over(self.ledger, call, details).surplus == []
        self.ledger.end(call, self.now)

    # -- looks ---------------------------------------------------------------------------------

    def look(self, call, sends, takes):
        if (call.state, call.sends) == (State.LOST, sends):
            self.at(self.now + takes, self.looked, call, sends, self.now, self.shown())

    def looked(self, call, sends, began, shown):
        if (call.state, call.sends) != (State.LOST, sends):
            return
        believed = began >= call.patience_ends
        found = self.ledger.saw([run.id for run in reversed(shown)], self.now)
        details = [self.runs[number - 11].details for number in found]
        for each in details:
            self.ledger.learn(each)
        decision = decide(self.ledger, call, details, believed=believed)
        if isinstance(decision, Undecided):
            if decision.may_clear and began < call.patience_ends + WITHIN:
                self.at(self.now + 1, self.look, call, sends, 0)
                return
            call.give_up()
            self.ledger.dispute(call, decision.candidates)
            self.at(self.now + call.plan["leaves"], self.end, call)
            return
        if isinstance(decision, Adopt):
            for served, given in decision.pairs:
                self.ledger.take(served, given, self.now)
                self.tell(served, self.runs[given.id - 11], served.plan)
        if believed and call.state is State.LOST:
            own = [run for run in shown if run in call.requests]
            assert all(run in self.told for run in own)
            call.find_absent()
            self.at(self.now, self.send, call, call.plan)


@pytest.mark.usefixtures("untraced")
@settings(max_examples=8 * settings().max_examples, derandomize=True)
@given(METHOD, st.sampled_from(["keeps", "folds"]), st.lists(CALL, min_size=2, max_size=5))
def test_no_interleaving_makes_an_extra(method, stores, plans):
    play = Play(method, stores, plans)
    for call in play.calls:
        equals = [other for other in play.calls if other.twins == call.twins]
        begun = [run for run in play.runs if run.by in equals]
        assert len(begun) <= len(equals)
        if stores == "keeps" and len({other.twins for other in play.calls}) == 1:
            assert call.state is not State.UNKNOWN  # its equals alone never leave one in doubt
