"""How the cost of work grows with its text, measured so that it holds on a loaded machine."""

import time

import pytest

SIZE = 2_000
TIMES = 4
"""The work is done with a text of `SIZE` and with one of `TIMES` as many characters."""

LIMIT = 2 * TIMES
"""Twice the growth of linear work, half of that of quadratic work (`TIMES` squared)."""

RESOLUTION = 0.0005
"""Seconds below which a cost is not told from another: less than that is no harm at any growth."""


def cost_of(work, text):
    """Seconds of this thread's processor time: what other processes do meanwhile does not count."""
    costs = []
    for _ in range(2):
        began = time.thread_time()
        work(text)
        costs.append(time.thread_time() - began)
    return max(min(costs), RESOLUTION)


@pytest.fixture
def growth():
    """How many times as much processor time four times the text costs: about 4 for linear work.

    ``growth(work, make)``: *make* returns a text of about so many characters. A growth beyond the
    limit is measured up to three times, since the memory's caches are shared with other processes.
    """

    def measure(work, make):
        small, large = make(SIZE), make(SIZE * TIMES)
        work(small)  # patterns are built now
        found = LIMIT + 1.0
        for _ in range(3):
            found = min(found, cost_of(work, large) / cost_of(work, small))
            if found <= LIMIT:
                break
        return found

    return measure
