"""Processes beside each other on one journal."""

import asyncio
import json
import random
import signal
from pathlib import Path

import pytest

from aiogandi.sandbox.trouble import Delay, DropReply
from tests.journals.desk import create
from tests.processes import programs
from tests.waiting import until

WORKER = Path(__file__).with_name("worker.py")


@pytest.fixture
async def worker(sandbox, path):
    """Starts processes: ``process = await worker("hold", "web")``. They are killed in the end."""
    async with programs(WORKER) as start:
        yield lambda what, *more: start(what, sandbox.url, path, *more)


async def line(process):
    """The next thing that it tells."""
    return json.loads(await process.stdout.readline())


async def lines(process):
    """All that it tells until it ends well."""
    out, failure = await process.communicate()
    assert process.returncode == 0, failure.decode()
    return [json.loads(each) for each in out.splitlines()]


async def test_a_process_that_is_stopped_keeps_its_key(worker, desk, told):
    holder = await worker("hold", "web")
    assert await line(holder) == "held"
    holder.send_signal(signal.SIGSTOP)

    async with desk.client() as gandi:

        async def wait():
            async with gandi.once("web"):
                return (await create(gandi)).vm_id

        task = asyncio.create_task(wait())
        await until(lambda: "is held by" in told.text)
        assert f"key 'web' is held by process {holder.pid} (worker.py) on " in told.text
        async with gandi.once("another"):
            await create(gandi, "another")
        await asyncio.sleep(0.5)
        assert not task.done()
        assert desk.hostnames == ["another"]

        holder.send_signal(signal.SIGCONT)
        holder.stdin.write(b"go on\n")
        [vm_id] = await lines(holder)
        assert await task == vm_id
    assert sorted(desk.hostnames) == ["another", "web"]


async def test_the_keys_of_a_process_that_is_killed_are_free(worker, desk):
    holder = await worker("hold", "web")
    assert await line(holder) == "held"
    holder.kill()
    await holder.wait()
    async with asyncio.timeout(5), desk.client() as gandi, gandi.once("web"):
        await create(gandi)
    assert desk.hostnames == ["web"]


async def test_items_that_another_process_has_under_way_are_looked_at_in_the_end(worker, desk):
    first = await worker("run", 4, 1)
    begun = [await line(first), await line(first)]
    assert begun == [["begun", "web-0"], ["begun", "web-1"]]
    first.send_signal(signal.SIGSTOP)
    second = await worker("run", 4, 0)
    others = [await line(second) for _ in range(4)]
    assert [each for each in others if each[0] != "begun"] == [
        [name, True, others_id, "None"]
        for name, others_id in _made(desk)
        if name not in ("web-0", "web-1")
    ]
    first.send_signal(signal.SIGCONT)

    told = await lines(second) + others
    assert sorted(each[:3] for each in told if len(each) == 4) == [
        [name, True, vm_id] for name, vm_id in sorted(_made(desk))
    ]
    assert [each for each in await lines(first) if each == "through"] == ["through"]
    assert sorted(desk.hostnames) == ["web-0", "web-1", "web-2", "web-3"]


def _made(desk):
    return [(vm["hostname"], vm["id"]) for vm in desk.sandbox.vms]


@pytest.mark.parametrize("seed", [1, 2])
async def test_equal_calls_of_two_processes_never_share_an_operation(worker, desk, seed):
    lots = random.Random(seed)
    desk.sandbox.interfere = lambda method: (
        DropReply() if method == "vm_create" and lots.random() < 0.3 else None
    )
    pair = [await worker("equal", 20) for _ in range(2)]
    told = [await lines(process) for process in pair]
    ids = [vm_id for [its_own] in told for vm_id in its_own]
    assert sorted(ids) == sorted(vm["id"] for vm in desk.sandbox.vms)
    assert len(set(ids)) == 40


async def test_the_calls_of_living_processes_are_left_alone(worker, desk):
    desk.sandbox.delay("vm_create", seconds=1, times=1)
    living = await worker("equal", 1)
    await until(desk.sent)
    async with desk.client() as gandi:
        assert await gandi.recover() == []
    assert len(await lines(living)) == 1
    async with desk.client() as gandi:
        assert await gandi.recover() == []
    assert desk.hostnames == ["web"]


async def killed_before_it_is_answered(worker, desk, number):
    """A process that has made so many calls, of which it has got no answer, and is no more."""
    desk.sandbox.interfere = lambda method: Delay(0.2) if method == "vm_create" else None
    killed = await worker("equal", number)
    await until(lambda: desk.sent() >= number)
    killed.kill()
    await killed.wait()
    await until(lambda: len(desk.hostnames) >= number)


async def test_two_that_recover_at_once_do_each_thing_once(worker, desk):
    await killed_before_it_is_answered(worker, desk, 4)
    pair = [await worker("recover") for _ in range(2)]
    told = [each for process in pair for each in await line(process)]
    assert [each[:2] for each in told] == [["vm_create", "adopted"]] * 4
    assert sorted(each[2] for each in told) == [each["id"] for each in desk.sandbox.operations]
    assert desk.sent() == 4


async def test_what_was_recovered_is_taken_up_once(worker, desk):
    await killed_before_it_is_answered(worker, desk, 2)
    async with desk.client() as gandi:
        found = await gandi.recover()
        assert [each.outcome for each in found] == ["adopted", "adopted"]
        assert await gandi.recover() == []
        details = await found[0].pending.operation()
        assert details.state == "DONE"
    async with desk.client() as gandi:
        [left] = await gandi.recover()
        assert left.pending.operation_id == found[1].pending.operation_id
        left.pending.dismiss()
    async with desk.client() as gandi:
        assert await gandi.recover() == []


async def test_what_did_not_run_is_absent(worker, desk):
    desk.sandbox.drop_reply("vm_create", late=3600)
    killed = await worker("equal", 1)
    await until(desk.sent)
    killed.kill()
    await killed.wait()
    async with desk.client() as gandi:
        [found] = await gandi.recover()
        assert found.outcome == "absent"
        assert await gandi.recover() == []
    assert desk.sent() == 1
