"""An operation's state is one that is known, or goes by its own name."""

import copy
import pickle

import pytest

from aiogandi.models import OperationDetails, OperationState


class TestOperationState:
    @pytest.mark.parametrize("name", ["PENDING", "RUN", "DONE", "ERROR", "CANCEL", "SUPPORT"])
    def test_known_ones_are_members(self, name):
        assert OperationState(name) is OperationState[name]
        assert OperationState(name) == name == str(OperationState(name))

    @pytest.mark.parametrize("name", ["WAIT", "BILL", "done", "x y", "é"])
    def test_an_unknown_one_goes_by_its_own_name(self, name):
        state = OperationState(name)
        assert state == name == str(state) == state.value == state.name
        assert state == OperationState(name)
        assert {state: 1}[name] == 1
        assert not state.final
        assert name in repr(state)
        assert pickle.loads(pickle.dumps(state)) == state
        assert copy.deepcopy(state) == state
        assert name not in OperationState.__members__

    def test_final_ones_end_a_wait(self):
        assert [state.name for state in OperationState if state.final] == (
            ["DONE", "ERROR", "CANCEL", "SUPPORT"]
        )

    def test_what_is_no_text_is_none(self):
        with pytest.raises(ValueError, match="5 is not a valid OperationState"):
            OperationState(5)
        assert OperationDetails.from_wire({"state": 5}, id=9).state is None
        assert OperationDetails.from_wire({"state": ""}, id=9).state is None
