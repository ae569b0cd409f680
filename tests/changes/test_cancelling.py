"""``operation_cancel``: the state of the cancelled operation tells whether it ran."""

import pytest

from aiogandi import OperationDetails, TransportError
from aiogandi.changes.cancelling import is_cancellation, look_whether_cancelled
from aiogandi.changes.change import Change
from aiogandi.changes.decisions import Undecided
from aiogandi.changes.state import State


class Lookup:
    """Tells of operation 9 that it is in *state*; None: it is not told of."""

    def __init__(self, state, *, told=True):
        self._details = OperationDetails.from_wire({"step": state}, id=9) if told else None

    async def operation(self, number):
        assert number == 9
        return self._details


def a_lost_cancellation():
    call = Change("operation_cancel", {"operation_id": 9})
    call.send(1.0)
    call.lose(5.0)
    return call


def test_which_call_is_one():
    assert is_cancellation(a_lost_cancellation())
    assert not is_cancellation(Change("vm_stop", {"vm_id": 9}, "id"))
    assert not is_cancellation(Change("operation_cancel", {"args": [9]}))  # a generic call


async def test_an_operation_that_is_cancelled_says_that_it_ran():
    call = a_lost_cancellation()
    assert await look_whether_cancelled(Lookup("CANCEL"), call, final=False) is None
    assert call.state is State.ADOPTED
    assert call.adopted.id == 9


@pytest.mark.parametrize("state", ["WAIT", "RUN", "DONE", "ERROR"])
async def test_any_other_says_that_it_did_not(state):
    call = a_lost_cancellation()
    assert await look_whether_cancelled(Lookup(state), call, final=True) is None
    assert call.state is State.LOST


@pytest.mark.parametrize("lookup", [Lookup(None), Lookup("CANCEL", told=False)])
async def test_one_that_does_not_tell_its_state_may_tell_it_later_and_else_is_an_error(lookup):
    call = a_lost_cancellation()
    assert await look_whether_cancelled(lookup, call, final=False) == Undecided(
        (9,), may_clear=True
    )
    with pytest.raises(TransportError, match="does not tell the state of operation 9"):
        await look_whether_cancelled(lookup, call, final=True)
    assert call.state is State.LOST
