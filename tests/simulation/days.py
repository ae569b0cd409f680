"""What kind of day a seed is: the service's habits, the trouble on the way, who else is there."""

import math
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from unicodedata import normalize

from tests.simulation import troubles

SETTLE = 3.0
"""Seconds of the client's default `Retry.settle`, within which exactly-once is promised."""

FULLY = "within the guarantee"
TOLD = "what turns up is told"
TRUE = "only what is told is true"


@dataclass(frozen=True)
class Habits:
    """How the service is all day long."""

    first_id: int = 1000
    ids_grow: bool = True
    lower: bool = False
    cut: int | None = None
    idna: bool = False
    numbers_as_text: bool = False
    param_filter: str = "works"
    filter_folds: bool = False
    shuffles: bool = False
    odd_lists: bool = False
    clock_off: float = 0.0
    hides: float = 0.0
    unreadable: float = 0.0
    refuses_login: float = 0.0
    refuses_fresh: float = 0.0
    fails: float = 0.0
    pending: float = 10.0
    lasts: float = 60.0

    def stored(self, name):
        """What the service makes of a name."""
        return self.folded(name) if self.cut is None else self.folded(name)[: self.cut]

    def folded(self, name):
        """The same, before it is cut."""
        if self.lower:
            name = normalize("NFKC", name).lower().rstrip(".")
        if self.idna:
            name = name.encode("idna").decode() if name.isascii() is False else name
        return name

    def stored_if_text(self, value):
        return self.stored(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Day:
    """One seed's day.

    *troubles* are the kinds of trouble with their shares of all exchanges; where it *spares_reads*,
    only of those that change something. *foreign* is how many
    operations another client begins in a minute, *bursts* how many it may begin at once. *leaving* is
    the share of calls whose callers go.
    """

    seed: int
    judged: str
    habits: Habits
    troubles: tuple[tuple[str, float], ...]
    spares_reads: bool
    slow: float
    beyond: bool
    equal_names: bool
    foreign: float
    bursts: int
    naps: int
    forgets: float
    leaving: float
    settings: dict[str, Any]
    shifts: int
    blind: tuple[str, str] | None = None
    outage: tuple[float, float] = (math.inf, math.inf)

    @property
    def is_plain(self):
        """Whether waits must end soon after their operations."""
        return self.blind is not None or self.outage[0] < math.inf

    def words(self):
        """What marks this day, for people."""
        habits = [
            name if value is True else f"{name}={value}"
            for name, value in vars(self.habits).items()
            if value != getattr(Habits, name)
        ]
        trouble = [f"{name} {share:.0%}" for name, share in self.troubles]
        if self.blind is not None:
            trouble.append(f"{self.blind[0]}: {self.blind[1]}")
        if self.outage[0] < math.inf:
            trouble.append("a black hole from {:.0f} to {:.0f}".format(*self.outage))
        return (
            f"{self.judged}; {', '.join([*trouble, *habits])}{', spares reads' * self.spares_reads}"
        )


def day_of(seed):
    """The day of *seed*; nothing else decides about it."""
    day = _with_trouble(seed)
    rng = Random(f"polls {seed}")
    if rng.random() < 0.1:
        way = rng.choice(
            (
                ("operation_details", troubles.BLIND_DETAILS),
                ("operation_list", troubles.BLIND_LISTS),
            )
        )
        day = replace(day, blind=(way[0], rng.choice(sorted({**way[1], **troubles.BLIND}))))
    elif rng.random() < 0.1:
        begins = 1000 + rng.uniform(10, 200)
        day = replace(day, outage=(begins, begins + rng.choice((60, 600, 3600))))
    if day.is_plain:
        habits = replace(day.habits, unreadable=0.0, refuses_login=0.0, refuses_fresh=0.0)
        day = replace(
            day, habits=habits, troubles=(), slow=0.0, forgets=0.0, naps=0, leaving=0.0, settings={}
        )
    if rng.random() < 0.2:
        day = replace(day, habits=replace(day.habits, odd_lists=True))
    return day


def _with_trouble(seed):
    rng = Random(f"day {seed}")
    outside = rng.random() < 0.15 and rng.choice(("beyond", "equal names", "ids"))
    spares_reads = rng.random() < 0.4
    total = rng.choice((0.1, 0.3, 0.5, 0.6) if spares_reads else (0.05, 0.1, 0.2, 0.3, 0.4))
    kinds = rng.sample(sorted(troubles.KINDS), rng.choice((2, 4, 6, len(troubles.KINDS))))
    if spares_reads and rng.random() < 0.5:
        kinds = rng.sample(sorted(troubles.LOSSES), 2)
    if not set(kinds) & troubles.LOSSES:
        kinds.append(rng.choice(sorted(troubles.LOSSES)))
    weights = {kind: rng.expovariate(1) for kind in kinds}
    share = total / sum(weights.values())
    # A service that hangs more often than that has no operation ended within the hour.
    most = {"hung": 1.0 if spares_reads else 0.15}
    shares = {kind: min(weight * share, most.get(kind, 1.0)) for kind, weight in weights.items()}
    return Day(
        seed=seed,
        judged={False: FULLY, "beyond": TOLD, "equal names": TRUE, "ids": TRUE}[outside],
        habits=_habits(rng, ids_grow=outside != "ids"),
        troubles=tuple(shares.items()),
        spares_reads=spares_reads,
        slow=_sometimes(rng, 0.5, 0.3),
        beyond=outside == "beyond",
        equal_names=outside == "equal names",
        foreign=6.0 if outside == "equal names" else _sometimes(rng, 0.5, 10.0),
        bursts=rng.choice((0, 0, 0, 40, 350)) if outside is False else 0,
        naps=rng.choice((0, 0, 1, 3)) if outside is False else 0,
        forgets=_sometimes(rng, 0.4, 0.03),
        leaving=_sometimes(rng, 0.7, 0.3),
        settings={"rate_limit": None} if rng.random() < 0.2 else {},
        shifts=rng.randint(1, 3),
    )


def _habits(rng, *, ids_grow):
    return Habits(
        first_id=rng.choice((1000, 1000, 1_000_000, 2**31 - 60, 2**33)),
        ids_grow=ids_grow,
        lower=rng.random() < 0.25,
        cut=15 if rng.random() < 0.15 else None,
        idna=rng.random() < 0.1,
        numbers_as_text=rng.random() < 0.15,
        param_filter=rng.choice(("works", "works", "works", "refused", "ignored")),
        filter_folds=rng.random() < 0.5,
        shuffles=rng.random() < 0.2,
        clock_off=rng.choice((0.0, 0.0, 7200.0, -5400.0)),
        hides=_sometimes(rng, 0.4, SETTLE),
        unreadable=_sometimes(rng, 0.2, 0.3),
        refuses_login=_sometimes(rng, 0.15, 0.05),
        refuses_fresh=_sometimes(rng, 0.3, 0.5),
        fails=_sometimes(rng, 0.3, 0.1),
        pending=rng.choice((2.0, 10.0, 30.0)),
        lasts=rng.choice((5.0, 30.0, 120.0)),
    )


def _sometimes(rng, share, most):
    return rng.uniform(0, most) if rng.random() < share else 0.0
