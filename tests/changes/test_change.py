"""The states of a changing call, which of them leads to which, and what follows from them."""

import math

import pytest

from aiogandi import OperationDetails
from aiogandi.changes.change import Change
from aiogandi.changes.recognition import Likeness
from aiogandi.changes.state import State
from aiogandi.redaction import Secret

FOUND = OperationDetails(11, "vm_start", vm_id=1)

# How a call gets into each state; it is sent at 5, and a second time at 7; patience ends at 8.
WAYS = {
    State.PREPARED: [],
    State.SENT: [("send", 5)],
    State.ANSWERED: [("send", 5), ("answer", 11)],
    State.LOST: [("send", 5), ("lose", 8)],
    State.ADOPTED: [("send", 5), ("lose", 8), ("adopt", FOUND)],
    State.ABSENT: [("send", 5), ("lose", 8), ("find_absent",)],
    State.UNKNOWN: [("send", 5), ("lose", 8), ("give_up",)],
}

TRANSITIONS = {
    "send": ("send", 7),
    "did_not_run": ("did_not_run",),
    "answer": ("answer", 11),
    "lose": ("lose", 8),
    "adopt": ("adopt", FOUND),
    "find_absent": ("find_absent",),
    "give_up": ("give_up",),
}

# state, transition: the next state, and then sends, first_sent and last_sent.
ALLOWED = {
    (State.PREPARED, "send"): (State.SENT, 1, 7, 7),
    (State.SENT, "did_not_run"): (State.ABSENT, 0, 5, 5),
    (State.SENT, "answer"): (State.ANSWERED, 1, 5, 5),
    (State.SENT, "lose"): (State.LOST, 1, 5, 5),
    (State.LOST, "adopt"): (State.ADOPTED, 1, 5, 5),
    (State.LOST, "find_absent"): (State.ABSENT, 1, 5, 5),
    (State.LOST, "give_up"): (State.UNKNOWN, 1, 5, 5),
    (State.ABSENT, "send"): (State.SENT, 2, 5, 7),
}


def in_state(state, method="vm_start", arguments=None, yields="id"):
    call = Change(method, {"vm_id": 1} if arguments is None else arguments, yields)
    for name, *values in WAYS[state]:
        getattr(call, name)(*values)
    assert call.state is state
    return call


@pytest.mark.parametrize(("state", "transition"), ALLOWED)
def test_a_transition_that_is_allowed(state, transition):
    call = in_state(state)
    name, *values = TRANSITIONS[transition]

    getattr(call, name)(*values)

    told = call.state, call.sends, call.first_sent, call.last_sent
    assert told == ALLOWED[state, transition]


@pytest.mark.parametrize(
    ("state", "transition"),
    [(state, name) for state in State for name in TRANSITIONS if (state, name) not in ALLOWED],
)
def test_a_transition_that_is_forbidden_raises_and_changes_nothing(state, transition):
    call = in_state(state)
    before = call.state, call.sends, call.first_sent, call.last_sent, call.adopted
    name, *values = TRANSITIONS[transition]

    with pytest.raises(AssertionError, match=f"vm_start: {state} does not lead to"):
        getattr(call, name)(*values)

    assert (call.state, call.sends, call.first_sent, call.last_sent, call.adopted) == before


def test_a_new_call_was_never_sent_and_nothing_is_known_of_its_age():
    call = Change("vm_start", {"vm_id": 1}, "id")
    assert (call.state, call.sends, call.first_sent, call.last_sent) == ("prepared", 0, None, 0)
    assert (call.newest, call.adopted, call.number) == (None, None, None)


def test_what_was_the_newest_operation_is_kept_with_its_time():
    call = Change("vm_start", {"vm_id": 1}, "id")
    call.prepare(10, 4.5)
    assert (call.newest, call.since, call.state) == (10, 4.5, State.PREPARED)


def test_an_adopted_operation_is_kept_with_the_number_that_the_reply_would_have_named():
    call = in_state(State.ADOPTED)
    assert (call.adopted, call.number) == (FOUND, 11)


def test_patience_ends_when_the_loss_says_and_never_while_a_reply_is_due():
    call = in_state(State.LOST)
    assert call.patience_ends == 8
    call.find_absent()
    call.send(20)
    assert call.patience_ends == math.inf


def test_sends_that_did_not_run_are_not_counted_and_the_first_one_that_may_have_run_is_the_first():
    call = in_state(State.SENT)
    call.did_not_run()
    call.send(7)
    call.lose(8)
    call.find_absent()
    call.send(9)
    call.did_not_run()
    assert (call.sends, call.first_sent, call.last_sent) == (1, 7, 9)


