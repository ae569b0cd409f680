"""Scripted trouble, seen from the wire."""

import asyncio
import time
import xmlrpc.client
from xml.parsers.expat import ExpatError

import aiohttp
import pytest

from aiogandi.errors import InvalidArgument
from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.books.operations import Fate
from aiogandi.sandbox.script import trouble


@pytest.fixture(autouse=True)
async def logged_in(api):
    await api("vm_list")
    api.sandbox.calls.clear()
    api.sandbox.executed.clear()


def currency(api):
    return api.post(xmlrpc.client.dumps((api.session,), "account_currency"))


async def test_a_refused_request_gets_its_status_and_is_not_executed(api, sandbox):
    sandbox.refuse(status=502)
    status, headers, _ = await currency(api)
    assert (status, "Retry-After" in headers) == (502, False)
    assert (sandbox.calls["account_currency"], sandbox.executed["account_currency"]) == (1, 0)
    assert await api("account_currency") == "EUR"


@pytest.mark.parametrize(
    ("retry_after", "sent"),
    [(7, "7"), (0.25, "0.25"), ("Wed, 21 Oct 2015 07:28:00 GMT",) * 2],
)
async def test_a_refusal_may_say_when_to_come_again(api, sandbox, retry_after, sent):
    sandbox.refuse(retry_after=retry_after)
    status, headers, _ = await currency(api)
    assert (status, headers["Retry-After"]) == (503, sent)


async def test_a_dropped_request_is_not_executed(api, sandbox):
    sandbox.drop_request()
    with pytest.raises(aiohttp.ClientError):
        await currency(api)
    assert (sandbox.calls["account_currency"], sandbox.executed["account_currency"]) == (1, 0)
    assert await api("account_currency") == "EUR"


async def test_a_dropped_reply_was_executed(api, sandbox):
    sandbox.drop_reply("vm_create")
    with pytest.raises(aiohttp.ClientError):
        await api("vm_create", "web", "my_password", 111, 1, 1, {})
    assert (sandbox.calls["vm_create"], sandbox.executed["vm_create"]) == (1, 1)
    assert len(sandbox.vms) == 1


async def test_a_garbled_reply_was_executed(api, sandbox):
    sandbox.garble()
    status, _, text = await currency(api)
    assert (status, sandbox.executed["account_currency"]) == (200, 1)
    with pytest.raises(ExpatError):
        xmlrpc.client.loads(text)


async def test_a_scripted_fault_is_answered_without_execution(api, sandbox):
    sandbox.fault("account_currency", code=150000, message="ServerError: internal error")
    fault = await api.fault_of("account_currency")
    assert (fault.faultCode, fault.faultString) == (150000, "ServerError: internal error")
    assert sandbox.executed["account_currency"] == 0


async def test_a_delayed_call_is_executed_and_answered_late(api, sandbox, until):
    sandbox.delay("account_currency", seconds=0.05)
    began = time.perf_counter()
    reply = asyncio.create_task(currency(api))
    await until(lambda: sandbox.calls["account_currency"])
    assert sandbox.executed["account_currency"] == 0
    assert (await reply)[0] == 200
    assert time.perf_counter() - began >= 0.05


async def test_a_delayed_call_is_executed_though_its_caller_has_hung_up(api, sandbox, until):
    sandbox.delay("vm_create", seconds=0.05)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(api("vm_create", "web", "my_password", 111, 1, 1, {}), 0.02)
    assert sandbox.vms == []
    await until(lambda: sandbox.vms)
    assert sandbox.executed["vm_create"] == 1


async def test_a_delay_holds_up_nobody_else(api, sandbox, until):
    sandbox.delay("account_currency", seconds=60)
    delayed = asyncio.create_task(currency(api))
    await until(lambda: sandbox.calls["account_currency"])
    assert await api("account_balance") == 10_000.0
    assert not delayed.done()
    delayed.cancel()


