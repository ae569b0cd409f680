"""Processes beside each other on one hub: what holds of those on one file, and what one may not do that was held
up for longer than its lease.
"""

import random
import signal
from functools import partial
from pathlib import Path

import pytest

from aiogandi import HubError
from aiogandi.sandbox.trouble import DropReply
from tests.hub.journal.desk import HubDesk
from tests.hub.journal.worker import LEASE
from tests.journals.desk import create
from tests.journals.test_processes import (  # noqa: F401 - they are run here as well
    line,
    lines,
    test_equal_calls_of_two_processes_never_share_an_operation,
    test_the_calls_of_living_processes_are_left_alone,
    test_the_keys_of_a_process_that_is_killed_are_free,
    test_two_that_recover_at_once_do_each_thing_once,
    test_what_did_not_run_is_absent,
    test_what_was_recovered_is_taken_up_once,
)
from tests.processes import programs

WORKER = Path(__file__).with_name("worker.py")


@pytest.fixture
def desk(sandbox, make_hub):
    return HubDesk(sandbox, partial(make_hub, lease=LEASE))


@pytest.fixture
async def worker(sandbox, durable_store, prefix):
    """Starts processes: ``process = await worker("hold", "web")``. They are killed in the end."""
    async with programs(WORKER) as start:

        async def begin(what, *more, keeps="journal"):
            return await start(what, sandbox.url, durable_store, prefix, keeps, *more)

        yield begin


@pytest.mark.parametrize("seed", [1, 2])
async def test_without_a_journal_they_share_no_operation_either(worker, desk, seed):
    lots = random.Random(seed)
    desk.sandbox.interfere = lambda method: (
        DropReply() if method == "vm_create" and lots.random() < 0.3 else None
    )
    pair = [await worker("equal", 20, keeps="claims") for _ in range(2)]
    told = [await lines(process) for process in pair]
    ids = [vm_id for [its_own] in told for vm_id in its_own]
    assert sorted(ids) == sorted(vm["id"] for vm in desk.sandbox.vms)
    assert len(set(ids)) == 40


async def test_a_process_that_was_stopped_for_longer_than_its_lease_sends_nothing(worker, desk):
    holder = await worker("hold", "web")
    assert await line(holder) == "held"
    holder.send_signal(signal.SIGSTOP)
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
        holder.send_signal(signal.SIGCONT)
        holder.stdin.write(b"go on\n")
        _, failure = await holder.communicate()
        assert "KeyLost: key 'web' is not held any more" in failure.decode()
    assert desk.hostnames == ["web"]
    assert holder.returncode != 0


async def test_a_block_that_ends_well_without_its_key_says_so(desk, make_hub, prefix):
    store = make_hub().store
    store.join()
    async with desk.client() as gandi:
        with pytest.raises(HubError, match="'web' is not held any more"):
            async with gandi.once("web"):
                await (await gandi.vm_create("web", "s3cret-pw", 111, shares=1, cpu=1))
                names = await store.command("KEYS", f"{prefix}:*")
                await store.command("DEL", *names)
    await store.leave()
