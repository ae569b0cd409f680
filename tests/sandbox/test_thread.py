"""The sandbox in a thread of its own: for tests without an event loop, and for code that blocks."""

import _thread
import asyncio
import signal
import socket
import subprocess
import sys
import threading
import time
import xmlrpc.client
from collections.abc import Mapping
from http.client import HTTPException
from urllib.parse import urlsplit

import pytest

from aiogandi.sandbox import QUICK, Sandbox
from aiogandi.sandbox.books.clock import real_seconds
from aiogandi.sandbox.thread import ServingThread

LOGIN = ("AA1234-GANDI", "mypassword")
VM = ("web", "my_password", 111, 1, 1, {})


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    before = threading.enumerate()
    yield
    assert threading.enumerate() == before


class Caller:
    """Calls a sandbox with Python's own blocking XML-RPC, one connection for each call."""

    def __init__(self, sandbox):
        self._url = sandbox.url
        self.session = self.bare("login", *LOGIN)

    def __call__(self, method, *arguments):
        return self.bare(method, self.session, *arguments)

    def bare(self, method, *arguments):
        with xmlrpc.client.ServerProxy(self._url, transport=Once()) as proxy:
            return getattr(proxy, method)(*arguments)


class Once(xmlrpc.client.Transport):
    """Sends a request once, where Python's own sends it again after a lost reply."""

    def request(self, *arguments, **settings):
        return self.single_request(*arguments, **settings)


def connect(url):
    place = urlsplit(url)
    return socket.create_connection((place.hostname, place.port), timeout=10)


def test_it_serves_while_it_is_entered_and_no_longer():
    sandbox = Sandbox()
    with sandbox.thread() as entered:
        assert entered is sandbox
        call = Caller(sandbox)
        assert call("vm_list") == []
        assert (sandbox.calls, sandbox.executed) == ({"login": 1, "vm_list": 1},) * 2
        url = sandbox.url
    with pytest.raises(RuntimeError, match="not serving"):
        _ = sandbox.url
    with pytest.raises(ConnectionRefusedError):
        connect(url)


def test_the_test_reads_its_books_moves_its_time_and_orders_trouble():
    with Sandbox(clock=lambda: 0.0).thread() as sandbox:
        call = Caller(sandbox)
        sandbox.hold_operation("vm_create")
        vm_id = call("vm_create", *VM)
        assert sandbox.operations[0]["state"] == "PENDING"
        sandbox.release_operations()
        sandbox.advance(60)
        assert (
            [vm["state"] for vm in sandbox.vms] == [call("vm_info", vm_id)["state"]] == ["running"]
        )
        sandbox.drop_reply("vm_stop")
        with pytest.raises(HTTPException):
            call("vm_stop", vm_id)
        assert sandbox.executed["vm_stop"] == 1
        sandbox.alter("vm_list", lambda ids, arguments: [*ids, sandbox.vms[0]["id"]])
        assert call("vm_list") == [vm_id] * 2
        sandbox.expire_sessions()
        with pytest.raises(xmlrpc.client.Fault):
            call("vm_list")
        assert sandbox.execute("login", *LOGIN)


@pytest.mark.parametrize("kind", [LookupError, KeyboardInterrupt, SystemExit])
def test_whatever_ends_the_block_ends_the_thread(kind):
    with pytest.raises(kind), Sandbox().thread():
        raise kind


def test_leaving_waits_for_nobody():
    with Sandbox().thread() as sandbox:
        idle = connect(sandbox.url)
        slow = connect(sandbox.url)
        sandbox.delay(seconds=3600)
        body = xmlrpc.client.dumps(LOGIN, "login").encode()
        head = f"POST /xmlrpc/ HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n"
        slow.sendall(head.encode() + body)
        while not sandbox.calls:
            time.sleep(0.001)
        began = time.monotonic()
    assert time.monotonic() - began < 10
    with idle, slow:
        assert (idle.recv(1), slow.recv(1)) == (b"", b"")
    assert sandbox.executed == {}


def test_what_prevents_it_from_serving_is_raised():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        manager = Sandbox(port=taken.getsockname()[1]).thread()
        with pytest.raises(OSError, match="in use"), manager:
            pass
    with manager as sandbox:  # the port is free by now
        assert sandbox.url


