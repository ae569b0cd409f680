"""An outcome is `Done` or `Failed`, and says which in every way that Python has."""

import copy
import pickle
from dataclasses import FrozenInstanceError

import pytest

from aiogandi import Done, Failed, Outcome, bulk

ERROR = LookupError("no such server")


async def outcome_of(action):
    [outcome] = [outcome async for outcome in bulk(action, [5])]
    return outcome


async def test_a_success_is_done():
    async def double(number):
        return 2 * number

    outcome = await outcome_of(double)
    assert outcome == Done(5, 10)
    assert (outcome.ok, outcome.item, outcome.result, outcome.error) == (True, 5, 10, None)


async def test_an_exception_is_failed():
    async def fail(number):
        raise ERROR

    outcome = await outcome_of(fail)
    assert outcome == Failed(5, ERROR)
    assert (outcome.ok, outcome.item, outcome.result, outcome.error) == (False, 5, None, ERROR)


async def test_a_result_of_none_is_done_as_well():
    async def nothing(number):
        return None

    assert await outcome_of(nothing) == Done(5, None)


def kind_of(outcome):
    match outcome:
        case Done(item, result):
            return "done", item, result
        case Failed(item, error):
            return "failed", item, error


def test_outcomes_are_told_apart_by_match_and_isinstance():
    assert kind_of(Done(5, 10)) == ("done", 5, 10)
    assert kind_of(Failed(5, ERROR)) == ("failed", 5, ERROR)
    assert isinstance(Done(5, 10), Done)
    assert not isinstance(Failed(5, ERROR), Done)
    assert Done(5, 10) != Failed(5, ERROR)


def test_outcome_is_an_alias_that_takes_types_at_run_time():
    assert Outcome[int, str] == Done[int, str] | Failed[int]


@pytest.mark.parametrize("outcome", [Done(5, 10), Failed(5, ERROR)])
def test_outcomes_are_frozen_values(outcome):
    for name in ("item", "result", "error", "ok"):
        with pytest.raises((FrozenInstanceError, TypeError)):
            setattr(outcome, name, 1)
    assert not hasattr(outcome, "__dict__")
    assert copy.copy(outcome) == outcome
    assert repr(pickle.loads(pickle.dumps(outcome))) == repr(outcome)
