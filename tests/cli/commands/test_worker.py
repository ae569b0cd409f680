"""``worker``: the real command, with a real sandbox and a real store."""

import os
import re
import secrets
import signal
import sys
import time
from pathlib import Path

import pytest

from aiogandi import Done, RedisHub
from tests.fleet.workers import PATIENCE, TARGET, end_of, line_with, opened
from tests.processes import REPOSITORY
from tests.waiting import until

FLEET = """
from aiogandi import Fleet
fleet = Fleet("redis://:s3cret@127.0.0.1:1/0")
"""
ACTION = """
@fleet.action
async def provision(gandi, name):
    pass
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a module into the current folder, and returns what it is called."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    name = f"work_{secrets.token_hex(4)}"

    def write(text):
        (tmp_path / f"{name}.py").write_text(text)
        return name

    yield write
    sys.modules.pop(name, None)


# -- what it is told ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "whose worker? give a module and its fleet, such as work:fleet"),
        (("work",), "'work': name a module and its fleet, such as work:fleet"),
        (("../work:fleet",), "'../work:fleet': name a module and its fleet, such as work:fleet"),
        ((":fleet",), "':fleet': name a module and its fleet, such as work:fleet"),
        (("no_such:fleet",), "there is no module no_such (looked for in {here}, too)"),
        (("no.such:fleet",), "there is no module no.such (looked for in {here}, too)"),
        (("json:fleet",), "module json has no fleet"),
        (("json:decoder.scanner",), "json:decoder.scanner is a module, and no Fleet"),
        (("json:fleet", "--json"), "--json goes with --health: a worker has no result"),
        (("json:fleet", "--hub", "redis://a"), "--hub: a fleet says itself which hub it has"),
        (("--health",), "there is no hub: give --hub URL, or set GANDI_HUB"),
    ],
)
def test_wrong_use_is_one_line(aiogandi, module, words, told):
    module("")
    done = aiogandi("worker", *words)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"aiogandi: {told.format(here=Path.cwd())}\n"


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_is_a_number_above_0(aiogandi, limit):
    done = aiogandi("worker", "work:fleet", "--limit", limit)
    assert (done.code, done.out) == (2, "")
    assert "'--limit'" in done.err


def test_a_fleet_without_actions_has_no_work(aiogandi, module):
    name = module(FLEET)
    done = aiogandi("worker", f"{name}:fleet")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"aiogandi: {name}:fleet has no action: put @fleet.action above one\n"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import no_such_either", "ModuleNotFoundError: No module named 'no_such_either'"),
    ],
)
def test_an_error_in_the_module_is_shown_where_it_is(aiogandi, module, line, told):
    name = module(f"\n{line}\n")
    done = aiogandi("worker", f"{name}:fleet")
    assert (done.code, done.out) == (1, "")
    first, place, code, *_, error, last = done.err.splitlines()
    assert first == "Traceback (most recent call last):"
    assert place == f'  File "{Path.cwd()}/{name}.py", line 2, in <module>'
    assert code == f"    {line}"
    assert error == told
    assert last == f"aiogandi: module {name} cannot be imported: {told}"
    assert "importlib" not in done.err


def test_a_store_that_is_away_at_the_beginning_ends_it(aiogandi, module):
    done = aiogandi("worker", f"{module(FLEET + ACTION)}:fleet")
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines()[-1].startswith("aiogandi: the hub redis://127.0.0.1:1/0 is away: ")
    assert "s3cret" not in done.err


BROKEN = """
class Broken(Fleet):
    def engine(self):
        raise LookupError("there is no engine")
