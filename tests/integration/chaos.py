"""A bad day at the service, seeded, in virtual time: for the chaos test and for who runs it by hand.

By hand, twenty days of 120 lives each::

    python -m tests.integration.chaos 1-20
"""

import asyncio
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain

from aiogandi import OutcomeUnknown, RateLimit, Retry, Stats, TransportError, bulk
from aiogandi.instrumentation import CallEnded
from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.trouble import Delay, DropReply, DropRequest, Garble, Refuse
from tests.virtual_time import run_in_virtual_time

DEFAULT_RATE = RateLimit(30, per=2.0)
"""The only setting that is given: a sandbox's client has no limit else. All others are the defaults."""

LIVES = 120

LATEST = 2.5
"""Seconds by which a call is executed late at most, after its connection was closed: less than
`Retry.settle`, within which a call runs once."""

AFTERMATH = 120.0
"""Seconds after the last life in which nothing may happen any more, though late calls still could."""


class BadDay:
    """What `Sandbox.interfere` is set to: one request in four meets trouble.

    ``met`` counts it. What is *slow* is no trouble, but lets requests overtake each other. The
    service's clock is wrong by ``hours``.
    """

    def __init__(self, sandbox, seed):
        self._sandbox = sandbox
        self._random = random.Random(seed)
        self._expires_at = 50
        self.met = Counter()
        self.hours = self._random.choice([-1, 1]) * self._random.randint(2, 12)
        sandbox.set_date(sandbox.now + timedelta(hours=self.hours))

    def __call__(self, method):
        if self._sandbox.executed.total() >= self._expires_at:
            self._expires_at += 50
            self._sandbox.expire_sessions()
            self.met["sessions lost"] += 1
        lot = self._random.random()
        for name, share, trouble in (
            ("before", 0.10, DropRequest()),
            ("after", 0.07, DropReply()),
            ("late", 0.03, DropReply(late=self._random.uniform(0, LATEST))),
            ("503", 0.05, Refuse(503)),
            ("garbage", 0.02, Garble()),
            ("slow", 0.20, Delay(self._random.uniform(0, 5))),
        ):
            if lot < share:
                self.met[name] += 1
                return trouble
            lot -= share
        return None


@dataclass(eq=False)
class Life:
    """A server and a disk, from their creation to their end, and what was told of them.

    Every fourth life is called as the one before it, and has the same of all else.
    """

    number: int
    told: Counter = field(default_factory=Counter)
    """How often each thing has happened, as far as the life was told: by method, server and disk."""

    @property
    def name(self):
        return f"{self.number - (self.number % 4 == 3)}"

    async def live(self, gandi):
        created = await asyncio.gather(
            self._create(gandi.vm_create(f"web-{self.name}", "s3cret-pw", 111, 1, 1)),
            self._create(
                gandi.disk_create({"size": 1024, "name": f"data-{self.name}", "fstype": "ext3"})
            ),
            return_exceptions=True,  # what the other has created is told as well
        )
        if errors := [result for result in created if isinstance(result, Exception)]:
            raise ExceptionGroup("not created", errors)
        vm, disk = created
        for change, *ids in (
            (gandi.disk_attach, vm, disk),
            (gandi.vm_stop, vm),
            (gandi.vm_start, vm),
            (gandi.vm_stop, vm),
            (gandi.disk_detach, vm, disk),
            (gandi.disk_delete, disk),
            (gandi.vm_delete, vm),
        ):
            operation = await change(*ids)
            self.told[change.__name__, *ids] += 1
            await operation

    async def _create(self, call):
        operation = await call
        kind, thing = ("vm", operation.vm_id) if operation.vm_id else ("disk", operation.disk_id)
        self.told[f"{kind}_create", thing] += 1
        await operation
        return thing


