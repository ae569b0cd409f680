"""The real command, in this process, in one of its own or in a terminal, against a real sandbox."""

import asyncio
import io
import json
import os
import re
import signal
import subprocess
import sys
import xmlrpc.client
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pexpect
import pytest

from aiogandi.cli.app import run
from aiogandi.cli.batch.ids import ids_of, range_of
from tests.cli.quick import quick
from tests.fleet.workers import workplace  # noqa: F401 - fixture
from tests.hub.conftest import prefix, shared_store  # noqa: F401 - fixtures
from tests.hub.stores import StoreServer

PYTHON = [sys.executable, "-W", "error", "-m"]
COMMAND = [*PYTHON, "tests.cli.quick"]
"""The command in a process of its own, as what waits for a service is tested."""
THE_REAL_ONE = [*PYTHON, "aiogandi.cli"]
"""As all else is tested, and as README's lines are."""
LOGIN, PASSWORD = "AA1234-GANDI", "mypassword"

PATIENCE = 120
"""Seconds after which a command hangs: it takes a second, or many on a loaded machine."""


class Service:
    """One sandbox. The test tells it what to do, and calls it with Python's own XML-RPC client."""

    def __init__(self, order, settings):
        self._order = order
        self._number, self.url = order(["open", settings])
        self._proxy = xmlrpc.client.ServerProxy(self.url, use_builtin_types=True)
        self._session = None

    def do(self, name, *args, **settings):
        """Call the sandbox's method of this name, or read the attribute, and return the result."""
        return self._order([self._number, name, args, settings])

    def call(self, method, *args):
        """Call a method of the API, logged in."""
        if self._session is None:
            self._session = self._proxy.login(LOGIN, PASSWORD)
        return getattr(self._proxy, method)(self._session, *args)

    def close(self):
        """Close the connection."""
        self._proxy("close")()

    def vms(self, *hostnames, state="running"):
        """Create VMs in this state; returns their ids."""
        ids = [self.call("vm_create", name, "s3cret-password", 111, 1, 1, {}) for name in hostnames]
        self.do("advance", 60)
        if state == "halted":
            for vm_id in ids:
                self.call("vm_stop", vm_id)
            self.do("advance", 20)
        return ids

    def disks(self, *names):
        """Create disks; returns their ids."""
        ids = [self.call("disk_create", {"size": 2048, "name": name}) for name in names]
        self.do("advance", 30)
        return ids

    def states(self):
        """Return the state of each VM, by its hostname."""
        return {vm["hostname"]: vm["state"] for vm in self.do("vms")}


