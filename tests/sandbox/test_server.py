"""The sandbox's life, its settings, its clock, and its books."""

import asyncio
import inspect
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from aiogandi.errors import AuthenticationError, InvalidArgument
from aiogandi.sandbox import Sandbox, ServiceFault
from tests.waiting import until

LOGIN = ("login", "AA1234-GANDI", "mypassword")
VM = ("web", "my_password", 111, 1, 1, {})
HUGE = 10**5000


WRONG = {
    "login": ["", None],
    "password": [""],
    "host": [1],
    "port": [-1, 65536, "8000", HUGE],
    "speed": [0, -1, float("nan"), True, HUGE],
    "session_lifetime": [0, "12h"],
    "durations": [{"vm_craete": 1}, *({"vm_create": seconds} for seconds in (-1, None, HUGE))],
    "shares": [-1, 1.5],
    "balance": [float("inf"), -1, HUGE],
    "currency": ["", "euro"],
    "clock": [0.0],
    "body_timeout": [0],
    "idle_timeout": ["15"],
}


@pytest.mark.parametrize("setting", WRONG)
def test_a_setting_without_sense_is_refused_by_name(setting):
    for value in WRONG[setting]:
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
        session = sandbox.execute(*LOGIN)
    async with sandbox, aiohttp.ClientSession() as http:
        assert sandbox.url == url
        assert sandbox.execute("vm_list", session) == []
        async with http.post(url) as reply:
            assert reply.status == 400


async def test_leaving_without_having_entered_does_nothing():
    await Sandbox().__aexit__()


async def test_two_sandboxes_share_nothing(serving):
    async with serving() as one, serving() as other:
        await one("vm_create", *VM)
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


async def test_it_stops_at_once_with_calls_and_connections_open(serving):
    async with serving() as wire, asyncio.timeout(60):
        await wire("vm_list")
        wire.sandbox.delay("vm_create", seconds=60, times=2)
        waiting = [asyncio.create_task(wire("vm_create", *VM)) for _ in range(2)]
        await until(lambda: wire.sandbox.calls["vm_create"] == 2)
        waiting[1].cancel()
        host, port = wire.sandbox.url.split("/")[2].split(":")
        _, half_sent = await asyncio.open_connection(host, port)
        half_sent.write(b"POST /xmlrpc/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n<")
        _, idle = await asyncio.open_connection(host, port)
        await wire("vm_list")
        await wire.sandbox.__aexit__()
        with pytest.raises(aiohttp.ClientError):
            await waiting[0]
        half_sent.close()
        idle.close()
    assert wire.sandbox.vms == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_an_idle_connection_is_closed():
    default = inspect.signature(Sandbox).parameters["idle_timeout"].default
    assert default == 15.0  # what one client of the service noted
    async with Sandbox(idle_timeout=0.01) as sandbox:
        host, port = sandbox.url.split("/")[2].split(":")
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        async with asyncio.timeout(60):
            assert (await reader.read()).startswith(b"HTTP/1.1 404")  # and then the end
        writer.close()


async def test_waiting_operations_cost_no_task_and_no_timer(wire):
    await wire("vm_list")
    loop = asyncio.get_running_loop()
    tasks, timers = len(asyncio.all_tasks()), []
    with pytest.MonkeyPatch.context() as patch:
        call_at = loop.call_at
        patch.setattr(
            loop, "call_at", lambda *args, **how: timers.append(1) or call_at(*args, **how)
        )
        for _ in range(50):
            wire.sandbox.execute("vm_create", wire.session, *VM)
    assert (len(asyncio.all_tasks()), timers) == (tasks, [])


def test_the_books_are_copies(api, sandbox):
    api.running_vm()
    for book in (sandbox.vms, sandbox.disks, sandbox.operations, sandbox.products):
        book.clear()
    sandbox.vms[0]["disks"].append(1)
    sandbox.operations[0]["params"].clear()
    assert sandbox.vms[0]["disks"] == []
    assert sandbox.operations[0]["params"]["hostname"] == "web"
    assert len(sandbox.products) == 1


def test_the_books_are_of_now_even_if_nobody_calls(api_of, hand):
    api = api_of(clock=hand)
    api("vm_create", *VM)
    assert api.sandbox.vms[0]["state"] == "being_created"
    hand.seconds = 60
    assert api.sandbox.vms[0]["state"] == "running"


def test_the_service_begins_at_the_real_date():
    assert abs(Sandbox().now - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=1)


def test_time_passes_by_itself_as_fast_as_it_is_told():
    sandbox = Sandbox(speed=1e9)
    before = sandbox.now
    assert sandbox.now > before


def test_the_clock_can_be_given(api_of, hand):
    sandbox = api_of(clock=hand, speed=60).sandbox
    before = sandbox.now
    hand.seconds += 2
    assert sandbox.now - before == timedelta(minutes=2)


def test_time_advances_at_once_by_service_seconds(sandbox):
    before = sandbox.now
    sandbox.advance(3600)
    assert sandbox.now - before == timedelta(hours=1)


def test_time_goes_only_forward_and_by_a_sensible_number(sandbox):
    for seconds in (-1, float("inf"), float("nan"), "1", None, True, 1e12):
        with pytest.raises(InvalidArgument, match="seconds"):
            sandbox.advance(seconds)


def test_the_date_can_be_set_back_without_time_passing(api, sandbox):
    date = datetime.fromisoformat("2009-07-01T12:00:00")
    vm_id = api("vm_create", *VM)
    sandbox.set_date(date)
    assert api.vm_state(vm_id) == "being_created"
    assert sandbox.operations[0]["date_created"] == date == sandbox.now


def test_a_date_with_a_zone_is_refused(sandbox):
    with pytest.raises(InvalidArgument, match="naive"):
        sandbox.set_date(datetime.now(UTC))


def test_a_call_can_be_executed_without_http(api_of):
    sandbox = api_of(shares=1).sandbox
    sandbox.refuse(times=9)
    session = sandbox.execute(*LOGIN)
    assert sandbox.execute("vm_create", session, *VM) == sandbox.vms[0]["id"]
    with pytest.raises(ServiceFault, match="not enough shares") as caught:
        sandbox.execute("vm_create", session, *VM)
    assert caught.value.code == 530935
    assert (sandbox.calls, sandbox.executed) == ({}, {})


async def test_its_client_is_pointed_here_and_logs_in(wire):
    vm_id = await wire("vm_create", *VM)
    async with wire.sandbox.client() as gandi:
        assert await gandi.vm_list() == [vm_id]


async def test_its_clients_settings_can_be_overridden(wire):
    async with wire.sandbox.client(password="wrong") as gandi:
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
