"""What may be ordered, and what an order for an operation does."""

import pytest

from aiogandi.errors import InvalidArgument
from aiogandi.sandbox import Sandbox

HUGE = 10**5000


@pytest.mark.parametrize(
    "order",
    [
        lambda sandbox: sandbox.refuse(status=200),
        lambda sandbox: sandbox.refuse(status="503"),
        lambda sandbox: sandbox.refuse(times=0),
        lambda sandbox: sandbox.refuse(times=HUGE),
        lambda sandbox: sandbox.refuse(""),
        lambda sandbox: sandbox.refuse(retry_after="a\r\nb"),
        lambda sandbox: sandbox.refuse(retry_after=-1),
        lambda sandbox: sandbox.drop_request(times=True),
        lambda sandbox: sandbox.drop_reply(times=1.5),
        lambda sandbox: sandbox.drop_reply(late=-1),
        lambda sandbox: sandbox.delay(seconds=-1),
        lambda sandbox: sandbox.delay(seconds=float("inf")),
        lambda sandbox: sandbox.delay(seconds=HUGE),
        lambda sandbox: sandbox.fault(code=2**63, message="x"),
        lambda sandbox: sandbox.fault(code=1, message="\x00"),
        lambda sandbox: sandbox.answer("vm_list", None),
        lambda sandbox: sandbox.answer("vm_list", 2**63),
        lambda sandbox: sandbox.answer("vm_list", [], times=0),
        lambda sandbox: sandbox.answer(None, []),
        lambda sandbox: sandbox.alter("vm_list", []),
        lambda sandbox: sandbox.alter("vm_list", len, times=0),
        lambda sandbox: sandbox.fail_operation("vm_craete"),
        lambda sandbox: sandbox.fail_operation([]),
        lambda sandbox: sandbox.fail_operation(message=""),
        lambda sandbox: sandbox.stall_operation("reboot"),
        lambda sandbox: sandbox.hold_operation(times=0),
        lambda sandbox: sandbox.pause_vm(1),
        lambda sandbox: sandbox.advance(HUGE),
    ],
)
def test_an_order_without_sense_is_refused_at_once(order):
    with pytest.raises(InvalidArgument):
        order(Sandbox())


@pytest.mark.parametrize(
    ("order", "fate"),
    [
        (Sandbox.fail_operation, "ERROR"),
        (Sandbox.stall_operation, "RUN"),
        (Sandbox.hold_operation, "PENDING"),
    ],
)
def test_a_fate_is_met_once_where_nothing_else_is_said(api, sandbox, order, fate):
    one, other = api.running_vm(), api.running_vm()
    order(sandbox)
    stops = [api("vm_stop", one), api("vm_stop", other)]
    sandbox.advance(20)
    assert [api.state_of(each) for each in stops] == [fate, "DONE"]


def test_a_fate_hits_its_type_and_as_often_as_told(api, sandbox):
    vm_id = api.running_vm()
    sandbox.fail_operation("vm_reboot", times=2)
    update = api("vm_update", vm_id, {"cpu": 2})
    reboots = [api("vm_reboot", vm_id) for _ in range(3)]
    sandbox.advance(3600)
    states = [api.state_of(each) for each in (update, *reboots)]
    assert states == ["DONE", "ERROR", "ERROR", "DONE"]