@pytest.fixture(scope="session")
def order():
    """Gives an order to the process that serves the sandboxes, and returns its answer."""
    script = Path(__file__).with_name("sandboxes.py")
    command = [sys.executable, "-W", "error", str(script)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def give(what):
            process.stdin.write(json.dumps(what) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield give
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


@pytest.fixture
def serving(order):
    """Opens a sandbox with settings of the test's own."""
    services = []

    def open_service(**settings):
        services.append(Service(order, settings))
        return services[-1]

    yield open_service
    for service in services:
        service.close()


@pytest.fixture
def service(serving):
    """A sandbox whose operations end in the blink of an eye."""
    return serving(speed=1000)


@pytest.fixture
def slow_service(serving):
    """A sandbox whose operations end when the test says so."""
    return serving(speed=0.001)


@pytest.fixture
def home(tmp_path):
    """An environment in which nobody is logged in."""
    names = ("PATH", "LANG", "VIRTUAL_ENV", "PYTHONPATH", "COVERAGE_PROCESS_START")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {
        **kept,
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "TERM": "xterm-256color",
        "PYTHONUTF8": "1",
    }


def environment(home, service, env):
    """Return *home* with the credentials of the *service*, if there is one, and *env*."""
    credentials = {"GANDI_LOGIN": LOGIN, "GANDI_PASSWORD": PASSWORD}
    there = {**credentials, "GANDI_URL": service.url} if service else {}
    return home | there | (env or {})


@pytest.fixture
def operations_to_await():
    """Returns the ids in the line of a text that says how to take operations up again."""

    def ids(text):
        words = re.search(r"aiogandi operation wait ([\d -]*\d)", text).group(1).split()
        return [str(number) for number in ids_of(map(range_of, words))]

    return ids


class Done(SimpleNamespace):
    """How a command ended: ``code``, ``out``, ``err``."""

    @property
    def json(self):
        """The JSON document on stdout."""
        return json.loads(self.out)


@pytest.fixture
def process(home):
    """Runs the command in a process, without a terminal; logged in if there is a *service*."""

    def run(*args, service=None, text="", env=None):
        done = subprocess.run(
            [*(COMMAND if service else THE_REAL_ONE), *map(str, args)],
            check=False,
            env=environment(home, service, env),
            input=text,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Done(code=done.returncode, out=done.stdout, err=done.stderr)

    return run


@pytest.fixture
def beside(home):
    """Runs the command in a process, while the test's own event loop goes on."""

    async def run(*args, service=None, env=None):
        child = await asyncio.create_subprocess_exec(
            *COMMAND,
            *map(str, args),
            env=environment(home, service, env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        async with asyncio.timeout(PATIENCE):
            out, err = await child.communicate()
        assert b"Traceback" not in err, err.decode()
        return Done(code=child.returncode, out=out.decode(), err=err.decode())

    return run


@pytest.fixture
def store():
    """A store that no other test uses: the command gives all names there the usual prefix."""
    server = StoreServer(appendonly="yes").start()
    yield server
    server.close()


@pytest.fixture
def start(home):
    """Starts the command without a terminal, for what happens while it runs."""
    with ExitStack() as stack:

        def popen(*args, service=None):
            child = subprocess.Popen(
                [*COMMAND, *map(str, args)],
                env=environment(home, service, None),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(child)
            stack.callback(child.kill)
            return child

        yield popen


@pytest.fixture
def aiogandi(home, monkeypatch, capsys):
    """Runs the command in this process, which costs no time to start one. It polls often, and waits
    no time to speak of before it logs in again or sends a call again.
    """

    def run_here(*args, service=None, text="", env=None):
        given = environment(home, service, env)
        for name in {name for name in os.environ if name.startswith("GANDI_")} - given.keys():
            monkeypatch.delenv(name)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        capsys.readouterr()
        code = run([str(arg) for arg in args], quick)
        out, err = capsys.readouterr()
        return Done(code=code, out=out, err=err)

    return run_here


class Terminal(pexpect.spawn):
    """The command in a pseudo-terminal."""

    def end(self):
        """Wait for its end; returns what it still printed, and its exit code."""
        self.expect(pexpect.EOF)
        return self._ended()

    def leave(self):
        """Press Ctrl-C until it has ended; returns what it still printed, and its exit code.

        A question may need two: Python can miss the signal that comes just before it reads.
        """
        self.sendintr()
        while self.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=2):
            self.sendintr()
        return self._ended()

    def _ended(self):
        self.wait()
        assert "Traceback" not in self.before
        return self.before, self.exitstatus


@pytest.fixture
def terminal(home):
    """Runs the command in a pseudo-terminal of 80 columns."""
    children = []

    def spawn(*args, service=None, env=None):
        child = Terminal(
            COMMAND[0],
            [*COMMAND[1:], *map(str, args)],
            env=environment(home, service, env),
            dimensions=(24, 80),
            timeout=PATIENCE,
            encoding="utf-8",
            # A test run in the background ignores Ctrl-C, and its children would inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        child.ptyproc.delayafterclose = 0  # it has ended, or is to be killed
        children.append(child)
        return child

    yield spawn
    for child in children:
        child.close(force=True)
