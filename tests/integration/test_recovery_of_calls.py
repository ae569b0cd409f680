"""A black hole swallows what is sent. When the service is back, whoever waits is served at once."""

import asyncio

import pytest

from aiogandi import Retry, TransportError
from aiogandi.sandbox.trouble import Delay, DropReply, Refuse
from tests.integration.service import SETTLE, on_service

OUTAGE = 900.0
PATIENT = Retry(within=3600, settle=SETTLE)

silence = [lambda: Delay(1e6), lambda: Refuse(503)]
"""What a service does in an outage: nothing at all, or it says that there is one."""


def outage(sandbox, trouble, *methods, seconds=OUTAGE):
    """From now on these methods meet *trouble*. Returns when that is over."""
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    sandbox.interfere = lambda method: trouble() if method in methods and clock() < until else None
    return until


def seconds_since(moment):
    return asyncio.get_running_loop().time() - moment


@pytest.mark.parametrize("trouble", silence)
@on_service(retry=PATIENT)
async def test_a_login_is_served(sandbox, gandi, trouble):
    back = outage(sandbox, trouble, "login")
    assert await asyncio.gather(*(gandi.vm_list() for _ in range(20))) == [[]] * 20
    assert 0 < seconds_since(back) < 10


@pytest.mark.parametrize("trouble", silence)
@on_service(retry=PATIENT)
async def test_a_look_up_for_a_lost_call_is_served(sandbox, gandi, trouble):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    back = outage(sandbox, trouble, "operation_list", "operation_details")
    look = sandbox.interfere
    sandbox.drop_reply("vm_create")
    sandbox.interfere = lambda method: DropReply() if method == "vm_create" else look(method)
    operation = await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
    assert [vm["id"] for vm in sandbox.vms] == [operation.vm_id]
    assert 0 < seconds_since(back) < 15


@on_service(retry=PATIENT)
async def test_a_look_before_a_changing_call_is_served(sandbox, gandi):
    await gandi.vm_list()
    back = outage(sandbox, lambda: Delay(1e6), "operation_list", seconds=47)
    await gandi.vm_create("web", "s3cret-pw", 111, 2, 1)
    assert 0 < seconds_since(back) < 10


@pytest.mark.parametrize("phase", [0, 20, 45])
@on_service(retry=Retry(settle=SETTLE))
async def test_whoever_calls_again_after_each_failure_is_served(sandbox, gandi, phase):
    """With the usual patience a call gives up before the service is back; its caller does not."""
    back = outage(sandbox, lambda: Delay(1e6), "login", seconds=120 + phase)
    while True:
        try:
            await gandi.vm_list()
            break
        except TransportError:
            assert seconds_since(back) < 1
    assert 0 < seconds_since(back) < 15


@on_service(retry=Retry(within=60.0, settle=SETTLE))
async def test_time_alone_bounds_what_never_comes_back(sandbox, gandi):
    outage(sandbox, lambda: Delay(1e6), "login", seconds=1e6)
    began = asyncio.get_running_loop().time()
    with pytest.raises(TransportError, match="login: no reply within"):
        await gandi.vm_list()
    assert 50 < seconds_since(began) < 70
    assert sandbox.calls["login"] < 60 / 5 + 8
