"""Ordered trouble, seen from the wire."""

import asyncio
import xmlrpc.client
from xml.parsers.expat import ExpatError

import aiohttp
import pytest

from aiogandi.sandbox import ServiceFault
from aiogandi.sandbox.trouble import Alter, Answer, Refuse
from tests.waiting import until

VM = ("web", "my_password", 111, 1, 1, {})


@pytest.fixture
async def wire(wire):
    await wire("vm_list")
    wire.sandbox.calls.clear()
    wire.sandbox.executed.clear()
    return wire


@pytest.fixture
def served(wire):
    """The sandbox that `wire` calls."""
    return wire.sandbox


def currency(wire):
    return wire.post(xmlrpc.client.dumps((wire.session,), "account_currency"))


async def statuses(wire, times):
    return [(await currency(wire))[0] for _ in range(times)]


async def test_a_refused_request_gets_its_status_and_is_not_executed(wire, served):
    served.refuse(status=502)
    status, headers, _ = await currency(wire)
    assert (status, "Retry-After" in headers) == (502, False)
    assert (served.calls["account_currency"], served.executed["account_currency"]) == (1, 0)
    assert await wire("account_currency") == "EUR"


@pytest.mark.parametrize(
    ("retry_after", "sent"),
    [(7, "7"), (0.25, "0.25"), ("Wed, 21 Oct 2015 07:28:00 GMT",) * 2],
)
async def test_a_refusal_may_say_when_to_come_again(wire, served, retry_after, sent):
    served.refuse(retry_after=retry_after)
    status, headers, _ = await currency(wire)
    assert (status, headers["Retry-After"]) == (503, sent)


async def test_a_dropped_request_is_not_executed(wire, served):
    served.drop_request()
    with pytest.raises(aiohttp.ClientError):
        await currency(wire)
    assert (served.calls["account_currency"], served.executed["account_currency"]) == (1, 0)
    assert await wire("account_currency") == "EUR"


async def test_a_dropped_reply_was_executed(wire, served):
    served.drop_reply("vm_create")
    with pytest.raises(aiohttp.ClientError):
        await wire("vm_create", *VM)
    assert (served.calls["vm_create"], served.executed["vm_create"]) == (1, 1)
    assert len(served.vms) == 1


async def test_a_call_may_be_executed_late_after_its_connection_was_closed(wire, served):
    served.drop_reply("vm_create", late=0.05)
    with pytest.raises(aiohttp.ClientError):
        await wire("vm_create", *VM)
    assert (served.calls["vm_create"], served.executed["vm_create"]) == (1, 0)
    await until(lambda: served.vms)
    assert served.executed["vm_create"] == 1


async def test_a_late_call_is_executed_by_the_session_of_its_time(wire, served):
    served.drop_reply("vm_create", late=0.3)  # time enough to see that it was dropped
    with pytest.raises(aiohttp.ClientError):
        await wire("vm_create", *VM)
    served.expire_sessions()
    await asyncio.sleep(0.4)
    assert (served.vms, served.executed["vm_create"]) == ([], 0)


async def test_a_garbled_reply_was_executed(wire, served):
    served.garble()
    status, _, text = await currency(wire)
    assert (status, served.executed["account_currency"]) == (200, 1)
    with pytest.raises(ExpatError):
        xmlrpc.client.loads(text)


async def test_an_ordered_fault_is_answered_without_execution(wire, served):
    served.fault("account_currency", code=150000, message="ServerError: internal error")
    fault = await wire.fault_of("account_currency")
    assert (fault.faultCode, fault.faultString) == (150000, "ServerError: internal error")
    assert served.executed["account_currency"] == 0
    assert await wire("account_currency") == "EUR"


async def test_an_ordered_answer_is_given_without_execution(wire, served):
    served.answer("vm_create", 4711)
    assert await wire("vm_create", *VM) == 4711
    assert (served.calls["vm_create"], served.executed["vm_create"], served.vms) == (1, 0, [])
    assert await wire("vm_create", *VM) != 4711


async def test_an_answer_may_be_any_value_and_last(wire, served):
    many = [10**9 - number for number in range(300)]
    served.answer("operation_list", many, times=2)
    assert [await wire("operation_list") for _ in range(3)] == [many, many, []]


async def test_an_altered_result_was_executed(wire, served):
    served.alter("vm_create", lambda vm_id, arguments: [vm_id, arguments[0], *arguments[1:3]])
    result = await wire("vm_create", *VM)
    assert result == [served.vms[0]["id"], wire.session, "web", "my_password"]
    assert served.executed["vm_create"] == 1
    assert isinstance(await wire("vm_create", *VM), int)


async def test_a_list_may_hide_what_there_is_by_its_arguments(wire, served):
    await wire("vm_create", *VM)
    served.alter("operation_list", lambda ids, given: [] if len(given) > 1 else ids, times=2)
    assert await wire("operation_list", {"state": "RUN"}) == []
    assert len(await wire("operation_list")) == 1
    assert len(await wire("operation_list", {"state": "RUN"})) == 1


