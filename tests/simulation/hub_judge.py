"""Compares the books of the service with what callers of several processes were told, which share a store."""

from collections import Counter

from tests.simulation.heirs import CrashJudge
from tests.simulation.judge import UNTRUE, Judge, story

TOO_MANY = "too many requests"
LATE = "noticed late"

PER = 2.0
CALLS = 30

SOON = 20.0
"""Seconds within which an operation's end is noticed on a calm day, a leader's death included."""


WHOSE = ("it is (", "operation ", "it was ", "recovered ", "nobody has asked")
"""How complaints begin of an operation that is another call's."""


def judged_as_shared(complaints, plan):
    """The complaints without those of whose an operation is, on a day on which nobody can know that: what was
    claimed is forgotten with the store, and what is done alone is claimed nowhere.
    """
    if not plan.emptied and plan.hub["alone"] == "wait":
        return complaints
    return [
        (kind, text) for kind, text in complaints if kind != UNTRUE or not text.startswith(WHOSE)
    ]


def rate_complaints(shared, world):
    """Where more requests left within a time than all processes together may send."""
    plan = shared.plan
    if "rate_limit" in plan.day.settings:
        return
    times = [left for left, *_ in world.weather.journal]
    number = max(len(plan.workers), len(plan.plan.lives))
    troubles = [(spell.begins, spell.ends + 10) for spell in plan.spells]
    troubles += [(when - 3, when + 10) for when in plan.emptied]
    first = 0
    for last, left in enumerate(times):
        while times[first] <= left - PER:
            first += 1
        alone = any(begins - PER <= left <= ends + PER for begins, ends in troubles)
        # Each may have one late reservation; those that are alone take a tenth of the rate.
        most = CALLS + 1 + number + alone * number * (CALLS // 10 + 1)
        if last - first + 1 > most:
            yield TOO_MANY, f"{last - first + 1} within {PER} s at {left:.2f}, not {most}"
            return


class HubJudge(Judge):
    """The complaints of a day without a journal."""

    def __init__(self, shared, world, books):
        super().__init__(world, books)
        self._shared = shared

    def __call__(self):
        super().__call__()
        self.complaints.extend(rate_complaints(self._shared, self._world))
        return judged_as_shared(self.complaints, self._shared.plan)

    def _is_cut_off(self, entry):
        return id(entry) in self._shared.cut_off

    def _what_nobody_knows(self, accounted):
        # What a process had begun that was killed is nobody's to be told, and may have been taken for that of
        # an equal call, whose own is left then.
        killed = Counter()
        for key, calls in self._calls.items():
            for call in calls:
                if self._is_cut_off(call):
                    killed[key] += len(call.ran) or 1
        forgiven = set()
        for work in self._works:
            key = self._key(work.type, work.sent)
            if work not in accounted and killed[key]:
                killed[key] -= 1
                forgiven.add(work)
        super()._what_nobody_knows(accounted | forgiven)

    def _what_ran_too_often(self):
        frozen = bool(self._shared.plan.freezes)
        before = len(self.complaints)
        super()._what_ran_too_often()
        if frozen and self._books.surplus:  # as README says of who is frozen just before it sends
            del self.complaints[before:]

    def _how_it_ended(self):
        calls, waits = self._books.calls, self._books.waits
        self._books.calls = [call for call in calls if not self._is_cut_off(call)]
        self._books.waits = [wait for wait in waits if not self._is_cut_off(wait)]
        super()._how_it_ended()
        self._books.calls, self._books.waits = calls, waits

    def _how_it_was_waited_for(self, wait):
        super()._how_it_was_waited_for(wait)
        if not self._shared.plan.is_calm or (work := self._returned_by(wait.call)) is None:
            return
        ended = max(work.ends if work.cancelled is None else work.cancelled, wait.began)
        if wait.outcome == "DONE" and wait.ended - ended > SOON:
            self._complain(LATE, f"after {wait.ended - ended:.0f} s: {story(wait.call)}")


class SharedJudge(CrashJudge):
    """The complaints of a day with the hub's journal."""

    def __init__(self, shared, world, books):
        super().__init__(world, books, shared.plan.plan, shared.desk)
        self._shared = shared

    def __call__(self):
        super().__call__()
        self.complaints.extend(rate_complaints(self._shared, self._world))
        return judged_as_shared(self.complaints, self._shared.plan)

    def _is_known(self, work):
        # Of two equal steps one may have been found meanwhile by another process, when people named its.
        return super()._is_known(work) or work.id in self._desk.named
