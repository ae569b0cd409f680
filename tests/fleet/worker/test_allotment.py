"""How a worker's places are given out, without a worker: a model of one whose lanes fill at once."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiogandi.fleet.worker.allotment import (
    FIRST,
    IDLE,
    LARGEST,
    TURN,
    AccountState,
    LaneState,
    allot,
)

LANES = st.lists(
    st.builds(
        LaneState,
        size=st.integers(1, LARGEST),
        under_way=st.integers(0, LARGEST),
        idle=st.floats(0, 3 * IDLE),
        age=st.floats(0, 3 * TURN),
    ),
    max_size=4,
)
ACCOUNTS = st.lists(
    st.builds(
        AccountState,
        name=st.text("abcdefgh", min_size=1, max_size=3),
        items=st.integers(0, 200),
        lanes=LANES,
        has_turns_left=st.booleans(),
        without=st.floats(0, 100),
    ),
    max_size=8,
    unique_by=lambda state: state.name,
)


def full(size, age=0.0):
    return LaneState(size, size, 0.0, age)


def idle(size, seconds=IDLE):
    return LaneState(size, 0, seconds, 60.0)


@given(limit=st.integers(1, 100), ending=st.integers(0, 50), accounts=ACCOUNTS)
def test_never_more_than_the_limit_and_nothing_twice(limit, ending, accounts):
    allotted = allot(limit, ending, accounts)

    by_name = {state.name: state for state in accounts}
    taken = ending + sum(state.places for state in accounts)
    given_out = sum(size for _, size in allotted.begin)
    assert given_out <= max(0, limit - taken)
    for name, size in allotted.begin:
        assert 1 <= size <= LARGEST
        assert by_name[name].places + size <= by_name[name].items
    assert len({name for name, _ in allotted.begin}) == len(allotted.begin)
    assert len(set(allotted.end)) == len(allotted.end)
    for name, place in allotted.end:
        assert place < len(by_name[name].lanes)


@given(limit=st.integers(1, 100), accounts=ACCOUNTS)
def test_what_is_free_is_given_to_all_who_have_none(limit, accounts):
    allotted = allot(limit, 0, [replace(state, lanes=[]) for state in accounts])

    with_work = [state.name for state in accounts if state.items]
    assert len(allotted.begin) == min(len(with_work), limit)


def test_an_account_begins_small_and_doubles():
    places, lanes = [], []
    for _ in range(7):
        state = AccountState("acme", 10_000, lanes)
        lanes = [*lanes, *(full(size) for _, size in allot(200, 0, [state]).begin)]
        places.append(sum(lane.size for lane in lanes))

    assert places == [FIRST, 4, 8, 16, 32, 64, 96]


@pytest.mark.parametrize(
    "state",
    [
        AccountState("acme", 100, [full(2)], has_turns_left=False),
        AccountState("acme", 100, [full(2), LaneState(2, 1, 0.0, 5.0)]),
        AccountState("acme", 2, [full(2)]),
        AccountState("acme", 0),
    ],
    ids=["its rate is used up", "it has places free", "all its items are here", "no items"],
)
def test_who_cannot_use_more_gets_no_more(state):
    assert not allot(100, 0, [state]).begin


def test_an_account_with_a_small_rate_leaves_places_to_another_one():
    slow = AccountState("slow", 1000, [full(2), full(2)], has_turns_left=False)
    fast = AccountState("fast", 1000, [full(2), full(2)])

    assert allot(100, 0, [slow, fast]).begin == [("fast", 4)]


def test_who_has_least_comes_first():
    rich = AccountState("a", 1000, [full(2), full(2), full(4)])
    poor = AccountState("b", 1000, [full(2)])
    none = AccountState("c", 1000)

    assert [name for name, _ in allot(100, 0, [rich, poor, none]).begin] == ["c", "b", "a"]
    assert allot(11, 0, [rich, poor, none]).begin == [("c", 1)]


def test_who_has_waited_longest_comes_first():
    accounts = [
        AccountState(name, 5, without=waited) for name, waited in zip("abc", (1, 9, 5), strict=True)
    ]

    assert allot(1, 0, accounts).begin == [("b", 1)]


def test_a_lane_with_nothing_to_do_goes_where_others_get_no_places():
    lazy, young = (AccountState("lazy", 5, [idle(2, seconds)]) for seconds in (IDLE, IDLE / 2))

    assert not allot(4, 0, [lazy]).end
    assert not allot(4, 0, [lazy, AccountState("eager", 5)]).end
    assert allot(2, 0, [lazy, AccountState("eager", 5)]).end == [("lazy", 0)]
    assert not allot(2, 2, [young, AccountState("eager", 5)]).end


def test_a_lane_of_an_account_without_items_goes():
    assert allot(4, 0, [AccountState("done", 0, [idle(2)])]).end == [("done", 0)]


def test_an_idle_lane_is_given_up_once():
    rich = AccountState("rich", 50, [full(2), idle(2)])

    assert allot(4, 0, [rich, AccountState("poor", 5)]).end == [("rich", 1)]


def test_the_last_lane_of_who_has_most_goes_to_who_has_none():
    rich = AccountState("rich", 500, [full(2), full(2), full(4)])
    fair = AccountState("fair", 500, [full(2), full(2)])

    assert allot(12, 0, [rich, fair, AccountState("poor", 5)]).end == [("rich", 2)]


def test_no_more_is_given_up_while_enough_is_coming():
    rich = AccountState("rich", 500, [full(2), full(2)])

    assert not allot(6, 2, [rich, AccountState("poor", 5), AccountState("b", 5)]).end
    assert allot(6, 1, [rich, AccountState("poor", 5), AccountState("b", 5)]).begin == [("b", 1)]


def test_a_single_lane_is_given_up_after_its_turn():
    def of(age):
        accounts = [AccountState("a", 5, [full(1, age)]), AccountState("b", 5)]
        return allot(1, 0, accounts).end

    assert not of(TURN / 2)
    assert of(TURN) == [("a", 0)]


@pytest.mark.parametrize(("limit", "number"), [(1, 3), (2, 7), (4, 5), (3, 40)])
def test_where_there_are_more_accounts_than_places_each_gets_its_turn(limit, number):
    """A worker that looks once a second; an item of a lane that ends takes two seconds more."""
    lanes = {f"account-{each}": [] for each in range(number)}
    had = dict.fromkeys(lanes, 0)
    ending, served = [], {}
    for now in range(int(TURN + 4) * (number // limit + 2)):
        ending = [(size, until) for size, until in ending if until > now]
        for name, begun in lanes.items():
            had[name] = now if begun else had[name]
        states = [
            AccountState(
                name, 1000, [full(size, now - at) for size, at in begun], without=now - had[name]
            )
            for name, begun in lanes.items()
        ]
        allotted = allot(limit, sum(size for size, _ in ending), states)
        for name, place in sorted(allotted.end, reverse=True):
            ending.append((lanes[name].pop(place)[0], now + 2))
        for name, size in allotted.begin:
            lanes[name].append((size, now))
            served[name] = served.get(name, 0) + 1

    assert served.keys() == lanes.keys()
    assert max(served.values()) - min(served.values()) <= 1
