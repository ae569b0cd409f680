"""An item that runs alone, in a process of its own: what it may do to that, and how the worker hears of it."""

import asyncio
import os
import signal
import time
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from aiogandi import Done, Failed
from aiogandi.changes.journal import KeyHeld
from aiogandi.errors import HubError
from aiogandi.fleet.books.books import Books
from aiogandi.fleet.items import Item
from aiogandi.fleet.worker.alone import AT_ONCE, GRACE, Alone, NotBegun
from aiogandi.fleet.worker.clients import Clients
from aiogandi.fleet.worker.workbench import SUSPECT
from tests.fleet.workers import PATIENCE, TARGET, end_of, line_with
from tests.waiting import until

RUN = "a-run"


@asynccontextmanager
async def begun(place, action, *names):
    """Items that this process has in the books."""
    books = Books(place.fleet.hub.store)
    async with books.at_hand():
        await place.fleet.submit(getattr(place.module, action), names, run=RUN)
        items = [Item(name, name, "default") for name in names]
        yield [await books.begin(RUN, item.id, place.fleet.actions) for item in items]


async def make_suspect(place, name):
    """Let processes that have an item end without a word."""
    books, id_ = Books(place.fleet.hub.store), Item(name, name, "default").id
    for _ in range(SUSPECT + 1):
        async with books.at_hand():
            await books.begin(RUN, id_, place.fleet.actions)
            await books.note_steps(RUN, id_, 0, are_more=False)


async def only_outcome(place):
    [outcome] = (await place.outcomes(place.fleet.run(RUN))).values()
    return outcome


async def test_an_item_that_ends_well_has_its_outcome(workplace):
    async with begun(workplace, "deadly", "harmless") as [item]:
        assert await Alone(TARGET)(RUN, item) is None
        assert await only_outcome(workplace) == Done("harmless", "harmless")
    assert workplace.disks() == {"harmless": 1}
    assert os.getpid() not in workplace.begun("harmless")


@pytest.mark.parametrize(
    ("name", "death"),
    [
        ("signal-9", "SIGKILL"),
        ("signal-11", "SIGSEGV"),
        ("exit-3", "exit code 3"),
        ("exit-0", "exit code 0"),
    ],
)
async def test_a_death_is_told_and_is_no_outcome(workplace, name, death):
    async with begun(workplace, "deadly", name) as [item]:
        assert await Alone(TARGET)(RUN, item) == death
        progress = await workplace.fleet.run(RUN).progress()
    assert (progress.done, progress.failed, progress.under_way) == (0, 0, 1)


async def test_what_a_service_manager_sends_to_all_processes_is_for_the_worker(workplace):
    async with begun(workplace, "deadly", f"signal-{int(signal.SIGTERM)}") as [item]:
        assert await Alone(TARGET)(RUN, item) is None
        assert isinstance(await only_outcome(workplace), Done)


async def test_an_exit_that_is_an_exception_is_a_failure(workplace):
    async with begun(workplace, "leaves", "web") as [item]:
        assert await Alone(TARGET)(RUN, item) is None
        outcome = await only_outcome(workplace)
    assert isinstance(outcome, Failed)
    assert str(outcome.error) == "SystemExit: 3"


async def test_what_an_item_reads_is_empty(workplace):
    async with begun(workplace, "talks", "web") as [item]:
        assert await Alone(TARGET)(RUN, item) is None
        assert (await only_outcome(workplace)).result == ""


async def test_what_an_item_prints_is_no_word_of_ours(workplace):
    async with begun(workplace, "talks", "and dies") as [item]:
        assert await Alone(TARGET)(RUN, item) == "exit code 0"


async def test_a_key_that_somebody_has_is_no_death(workplace):
    place = workplace
    async with begun(place, "deadly", "harmless") as [item], place.fleet.hub.journal() as journal:
        clients = Clients(place.fleet, journal)
        run = (await clients.of("default")).run(RUN)
        holds, ends = asyncio.Event(), asyncio.Event()

        async def hold(_):
            holds.set()
            await ends.wait()

        holding = asyncio.create_task(run.carry_out(hold, "harmless", waits=False))
        await holds.wait()
        with pytest.raises(KeyHeld):
            await Alone(TARGET)(RUN, item)
        ends.set()
        await holding
        await clients.close()
    assert place.begun("harmless") == []


async def test_a_store_that_is_away_is_no_death(workplace, monkeypatch):
    async with begun(workplace, "deadly", "harmless") as [item]:
        monkeypatch.setenv("WORK_STORE", "redis://127.0.0.1:1/0")
        with pytest.raises(HubError):
            await Alone(TARGET)(RUN, item)
    assert workplace.begun("harmless") == []


async def test_a_process_that_has_not_come_so_far_is_no_death(workplace):
    async with begun(workplace, "deadly", "harmless") as [item]:
        with pytest.raises(NotBegun, match="exit code 1"):
            await Alone("tests.fleet.work:nothing")(RUN, item)


