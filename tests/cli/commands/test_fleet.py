"""``aiogandi fleet``: runs are seen, watched, cancelled and forgotten with nothing but the hub's URL."""

import asyncio
import json
import os
import shlex
import signal
import socket
from contextlib import asynccontextmanager

import pytest

from aiogandi import RedisHub
from aiogandi.changes.discretion import KnownSecrets
from aiogandi.fleet import outcomes
from aiogandi.fleet.books.books import Books
from aiogandi.fleet.fleet import Fleet
from aiogandi.fleet.items import Item
from aiogandi.fleet.worker.worker import Worker
from tests.cli.conftest import COMMAND, PATIENCE, environment
from tests.waiting import until


class Shop:
    """A fleet's books, in which the test itself does what a worker does."""

    def __init__(self, url):
        self.hub = RedisHub(url, lease=60)
        self.fleet = Fleet(self.hub)
        self.books = Books(self.hub.store)

        @self.fleet.action
        async def provision(gandi, item): ...

        self.action = provision

    async def submit(self, run, *items, account="default"):
        await self.fleet.submit(self.action, items, run=run, account=account)

    async def begin(self, run, key, account="default"):
        await self.books.begin(run, Item(key, key, account).id, self.fleet.actions)

    async def end(self, run, key, result="fine", error=None, account="default"):
        """The item ends with a result, or with an error."""
        outcome = outcomes.done(result, KnownSecrets(()), repeated=False)
        if error is not None:
            outcome = outcomes.failed("Refused", error)
        assert await self.books.end(run, Item(key, key, account).id, outcome)


@pytest.fixture
async def shop(store):
    shop = Shop(store.url)
    async with shop.books.at_hand():
        yield shop


@pytest.fixture
def env(store):
    return {"GANDI_HUB": store.url}


