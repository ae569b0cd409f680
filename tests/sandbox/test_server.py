"""The sandbox's life, its settings, and its books."""

import asyncio
import time
from datetime import datetime

import aiohttp
import pytest

from aiogandi.errors import AuthenticationError, InvalidArgument
from aiogandi.sandbox import Sandbox


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("login", ""),
        ("login", None),
        ("password", ""),
        ("host", 1),
        ("port", -1),
        ("port", 65536),
        ("port", "8000"),
        ("speed", 0),
        ("speed", -1),
        ("speed", float("nan")),
        ("speed", True),
        ("session_lifetime", 0),
        ("session_lifetime", "12h"),
        ("durations", {"vm_craete": 1}),
        ("durations", {"vm_create": -1}),
        ("durations", {"vm_create": None}),
        ("shares", -1),
        ("shares", 1.5),
        ("balance", float("inf")),
        ("balance", -1),
        ("currency", ""),
        ("currency", "euro"),
    ],
)
def test_a_setting_without_sense_is_refused_by_name(setting, value):
    with pytest.raises(InvalidArgument, match=setting):
        Sandbox(**{setting: value})


def test_a_refused_password_is_not_repeated():
    with pytest.raises(InvalidArgument) as caught:
        Sandbox(password=b"hunter22")
    assert "hunter22" not in repr(caught.value)


async def test_it_serves_while_it_is_entered_and_no_longer():
    sandbox = Sandbox(password="hunter22")
    assert repr(sandbox) == "<Sandbox not serving>"
    async with sandbox as entered, aiohttp.ClientSession() as http:
        assert entered is sandbox
        assert repr(sandbox) == f"<Sandbox {sandbox.url}>"
        url = sandbox.url
        async with http.post(url) as reply:
            assert reply.status == 400
        with pytest.raises(RuntimeError, match="already"):
            await sandbox.__aenter__()
    with pytest.raises(RuntimeError, match="not serving"):
        _ = sandbox.url
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientConnectorError):
            await http.post(url)


async def test_it_can_be_entered_again_with_its_books_at_the_same_place():
    sandbox = Sandbox()
    async with sandbox:
        url = sandbox.url
        sandbox._service.execute("login", ["AA1234-GANDI", "mypassword"])
    async with sandbox:
        assert sandbox.url == url
        assert len(sandbox._service.sessions._ends) == 1


async def test_leaving_without_having_entered_does_nothing():
    await Sandbox().__aexit__()


async def test_two_sandboxes_share_nothing(serving):
    async with serving() as one, serving() as other:
        await one.running_vm()
        assert (len(one.sandbox.vms), other.sandbox.vms) == (1, [])
        assert one.sandbox.url != other.sandbox.url


@pytest.mark.parametrize(
    ("host", "shown"),
    [("::1", "[::1]"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("localhost", "localhost")],
)
async def test_the_url_leads_to_the_host(host, shown):
    try:
        async with Sandbox(host=host) as sandbox, aiohttp.ClientSession() as http:
            assert sandbox.url.startswith(f"http://{shown}:")
            async with http.post(sandbox.url) as reply:
                assert reply.status == 400
    except OSError:
        pytest.skip("this machine has no IPv6")


async def test_it_stops_at_once_with_calls_and_connections_open(serving, until):
    began = time.perf_counter()
    async with serving() as api:
        await api("vm_list")
        api.sandbox.delay("vm_create", seconds=60, times=2)
        waiting = [
            asyncio.create_task(api("vm_create", "web", "my_password", 111, 1, 1, {}))
            for _ in range(2)
        ]
        await until(lambda: api.sandbox.calls["vm_create"] == 2)
        waiting[1].cancel()
        host, port = api.sandbox.url.split("/")[2].split(":")
        _, half_sent = await asyncio.open_connection(host, port)
        half_sent.write(b"POST /xmlrpc/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n<")
        _, idle = await asyncio.open_connection(host, port)
        await api("vm_list")
        await api.sandbox.__aexit__()
        with pytest.raises(aiohttp.ClientError):
            await waiting[0]
        half_sent.close()
        idle.close()
    assert time.perf_counter() - began < 1.0
    assert api.sandbox.vms == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_books_are_copies(api, sandbox):
    await api.running_vm()
    for book in (sandbox.vms, sandbox.disks, sandbox.operations, sandbox.products):
        book.clear()
    sandbox.vms[0]["disks"].append(1)
    sandbox.operations[0]["params"].clear()
    assert sandbox.vms[0]["disks"] == []
    assert sandbox.operations[0]["params"]["hostname"] == "web"
    assert len(sandbox.products) == 1


async def test_the_books_are_of_now_even_if_nobody_calls(api, sandbox):
    await api("vm_create", "web", "my_password", 111, 1, 1, {})
    sandbox._service.clock.advance(60)
    assert sandbox.vms[0]["state"] == "running"
    sandbox.advance(1)
    assert isinstance(sandbox.now, datetime)


async def test_an_idle_connection_is_closed_after_fifteen_seconds():
    async with Sandbox() as sandbox:
        assert sandbox._protocols is not None
        protocol = sandbox._protocols()
        assert protocol.keepalive_timeout == 15.0


async def test_waiting_operations_cost_no_task_and_no_timer(api, sandbox):
    await api("vm_list")
    loop = asyncio.get_running_loop()
    before = (len(asyncio.all_tasks()), len(loop._scheduled))
    for _ in range(50):
        await api("vm_create", "web", "my_password", 111, 1, 1, {})
    assert len(asyncio.all_tasks()) <= before[0]
    assert len(loop._scheduled) <= before[1] + 2
    assert sandbox._exchange._handlers == set()


async def test_its_client_is_pointed_here_and_logs_in(api, sandbox):
    vm_id = await api.running_vm()
    async with sandbox.client() as gandi:
        assert await gandi.vm_list() == [vm_id]


async def test_its_clients_settings_can_be_overridden(sandbox):
    async with sandbox.client(password="wrong") as gandi:
        with pytest.raises(AuthenticationError):
            await gandi.vm_list()


async def test_a_client_in_the_wrong_place_is_not_made():
    with pytest.raises(RuntimeError, match="not serving"):
        Sandbox().client()


async def test_a_setting_that_its_client_refuses_does_not_show_the_password():
    async with Sandbox(password="a-very-secret-one") as sandbox:
        with pytest.raises(InvalidArgument) as caught:
            sandbox.client(timeout=0)
    frame = caught.value.__traceback__
    while frame is not None:
        if "aiogandi" in frame.tb_frame.f_globals["__name__"]:
            assert "a-very-secret-one" not in repr(frame.tb_frame.f_locals)
        frame = frame.tb_next
