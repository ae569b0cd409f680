"""Values that arguments refuse, and how a refusal is checked."""

import re
from contextlib import contextmanager

import pytest

from aiogandi import InvalidArgument

PASSWORD = "s3cret-pw"


class Index:
    """A whole number of another library: it can be nothing but an index, and knows no arithmetic."""

    def __init__(self, number):
        self._number = number

    def __index__(self):
        return self._number


class NoIndex:
    """A truth value of another library, say."""

    def __init__(self, error=TypeError):
        self._error = error

    def __index__(self):
        raise self._error("this is no index")


NO_IDS = [
    0,
    -1,
    True,
    1.0,
    "1",
    None,
    2**63,
    10**5000,
    Index(0),
    Index(2**63),
    NoIndex(),
    NoIndex(ValueError),
]
NO_QUANTITIES = [*NO_IDS, 2**31, Index(2**31)]
NO_TEXTS = ["", "  ", None, 5, b"web"]
NO_HOSTNAMES = [*NO_TEXTS, "a b", "a\tb", "a" * 256]
NO_DURATIONS = ["", "1", "m", "0m", "-1m", "1d", "1M", "1m ", "m1", "٣m", "10000m", 1, None]
NO_METHODS = [*NO_TEXTS, " vm_list", "vm\0list", "vm list"]
NO_SIZES = [0, -1, True, 1.5, "0", "many", "-1", 2**31, "9" * 5000, "٣", Index(0)]
NO_SPECS = [5, "a", [("a", 1)], {5: 1}]
NO_STATES = ["", "done", "WAIT", 5, ["DONE"]]
NO_DATES = ["20260131T00:00:00", 5]
NO_PARAMS = [5, "a", {1: 2}]


@contextmanager
def refused(named, value):
    """What is done inside must be refused because of *value*, in words that begin with *named*."""
    try:
        yield
    except InvalidArgument as error:
        told = str(error)
    else:
        pytest.fail(f"{named}: {_shown(value)} was not refused")
    assert re.match(re.escape(named) + r"\b|" + re.escape(named), told), (
        named,
        _shown(value),
        told,
    )
    assert len(told) < 400
    assert PASSWORD not in told


def _shown(value):
    return "a huge int" if value == 10**5000 else f"{value!r:.60}"
