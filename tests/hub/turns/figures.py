"""Figures of the turns that processes share: ``python -m tests.hub.turns.figures [seconds]``.

Each line is a run of real processes, all of them busy, on one store.
"""

import asyncio
import json
import subprocess
import sys
import time
from itertools import pairwise

from aiogandi import RateLimit
from aiogandi.hub.redis_hub import RedisHub
from aiogandi.hub.turns.shared import SharedTurns
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.transport.rank import Rank
from aiogandi.transport.rate import Turns
from tests.hub.stores import StoreServer

LIMITS = (RateLimit(30, per=2.0), RateLimit(100, per=1.0))
PROCESSES = (1, 4, 8)


def say(text):
    """Print it at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def work(url, calls, per, group, begins, seconds, rank, prefix="aiogandi"):
    """Take turns from *begins* for so many *seconds* of the wall clock; print when they came."""
    hub, limit = RedisHub(url, prefix=prefix), RateLimit(int(calls), float(per))
    store = hub.store
    store.join()
    pacer = SharedTurns(store, group, limit, 0.1)
    turns, times = Turns(limit, Emitter(), pacer=pacer), []

    async def take():
        while True:
            async with turns.turn(Rank[rank]):
                times.append(time.time())

    await store.begun()
    await asyncio.sleep(float(begins) - time.time())
    takers = [asyncio.create_task(take()) for _ in range(3)]
    await asyncio.sleep(float(seconds))
    for each in takers:
        each.cancel()
    await asyncio.wait(takers)
    await pacer.close()
    trips = store.exchanges.get("turn-reserve", 0)
    await store.leave()
    say(json.dumps([times, trips]))


def run(url, limit, ranks, seconds):
    """The times and the round trips of one process for each of the *ranks*."""
    begins = time.time() + 1 + 0.5 * len(ranks)
    words = [url, limit.calls, limit.per, f"group-{begins}", begins, seconds]
    program = [sys.executable, "-m", "tests.hub.turns.figures", "work", *map(str, words)]
    workers = [subprocess.Popen([*program, rank], stdout=subprocess.PIPE) for rank in ranks]
    return [json.loads(worker.communicate()[0]) for worker in workers]


def figures(limit, outcomes):
    """What is printed of a run."""
    # While all of them were there, and not yet gone.
    begins = max(times[0] for times, _ in outcomes)
    ends = min(times[-1] for times, _ in outcomes)
    times = sorted(time for times, _ in outcomes for time in times)
    inside = [each for each in times if begins <= each < ends]
    used = len(inside) / (ends - begins) * limit.per / limit.calls
    most = max(sum(first <= each < first + limit.per for each in times) for first in times)
    shares = [sum(begins <= each < ends for each in times) for times, _ in outcomes]
    trips = sum(trips for _, trips in outcomes) / len(times)
    nearest = min(later - sooner for sooner, later in pairwise(times))
    return (
        f"{limit.calls:4} in {limit.per:g} s  {len(outcomes)} processes: used {used:.3f},"
        f" at most {most} in a window, least distance {nearest * 1000:.1f} ms,"
        f" {min(shares)} to {max(shares)} turns each, {trips:.3f} trips a turn"
    )


def main(seconds=20.0):
    server = StoreServer().start()
    try:
        for limit in LIMITS:
            for number in PROCESSES:
                say(figures(limit, run(server.url, limit, ["CALL"] * number, seconds)))
        ranks = ["CALL", "CALL", "BULK", "BULK", "POLL"]
        outcomes = run(server.url, LIMITS[0], ranks, seconds)
        say(figures(LIMITS[0], outcomes))
        of_each = zip(ranks, outcomes, strict=True)
        say("  of which " + ", ".join(f"{rank} {len(times)}" for rank, (times, _) in of_each))
    finally:
        server.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        asyncio.run(work(*sys.argv[2:]))
    else:
        main(*map(float, sys.argv[1:]))
