"""README's service is stopped in the middle of its work, and nothing is lost."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.trouble import DropReply, Refuse
from tests.waiting import until

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
[CODE] = re.findall(r"<!-- tested: service -->\n```python\n(.*?)```", README, re.DOTALL)

NAMES = [f"web-{number:02}" for number in range(50)]
PASSWORD = re.search(r"vm_create\(name, \"(.*?)\"", CODE)[1]
QUICKLY = (
    "import aiogandi, functools;"
    "settings = dict(rate_limit=None, polling=aiogandi.Polling(0.05, 0.1));"
    "service.Gandi.from_env = functools.partial(service.Gandi.from_env, **settings);"
    "service.EVERY = 0.02;"
)
NO_TIME = "service.DRAIN, service.REPLIES, service.EVERY = 0.2, 0.2, 0.02;"


class Service:
    """README's code in a process of its own, in a folder of its own."""

    def __init__(self, folder, sandbox):
        self.folder = folder
        self._sandbox = sandbox
        (folder / "service.py").write_text(CODE, encoding="utf-8")

    @asynccontextmanager
    async def running(self, *, before=""):
        """Runs it; *before* is done first. In the end it must have stopped by itself."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", f"import service; {before} service.main()"),
            cwd=self.folder,
            env={
                **os.environ,
                "PORT": str(port),
                "PYTHONPATH": os.pathsep.join(["", *sys.path]),
                "GANDI_URL": self._sandbox.url,
                "GANDI_LOGIN": "AA1234-GANDI",
                "GANDI_PASSWORD": "mypassword",
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
                await self._serves(http, process)
                yield http, process
            out, err = await asyncio.wait_for(process.communicate(), 60)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert (process.returncode, err.decode()) == (0, "")
        self.said = out.decode()

    async def _serves(self, http, process):
        async with asyncio.timeout(60):
            while process.returncode is None:
                try:
                    await http.get("/servers")
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.02)
                else:
                    return

    @property
    def books(self):
        """What it has written down."""
        return json.loads((self.folder / "servers.json").read_text(encoding="utf-8"))


@pytest.fixture
async def sandbox(enter):
    return await enter(Sandbox(speed=300))


@pytest.fixture
def service(tmp_path, sandbox):
    return Service(tmp_path, sandbox)


async def order_all(http):
    """Order them all at once, and return those that the service has taken before it stopped."""
    orders = [http.post(f"/servers/{name}") for name in NAMES]
    answers = await asyncio.gather(*orders, return_exceptions=True)
    statuses = {
        name: getattr(answer, "status", None) for name, answer in zip(NAMES, answers, strict=True)
    }
    assert set(statuses.values()) <= {202, None}
    return [name for name, status in statuses.items() if status]


def stop_at(sandbox, process, number, meanwhile=lambda method: None):
    """SIGTERM when so many servers were asked for. Requests meet what *meanwhile* says from then on."""

    def meet(method):
        if sandbox.calls["vm_create"] < number:
            return None
        if not stopped:
            stopped.append(process.send_signal(signal.SIGTERM))
        return meanwhile(method)

    stopped = []
    sandbox.interfere = meet


def assert_nothing_is_lost(sandbox, taken, books):
    """What was taken is in the books, and each server that exists is known by its id, or pending."""
    servers = books["servers"]
    assert set(taken) <= set(servers)
    assert PASSWORD not in json.dumps(books)
    known = {name: server["vm_id"] for name, server in servers.items() if "vm_id" in server}
    doubts = {call["arguments"]["hostname"] for call in books["pending"]}
    assert doubts == {name for name, server in servers.items() if server["state"] == "in doubt"}
    there = {vm["hostname"]: vm["id"] for vm in sandbox.vms}
    assert len(there) == len(sandbox.vms)
    assert known.items() <= there.items()
    assert there.keys() - known.keys() <= doubts


async def test_what_was_begun_is_ended_where_there_is_time(sandbox, service):
    async with service.running(before=QUICKLY) as (http, process):
        stop_at(sandbox, process, 20)
        taken = await order_all(http)
    assert len(taken) >= 20
    assert_nothing_is_lost(sandbox, taken, service.books)
    assert {server["state"] for server in service.books["servers"].values()} == {"running"}
    assert service.books["pending"] == []


async def test_what_cannot_be_ended_is_written_down_and_taken_up_at_the_next_start(
    sandbox, service
):
    async with service.running(before=NO_TIME) as (http, process):
        # The reply to the tenth is lost, and nobody can tell what became of it.
        trouble = {"vm_create": DropReply(), "operation_list": Refuse()}
        stop_at(sandbox, process, 10, trouble.get)
        taken = await order_all(http)
    assert "are under way" in service.said
    assert_nothing_is_lost(sandbox, taken, service.books)
    states = Counter(server["state"] for server in service.books["servers"].values())
    assert states["in doubt"] >= 1
    assert states["ordered"] >= 1
    ordered = len(service.books["servers"])
    assert len(sandbox.vms) < ordered

    sandbox.interfere = lambda method: Refuse(503)  # it starts all the same
    pending = service.books["pending"]
    async with service.running(before=NO_TIME) as (_, process):
        process.send_signal(signal.SIGTERM)
    assert "the next start looks again" in service.said
    assert service.books["pending"] == pending

    sandbox.interfere = None
    async with service.running(before=QUICKLY) as (_, process):
        await until(lambda: sandbox.executed["vm_create"] == ordered, within=60)
        process.send_signal(signal.SIGTERM)
    assert_nothing_is_lost(sandbox, taken, service.books)
    assert {server["state"] for server in service.books["servers"].values()} == {"running"}
    assert service.books["pending"] == []
    assert len(sandbox.vms) == len(service.books["servers"]) == ordered


async def test_what_the_last_run_has_begun_is_seen_to_its_end(sandbox, service):
    sandbox.hold_operation("vm_create", times=5)
    async with service.running(before=NO_TIME) as (http, process):
        stop_at(sandbox, process, 10)
        await order_all(http)
    assert "begun" in states_in(service.books["servers"])

    async with service.running(before=QUICKLY) as (http, process):
        async with http.get("/servers") as answer:
            assert "begun" in states_in(await answer.json())
        sandbox.release_operations()
        for _ in range(600):
            shown = states_in(await (await http.get("/servers")).json())
            if shown == {"running"}:
                break
            await asyncio.sleep(0.1)
        process.send_signal(signal.SIGTERM)
    assert states_in(service.books["servers"]) == {"running"}


def states_in(servers):
    return {server["state"] for server in servers.values()}
