"""Programs in other languages: how each is found on this machine, started, and given up.

Where a program or its library is missing its tests are skipped. Whoever has installed them says so in
the variable FOREIGN_PROGRAMS (``perl php``), as `.ci/run` does; for these a skip is a failure.
"""

import asyncio
import os
import shutil
import subprocess
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"

PASSWORD = "mot de passe: été <&> €"
"""One that a program must write or read right; `programs/` knows it."""

PATIENCE = 60
"""Seconds after which a program hangs: it takes a moment, or a few seconds on a loaded machine."""

PROBES = {
    "perl": ["-MXMLRPC::Lite", "-MXMLRPC::Transport::HTTP", "-e", "1"],
    "php": ["-r", "exit(extension_loaded('xmlrpc') ? 0 : 1);"],
    "ruby": ["-rxmlrpc/client", "-rxmlrpc/server", "-e", "1"],
    "node": ["-e", "require('xmlrpc')"],
    "cc": ["-include", "xmlrpc-c/client.h", "-fsyntax-only", "-x", "c", os.devnull],
    "xmlrpc": None,
    "python2.7": ["-c", "import xmlrpclib"],
}
"""For each program, arguments with which it succeeds where its library for XML-RPC is there; None for one
that is part of its library.
"""


def environment():
    """The variables of a foreign program: no proxy, no habit of whoever runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "NODE_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}


@cache
def find(name):
    """The path of the program *name*, or None where it or its library is missing."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    # Another on the path may hide the one that has the library; pyenv's stand-in for a Python that is
    # not selected does nothing but refuse.
    behind = shutil.which(name, path=os.defpath)
    places = [*pyenv.glob(f"versions/*/bin/{name}"), shutil.which(name), behind]
    return next((str(place) for place in places if place and _works(place, name)), None)


def _works(place, name):
    probe = PROBES[name]
    return probe is None or run([place, *probe]).returncode == 0


def require(name):
    """Return the path of the program *name*; where it is missing, skip the test or fail."""
    path = find(name)
    if path is None:
        reason = f"{name} with its library for XML-RPC is not on this machine"
        if name in os.environ.get("FOREIGN_PROGRAMS", "").split():
            pytest.fail(f"{reason}, though FOREIGN_PROGRAMS promises it")
        pytest.skip(reason)
    return path


def run(command):
    """Run *command* in a foreign program's environment to its end."""
    return subprocess.run(
        command,
        env=environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


def output(command):
    """What a command prints that succeeds without a complaint."""
    done = run(command)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@asynccontextmanager
async def serving(*command):
    """Has a program serve, which prints its port first, and gives its URL."""
    process = await asyncio.create_subprocess_exec(
        *command, env=environment(), stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(PATIENCE):
            port = int(await process.stdout.readline())
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.kill()
        await process.communicate()
