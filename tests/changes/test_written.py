"""A call's arguments as the journal keeps them: they come back as they were, but for what is secret."""

import json
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiogandi.changes import written
from aiogandi.redaction import BLANK, Secret

PASSWORD = "s3cret-pw"

TAGS = ["$date", "$bytes", "$secret", "$struct"]

NAMES = st.sampled_from([*TAGS, "name", ""]) | st.text(max_size=5)
SINGLE = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(max_size=10)
    | st.binary(max_size=10)
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC))
)
VALUES = st.recursive(
    SINGLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)


@given(VALUES)
def test_what_a_call_can_carry_comes_back_as_it_was(value):
    assert written.read(written.write(value)) == value


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("inside", ["2026-01-31", 5, {"$secret": 1}, {"$struct": {}}])
def test_a_struct_of_the_callers_is_not_taken_for_a_mark(tag, inside):
    for value in ({tag: inside}, {tag: inside, "more": 1}, [{tag: {tag: inside}}]):
        assert written.read(written.write(value)) == value


def test_a_tuple_comes_back_as_the_list_that_is_sent():
    assert written.read(written.write({"ids": (1, (2, 3))})) == {"ids": [1, [2, 3]]}


class Whole:
    """Another library's whole number."""

    def __index__(self):
        return 2**40


class Named(str):
    __slots__ = ()


def test_another_librarys_values_come_back_as_what_is_sent():
    assert written.read(written.write([Whole(), Named("web")])) == [2**40, "web"]


@pytest.mark.parametrize("value", [object(), {1, 2}, {"specs": {"name": object()}}])
def test_what_no_call_can_carry_is_not_written(value):
    with pytest.raises(TypeError, match="is nothing that a call can carry"):
        written.write(value)


def test_the_order_of_a_structs_members_does_not_matter():
    assert written.write({"a": 1, "b": {"c": 2, "d": 3}}) == written.write(
        {"b": {"d": 3, "c": 2}, "a": 1}
    )


def test_of_a_secret_nothing_is_written_but_its_place():
    kept = written.write({"password": Secret(PASSWORD), "specs": [{"password": Secret("2nd-pw")}]})

    assert PASSWORD not in kept
    assert "2nd-pw" not in kept
    assert json.loads(kept) == {"password": {"$secret": 1}, "specs": [{"password": {"$secret": 2}}]}
    back = written.read(kept)
    assert type(back["password"]) is Secret
    assert back["password"].reveal() == BLANK
    assert written.write(back) == kept


def test_what_is_the_same_but_for_its_secret_is_written_alike():
    assert written.write({"password": Secret(PASSWORD)}) == written.write(
        {"password": Secret("an0ther-pw")}
    )
    assert written.write({"password": Secret(PASSWORD)}) != written.write({"password": PASSWORD})


def test_what_python_takes_for_equal_is_told_apart_where_the_service_does():
    assert len({written.write(value) for value in (1, 1.0, True, "1", b"1")}) == 5


def test_a_number_that_is_none_comes_back():
    assert math.isnan(written.read(written.write(math.nan)))
    assert written.read(written.write(datetime(2026, 1, 31))) == datetime(2026, 1, 31)
