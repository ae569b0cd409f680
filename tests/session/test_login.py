"""How a session begins: login, and su where the client acts for a handle."""

import asyncio

import pytest

from aiogandi import (
    AuthenticationError,
    Fault,
    Gandi,
    RateLimit,
    Retry,
    ServerFault,
    TransportError,
    codec,
)
from aiogandi.sandbox import Sandbox
from tests.wire import http

PASSWORD = "mypassword"


@pytest.fixture
async def client(answering):
    """Makes clients of a server that answers each method as it is told to, and closes them."""
    clients = []

    async def make(*, settings=None, **answers):
        url, calls = await answering(**answers)
        quick = {"url": url, "rate_limit": None, "retry": Retry(within=0)}
        clients.append(Gandi("AA1234-GANDI", PASSWORD, **quick, **(settings or {})))
        return clients[-1], calls

    yield make
    for made in clients:
        await made.close()


async def test_login_sends_login_password_and_safe(client):
    gandi, calls = await client(login="session-id")
    await gandi.vm_list()
    assert calls == [
        ("login", ["AA1234-GANDI", PASSWORD, True]),
        ("vm_list", ["session-id"]),
    ]


async def test_safe_can_be_switched_off(client):
    gandi, calls = await client(login="session-id", settings={"safe": False})
    await gandi.vm_list()
    assert calls[0] == ("login", ["AA1234-GANDI", PASSWORD, False])


async def test_a_handle_is_acted_for_after_every_login(client):
    gandi, calls = await client(login="first", su="second", settings={"handle": "BB1-GANDI"})
    await gandi.vm_list()
    assert calls[1:] == [("su", ["first", "BB1-GANDI"]), ("vm_list", ["second"])]
    assert gandi.stats.logins == 1


async def test_su_works_on_the_sandbox_also_after_the_session_has_ended(gandi_sandbox):
    async with gandi_sandbox.client(handle="AA1234-GANDI") as gandi:
        await gandi.vm_list()
        gandi_sandbox.expire_sessions()
        await gandi.vm_list()
        assert gandi_sandbox.calls == {"login": 2, "su": 2, "vm_list": 3}


@pytest.mark.parametrize("code", [510150, 500130, 500340, 500110, 530040])
async def test_a_refused_login_is_an_authentication_error(client, code):
    gandi, calls = await client(login=Fault(code, f"bad credential [password: {PASSWORD}]"))
    with pytest.raises(AuthenticationError, match=r"^login refused: bad credential") as caught:
        await gandi.vm_list()
    assert caught.value.fault.code == code
    assert PASSWORD not in str(caught.value)
    assert len(calls) == 1


async def test_a_refused_su_is_an_authentication_error(client):
    gandi, _ = await client(
        login="first", su=Fault(510150, "bad credential"), settings={"handle": "BB1-GANDI"}
    )
    with pytest.raises(AuthenticationError, match=r"^su refused"):
        await gandi.vm_list()


async def test_a_wrong_password_is_one_request_for_all_and_without_a_pause_the_next_may_try_again():
    async with (
        Sandbox(password="another") as sandbox,
        sandbox.client(password="wrong", retry=Retry(login_pause=0)) as gandi,
    ):
        errors = await asyncio.gather(
            *(gandi.vm_list() for _ in range(100)), return_exceptions=True
        )
        assert {type(error) for error in errors} == {AuthenticationError}
        assert sandbox.calls == {"login": 1}
        with pytest.raises(AuthenticationError):
            await gandi.vm_list()
        assert sandbox.calls == {"login": 2}


@pytest.mark.parametrize("reply", ["", 5, ["session-id"], {"session": "session-id"}])
async def test_what_is_no_session_id_is_an_unusable_reply(client, reply):
    gandi, _ = await client(login=reply)
    with pytest.raises(TransportError, match=r"^login: a session id was due, but a ") as caught:
        await gandi.vm_list()
    assert "session-id" not in str(caught.value)


@pytest.mark.parametrize(
    "reply",
    [
        codec.encode_response("session-id")[:-10],
        b"session-id",
        b"<html>session-id</html>",
        codec.encode_response("session-id").replace(b"string", b"int"),
        codec.encode_response("session-id").replace(b"<string>", b"<x session-id='session-id'>"),
    ],
)
async def test_a_garbled_login_reply_is_shown_without_what_may_be_a_session_id(client, reply):
    gandi, _ = await client(login=http(reply, "200 OK", "Connection: close"))
    with pytest.raises(TransportError, match=r"^login: HTTP 200, but ") as caught:
        await gandi.vm_list()
    assert "session-id" not in f"{caught.value!r} {caught.value.__cause__!r}"


async def test_trouble_on_the_way_is_repeated_once_for_all(gandi_sandbox):
    gandi_sandbox.refuse("login", retry_after=0.01)
    gandi_sandbox.drop_reply("login")
    gandi_sandbox.fault("login", code=150000, message="ServerError: internal error")
    async with gandi_sandbox.client(retry=Retry(backoff=0)) as gandi:
        await asyncio.gather(*(gandi.vm_list() for _ in range(100)))
    assert gandi_sandbox.calls["login"] == 4
    assert gandi.stats.logins == 1
    assert gandi.stats.retries == 3


@pytest.mark.parametrize("code", [-32300, -32400, -32500, 0, 1, 500])
async def test_an_odd_fault_refuses_no_login(gandi_sandbox, code):
    gandi_sandbox.fault("login", code=code, message="application error")
    async with gandi_sandbox.client(retry=Retry(backoff=0)) as gandi:
        await gandi.vm_list()
    assert gandi_sandbox.calls["login"] == 2


@pytest.mark.parametrize("code", [-32300, 500])
async def test_an_odd_fault_that_lasts_is_told_as_what_it_is(code):
    async with Sandbox() as sandbox, sandbox.client(retry=Retry(within=0)) as gandi:
        sandbox.fault("login", code=code, message="application error", times=10)
        with pytest.raises(Fault, match="application error") as caught:
            await gandi.vm_list()
        assert caught.value.code == code


@pytest.mark.parametrize(("trouble", "kind"), [("refuse", TransportError), ("fault", ServerFault)])
async def test_trouble_that_lasts_is_everybodys_error_and_not_tried_once_by_each(trouble, kind):
    async with Sandbox() as sandbox, sandbox.client(retry=Retry(within=0)) as gandi:
        if trouble == "refuse":
            sandbox.refuse("login", times=10)
        else:
            sandbox.fault("login", code=150000, message="ServerError", times=10)
        errors = await asyncio.gather(*(gandi.vm_list() for _ in range(50)), return_exceptions=True)
        assert {type(error) for error in errors} == {kind}
        assert sandbox.calls == {"login": 1}


async def test_a_login_passes_the_queue_of_calls():
    async with Sandbox() as sandbox, sandbox.client(rate_limit=RateLimit(1, per=0.05)) as gandi:
        calls = [asyncio.create_task(gandi.vm_list()) for _ in range(3)]
        await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        sandbox.expire_sessions()
        await asyncio.gather(*calls)
        assert sandbox.calls == {"login": 2, "vm_list": 4}