@pytest.mark.parametrize("state", State)
def test_what_each_state_says_of_a_call_that_was_sent_once(state):
    call = in_state(state)
    assert call.owner_known == (state in (State.ANSWERED, State.ADOPTED))
    assert call.is_open == (state in (State.SENT, State.LOST, State.UNKNOWN))
    assert call.may_have_left_more == (state is State.ABSENT)  # it may still run late


@pytest.mark.parametrize("state", State)
def test_the_operation_of_a_call_whose_reply_names_none_is_never_known(state):
    assert not in_state(state, yields=None).owner_known


@pytest.mark.parametrize(
    ("fate", "more"),
    [
        ([("answer", 11)], True),
        ([("lose", 8), ("adopt", FOUND)], True),
        ([("lose", 8), ("find_absent",)], True),
        ([("lose", 8), ("give_up",)], True),
        ([("did_not_run",)], True),  # the first send still may
        ([("lose", 8)], False),  # one of the two is looked for
        ([], False),
    ],
    ids=["answered", "adopted", "absent", "unknown", "refused", "lost", "sent"],
)
def test_a_call_that_was_sent_twice_may_have_begun_more_than_it_needs(fate, more):
    call = in_state(State.ABSENT)
    call.send(7)
    for name, *values in fate:
        getattr(call, name)(*values)
    assert call.may_have_left_more == more


def test_a_call_that_never_ran_leaves_nothing():
    call = in_state(State.SENT)
    call.did_not_run()
    assert not call.may_have_left_more


class TestKnownIds:
    """Which ids of a call's operation, server or disk are known."""

    def test_the_reply_names_one(self):
        call = in_state(State.ANSWERED, "vm_create", {"hostname": "web"}, "vm_id")
        assert [call.known_id(name) for name in ("vm_id", "id")] == [11, None]

    def test_a_found_operation_tells_all(self):
        call = in_state(State.ADOPTED, "vm_create", {"hostname": "web"}, "vm_id")
        assert [call.known_id(name) for name in ("vm_id", "id", "disk_id")] == [1, 11, None]

    def test_an_argument_is_known_beforehand(self):
        call = in_state(State.PREPARED)
        assert [call.known_id(name) for name in ("vm_id", "id")] == [1, None]


def create(hostname="web", password="s3cret-pw", **more):
    values = {"hostname": hostname, "password": Secret(password), "os_id": 111, **more}
    return Change("vm_create", values, "vm_id")


def test_equal_calls_have_equal_keys_in_whatever_order_their_arguments_stand():
    one = Change("disk_attach", {"vm_id": 1, "disk_id": 2}, "id")
    assert one.key == Change("disk_attach", {"disk_id": 2, "vm_id": 1}, "id").key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (create("web-1"), create("web-2")),
        (create(specs={"memory": 512}), create(specs={"memory": 1024})),
        (Change("vm_start", {"vm_id": 1}), Change("vm_stop", {"vm_id": 1})),
        (Change("vm_start", {"vm_id": 1}), Change("vm_start", {"vm_id": "1"})),
    ],
)
def test_calls_that_the_service_can_tell_apart_have_different_keys(one, other):
    assert one.key != other.key


def test_calls_that_differ_in_a_password_have_one_key_and_it_does_not_tell_the_password():
    one, other = create(password="s3cret-1"), create(password="s3cret-2")
    assert one.key == other.key
    assert "s3cret" not in repr(one.key)


def test_only_calls_with_equal_parameters_and_passwords_are_twins():
    assert create().is_twin_of(create())
    assert not create().is_twin_of(create(password="other"))
    assert not create("web").is_twin_of(create("WEB"))


def test_the_passwords_of_a_call_are_all_its_secrets_in_clear():
    call = create(password="pw-1", specs={"first": {"password": Secret("pw-2")}, "memory": 512})
    assert call.passwords == ("pw-1", "pw-2")
    assert Change("vm_start", {"vm_id": 1}).passwords == ()


def test_no_argument_is_in_a_calls_repr():
    assert "s3cret-pw" not in repr(create())
    assert "web" not in repr(create())


def test_a_call_knows_its_filter_and_how_like_it_an_operation_is():
    call = create("a-hostname-of-27-characters")
    assert call.filter == {
        "type": "vm_create",
        "param": {"hostname": "a-hostname-of-27-characters"},
    }
    for stored, likeness in [
        (call.arguments["hostname"], Likeness.EXACT),
        (call.arguments["hostname"].upper(), Likeness.FOLDED),
        ("a-hostname", Likeness.CUT),
        ("b-hostname", Likeness.DIFFERENT),
    ]:
        told = OperationDetails(11, "vm_create", params={"hostname": stored})
        assert call.likeness(told, {}) is likeness
    assert call.likeness(OperationDetails(11, "vm_create"), {}) is Likeness.UNTOLD


def test_two_calls_are_never_equal_so_that_each_has_its_own_place_in_the_books():
    one, other = create(), create()
    assert one != other
    assert len({one, other}) == 2