async def test_trouble_waits_for_its_method_and_lasts_as_long_as_told(api, sandbox):
    sandbox.refuse("account_currency", times=2)
    assert await api("account_balance") == 10_000.0
    assert [(await currency(api))[0] for _ in range(3)] == [503, 503, 200]


@pytest.mark.parametrize(
    "order",
    [
        Sandbox.refuse,
        Sandbox.drop_request,
        Sandbox.drop_reply,
        Sandbox.garble,
        lambda sandbox: sandbox.delay(seconds=0),
        lambda sandbox: sandbox.fault(code=500130, message="x"),
    ],
)
def test_trouble_is_met_once_where_nothing_else_is_said(order):
    sandbox = Sandbox()
    order(sandbox)
    assert [sandbox._trouble_for("vm_list") is None for _ in range(2)] == [False, True]


@pytest.mark.parametrize(
    "order", [Sandbox.fail_operation, Sandbox.stall_operation, Sandbox.hold_operation]
)
def test_a_fate_is_met_once_where_nothing_else_is_said(order):
    sandbox = Sandbox()
    order(sandbox)
    assert [sandbox._fate_of("vm_stop") == Fate() for _ in range(2)] == [False, True]


async def test_trouble_comes_in_the_order_in_which_it_was_ordered(api, sandbox):
    sandbox.refuse("account_currency", status=500)
    sandbox.refuse(status=502)
    sandbox.refuse("account_currency", status=504)
    assert [(await currency(api))[0] for _ in range(4)] == [500, 502, 504, 200]


async def test_trouble_for_any_method_hits_a_login_too(api, sandbox):
    sandbox.refuse()
    status, _, _ = await api.post(xmlrpc.client.dumps(("AA1234-GANDI", "mypassword"), "login"))
    assert status == 503


async def test_a_test_can_interfere_with_every_request_itself(api, sandbox):
    seen = []

    def interfere(method):
        seen.append(method)
        return trouble.Refuse(500) if len(seen) == 2 else None

    sandbox.interfere = interfere
    assert [(await currency(api))[0] for _ in range(3)] == [200, 500, 200]
    assert seen == ["account_currency"] * 3


async def test_what_a_script_claims_is_not_asked_about(api, sandbox):
    sandbox.interfere = lambda _: trouble.Refuse(500)
    sandbox.refuse(status=504)
    assert [(await currency(api))[0] for _ in range(2)] == [504, 500]


async def test_an_interference_that_fails_is_an_internal_error(api, sandbox, caplog):
    def broken(method):
        raise ZeroDivisionError("secret")

    sandbox.interfere = broken
    assert (await api.fault_of("account_currency")).faultCode == 150000
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    "order",
    [
        lambda sandbox: sandbox.refuse(status=200),
        lambda sandbox: sandbox.refuse(status="503"),
        lambda sandbox: sandbox.refuse(times=0),
        lambda sandbox: sandbox.refuse(""),
        lambda sandbox: sandbox.refuse(retry_after="a\r\nb"),
        lambda sandbox: sandbox.refuse(retry_after=-1),
        lambda sandbox: sandbox.drop_request(times=True),
        lambda sandbox: sandbox.drop_reply(times=1.5),
        lambda sandbox: sandbox.delay(seconds=-1),
        lambda sandbox: sandbox.delay(seconds=float("inf")),
        lambda sandbox: sandbox.fault(code=2**31, message="x"),
        lambda sandbox: sandbox.fault(code=1, message="\x00"),
        lambda sandbox: sandbox.fail_operation("vm_craete"),
        lambda sandbox: sandbox.fail_operation(message=""),
        lambda sandbox: sandbox.stall_operation("reboot"),
        lambda sandbox: sandbox.hold_operation(times=0),
        lambda sandbox: sandbox.pause_vm(1),
    ],
)
def test_an_order_without_sense_is_refused_at_once(order):
    with pytest.raises(InvalidArgument):
        order(Sandbox())
