"""What the service forbids is remembered: it is asked once, and told once."""

import asyncio
import logging

import pytest

from aiogandi import Fault, OutcomeUnknown, PermissionDenied, ServerFault, SessionExpired
from aiogandi.changes.refusals import REMEMBERED, Refusals
from aiogandi.faults import fault_for
from aiogandi.sandbox.trouble import AnswerFault, DropReply, Refuse
from tests.integration.service import on_service

FORBIDDEN = 530050


class Service:
    """Refuses every question by *fault*, and keeps the time."""

    def __init__(self, fault):
        self.fault = fault
        self.now = 0.0
        self.asked = []
        self.ask = Refusals(lambda: self.now).around(self._answer)

    async def _answer(self, method, arguments):
        self.asked.append((method, arguments))
        raise self.fault

    async def is_refused(self, method="operation_list", **filters):
        with pytest.raises(Fault) as caught:
            await self.ask(method, {"filter": filters} if filters else {})
        assert (type(caught.value), str(caught.value)) == (type(self.fault), str(self.fault))


@pytest.mark.parametrize("code", [FORBIDDEN, 500130, 530040, -32601])
async def test_a_refused_question_is_not_asked_again_for_an_hour(code):
    service = Service(fault_for(code, "DataError: not allowed", None, "operation_list"))
    for _ in range(10):
        await service.is_refused()
        await service.is_refused(type="vm_create")
    assert len(service.asked) == 2
    service.now = REMEMBERED
    await service.is_refused()
    assert len(service.asked) == 3


@pytest.mark.parametrize("fault", [ServerFault(150000, "oops"), SessionExpired(510150, "no")])
async def test_what_may_pass_is_asked_again(fault):
    service = Service(fault)
    for _ in range(3):
        await service.is_refused()
    assert len(service.asked) == 3


async def test_another_question_is_asked():
    service = Service(PermissionDenied(FORBIDDEN, "no"))
    await service.is_refused()
    await service.is_refused(type="vm_create")
    await service.is_refused(type="vm_start")
    await service.is_refused(type="vm_start", param={"vm_id": 5})
    await service.is_refused("operation_details")
    await service.is_refused("operation_details")
    assert len(service.asked) == 6


# -- what comes of it ------------------------------------------------------------------------


def warnings_in(caplog):
    return [record for record in caplog.records if record.levelno >= logging.WARNING]


def forbid_lists(sandbox):
    sandbox.interfere = lambda method: (
        AnswerFault(FORBIDDEN, "DataError: not allowed") if method == "operation_list" else None
    )


@on_service(rate_limit=None)
async def test_125_creations_ask_for_a_forbidden_list_once_and_tell_it_once(sandbox, gandi, caplog):
    forbid_lists(sandbox)
    for number in range(125):
        await gandi.vm_create(f"web-{number}", "s3cret-pw", 111, 1, 1)
    assert sandbox.calls["operation_list"] == 1
    assert len(warnings_in(caplog)) == 1
    assert len(sandbox.vms) == 125


@on_service(rate_limit=None)
async def test_calls_at_once_ask_for_it_once_too(sandbox, gandi, caplog):
    forbid_lists(sandbox)
    creations = (gandi.vm_create(f"web-{number}", "s3cret-pw", 111, 1, 1) for number in range(50))
    await asyncio.gather(*creations)
    assert sandbox.calls["operation_list"] == 1
    assert len(warnings_in(caplog)) == 1


@on_service(rate_limit=None)
async def test_without_the_list_nothing_is_guessed(sandbox, gandi):
    """A lost call is told as unknown, whether it ran or not, and is never sent again."""

    async def lose(name):
        with pytest.raises(OutcomeUnknown):
            await gandi.vm_create(name, "s3cret-pw", 111, 1, 1)

    forbid_lists(sandbox)
    forbidden = sandbox.interfere
    sandbox.interfere = lambda method: DropReply() if method == "vm_create" else forbidden(method)
    for number in range(20):
        await lose(f"ran-{number}")
    sandbox.interfere = lambda method: Refuse(500) if method == "vm_create" else forbidden(method)
    for number in range(20):
        await lose(f"did-not-run-{number}")
    assert len(sandbox.vms) == 20
    assert sandbox.calls["vm_create"] == 40
    assert len(gandi.pending()) == 40
    assert sandbox.calls["operation_list"] <= 3


@on_service(rate_limit=None)
async def test_after_an_hour_it_is_asked_again_and_lost_calls_are_found(sandbox, gandi, caplog):
    forbid_lists(sandbox)
    await gandi.vm_create("before", "s3cret-pw", 111, 1, 1)
    sandbox.interfere = None
    await asyncio.sleep(REMEMBERED)
    await gandi.vm_create("after", "s3cret-pw", 111, 1, 1)
    assert sandbox.calls["operation_list"] == 2
    sandbox.drop_reply("vm_create")
    operation = await gandi.vm_create("lost", "s3cret-pw", 111, 1, 1)
    assert operation.vm_id in [vm["id"] for vm in sandbox.vms]
    assert len(warnings_in(caplog)) == 1


@on_service(rate_limit=None)
async def test_a_forbidden_list_is_told_again_after_it_was_allowed(sandbox, gandi, caplog):
    for _ in range(2):
        forbid_lists(sandbox)
        await gandi.vm_create("forbidden", "s3cret-pw", 111, 1, 1)
        sandbox.interfere = None
        await asyncio.sleep(REMEMBERED)
        await gandi.vm_create("allowed", "s3cret-pw", 111, 1, 1)
        await asyncio.sleep(REMEMBERED)
    assert len(warnings_in(caplog)) == 2
