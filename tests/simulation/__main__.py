"""Plays seeds by hand, on all processors: ``python -m tests.simulation 1-5000``, or ``17 23`` to be told
all of those two, or ``kept``, all that once found something.
``python -m tests.simulation crashes 1-5000`` plays days on which processes are killed,
``python -m tests.simulation hub 1-2000`` days on which several processes share a store.
"""

import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.simulation import crashes, hubs, runs
from tests.simulation.seeds import seeds_of


def main(words):
    """Play the seeds, tell each complaint, and print a table; the exit code says whether all is well."""
    began = time.monotonic()
    play = play_day
    if words[:1] in (["crashes"], ["hub"]):
        play, words = {"crashes": play_crashes, "hub": play_hub}[words[0]], words[1:]
    seeds = list(seeds_of(words))
    met, kinds, failed = Counter(), Counter(), []
    requests = calls = unknown = seconds = 0
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        for result in workers.map(play, seeds, chunksize=1):
            requests += result.requests
            calls += result.calls
            unknown += result.unknown
            seconds += result.seconds
            met.update(result.met)
            if result.complaints:
                failed.append(result.seed)
                kinds.update(kind for kind, _ in result.complaints)
                print(result, flush=True)  # noqa: T201
    rows = {
        "seeds": len(seeds),
        "requests": requests,
        "calls": calls,
        "calls told as unknown": unknown,
        "seconds of processor": f"{seconds:.0f}",
        "requests for each of them": f"{requests / seconds:.0f}",
        "seconds": f"{time.monotonic() - began:.0f}",
        **{f"met: {name}": number for name, number in sorted(met.items())},
        **{f"COMPLAINTS: {kind}": number for kind, number in sorted(kinds.items())},
        "seeds with complaints": " ".join(map(str, failed)) or "none",
    }
    for name, value in rows.items():
        print(f"{name:<40} {value:>12}")  # noqa: T201
    return 1 if failed else 0


def play_day(seed):
    """One seed's result, without what is too large to send from one process to another."""
    return runs.run(seed).brief()


def play_crashes(seed):
    """The same for a day on which processes are killed."""
    return crashes.run(seed).brief()


def play_hub(seed):
    """The same for a day on which several processes share a store."""
    return hubs.run(seed).brief()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