@asynccontextmanager
async def watching(home, env, *args):
    """A command that watches, in a process of its own."""
    child = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("fleet", "watch", *args),
        env=environment(home, None, env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            yield child
            await child.wait()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def rest_of(child):
    """What a command still prints."""
    async with asyncio.timeout(PATIENCE):
        out, err = await child.communicate()
    return out.decode(), err.decode()


# -- status ----------------------------------------------------------------------------------------


def test_a_store_without_runs_and_workers(aiogandi, env):
    done = aiogandi("fleet", "status", env=env)
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines() == ["There are no runs", "No worker is heard of"]
    done = aiogandi("fleet", "status", "--json", env=env)
    assert (done.code, done.json) == (0, {"runs": [], "workers": []})


async def test_status_tells_how_far_each_run_is(shop, beside, env):
    await shop.submit("first", "web-1", "web-2", "web-3", "web-4", "web-5")
    await shop.submit("second", "web-1")
    for key in ("web-1", "web-2", "web-3"):
        await shop.begin("first", key)
    await shop.end("first", "web-1")
    await shop.end("first", "web-2", error="no money")
    await shop.fleet.run("second").cancel()
    done = await beside("fleet", "status", "--json", env=env)
    first, second = done.json["runs"]
    assert first.pop("since") <= second.pop("since")
    assert first == {
        "run": "first",
        "action": "provision",
        "items": 5,
        "done": 1,
        "failed": 1,
        "under_way": 1,
        "waiting": 2,
        "cancelled": False,
    }
    assert second == {
        "run": "second",
        "action": "provision",
        "items": 1,
        "done": 0,
        "failed": 1,
        "under_way": 0,
        "waiting": 0,
        "cancelled": True,
    }
    done = await beside("fleet", "status", env=env)
    heading, _, *rows = done.out.splitlines()
    assert heading.split("  ")[0].startswith("RUN")
    assert [row.split()[0] for row in rows] == ["first", "second"]
    assert rows[0].split()[-6:] == ["5", "1", "1", "1", "2", "-"]
    assert rows[1].split()[-1] == "yes"
    done = await beside("fleet", "status", "second", "--json", env=env)
    assert [run["run"] for run in done.json["runs"]] == ["second"]


async def test_status_tells_which_workers_are_heard_of(shop, beside, store, env):
    hub = RedisHub(store.url, lease=1)
    worker = Worker(Fleet(hub), limit=7)
    working = asyncio.create_task(worker.work())
    try:
        async with asyncio.timeout(PATIENCE):
            while not (seen := (await beside("fleet", "status", "--json", env=env)).json)[
                "workers"
            ]:
                assert not working.done()
        [told] = seen["workers"]
        assert (told["host"], told["pid"]) == (socket.gethostname(), os.getpid())
        assert (told["limit"], told["under_way"], told["accounts"]) == (7, 0, 0)
        table = (await beside("fleet", "status", env=env)).out
        assert table.splitlines()[1].split()[0] == "HOST"
    finally:
        worker.leave()
        await working


# -- watch -----------------------------------------------------------------------------------------


async def test_watch_prints_what_has_ended_and_each_end(shop, home, env):
    await shop.submit("r", "web-1", "web-2", account="fr-1")
    await shop.submit("r", "web-3")
    await shop.end("r", "web-2", account="fr-1")
    async with watching(home, env, "r") as child:
        assert await child.stdout.readline() == b"web-2 of fr-1: ok\n"
        await shop.end("r", "web-3")
        assert await child.stdout.readline() == b"web-3: ok\n"
        await shop.end("r", "web-1", account="fr-1")
        out, err = await rest_of(child)
    assert (child.returncode, out) == (0, "web-1 of fr-1: ok\n")
    assert err.splitlines()[0] == "Run r"
    assert err.splitlines()[-1] == "Run r: 3 done, 0 failed, 0 under way"


async def test_watch_of_a_run_with_failures_fails(shop, beside, env):
    await shop.submit("r", "web-1", "web-2")
    await shop.end("r", "web-1", result={"id": 7})
    await shop.end("r", "web-2", error="no\nmoney")
    done = await beside("fleet", "watch", "r", env=env)
    assert (done.code, done.out) == (1, "web-1: ok\nweb-2: Refused: no money\n")
    assert done.err.splitlines()[-1] == "aiogandi: 1 item of run r failed"
    done = await beside("fleet", "watch", "r", "--json", env=env)
    assert done.code == 1
    fine, failed = map(json.loads, done.out.splitlines())
    named = {"key": "web-1", "account": "default", "item": "web-1"}
    assert fine == {**named, "ok": True, "result": {"id": 7}, "error": None}
    assert (failed["ok"], failed["result"]) == (False, None)
    assert failed["error"] == "Refused: no\nmoney"


async def test_an_interrupted_watch_says_that_the_run_goes_on(shop, home, env):
    await shop.submit("r", "web-1", "web-2")
    await shop.end("r", "web-1")
    async with watching(home, env, "r") as child:
        assert await child.stdout.readline() == b"web-1: ok\n"
        child.send_signal(signal.SIGINT)
        _, err = await rest_of(child)
    assert child.returncode == 130
    assert err.splitlines()[-3:] == [
        "The watching has ended, and the run goes on. To watch it again:",
        "  aiogandi fleet watch r",
        "aiogandi: interrupted",
    ]
    assert (await shop.fleet.run("r").progress()).waiting == 1


async def test_a_run_that_is_forgotten_while_it_is_watched(shop, home, env):
    await shop.submit("r", "web-1", "web-2")
    await shop.end("r", "web-1")
    async with watching(home, env, "r") as child:
        assert await child.stdout.readline() == b"web-1: ok\n"
        await shop.fleet.run("r").cancel()
        assert (await child.stdout.readline()).startswith(b"web-2: Cancelled: ")
        await shop.fleet.run("r").forget()
        _, err = await rest_of(child)
    assert child.returncode == 1
    assert err.splitlines()[-1] in (
        "aiogandi: run r was forgotten meanwhile",
        "aiogandi: 1 item of run r failed",  # it was quicker
    )


async def test_watch_waits_while_the_store_is_away(shop, store, home, env):
    await shop.submit("r", "web-1", "web-2")
    await shop.end("r", "web-1")
    async with watching(home, env, "r") as child:
        assert await child.stdout.readline() == b"web-1: ok\n"
        store.kill()
        assert b"is away" in await child.stderr.readuntil(b"is away")
        store.start()
        await until(lambda: not shop.hub.store.is_away)
        await shop.hub.store.back()
        await shop.end("r", "web-2")
        out, err = await rest_of(child)
    assert (child.returncode, out) == (0, "web-2: ok\n")
    assert "is back after" in err


async def test_a_terminal_shows_the_outcomes_above_the_bar(shop, terminal, env):
    await shop.submit("r", "web-1", "web-2")
    await shop.end("r", "web-1")
    child = terminal("fleet", "watch", "r", env=env)
    await asyncio.to_thread(child.expect, "web-1: ok\r\n")
    await asyncio.to_thread(child.expect, "Run r .*1 done, 0 failed, 0 under way")
    await shop.end("r", "web-2")
    await asyncio.to_thread(child.expect, "web-2: ok\r\n")
    shown, code = await asyncio.to_thread(child.end)
    assert "2 done, 0 failed, 0 under way" in shown
    assert code == 0


# -- cancel and forget -----------------------------------------------------------------------------


async def test_cancel_ends_what_is_not_begun(shop, beside, env):
    await shop.submit("r", "web-1", "web-2", "web-3")
    await shop.begin("r", "web-2")
    refused = await beside("fleet", "cancel", "r", env=env)
    assert refused.code == 2
    assert refused.err == "aiogandi: cancel without a terminal to ask on needs --yes\n"
    assert not (await shop.fleet.run("r").progress()).is_cancelled
    done = await beside("fleet", "cancel", "r", "--yes", env=env)
    assert (done.code, done.out) == (0, "2 items ended, 1 goes on to its end\n")
    progress = await shop.fleet.run("r").progress()
    assert (progress.is_cancelled, progress.failed, progress.under_way) == (True, 2, 1)
    done = await beside("fleet", "cancel", "r", "--yes", "--json", env=env)
    assert done.json == {"ended": 0, "going_on": 1}


async def test_cancel_asks_in_a_terminal(shop, terminal, env):
    await shop.submit("r", "web-1", "web-2")
    child = terminal("fleet", "cancel", "r", env=env)
    await asyncio.to_thread(child.expect, "Cancel run r: 2 items waiting, 0 under way\\?")
    child.sendline("n")
    shown, code = await asyncio.to_thread(child.end)
    assert ("aiogandi: nothing was changed" in shown, code) == (True, 1)
    child = terminal("fleet", "cancel", "r", env=env)
    await asyncio.to_thread(child.expect, "\\?")
    _, code = await asyncio.to_thread(child.leave)
    assert code == 130
    assert (await shop.fleet.run("r").progress()).waiting == 2
    child = terminal("fleet", "cancel", "r", env=env)
    await asyncio.to_thread(child.expect, "\\?")
    child.sendline("y")
    shown, code = await asyncio.to_thread(child.end)
    assert ("2 items ended, 0 go on to their end" in shown, code) == (True, 0)


async def test_a_command_that_is_shown_can_be_copied_whatever_the_run_is_called(shop, beside, env):
    await shop.submit("it's r 42", "web-1")
    refused = await beside("fleet", "forget", "it's r 42", env=env)
    shown = refused.err.partition("to end it: ")[2].rpartition(")")[0]
    assert shlex.split(shown) == ["aiogandi", "fleet", "cancel", "it's r 42"]


async def test_forget_removes_what_has_ended(shop, beside, env):
    await shop.submit("r", "web-1", "web-2")
    await shop.end("r", "web-1")
    refused = await beside("fleet", "forget", "r", env=env)
    assert refused.code == 1
    assert (
        refused.err
        == "aiogandi: 1 item of run r has not ended (to end it: aiogandi fleet cancel r)\n"
    )
    await shop.end("r", "web-2", error="no money")
    done = await beside("fleet", "forget", "r", env=env)
    assert (done.code, done.out) == (0, "Run r forgotten, with 2 outcomes\n")
    assert await shop.fleet.runs() == []


@pytest.mark.parametrize("line", [("status",), ("watch",), ("cancel", "--yes"), ("forget",)])
def test_an_unknown_run_is_one_line_and_exit_code_1(aiogandi, line, env):
    verb, *options = line
    done = aiogandi("fleet", verb, "r42", *options, env=env)
    assert (done.code, done.out) == (1, "")
    assert done.err == "aiogandi: the fleet has no run r42 (see: aiogandi fleet status)\n"


@pytest.mark.parametrize(
    "line", [("status",), ("watch", "r"), ("cancel", "r", "--yes"), ("forget", "r")]
)
def test_without_a_hub_it_is_wrong_use(aiogandi, line):
    done = aiogandi("fleet", *line)
    assert (done.code, done.out) == (2, "")
    assert done.err == "aiogandi: there is no hub: give --hub URL, or set GANDI_HUB\n"


def test_a_store_that_is_away_is_exit_code_1(aiogandi, store, env):
    store.kill()
    done = aiogandi("fleet", "status", env=env)
    assert (done.code, done.out) == (1, "")
    assert f"the hub {store.url} is away" in done.err.splitlines()[-1]
