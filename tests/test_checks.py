"""What a value must be, and what the message about a wrong one says."""

import math
from enum import IntEnum

import pytest

from aiogandi.checks import (
    as_count,
    is_count,
    is_number,
    require,
    require_count,
    require_number,
    require_seconds,
    require_text,
    require_time_limit,
)
from aiogandi.errors import InvalidArgument
from tests.calls.refusing import Index, NoIndex

HUGE = 10**5000  # more digits than Python prints, and too large for a float
NO_NUMBERS = [True, None, "1", [1], 1j, math.nan, math.inf, -math.inf, HUGE, -HUGE]


def refusal(check, *args, **how):
    with pytest.raises(InvalidArgument) as caught:
        check(*args, **how)
    return str(caught.value)


def test_a_number_is_an_int_or_a_finite_float():
    assert all(map(is_number, (0, -1, 1.5, 10**300)))
    assert not any(map(is_number, NO_NUMBERS))


def test_a_count_is_an_int():
    assert all(map(is_count, (0, -1, HUGE)))
    assert not any(map(is_count, (True, None, "1", 1.0)))


def test_a_whole_number_of_another_library_counts_as_a_plain_int():
    class Large(IntEnum):
        HUGE = 10**30

    for value, count in ((5, 5), (Index(5), 5), (Index(-1), -1), (Large.HUGE, 10**30)):
        assert as_count(value) == count
        assert type(as_count(value)) is int
        assert type(require_count("port", value, -1)) is int
    for value in (True, False, None, "5", 5.0, 5j, b"5", [5], NoIndex()):
        assert as_count(value) is None


def test_what_holds_is_no_error():
    require(True, "name", "value", "anything")


def test_the_message_names_what_is_wrong_and_what_is_allowed():
    assert refusal(require, False, "cpu", -1, "an int") == "cpu=-1: an int"


def test_a_long_value_is_cut():
    assert refusal(require, False, "name", "x" * 10_000, "less") == f"name='{'x' * 199}: less"


def test_a_huge_int_does_not_break_the_message():
    assert refusal(require, False, "name", HUGE, "less") == "name=<a huge int>: less"
    assert refusal(require, False, "name", [HUGE], "less") == "name=<a huge list>: less"


def test_a_text_says_something():
    assert require_text("name", " web ") == " web "
    for value, kind in (
        ("", "an empty string"),
        (" \n", "a string of blanks alone"),
        (b"x", "a bytes"),
    ):
        message = f"name is {kind}; allowed is a string with something in it"
        assert refusal(require_text, "name", value) == message


def test_a_refused_text_is_neither_in_the_message_nor_in_the_traceback():
    with pytest.raises(InvalidArgument) as caught:
        require_text("password", b"hunter22")
    assert "hunter22" not in str(caught.value)
    assert "hunter22" not in repr(caught.traceback[-1].frame.f_locals)


def test_a_count_has_bounds():
    require_count("port", 0, 0, 9)
    require_count("port", 9, 0, 9)
    require_count("port", HUGE, 0)
    for value in (-1, 10, 1.0, True, "1", HUGE):
        assert refusal(require_count, "port", value, 0, 9).endswith(": an int, from 0 to 9")
    assert refusal(require_count, "attempts", 0, 1) == "attempts=0: an int, 1 or more"


def test_a_number_is_above_0_or_may_be_0():
    require_number("speed", 0.001)
    require_number("balance", 0, zero=True)
    for value in (*NO_NUMBERS, 0, -1):
        assert refusal(require_number, "speed", value).endswith(": a number above 0")
    for value in (*NO_NUMBERS, -1):
        assert refusal(require_number, "speed", value, zero=True).endswith(": a number, 0 or more")


def test_a_limit_of_time_may_be_infinite_and_is_none_then():
    assert require_time_limit("timeout", 5) == 5
    assert require_time_limit("timeout", 0, zero=True) == 0
    assert require_time_limit("timeout", math.inf) is None
    assert require_time_limit("timeout", math.inf, longest=60) is None
    for value in (True, None, "inf", [math.inf], math.nan, -math.inf, HUGE, 0, -1, 61):
        message = refusal(require_time_limit, "timeout", value, longest=60)
        assert message.endswith(": seconds, above 0, at most 60")


def test_seconds_are_above_0_or_may_be_0_and_may_have_a_limit():
    require_seconds("per", 0.001)
    require_seconds("within", 0, zero=True)
    require_seconds("advance", 60, longest=60)
    for value in (*NO_NUMBERS, 0, -1):
        assert refusal(require_seconds, "per", value).endswith(": seconds, above 0")
    for value in (*NO_NUMBERS, -1):
        assert refusal(require_seconds, "within", value, zero=True).endswith(": seconds, 0 or more")
    for value in (*NO_NUMBERS, 0, 61):
        message = refusal(require_seconds, "advance", value, longest=60)
        assert message.endswith(": seconds, above 0, at most 60")
