"""Days on which processes are killed and begun again: with a journal, what is meant exists once."""

import itertools

import pytest

from tests.simulation.crashes import run
from tests.simulation.judge import DUPLICATE, LOST, UNTRUE
from tests.simulation.mortal import MortalGandi
from tests.simulation.plans import plan_of
from tests.simulation.processes import PLACES
from tests.simulation.seeds import CRASHES_KEPT

SEEDS = range(1, 26)
GROUP = 5

pytestmark = pytest.mark.usefixtures("untraced")


@pytest.mark.parametrize("first", range(0, len(SEEDS), GROUP))
def test_what_is_meant_exists_once_however_often_its_process_is_killed(first):
    results = [run(seed) for seed in SEEDS[first : first + GROUP]]

    assert [str(result) for result in results if result.complaints] == []


@pytest.mark.parametrize("seed", CRASHES_KEPT)
def test_what_a_seed_once_found_does_not_come_back(seed):
    result = run(seed)

    assert result.complaints == [], f"{CRASHES_KEPT[seed]}: {result}"


def test_a_seed_gives_the_same_day_again_to_the_last_request():
    first, second = run(8), run(8)

    assert first.journal == second.journal
    assert first.met == second.met
    assert len(first.journal) > 50


def test_the_seeds_of_the_suite_kill_at_every_place_and_see_all_kinds_of_days():
    plans = [plan_of(seed) for seed in SEEDS]
    ends = [end for plan in plans for lives in plan.lives for end in lives]

    assert {end[0] for end in ends if isinstance(end, tuple)} == set(PLACES)
    assert any(isinstance(end, float) and end < 0 for end in ends)
    assert {len(plan.lives) for plan in plans} == {1, 2}
    assert any(plan.bulk for plan in plans)
    assert any(plan.outside for plan in plans)
    assert any(plan.full for plan in plans)
    assert any(plan.is_clear for plan in plans)


class Forgetful(MortalGandi):
    """Takes another key in each life, as if there were no journal."""

    lives = itertools.count()

    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        self.life = next(self.lives)

    def once(self, key):
        return super().once(f"{key} in life {self.life}")


class Optimist(MortalGandi):
    """Tells nobody what earlier lives have left."""

    async def recover(self):
        return []


class Lying(MortalGandi):
    """Says of every second server that it is the one before."""

    told = None

    async def vm_create(self, *args):
        operation = await super().vm_create(*args)
        self.told, told = (operation, None) if self.told is None else (None, self.told)
        return told or operation


@pytest.mark.parametrize(
    ("client", "kinds"),
    [(Forgetful, {DUPLICATE}), (Optimist, {LOST, DUPLICATE}), (Lying, {UNTRUE})],
)
def test_the_judge_sees_what_a_client_does_wrong(client, kinds):
    seen = set()
    for seed in range(1, 30):
        seen.update(kind for kind, _ in run(seed, client).complaints)
        if kinds <= seen:
            return
    pytest.fail(f"only {seen} were seen")
