"""Whatever a service answers, and whether it answers at all: what is raised, logged and told of it shows
no secret.
"""

import pytest

import aiogandi
from aiogandi import Gandi, Retry
from aiogandi.sandbox import Sandbox
from tests.integration.secrets.echoes import ECHOES
from tests.integration.secrets.leaks import LOGIN_PASSWORD, SESSION, VM_PASSWORD
from tests.wire import http_reply


@pytest.mark.parametrize("answer", ECHOES.values(), ids=ECHOES)
async def test_no_failure_shows_a_secret(client, output, answer):
    gandi = await client(answer, lists=True)
    specs = {"login": "admin", "password": VM_PASSWORD}
    for call in (
        lambda: gandi.vm_create("web", VM_PASSWORD, 111, 1, 1),
        lambda: gandi.vm_update(5, specs),
        lambda: gandi.call("vm_create", "web", VM_PASSWORD, 111, 1, 1, {}),
        lambda: gandi.call("su", "BB1-GANDI"),
        lambda: gandi.operation_details(5),
        gandi.account_currency,
        gandi.os_list,
    ):
        try:
            await call()
        except Exception as error:  # noqa: BLE001 - each is looked at
            output.add_error(error)
    assert output.texts
    assert not output.leaks()


@pytest.mark.parametrize("name", ECHOES)
@pytest.mark.parametrize("handle", [None, "BB1-GANDI"])
async def test_no_failure_of_the_login_shows_a_secret(client, output, name, handle):
    def respond(body):
        if handle is not None and b"<methodName>login" in body:
            return http_reply(SESSION)
        # What a login answers may hold the new session, which nobody knows yet.
        known = SESSION.encode() in body or "fault" in name
        return ECHOES[name](body if known else body + SESSION.encode())

    gandi = await client(respond, login_too=True, handle=handle)
    try:
        await gandi.vm_list()
    except Exception as error:  # noqa: BLE001 - it is looked at
        output.add_error(error)
    assert not output.leaks()


async def test_a_refused_password_is_not_shown(output):
    async with Sandbox(password="another") as sandbox:
        async with sandbox.client(password=LOGIN_PASSWORD, on_event=output.hear) as gandi:
            with output.caught(aiogandi.AuthenticationError):
                await gandi.vm_list()
        sandbox.fault(
            "login", code=500130, message=f"[password: {LOGIN_PASSWORD}] {LOGIN_PASSWORD!r}"
        )
        async with sandbox.client(password=LOGIN_PASSWORD, on_event=output.hear) as gandi:
            with output.caught(aiogandi.AuthenticationError):
                await gandi.vm_list()
    assert not output.leaks()


async def test_an_unreachable_service_shows_no_secret(output, unused_tcp_port):
    url = f"http://127.0.0.1:{unused_tcp_port}/xmlrpc/"
    retry = Retry(2, within=0.1, backoff=0)
    async with Gandi(
        "AA1234-GANDI", LOGIN_PASSWORD, url=url, retry=retry, on_event=output.hear
    ) as gandi:
        with output.caught(aiogandi.TransportError):
            await gandi.vm_create("web", VM_PASSWORD, 111, 1, 1)
    assert not output.leaks()
