"""Which trouble lasts, and how long it has lasted."""

import pytest

from aiogandi import AuthenticationError, TransportError
from aiogandi.faults import fault_for
from aiogandi.operations.trouble import GAP, Way


def timed_out(status=None):
    error = TransportError("no reply", status)
    error.__cause__ = TimeoutError()
    return error


FOR_GOOD = {
    "server fault": fault_for(150000, "ServerError"),
    "data fault": fault_for(530040, "not there"),
    "odd fault": fault_for(1, "?"),
    "not found": TransportError("HTTP 404", 404),
    "redirect": TransportError("HTTP 302", 302),
    "garbage": TransportError("no XML", 200),
}
PASSING = {
    "no connection": TransportError("refused"),
    "no reply": timed_out(),
    "half a reply": timed_out(200),
    "too many": TransportError("HTTP 429", 429, sent=False),
    "500": TransportError("HTTP 500", 500),
    "503": TransportError("HTTP 503", 503),
    "login": AuthenticationError("no"),
}


@pytest.mark.parametrize("error", FOR_GOOD.values(), ids=FOR_GOOD)
def test_one_and_the_same_refusal_lasts(error):
    way = Way()
    for now in (100, 250, 400, 550, 700):
        way.failed(error, now)
    assert way.error is error
    assert way.lasted(700) == 600


@pytest.mark.parametrize("error", PASSING.values(), ids=PASSING)
def test_no_reply_and_what_the_server_blames_on_itself_may_pass(error):
    way = Way()
    for now in (100, 250, 400, 550, 700):
        way.failed(error, now)
    assert way.error is error
    assert way.lasted(700) == 0


@pytest.mark.parametrize("other", [*PASSING.values(), fault_for(150001, "ServerError")], ids=str)
def test_another_answer_in_between_begins_anew(other):
    way, error = Way(), FOR_GOOD["server fault"]
    for now, met in ((100, error), (200, other), (300, error), (400, error)):
        way.failed(met, now)
    assert way.lasted(400) == 100


def test_time_in_which_nobody_asked_counts_little():
    way, error = Way(), FOR_GOOD["garbage"]
    for now in (100, 200, 5000):
        way.failed(error, now)
    assert way.lasted(5050) == 100 + GAP + 50
    assert way.lasted(9000) == 100 + 2 * GAP


def test_an_answer_ends_it():
    way, error = Way(), FOR_GOOD["garbage"]
    way.failed(error, 100)
    way.answered()
    assert (way.error, way.lasted(700)) == (None, 0)
    way.failed(error, 600)
    assert way.lasted(700) == 100


def test_the_words_of_two_equal_answers_may_differ():
    way = Way()
    way.failed(TransportError("HTTP 404: request 1", 404), 100)
    way.failed(TransportError("HTTP 404: request 2", 404), 250)
    assert way.lasted(250) == 150
