import re
import xmlrpc.client

import pytest


async def test_login_opens_a_new_session_each_time(api):
    first = await api.bare("login", "AA1234-GANDI", "mypassword", True)
    second = await api.bare("login", "AA1234-GANDI", "mypassword")
    assert first != second
    for session in (first, second):
        assert await api.bare("vm_list", session) == []


@pytest.mark.parametrize(
    ("login", "password"), [("AA1234-GANDI", "wrong"), ("BB1-GANDI", "mypassword"), ("é", "é")]
)
async def test_a_refused_login_repeats_the_password_as_the_service_did(api, login, password):
    with pytest.raises(xmlrpc.client.Fault) as caught:
        await api.bare("login", login, password)
    assert caught.value.faultCode == 510150
    assert caught.value.faultString == f"DataError: bad credential [password: {password}]"


async def test_an_unknown_session_is_repeated_too(api):
    api.session = "c0ffee"
    fault = await api.fault_of("vm_list")
    assert fault.faultCode == 510150
    assert re.fullmatch(r"DataError: .* \[session: c0ffee\]", fault.faultString)


async def test_a_session_ends_after_its_lifetime_of_service_time(serving):
    async with serving(session_lifetime=100) as api:
        await api("vm_list")
        api.sandbox.advance(98)
        old = api.session
        api.session = ""
        await api("vm_list")
        api.sandbox.advance(2)
        await api("vm_list")
        api.session = old
        assert (await api.fault_of("vm_list")).faultCode == 510150


async def test_all_sessions_can_be_ended_at_once(api, sandbox):
    await api("vm_list")
    sandbox.expire_sessions()
    assert (await api.fault_of("vm_list")).faultCode == 510150
    api.session = ""
    assert await api("vm_list") == []


async def test_ended_sessions_are_forgotten(serving):
    async with serving(session_lifetime=100) as api:
        for _ in range(5):
            await api.bare("login", "AA1234-GANDI", "mypassword")
            api.sandbox.advance(100)
        await api.bare("login", "AA1234-GANDI", "mypassword")
        assert len(api.sandbox._service.sessions._ends) == 1


async def test_su_to_the_own_handle_opens_another_session(api):
    limited = await api("su", "AA1234-GANDI")
    assert limited != api.session
    assert await api.bare("vm_list", limited) == []


async def test_su_to_another_handle_finds_nobody(api):
    fault = await api.fault_of("su", "BB1-GANDI")
    assert (fault.faultCode, fault.faultString[-19:]) == (510240, "[handle: BB1-GANDI]")
