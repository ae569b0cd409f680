"""Who may call, and until when."""

import pytest

from aiogandi.sandbox.books.clock import ServiceClock
from aiogandi.sandbox.books.faults import ServiceFault
from aiogandi.sandbox.books.sessions import Sessions


@pytest.fixture
def clock():
    return ServiceClock(1.0, lambda: 0.0)


@pytest.fixture
def sessions(clock):
    return Sessions(clock, "AA1234-GANDI", "mypassword", 100.0)


def login(sessions):
    return sessions.login("AA1234-GANDI", "mypassword")


def fault_of(call, *args):
    with pytest.raises(ServiceFault) as caught:
        call(*args)
    return caught.value.code, caught.value.message


def test_login_opens_a_new_session_each_time(sessions):
    first, second = sessions.login("AA1234-GANDI", "mypassword", True), login(sessions)
    assert first != second
    for session in (first, second):
        sessions.admit(session)


def test_a_session_id_looks_like_no_number(sessions):
    ids = [login(sessions) for _ in range(200)]
    assert all(session[0].isalpha() and len(session) == 32 for session in ids)
    assert len(set(ids)) == 200


@pytest.mark.parametrize(
    ("name", "password"), [("AA1234-GANDI", "wrong"), ("BB1-GANDI", "mypassword"), ("é", "é")]
)
def test_a_refused_login_repeats_the_password_as_the_service_did(sessions, name, password):
    message = f"DataError: bad credential [password: {password}]"
    assert fault_of(sessions.login, name, password) == (510150, message)


def test_an_unknown_session_is_repeated_too(sessions):
    message = "DataError: unknown session [session: c0ffee]"
    assert fault_of(sessions.admit, "c0ffee") == (500250, message)


def test_a_session_ends_after_its_lifetime_of_service_time(sessions, clock):
    old = login(sessions)
    clock.advance(99)
    young = login(sessions)
    sessions.admit(old)
    clock.advance(1)
    sessions.admit(young)
    assert fault_of(sessions.admit, old)[0] == 500250


def test_a_session_lasts_12_hours_unless_a_test_says_otherwise(api, sandbox):
    assert api("vm_list") == []
    sandbox.advance(43_199)
    assert api("vm_list") == []
    sandbox.advance(1)
    assert api.fault_of("vm_list").code == 500250


def test_all_sessions_can_be_ended_at_once(api, sandbox):
    api("vm_list")
    sandbox.expire_sessions()
    assert api.fault_of("vm_list").code == 500250
    api.session = ""
    assert api("vm_list") == []


def test_ended_sessions_are_forgotten(sessions, clock):
    for _ in range(5):
        login(sessions)
        clock.advance(100)
    login(sessions)
    assert len(sessions) == 1


def test_su_to_the_own_handle_opens_another_session(sessions):
    session = login(sessions)
    limited = sessions.su("AA1234-GANDI")
    assert limited != session
    sessions.admit(limited)


def test_su_to_another_handle_finds_nobody(sessions):
    code, message = fault_of(sessions.su, "BB1-GANDI")
    assert (code, message[-19:]) == (510140, "[handle: BB1-GANDI]")
