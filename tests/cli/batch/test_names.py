"""The names of new things: one by one, or a pattern and a number."""

import pytest

from aiogandi.calls import arguments
from aiogandi.cli.batch.names import names_of
from aiogandi.cli.exits import WrongUse


@pytest.mark.parametrize(
    ("names", "count", "pattern", "expected"),
    [
        (["web", "db"], None, None, ["web", "db"]),
        (None, 3, "web-{:02d}", ["web-01", "web-02", "web-03"]),
        (None, 2, "web-{}.example", ["web-1.example", "web-2.example"]),
        (None, 1, "web", ["web"]),
        (["web", "db", "web"], None, None, ["web", "db"]),
    ],
)
def test_names_are_taken_as_given_or_numbered_from_one(names, count, pattern, expected):
    assert names_of(names, count, pattern, arguments.hostname) == expected


@pytest.mark.parametrize(
    ("names", "count", "pattern", "problem"),
    [
        (None, None, None, "give either names, or --count N and --name PATTERN"),
        (["web"], 2, "web-{}", "give either names, or --count N and --name PATTERN"),
        (None, None, "web-{}", "give either names, or --count N and --name PATTERN"),
        (["web"], 2, None, "give either names, or --count N and --name PATTERN"),
        (None, 2, "web", "a pattern needs a place for the number: {:02d}"),
        (None, 2, "web-{name}", "not a pattern like 'web-{:02d}'"),
        (None, 2, "web-{:q}", "not a pattern like 'web-{:02d}'"),
        (["not a name"], None, None, "hostname='not a name': a name without spaces"),
    ],
)
def test_what_gives_no_names_is_wrong_use(names, count, pattern, problem):
    with pytest.raises(WrongUse) as refusal:
        names_of(names, count, pattern, arguments.hostname)
    assert problem in str(refusal.value)
