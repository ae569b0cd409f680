"""How the cost of work grows with its text, measured so that it holds on a loaded machine."""

import gc
import time

SIZE = 2_000
TIMES = 8
"""The work is done with a text of `SIZE` characters, and with one of `TIMES` as many."""

LIMIT = 2 * TIMES
"""Twice the growth of linear work, a quarter of that of quadratic work (`TIMES` squared)."""

TRIES = 10
"""How often a growth beyond the limit is measured: another process may have been in the way."""

CHEAP = 0.004
"""Seconds of work that is repeated more often, since a machine's hiccup counts for more in it."""

RESOLUTION = 0.0005
"""Seconds below which a cost is not told from another: less than that is no harm at any growth."""


def assert_grows_evenly(work, text):
    """Assert that the cost of ``work(text(length))`` grows with the length, not with its square.

    A growth beyond the limit is measured up to `TRIES` times, because the memory's caches are shared
    with other processes.
    """
    short, long = text(SIZE), text(SIZE * TIMES)
    if isinstance(short, (str, bytes)):
        assert len(long) <= (TIMES + 0.5) * len(short), "the text itself grows faster than it says"
    work(short)  # what is built once, as patterns are, is built now
    growth = min_growth(work, short, long)
    assert growth <= LIMIT, f"{TIMES} times the text costs {growth:.0f} times as much"


def min_growth(work, short, long):
    """The least of up to `TRIES` measurements; the first within the limit is enough."""
    least = float("inf")
    for _ in range(TRIES):
        least = min(least, cost_of(work, long) / cost_of(work, short))
        if least <= LIMIT:
            break
    return least


def cost_of(work, text):
    """Seconds of this thread's processor time: what other processes do meanwhile does not count."""
    costs = []
    gc.disable()
    try:
        while len(costs) < 2 or (len(costs) < 8 and sum(costs) < CHEAP):
            began = time.thread_time()
            work(text)
            costs.append(time.thread_time() - began)
    finally:
        gc.enable()
    return max(min(costs), RESOLUTION)
