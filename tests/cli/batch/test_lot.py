"""A bulk run under trouble and under its limits: no operation is lost sight of."""

import asyncio
import json
import re
from types import SimpleNamespace

import pytest

from aiogandi.cli.batch.change import carry_out
from aiogandi.cli.batch.items import Target, Waiting, Wording
from aiogandi.cli.batch.lot import LIMITS, Limits
from aiogandi.cli.batch.report import report_of
from aiogandi.cli.service.connection import Connection
from aiogandi.cli.terminal.screen import Screen
from aiogandi.cli.terminal.signals import Interrupts


def test_a_lost_answer_is_found_again_and_the_server_created_once(aiogandi, service):
    service.do("drop_reply", "vm_create")
    done = aiogandi("vm", "create", "web", "--os", 111, "--json", service=service)
    assert done.code == 0
    assert [vm["hostname"] for vm in service.do("vms")] == ["web"]
    assert done.json[0]["vm_id"] == service.do("vms")[0]["id"]


def test_what_may_have_run_is_unknown_and_its_password_still_told(aiogandi, serving):
    service = serving(speed=1000)
    service.do("drop_reply", "vm_create")
    service.do("fault", "operation_list", code=500140, message="no such method", times=99)
    done = aiogandi("vm", "create", "web", "--os", 111, "--json", service=service)
    assert done.code == 1
    assert done.json[0]["outcome"] == "unknown"
    assert re.fullmatch(r"[A-Za-z0-9]{20}", done.json[0]["password"])
    assert "whether it ran is not known" in done.json[0]["error"]
    assert "Not known whether created: web" in done.err
    assert done.json[0]["password"] not in done.err


def test_a_failed_creation_has_no_password_to_show(aiogandi, serving):
    service = serving(speed=1000)
    service.do("fault", "vm_create", code=530960, message="DataError: taken [shares: 1]")
    done = aiogandi("vm", "create", "a", "b", "--os", 111, "--json", service=service)
    assert done.code == 1
    created = {vm["outcome"]: vm["password"] is None for vm in done.json}
    assert created == {"done": False, "failed": True}


def test_a_session_that_is_refused_midway_ends_the_lot_and_what_goes_on_is_told(
    aiogandi, slow_service
):
    ids = slow_service.vms("web-01", "web-02")
    slow_service.do("delay", "vm_stop", seconds=0)
    refusal = "DataError: bad credential [session: x]"
    slow_service.do("fault", "vm_stop", code=510150, message=refusal, times=99)
    done = aiogandi("vm", "stop", *ids, "--json", service=slow_service)
    assert done.code == 3
    assert sorted(item["outcome"] for item in done.json) == ["failed", "under_way"]
    (operation,) = (item["operation_id"] for item in done.json if item["operation_id"])
    assert f"  aiogandi operation wait {operation}\n" in done.err
    assert done.err.splitlines()[-1].startswith("aiogandi: the service refuses the session: ")


WORDING = Wording("Stop", "Stopping", "stopped", "server")
WAIT = Waiting(wait=True, timeout=None)


@pytest.fixture
def change(capsys):
    """Changes things with these ids in one bulk run, without a service."""

    async def run(action, ids, *, waiting=WAIT, limits=LIMITS):
        screen = Screen(as_json=True)
        connection = Connection(None, "AA1234-GANDI", Interrupts(screen), screen)
        targets = [Target(number) for number in ids]
        report = report_of("vm_id", "hostname", "VM")
        code = await carry_out(connection, targets, action, WORDING, waiting, report, limits)
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, json=json.loads(out), err=err)

    return run


async def test_a_call_without_an_answer_is_given_up_in_the_end_and_unknown(change):
    async def act(item, step):
        await step(asyncio.Event().wait)

    waiting = Waiting(wait=True, timeout=0.01)
    done = await change(act, [10001], waiting=waiting, limits=Limits(answers=0.01))
    assert done.code == 1
    assert done.json[0]["outcome"] == "unknown"
    assert "Not known whether stopped: 10001\n" in done.err


def test_nothing_more_is_begun_once_the_waiting_has_ended(change, in_virtual_time):
    answers = asyncio.Event()
    calls = []

    async def stop(number):
        calls.append(number)
        await answers.wait()
        operation_id = 100 + number
        return SimpleNamespace(id=operation_id, type="vm_stop", state=None, done=lambda: False)

    async def act(item, step):
        item.more = True
        await step(stop, item.target.id)

    async def story():
        asyncio.get_running_loop().call_later(2, answers.set)
        return await change(act, range(1, 101), waiting=Waiting(wait=True, timeout=1))

    done = in_virtual_time(story())
    assert done.code == 1
    assert calls == [*range(1, 21)]
    outcomes = [item["outcome"] for item in done.json]
    assert outcomes == 20 * ["under_way"] + 80 * ["not_begun"]
    assert "20 operations go on at the service" in done.err
    # All of them: also those whose first step goes on have another one before them.
    assert "Still to be stopped: 1-100\n" in done.err
    assert "  aiogandi operation wait 101-120\n" in done.err


async def test_a_first_step_that_is_done_leaves_the_second_to_be_begun(change):
    async def wait():
        return None

    async def stop():
        return SimpleNamespace(id=101, type="vm_stop", state="DONE", done=lambda: True, wait=wait)

    async def act(item, step):
        item.more = True
        await step(stop)

    done = await change(act, [10001], waiting=Waiting(wait=False, timeout=None))
    assert done.code == 1
    assert (done.json[0]["state"], done.json[0]["outcome"]) == ("DONE", "not_begun")


@pytest.mark.parametrize(
    ("limits", "most"), [(Limits(at_once=3), 3), (Limits(calls=2), 2), (Limits(), 20)]
)
async def test_more_than_the_limit_are_all_changed_in_the_end(change, limits, most):
    under_way = []
    most_under_way = 0

    async def call(number):
        nonlocal most_under_way
        under_way.append(number)
        most_under_way = max(most_under_way, len(under_way))
        await asyncio.sleep(0)
        under_way.remove(number)

    async def act(item, step):
        await step(call, item.target.id)

    done = await change(act, range(1, 41), limits=limits)
    assert done.code == 0
    assert [item["vm_id"] for item in done.json] == [*range(1, 41)]
    assert {item["outcome"] for item in done.json} == {"done"}
    assert most_under_way == most


def test_many_servers_are_created_in_order_and_deleted_by_their_names(aiogandi, service):
    names = [f"web-{number:03d}" for number in range(40)]
    done = aiogandi("vm", "create", *names, "--os", 111, "--json", service=service)
    assert done.code == 0
    assert [vm["hostname"] for vm in done.json] == names
    done = aiogandi("vm", "delete", "--match", "web-*", "--stop", service=service)
    assert done.code == 0
    assert service.states() == {}