async def test_an_alteration_may_end_in_a_fault(wire, served):
    def refuse(result, arguments):
        raise ServiceFault(530150, f"DataError: not yours [vm_id: {arguments[1]}]")

    served.alter("vm_info", refuse)
    vm_id = await wire("vm_create", *VM)
    fault = await wire.fault_of("vm_info", vm_id)
    assert (fault.faultCode, fault.faultString) == (
        530150,
        f"DataError: not yours [vm_id: {vm_id}]",
    )
    assert served.executed["vm_info"] == 1


async def test_a_fault_is_not_altered(wire, served):
    served.alter("vm_info", lambda *_: 1)
    assert (await wire.fault_of("vm_info", 1)).faultCode == 530240
    assert served.executed["vm_info"] == 0


@pytest.mark.parametrize(
    "function",
    [lambda *_: {}["hunter22"], lambda *_: None],
    ids=["it raises", "the wire cannot carry it"],
)
async def test_an_alteration_that_fails_is_an_internal_error(wire, served, caplog, function):
    served.alter("account_currency", function)
    assert (await wire.fault_of("account_currency")).faultCode == 150000
    assert "account_currency failed: " in caplog.text
    assert "hunter22" not in caplog.text


async def test_a_delayed_call_is_executed_and_answered_late(wire, served):
    served.delay("account_currency", seconds=0.05)
    loop = asyncio.get_running_loop()
    began = loop.time()
    reply = asyncio.create_task(currency(wire))
    await until(lambda: served.calls["account_currency"])
    assert served.executed["account_currency"] == 0
    assert (await reply)[0] == 200
    assert loop.time() - began >= 0.05


async def test_a_delayed_call_is_executed_though_its_caller_has_hung_up(wire, served):
    served.delay("vm_create", seconds=0.05)
    call = asyncio.create_task(wire("vm_create", *VM))
    await until(lambda: served.calls["vm_create"])
    call.cancel()
    assert served.vms == []
    await until(lambda: served.vms)
    assert served.executed["vm_create"] == 1


async def test_a_delay_is_met_once_and_holds_up_nobody_else(wire, served):
    served.delay("account_currency", seconds=60)
    delayed = asyncio.create_task(currency(wire))
    await until(lambda: served.calls["account_currency"])
    assert await wire("account_balance") == 10_000.0
    assert await wire("account_currency") == "EUR"
    assert not delayed.done()
    delayed.cancel()


async def test_trouble_waits_for_its_method_and_lasts_as_long_as_told(wire, served):
    served.refuse("account_currency", times=2)
    assert await wire("account_balance") == 10_000.0
    assert await statuses(wire, 3) == [503, 503, 200]


async def test_trouble_comes_in_the_order_in_which_it_was_ordered(wire, served):
    served.refuse("account_currency", status=500)
    served.refuse(status=502)
    served.refuse("account_currency", status=504)
    assert await statuses(wire, 4) == [500, 502, 504, 200]


async def test_trouble_for_any_method_hits_a_login_too(wire, served):
    served.refuse()
    status, _, _ = await wire.post(xmlrpc.client.dumps(("AA1234-GANDI", "mypassword"), "login"))
    assert status == 503


async def test_trouble_is_met_once_where_nothing_else_is_said(wire, served):
    async def troubled():
        try:
            return await wire("account_currency") != "EUR"
        except (aiohttp.ClientError, xmlrpc.client.Fault, ExpatError, AssertionError):
            return True

    for order in (
        served.refuse,
        served.drop_request,
        served.drop_reply,
        served.garble,
        lambda: served.fault(code=500130, message="x"),
        lambda: served.answer("*", "USD"),
        lambda: served.alter("*", lambda *_: "USD"),
    ):
        order()
        assert [await troubled() for _ in range(2)] == [True, False]


async def test_a_test_can_interfere_with_every_request_itself(wire, served):
    seen = []

    def interfere(method):
        seen.append(method)
        return Refuse(500) if len(seen) == 2 else None

    served.interfere = interfere
    assert await statuses(wire, 3) == [200, 500, 200]
    assert seen == ["account_currency"] * 3


async def test_an_interference_may_answer_or_alter(wire, served):
    served.interfere = {"vm_list": Answer([1]), "os_list": Alter(lambda *_: [])}.get
    assert (await wire("vm_list"), await wire("os_list")) == ([1], [])
    assert await wire("account_currency") == "EUR"


async def test_what_is_ordered_is_not_asked_about(wire, served):
    served.interfere = lambda _: Refuse(500)
    served.refuse(status=504)
    assert await statuses(wire, 2) == [504, 500]


async def test_an_interference_that_fails_is_an_internal_error(wire, served, caplog):
    def broken(method):
        raise ZeroDivisionError("secret")

    served.interfere = broken
    assert (await wire.fault_of("account_currency")).faultCode == 150000
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text
