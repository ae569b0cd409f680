"""What kind of day a seed is on which processes are killed: see `days` for the rest of it."""

import math
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.simulation.days import FULLY, TOLD, day_of
from tests.simulation.processes import PLACES

KINDS = ("server", "hasty server", "lenient", "disk", "reboot", "nested")


@dataclass(frozen=True, eq=False)
class Order:
    """What is wanted once: under the key *name*, or outside of keys."""

    name: str
    kind: str
    hostname: str
    password: str = "s3cret-pw"
    disk: Any = None
    vm: int = 0


@dataclass(frozen=True)
class Plan:
    """Who does what on a *day*, and when it is killed.

    *lives* are those of each program that works on the journal, side by side: the place where each life
    ends, a number of seconds after which it is killed, or minus so many after which it is told to leave.
    *orders* are each program's own, some of them everybody's. Where *bulk*, they are items of a durable run.
    """

    day: Any
    lives: tuple[tuple[Any, ...], ...]
    orders: tuple[Order, ...]
    shared: bool
    bulk: bool
    outside: tuple[Order, ...]
    recovers: bool
    full: float
    alike: bool

    @property
    def is_clear(self):
        """Whether nothing on this day keeps anybody from telling which operation is whose."""
        habits = self.day.habits
        odd = habits.lower or habits.cut or habits.idna or habits.unreadable or habits.refuses_login
        odd = odd or habits.odd_lists  # a list that holds nothing but what is no id is not believed
        trouble = self.day.troubles and not self.day.spares_reads
        others = self.day.bursts or self.full
        return self.day.judged == FULLY and not (odd or trouble or others or self.alike)


def plan_of(seed):
    """The plan of *seed*; nothing else decides about it."""
    day = day_of(seed)
    calm = replace(day.habits, unreadable=0.0) if day.is_plain else day.habits
    day = replace(
        day,
        blind=None,
        outage=(math.inf, math.inf),
        naps=0,
        beyond=False,
        judged=FULLY if day.judged == TOLD else day.judged,
        leaving=min(day.leaving, 0.1),
        habits=calm,
    )
    rng = Random(f"plan {seed}")
    side_by_side = rng.choice((1, 1, 2))
    alike = rng.random() < 0.5
    kinds = KINDS if day.habits.fails == 0 else [k for k in KINDS if k != "hasty server"]
    orders = [_order(rng, f"key-{n}", rng.choice(kinds), alike) for n in range(rng.randint(2, 7))]
    bulk = rng.random() < 0.3
    outside = []
    if rng.random() < 0.5:
        outside = [
            _order(rng, f"out-{n}", rng.choice(("disk", "vm")), alike)
            for n in range(rng.randint(1, 4))
        ]
    return Plan(
        day=day,
        lives=tuple(_lives(rng) for _ in range(side_by_side)),
        orders=tuple(orders),
        shared=rng.random() < 0.6,
        bulk=bulk,
        outside=tuple(outside),
        recovers=bool(outside) or rng.random() < 0.3,
        full=rng.choice((0.0, 0.0, 0.0, 0.02)) if side_by_side == 1 else 0.0,
        alike=alike,
    )


def _order(rng, name, kind, alike):
    host = rng.choice(("web", "WEB", "Server-Frankfurt-1", "w-é")) if alike else f"host-of-{name}"
    password = rng.choice(("s3cret-pw", "s3cret-pw", "other-pw")) if alike else "s3cret-pw"
    specs = {"size": 1000, "fstype": "ext3"}
    if not alike or rng.random() < 0.7:
        specs["name"] = rng.choice(("data", "DATA")) if alike else f"data-{name}"
    return Order(name, kind, host, password, specs, rng.randrange(2) if alike else -1)


def _lives(rng):
    """Where each life ends. The last but one goes to its end, and one more sees what is recorded."""
    ends = []
    for _ in range(rng.choice((1, 2, 4, 8))):
        way = rng.random()
        if way < 0.6:
            place = rng.choice(PLACES)
            most = rng.choice((2, 8, 30))
            ends.append((place, rng.randint(1, most)))
        elif way < 0.85:
            ends.append(rng.choice((rng.uniform(0, 3), rng.uniform(0, 30), rng.uniform(0, 200))))
        else:
            ends.append(-rng.choice((rng.uniform(0, 3), rng.uniform(0, 100))))
    return (*ends, None, None)
