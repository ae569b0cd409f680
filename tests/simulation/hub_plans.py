"""What kind of day a seed is on which several processes share a store: see `plans` for the rest of it."""

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.simulation.days import TRUE
from tests.simulation.loop import START
from tests.simulation.plans import Plan, plan_of
from tests.simulation.processes import PLACES
from tests.simulation.store import TROUBLES, Spell

JOURNAL = "with the hub's journal"
CLAIMS = "without a journal"


@dataclass(frozen=True)
class HubPlan:
    """Who does what on the day of *plan*.

    *workers* are the ends of the lives of each process without a journal, as `Plan.lives` are those with
    one. *freezes* are for each process the seconds after which it is frozen, and for how long. *spells* are
    the times of trouble with the store, *emptied* those at which it loses all that it has.
    """

    plan: Plan
    kind: str
    workers: tuple[tuple[Any, ...], ...]
    freezes: dict[int, tuple[float, float]]
    spells: tuple[Spell, ...]
    emptied: tuple[float, ...]
    hub: dict[str, Any]
    clock_off: float

    @property
    def day(self):
        return self.plan.day

    @property
    def is_calm(self):
        """Whether waits end soon after their operations, whoever is killed."""
        day = self.day
        trouble = day.troubles or day.slow or day.foreign or day.bursts or day.forgets
        return not (trouble or self.spells or self.emptied or self.freezes)


def hub_plan_of(seed):
    """The plan of *seed*; nothing else decides about it."""
    plan = plan_of(seed)
    rng = Random(f"hub {seed}")
    kind = rng.choice((JOURNAL, CLAIMS))
    emptied = ()
    if rng.random() < 0.15:
        emptied = tuple(START + rng.uniform(2, 200) for _ in range(rng.randint(1, 2)))
    spells = tuple(_spells(rng)) if rng.random() < 0.5 else ()
    hub = {"lease": rng.choice((5.0, 5.0, 2.0, 1.0)), "deadline": rng.choice((2.0, 2.0, 0.5))}
    hub["alone"] = "send" if spells and rng.random() < 0.15 else "wait"
    day = plan.day
    if emptied or hub["alone"] == "send":
        day = replace(day, judged=TRUE)
    if rng.random() < 0.15:
        habits = replace(day.habits, hides=0.0, unreadable=0.0, refuses_login=0.0)
        day = replace(day, habits=habits, troubles=(), slow=0.0, foreign=0.0, bursts=0, forgets=0.0)
    number = rng.choice((2, 2, 3, 5))
    return HubPlan(
        plan=replace(
            plan,
            day=day,
            lives=tuple(_lives(rng) for _ in range(number)) if kind == JOURNAL else (),
            shared=plan.shared or rng.random() < 0.5,
            full=0.0,
        ),
        kind=kind,
        workers=tuple(_lives(rng) for _ in range(number)) if kind == CLAIMS else (),
        freezes=_freezes(rng, number) if rng.random() < 0.25 else {},
        spells=spells,
        emptied=emptied,
        hub=hub,
        clock_off=rng.choice((0.0, 0.0, 7200.0, -90.0)),
    )


def _spells(rng):
    for _ in range(rng.choice((1, 1, 2, 4))):
        begins = START + rng.choice((rng.uniform(0, 10), rng.uniform(0, 200)))
        lasts = rng.choice((0.3, rng.uniform(0, 3), rng.uniform(2, 20), rng.uniform(10, 100)))
        numbers = None
        if rng.random() < 0.3:  # a partition: some see it, and others do not
            numbers = frozenset(n for n in range(1000) if n // 100 == rng.randrange(3))
        yield Spell(begins, begins + lasts, rng.choice(TROUBLES), numbers)


def _lives(rng):
    """Where each life of a process ends; the last one goes to its end."""
    ends = []
    for _ in range(rng.choice((0, 1, 1, 3))):
        way = rng.random()
        if way < 0.5:
            ends.append((rng.choice(PLACES), rng.randint(1, rng.choice((2, 8, 30)))))
        elif way < 0.85:
            ends.append(rng.choice((rng.uniform(0, 3), rng.uniform(0, 30), rng.uniform(0, 200))))
        else:
            ends.append(-rng.choice((rng.uniform(0, 3), rng.uniform(0, 100))))
    return (*ends, None)


def _freezes(rng, number):
    """Some lives are frozen: when, and for how long."""
    return {
        100 * program + rng.randrange(2): (
            rng.choice((rng.uniform(0, 3), rng.uniform(0, 60))),
            rng.choice((0.5, rng.uniform(1, 8), 30.0)),
        )
        for program in rng.sample(range(number), rng.randint(1, number))
    }