async def test_another_release_in_its_folder_is_no_death(workplace):
    """Its action is called otherwise there: who knows it still has the item again."""
    async with begun(workplace, "deadly", "harmless") as [item]:
        with pytest.raises(NotBegun, match="exit code 1"):
            await Alone(TARGET)(RUN, replace(item, action="of_yore"))


async def test_who_leaves_ends_the_process_and_the_item_is_free_at_once(workplace, monkeypatch):
    monkeypatch.setenv("WORK_LEASE", "60")  # so nobody waits for its end
    async with begun(workplace, "slowly", "web") as [item]:
        running = asyncio.create_task(Alone(TARGET)(RUN, item))
        await until(lambda: workplace.begun("web"), PATIENCE)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert not is_there(workplace.begun("web")[0])
        workplace.go_on()
        assert await Alone(TARGET)(RUN, item) is None
        assert await only_outcome(workplace) == Done("web", "web")
    assert workplace.disks() == {"web": 1}


async def test_a_process_that_has_done_its_work_and_does_not_end_is_killed(workplace):
    async with begun(workplace, "lingers", "web") as [item]:
        assert await Alone(TARGET)(RUN, item) is None
        assert await only_outcome(workplace) == Done("web", "web")
    assert not is_there(workplace.begun("web")[0])


async def test_a_process_that_does_not_hear_is_killed(workplace):
    async with begun(workplace, "blocks", "web") as [item]:
        running = asyncio.create_task(Alone(TARGET)(RUN, item))
        await until(lambda: workplace.begun("web"), PATIENCE)
        began = time.monotonic()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert time.monotonic() - began >= GRACE
        assert not is_there(workplace.begun("web")[0])


@pytest.mark.parametrize("action", ["slowly", "blocks"])
async def test_a_process_ends_with_its_worker(workplace, action):
    place = workplace
    await place.fleet.submit(getattr(place.module, action), ["web"], run=RUN)
    await make_suspect(place, "web")
    worker = await place.worker()
    await line_with(worker, "it runs alone")
    await until(lambda: place.begun("web"), PATIENCE)
    [alone] = place.begun("web")
    assert alone != worker.pid
    worker.kill()
    await until(lambda: not is_there(alone), PATIENCE)


async def test_a_worker_that_leaves_hands_back_what_runs_alone(workplace, monkeypatch):
    monkeypatch.setenv("WORK_LEASE", "60")  # so nobody waits for its end
    place = workplace
    run = await place.fleet.submit(place.module.slowly, ["web"], run=RUN)
    await make_suspect(place, "web")
    worker = await place.worker()
    await until(lambda: place.begun("web"), PATIENCE)
    worker.terminate()
    assert "1 item under way" in await line_with(worker, "drains")
    worker.terminate()
    code, _ = await end_of(worker)
    assert code == 143
    assert not is_there(place.begun("web")[0])
    place.go_on()
    await place.worker()
    assert await place.outcomes(run) == {"web": Done("web", "web")}
    assert place.disks() == {"web": 1}


async def test_only_some_run_alone_at_once(workplace):
    names = [f"web-{number}" for number in range(AT_ONCE + 1)]
    async with begun(workplace, "slowly", *names) as items:
        alone = Alone(TARGET)
        running = [asyncio.create_task(alone(RUN, item)) for item in items]

        def are_begun():
            return sum(bool(workplace.begun(name)) for name in names)

        await until(lambda: are_begun() == AT_ONCE, PATIENCE)
        await asyncio.sleep(0.3)
        assert are_begun() == AT_ONCE
        workplace.go_on()
        assert await asyncio.gather(*running) == [None] * len(names)
    assert workplace.disks() == dict.fromkeys(names, 1)


async def test_a_poisonous_item_fails_in_the_end_and_stops_nothing_else(workplace):
    place, names = workplace, [f"web-{number}" for number in range(19)]
    items = [*names[:7], "signal-9", *names[7:]]
    run = await place.fleet.submit(place.module.deadly, items, run=RUN)
    deaths = 0

    async def keep_one_running():
        nonlocal deaths
        while True:
            worker = await place.worker()
            await worker.communicate()
            deaths += 1

    keeping = [asyncio.create_task(keep_one_running()) for _ in range(2)]
    outcomes = await place.outcomes(run)
    died = deaths
    further = await place.fleet.submit(place.module.deadly, ["later"], run=RUN)
    assert (await place.outcomes(further))["later"] == Done("later", "later")
    for each in keeping:
        each.cancel()
    poison = outcomes.pop("signal-9")
    assert isinstance(poison, Failed)
    assert poison.error.kind == "Died"
    assert "SIGKILL" in str(poison.error)
    assert {name: outcome.result for name, outcome in outcomes.items()} == {n: n for n in names}
    # One more where the machine is so busy that a worker seems to have gone.
    assert 0 <= len(place.begun("signal-9")) - died - place.fleet.tries <= 1
    assert died == deaths <= 3
    assert place.disks() == dict.fromkeys([*names, "later"], 1)


def is_there(pid):
    """Whether a process runs, or waits for its parent to look."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