fleet = Broken({store!r})
"""


def test_what_breaks_the_worker_is_shown_and_ends_it(aiogandi, module, shared_store, caplog):
    text = FLEET + BROKEN.format(store=shared_store) + ACTION
    done = aiogandi("worker", f"{module(text)}:fleet")
    assert done.code == 1
    assert f"worker {os.getpid()} has broken, and is to be started again" in caplog.text
    assert "LookupError: there is no engine" in caplog.text


# -- its log -----------------------------------------------------------------------------------

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (INFO|WARNING) ([\w.]+): (.*)\n")


async def test_it_tells_of_its_beginning_of_warnings_and_of_its_end(
    workplace, shared_store, prefix
):
    worker = await workplace.worker("--limit", 3)
    run = await workplace.fleet.submit(workplace.module.create, ["web"], run="a-run")
    await workplace.outcomes(run)
    worker.terminate()
    code, log = await end_of(worker)
    lines = [LINE.fullmatch(line).groups() for line in log.splitlines(keepends=True)]
    assert code == 0
    # The hub may warn of more where the machine is busy.
    assert lines[1][:2] == ("WARNING", "aiogandi.hub")
    assert "what a journal writes there may be lost" in lines[1][2]
    began, drains, ended = [line[2] for line in lines if line[:2] == ("INFO", "aiogandi.worker")]
    assert began == (
        f"worker {worker.pid} of {TARGET} begins: the hub {shared_store} with prefix {prefix}, at most 3 items at"
        f" once, actions: {', '.join(sorted(workplace.fleet.actions))}"
    )
    assert drains == (
        f"worker {worker.pid} drains (terminated (SIGTERM)): 0 items under way; a second signal leaves at once"
    )
    assert re.fullmatch(rf"worker {worker.pid} has ended after \d+ s", ended)


async def test_verbose_tells_more(workplace):
    worker = await workplace.worker("--verbose")
    await workplace.fleet.submit(workplace.module.create, ["web"], run="a-run")
    assert "INFO aiogandi.session: " in await line_with(worker, "logged in")


async def test_a_module_that_says_what_is_done_with_its_log_has_that_done(workplace, tmp_path):
    (tmp_path / "logs_itself.py").write_text(
        "import logging\n"
        "logging.basicConfig(format='as I like it: %(message)s')\n"
        "from tests.fleet.work import fleet\n"
    )
    worker = await workplace.worker(
        target="logs_itself:fleet", PYTHONPATH=f"{REPOSITORY}:{tmp_path}"
    )
    assert (await worker.stderr.readline()).startswith(b"as I like it: worker ")
    assert (await worker.stderr.readline()).startswith(b"as I like it: the hub ")


# -- its end -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
async def test_a_signal_lets_it_end_what_is_under_way_and_take_no_more(workplace, number):
    names = [f"web-{each}" for each in range(6)]
    run = await workplace.fleet.submit(workplace.module.slowly, names, run="a-run")
    worker = await workplace.worker("--limit", 2)
    await until(lambda: begun(workplace, names) == 2, PATIENCE)
    worker.send_signal(number)
    assert "2 items under way" in await line_with(worker, "drains")
    workplace.go_on()
    code, log = await end_of(worker)
    assert code == 0
    assert "leaves" not in log
    progress = await run.progress()
    assert (progress.done, progress.under_way, progress.waiting) == (2, 0, 4)
    assert begun(workplace, names) == 2

    await workplace.worker()
    assert await workplace.outcomes(run) == {name: Done(name, name) for name in names}
    assert workplace.disks() == dict.fromkeys(names, 1)


async def test_a_second_signal_hands_back_what_is_under_way(workplace, monkeypatch):
    monkeypatch.setenv("WORK_LEASE", "60")  # so nobody waits for its end
    names = ["web-1", "web-2", "web-3"]
    run = await workplace.fleet.submit(workplace.module.slowly, names, run="a-run")
    worker = await workplace.worker()
    await until(lambda: begun(workplace, names) == 3, PATIENCE)
    worker.terminate()
    await line_with(worker, "drains")
    began = time.monotonic()
    worker.send_signal(signal.SIGINT)
    assert "leaves 3 items to others" in await line_with(worker, "leaves")
    code, _ = await end_of(worker)
    assert code == 130  # that of the signal which has ended it
    assert (await run.progress()).under_way == 0

    workplace.go_on()
    await workplace.worker()
    assert await workplace.outcomes(run) == {name: Done(name, name) for name in names}
    assert time.monotonic() - began < 60
    assert workplace.disks() == dict.fromkeys(names, 1)


async def test_a_third_signal_ends_it_whatever_its_items_do(workplace):
    await workplace.fleet.submit(workplace.module.stays, ["web"], run="a-run")
    worker = await workplace.worker()
    await until(lambda: workplace.begun("web"), PATIENCE)
    worker.terminate()
    await line_with(worker, "drains")
    worker.terminate()
    await line_with(worker, "leaves")
    worker.terminate()
    code, log = await end_of(worker)
    assert code == 143
    assert "has ended" not in log


def begun(place, names):
    """How many of these have been."""
    return sum(bool(place.begun(name)) for name in names)


async def test_a_store_that_goes_away_later_is_waited_for(store, prefix, tmp_path, monkeypatch):
    names = ["web-1", "web-2"]
    async with opened(store.url, prefix, tmp_path, monkeypatch) as place:
        worker = await place.worker()
        run = await place.fleet.submit(place.module.slowly, names, run="a-run")
        await until(lambda: begun(place, names) == 2, PATIENCE)
        store.kill()
        await line_with(worker, "is away")
        place.go_on()
        store.start()
        assert await place.outcomes(run) == {name: Done(name, name) for name in names}
        assert worker.returncode is None
        assert place.disks() == dict.fromkeys(names, 1)


# -- health ------------------------------------------------------------------------------------


async def test_health_without_a_worker(beside, store):
    done = await beside("worker", "--health", env={"GANDI_HUB": store.url})
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"aiogandi: the hub {store.url} has heard of no worker of this machine in its lease\n"
    )
    assert (await beside("worker", "--health", "--json", "--hub", store.url)).json == []


async def test_health_with_one(beside, store):
    hub = RedisHub(store.url, lease=60)
    hub.store.join()
    hub.store.about["worker"] = {"limit": 7, "under_way": 3, "accounts": 1}
    await hub.store.begun()
    env = {"GANDI_HUB": store.url}
    done = await beside("worker", "--health", env=env)
    assert (done.code, done.err) == (0, "")
    heading, *_, line = done.out.splitlines()
    assert heading.split() == ["PID", "SINCE", "UNDER", "WAY", "LIMIT"]
    assert line.split()[::2] == [str(os.getpid()), "3"]
    [told] = (await beside("worker", "--health", "--json", env=env)).json
    assert (told["pid"], told["limit"]) == (os.getpid(), 7)
    await hub.store.leave()


async def test_health_of_a_fleet_whose_store_is_away(workplace, beside):
    env = {name: value for name, value in os.environ.items() if name.startswith("WORK_")}
    env["WORK_STORE"] = "redis://:s3cret@127.0.0.1:1/0"
    done = await beside("worker", TARGET, "--health", env=env)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("aiogandi: the hub redis://127.0.0.1:1/0 is away: ")
    assert "s3cret" not in done.err
