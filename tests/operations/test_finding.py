"""How the operation of a new server is found: whom to ask next, and what to believe."""

import pytest

from aiogandi import OperationState, PermissionDenied, TransportError
from aiogandi.operations.finding import FINDS, LIST_AFTER, Finding
from aiogandi.operations.trouble import Way

RUN, DONE = OperationState.RUN, OperationState.DONE
TROUBLE = TransportError("HTTP 404", 404)
REFUSED = PermissionDenied(530050, "no right")


@pytest.fixture
def finding():
    return Finding(Way())


def ask(finding, times, *, listed=None, state=RUN, now=0.0):
    """Ask so many times, of a service whose list answers *listed* (an error, or nothing) and whose
    server answers *state* (or an error): which way was asked, and what was believed.
    """
    asked, believed = "", []
    for _ in range(times):
        asked += "l" if finding.asks_list() else "s"
        if asked[-1] == "l":
            if listed is None:
                finding.list_answered()
            else:
                finding.list_failed(listed, now)
                believed.append(finding.told)
        elif isinstance(state, TransportError):
            finding.state_failed(state, now)
        else:
            believed.append(finding.state_told(state))
    return asked, [told for told in believed if told is not None]


def test_the_list_is_asked_first_and_then_the_server(finding):
    assert ask(finding, FINDS + 3) == ("lllsss", [RUN] * 3)
    assert not finding.was_delayed


def test_now_and_then_the_list_is_asked_again_for_it_may_be_slow_or_the_server_untrue(finding):
    asked, _ = ask(finding, 5 * LIST_AFTER)
    assert asked.count("l", FINDS) == 4


def test_where_the_server_does_not_answer_the_list_is_asked_in_turn(finding):
    assert ask(finding, 9, state=TROUBLE)[0] == "lllslslsl"
    assert finding.was_delayed


def test_where_the_list_does_not_answer_the_server_is_and_the_list_in_turn(finding):
    assert ask(finding, 9, listed=TROUBLE)[0] == "lllslslsl"


def test_an_end_that_the_server_tells_is_believed_when_the_list_fails_once_more(finding):
    assert ask(finding, 4, listed=TROUBLE, state=DONE) == ("llls", [])
    assert finding.asks_list()
    assert ask(finding, 1, listed=TROUBLE) == ("l", [DONE])


def test_or_when_the_list_does_not_show_its_operation(finding):
    ask(finding, 4, listed=TROUBLE, state=DONE)
    assert ask(finding, 2, state=DONE) == ("ls", [DONE])


def test_a_list_that_is_refused_is_not_asked_again(finding):
    finding.list_failed(REFUSED, 0)
    assert ask(finding, 5, state=DONE) == ("sssss", [DONE] * 5)


def test_a_list_that_has_failed_for_another_one_is_asked_only_to_confirm_an_end(finding):
    Finding(finding.by_list).list_failed(TROUBLE, 0)
    assert not finding.asks_list(spared=True)
    assert finding.state_told(RUN) is RUN
    assert finding.state_told(DONE) is None
    assert finding.asks_list(spared=True)
    assert finding.told is DONE


def test_a_list_that_was_refused_to_another_one_is_not_missed(finding):
    Finding(finding.by_list).list_failed(REFUSED, 0)
    assert not finding.asks_list(spared=True)
    assert finding.state_told(DONE) is DONE


def test_what_the_list_answers_for_another_one_is_no_lasting_trouble(finding):
    ask(finding, 8, listed=TROUBLE, state=TROUBLE)
    Finding(finding.by_list).list_answered()
    assert finding.lasted(600) == 0


def test_both_ways_must_be_refused_to_have_lasted(finding):
    ask(finding, 8, listed=TROUBLE, state=TROUBLE, now=100)
    assert finding.lasted(200) == 100
    assert finding.met() == [TROUBLE, TROUBLE]
    finding.list_answered()
    assert finding.lasted(200) == 0
    assert finding.met() == [TROUBLE]
