"""Days in virtual time: whatever happens on the way, what callers are told is what happened."""

import pytest

from tests.simulation.days import day_of
from tests.simulation.runs import run
from tests.simulation.seeds import KEPT, LONG, seeds_of

SHORT = "13 14 17 19 20 22 24-26 29-33 35 37 38 41-44 46-50 54-57 59 61 65 67 68"
"""Those from 12 to 69 that take less than half a second. The others take up to five: they are played by hand."""
SEEDS = list(seeds_of(SHORT.split()))
GROUP = 5


pytestmark = pytest.mark.usefixtures("untraced")


@pytest.mark.parametrize("first", range(0, len(SEEDS), GROUP))
def test_the_books_and_what_callers_were_told_agree(first):
    results = [run(seed) for seed in SEEDS[first : first + GROUP]]

    assert [str(result) for result in results if result.complaints] == []


@pytest.mark.parametrize("seed", sorted(KEPT.keys() - LONG))
def test_what_a_seed_once_found_does_not_come_back(seed):
    result = run(seed)

    assert result.complaints == [], f"{KEPT[seed]}: {result}"


def test_a_seed_gives_the_same_day_again_to_the_last_request():
    first, second = run(50), run(50)

    assert first.journal == second.journal
    assert len(first.journal) > 100


def test_the_seeds_of_the_suite_see_all_kinds_of_days():
    days = [day_of(seed) for seed in SEEDS]

    assert len({day.judged for day in days}) == 3
    assert any(day.habits.lower for day in days)
    assert any(day.habits.cut for day in days)
    assert any(day.naps for day in days)
