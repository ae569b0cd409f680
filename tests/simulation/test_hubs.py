"""Days on which several processes share a store: together they are as exact as one, whoever is killed."""

import pytest

from tests.simulation.hub_judge import TOO_MANY
from tests.simulation.hub_plans import CLAIMS, JOURNAL, hub_plan_of
from tests.simulation.hubs import run
from tests.simulation.judge import DUPLICATE, LOST, UNTRUE
from tests.simulation.shared import SimulatedHub

SEEDS = (6, 21, 26, 32, 52, 54)

pytestmark = pytest.mark.usefixtures("untraced")


@pytest.mark.parametrize("seed", SEEDS)
def test_processes_that_share_a_store_are_as_exact_as_one(seed):
    result = run(seed)

    assert result.complaints == [], str(result)


def test_a_seed_gives_the_same_day_again_to_the_last_request():
    first, second = run(32), run(32)

    assert first.journal == second.journal
    assert first.met == second.met
    assert len(first.journal) > 50


def test_the_seeds_of_the_suite_see_all_kinds_of_days():
    plans = [hub_plan_of(seed) for seed in SEEDS]

    assert {plan.kind for plan in plans} == {CLAIMS, JOURNAL}
    assert any(plan.spells for plan in plans)
    assert any(plan.emptied for plan in plans)
    assert any(plan.freezes for plan in plans)


class Lonely(SimulatedHub):
    """Shares nothing: each process has names of its own in the store."""

    def __init__(self, memory, process, number, wall, **settings):
        super().__init__(memory, process, number, wall, prefix=f"process-{number}", **settings)


def test_the_judge_sees_what_processes_do_wrong_that_share_nothing():
    seen = {kind for kind, _ in run(6, hub=Lonely).complaints}

    assert {DUPLICATE, LOST, UNTRUE, TOO_MANY} <= seen