def test_without_a_thread_to_be_had_the_reason_is_raised(monkeypatch):
    def start(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        with pytest.raises(RuntimeError, match="new thread"), Sandbox().thread():
            pass


async def test_entered_twice_it_says_so_and_serves_on():
    sandbox = Sandbox()
    manager = sandbox.thread()
    with manager:
        for second in (manager, sandbox.thread()):
            with pytest.raises(RuntimeError, match=r"serving .*already"), second:
                pass
        with pytest.raises(RuntimeError, match="serving already"):
            await sandbox.__aenter__()
        connect(sandbox.url).close()


def test_entered_again_it_has_its_books_at_the_same_place():
    sandbox = Sandbox()
    manager = sandbox.thread()
    with manager:
        call = Caller(sandbox)
        vm_id = call("vm_create", *VM)
    for again in (manager, sandbox.thread()):
        with again:
            assert call("vm_list") == [vm_id]


def test_leaving_without_having_entered_does_nothing():
    Sandbox().thread().__exit__(None, None, None)


async def test_inside_of_a_running_loop_it_serves_that_loop_and_what_blocks_it():
    with Sandbox(speed=1000).thread() as sandbox:
        async with sandbox.client(**QUICK) as gandi:
            operation = await gandi.vm_create("web", "my_password", 111, shares=1, cpu=1)
            assert Caller(sandbox)("vm_list") == [operation.vm_id]
            sandbox.drop_reply("vm_stop")
            await operation
            await (await gandi.vm_stop(operation.vm_id))
        assert sandbox.executed["vm_stop"] == 1


def test_code_that_runs_loops_of_its_own_has_clients_there():
    async def list_vms():
        async with sandbox.client() as gandi:
            return await gandi.vm_list()

    with Sandbox().thread() as sandbox:
        assert [asyncio.run(list_vms()) for _ in range(2)] == [[], []]


@pytest.fixture
def _ctrl_c():
    """A test run in the background ignores Ctrl-C; this test does not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c")
def test_a_keyboard_interrupt_while_it_begins_ends_it():
    class Slow:
        left = False

        async def __aenter__(self):
            _thread.interrupt_main()
            await asyncio.sleep(0.05)

        async def __aexit__(self, *exc):
            self.left = True

    slow = Slow()
    with pytest.raises(KeyboardInterrupt), ServingThread(slow):
        pass
    assert slow.left


def test_what_goes_wrong_in_leaving_is_raised_there():
    class Torn:
        async def __aenter__(self):
            pass

        async def __aexit__(self, *exc):
            raise LookupError("torn")

    with pytest.raises(LookupError, match="torn"), ServingThread(Torn()):
        pass


def test_a_program_that_never_leaves_it_can_end():
    code = "from aiogandi.sandbox import Sandbox; s = Sandbox().thread(); print(s.__enter__().url)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("http://127.0.0.1:")


class Blocking(Mapping):
    """Durations that keep the one who looks one up, in the middle of a call, until it may go on."""

    def __init__(self):
        self.asked, self.go_on = threading.Event(), threading.Event()

    def get(self, kind, default):
        self.asked.set()
        assert self.go_on.wait(60)
        return default

    def __getitem__(self, kind):
        raise KeyError(kind)

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0


LOOKS = {
    "vms": lambda sandbox: sandbox.vms,
    "disks": lambda sandbox: sandbox.disks,
    "operations": lambda sandbox: sandbox.operations,
    "products": lambda sandbox: sandbox.products,
    "balance": lambda sandbox: sandbox.balance,
    "total_shares": lambda sandbox: sandbox.total_shares,
    "used_shares": lambda sandbox: sandbox.used_shares,
    "now": lambda sandbox: sandbox.now,
    "advance": lambda sandbox: sandbox.advance(1),
    "set_date": lambda sandbox: sandbox.set_date(sandbox.now),
    "expire_sessions": lambda sandbox: sandbox.expire_sessions(),
    "execute": lambda sandbox: sandbox.execute("login", *LOGIN),
    "release_operations": lambda sandbox: sandbox.release_operations(),
    "pause_vm": lambda sandbox: sandbox.pause_vm(sandbox.vms[0]["id"]),
}


@pytest.mark.parametrize("look", LOOKS)
def test_nothing_is_seen_or_done_in_the_middle_of_a_call(look):
    durations = Blocking()
    with Sandbox(durations=durations).thread() as sandbox:
        call = Caller(sandbox)
        durations.go_on.set()
        call("vm_create", *VM)
        sandbox.advance(3600)
        durations.asked.clear()
        durations.go_on.clear()
        creating = threading.Thread(target=call, args=("vm_create", *VM))
        creating.start()
        assert durations.asked.wait(60)
        looking = threading.Thread(target=LOOKS[look], args=(sandbox,))
        looking.start()
        looking.join(0.02)
        waited = looking.is_alive()
        durations.go_on.set()
        creating.join()
        looking.join()
    assert waited


def test_its_seconds_are_those_of_the_monotonic_clock():
    assert abs(real_seconds() - time.monotonic()) < 10
