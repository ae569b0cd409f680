"""Settings are small frozen values that refuse nonsense."""

import math
from dataclasses import FrozenInstanceError, fields
from typing import get_type_hints

import pytest

from aiogandi import Gandi, InvalidArgument, Polling, RateLimit, Retry
from aiogandi.client import ClientSettings
from aiogandi.settings import from_environment

NO_NUMBERS = [True, None, "1", math.nan, math.inf, 1j]
TOO_LARGE = 10**400  # for a float


def repr_short(value):
    return f"{value!r:.10}"


def test_the_defaults_are_the_contracts():
    assert Retry() == Retry(attempts=5, within=60.0, settle=3.0, backoff=0.5, login_pause=60.0)
    assert Polling() == Polling(interval=1.0, max_interval=10.0, grace=120.0, give_up=600.0)
    assert RateLimit(30, per=2.0) == RateLimit(calls=30, per=2.0)


def test_from_env_takes_every_argument_of_the_client_with_its_type():
    arguments = get_type_hints(Gandi.__init__)
    del arguments["return"]
    assert get_type_hints(ClientSettings) == arguments


@pytest.mark.parametrize("setting", [Retry(), Polling(), RateLimit(1, 1)])
def test_settings_are_frozen(setting):
    with pytest.raises(FrozenInstanceError):
        setattr(setting, fields(setting)[0].name, 5)


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0, -1, 1.5])
def test_counts_are_ints_from_1(value):
    with pytest.raises(InvalidArgument, match=r"^calls=.*: an int, 1 or more"):
        RateLimit(value, 1)
    with pytest.raises(InvalidArgument, match=r"^attempts=.*: an int, 1 or more"):
        Retry(attempts=value)


@pytest.mark.parametrize("value", [*NO_NUMBERS, TOO_LARGE, 0, -1], ids=repr_short)
def test_lengths_of_time_are_above_0(value):
    with pytest.raises(InvalidArgument, match=r"^per=.*: seconds, above 0"):
        RateLimit(1, value)
    with pytest.raises(InvalidArgument, match=r"^interval=.*: seconds, above 0"):
        Polling(interval=value)
    with pytest.raises(InvalidArgument, match=r"^give_up=.*: seconds, above 0"):
        Polling(give_up=value)


@pytest.mark.parametrize("value", [*NO_NUMBERS, TOO_LARGE, -1], ids=repr_short)
def test_some_lengths_of_time_may_be_0(value):
    nothing = Retry(within=0, settle=0, backoff=0, login_pause=0)
    assert nothing == Retry(5, 0.0, 0.0, 0.0, 0.0)
    if value != math.inf:
        with pytest.raises(InvalidArgument, match=r"^within=.*0 or more"):
            Retry(within=value)
    with pytest.raises(InvalidArgument, match=r"^settle=.*0 or more"):
        Retry(settle=value)
    with pytest.raises(InvalidArgument, match=r"^login_pause=.*0 or more"):
        Retry(login_pause=value)
    with pytest.raises(InvalidArgument, match="backoff"):
        Retry(backoff=value)
    assert Polling(grace=0).grace == 0
    with pytest.raises(InvalidArgument, match=r"^grace=.*0 or more"):
        Polling(grace=value)


@pytest.mark.parametrize("value", [*NO_NUMBERS, TOO_LARGE, 0.5], ids=repr_short)
def test_the_slowest_poll_is_no_faster_than_the_fastest(value):
    with pytest.raises(InvalidArgument, match=r"^max_interval=.*: seconds, interval or more"):
        Polling(interval=1, max_interval=value)
    assert Polling(interval=1, max_interval=1).max_interval == 1


def test_the_environment_sets_the_hub_as_a_file_holds_it(monkeypatch):
    for name in ("LOGIN", "PASSWORD", "URL", "INSECURE", "JOURNAL", "HUB"):
        monkeypatch.delenv(f"GANDI_{name}", raising=False)
    assert from_environment() == {}
    monkeypatch.setenv("GANDI_HUB", "\ufeff redis://:s3cret@cache.internal/0 \r\n")
    assert from_environment() == {"hub": "redis://:s3cret@cache.internal/0"}
    monkeypatch.setenv("GANDI_HUB", " ")
    assert from_environment() == {}