@dataclass(frozen=True)
class Day:
    """What a day has left: the sandbox's books, the lives, the errors of those that ended early with
    their numbers, the calls that ended in an error, the client's stats, and the trouble that there was.
    """

    sandbox: Sandbox
    lives: list[Life]
    errors: list[tuple[int, Exception]]
    failed: list[CallEnded]
    stats: Stats
    met: Counter
    hours: int

    @property
    def refused(self):
        """The errors by which a life may end early: no send of a call has run."""
        return [error for _, error in self.errors if self._did_not_run(error)]

    @property
    def complaints(self):
        """What is not as it was told, by the sandbox's own books."""
        return [
            *(f"life {n}: {e!r}" for n, e in self.errors if not self._did_not_run(e)),
            *self._in_books(),
            *self._left_over(),
        ]

    def _did_not_run(self, error):
        """Whether the error tells that no send of the call has run, and it was sent to the last."""
        told = isinstance(error, TransportError) and not isinstance(error, OutcomeUnknown)
        sends = (call.attempts for call in self.failed if call.error is error)
        return told and not error.sent and max(sends, default=0) >= Retry().attempts

    def _in_books(self):
        """What happened more often, or less, than the lives were told."""
        happened = Counter(map(thing_of, self.sandbox.operations))
        told = sum((life.told for life in self.lives), Counter())
        for thing in sorted(happened | told):
            if happened[thing] != told[thing]:
                yield f"{thing} happened {happened[thing]} times, told were {told[thing]}"
        for operation in self.sandbox.operations:
            if operation["state"] != "DONE":
                yield f"{thing_of(operation)} ended in {operation['state']}"

    def _left_over(self):
        """Servers and disks that are not those of a life that ended early, and shares without a
        server.
        """
        left = {("vm", vm["id"]) for vm in self.sandbox.vms}
        left |= {("disk", disk["id"]) for disk in self.sandbox.disks}
        for number, _ in self.errors:
            for method, *ids in self.lives[number].told:
                left -= {(method.removesuffix("_create"), *ids)}
        yield from (f"left over: {kind} {number}" for kind, number in sorted(left))
        if self.sandbox.used_shares != len(self.sandbox.vms):
            yield f"left over: {self.sandbox.used_shares} used shares"


def thing_of(operation):
    """Method, server and disk of an operation, as far as its call names or makes them."""
    params = operation["params"]
    ids = (params[name] for name in ("vm_id", "disk_id") if name in params)
    return operation["type"], *ids


async def run(seed, number=LIVES):
    """That many lives, all at once, on the seed's day."""
    random.seed(seed)  # the client draws the lengths of its pauses
    clock = asyncio.get_running_loop().time
    failed = []

    def listen(event):
        if isinstance(event, CallEnded) and event.error is not None:
            failed.append(event)

    async with (
        # Room for duplicates, if there were any.
        Sandbox(clock=clock, shares=4 * number) as sandbox,
        sandbox.client(rate_limit=DEFAULT_RATE, on_event=listen) as gandi,
    ):
        day = sandbox.interfere = BadDay(sandbox, seed)
        lives = [Life(each) for each in range(number)]
        ends = bulk(lambda life: life.live(gandi), lives, limit=number)
        errors = [
            (end.item.number, error)
            async for end in ends
            if not end.ok
            for error in getattr(end.error, "exceptions", [end.error])
        ]
        sandbox.interfere = None
        await asyncio.sleep(AFTERMATH)
        return Day(sandbox, lives, errors, failed, gandi.stats, day.met, day.hours)


TROUBLES = ("before", "after", "late", "503", "garbage", "slow", "sessions lost")
COUNTS = ("requests", "retries", "reconciled", "unknown", "surplus")
TITLES = ("seed", "seconds", "hours off", *TROUBLES, *COUNTS, "did not run", "complaints")


def table(seeds):
    """A line for each seed's day, its complaints below it, and a line of sums.

    *Seconds* are those of this machine, *did not run* counts the calls of which no send has run.
    """
    yield "  ".join(TITLES)
    rows = []
    for seed in seeds:
        began = time.monotonic()
        day = run_in_virtual_time(run(seed))
        rows.append(
            (
                round(time.monotonic() - began, 1),
                day.hours,
                *(day.met[name] for name in TROUBLES),
                *(getattr(day.stats, name) for name in COUNTS),
                len(day.refused),
                len(day.complaints),
            )
        )
        yield aligned(seed, *rows[-1])
        yield from (f"      {complaint:.300}" for complaint in day.complaints)
    seconds, _, *sums = map(sum, zip(*rows, strict=True))
    yield aligned("all", round(seconds, 1), "", *sums)


def aligned(*row):
    return "  ".join(f"{value:>{len(title)}}" for value, title in zip(row, TITLES, strict=True))


def numbers_in(text):
    """The numbers of ``3`` or ``1-20``."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    for line in table(chain.from_iterable(map(numbers_in, sys.argv[1:]))):
        print(line, flush=True)  # noqa: T201
