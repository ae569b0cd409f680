"""What CI runs, for everyone: ``nox --list`` shows the sessions, ``nox -s lint`` runs one of them.

A Python that this machine does not have is skipped.
"""

import os
import shutil
import sys
import tomllib
from pathlib import Path

import nox

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PUBLIC = ("aiogandi.instrumentation", "aiogandi.sandbox", "aiogandi.pytest_plugin")
CORE = (
    "tests/cancellation",
    "tests/instrumentation",
    "tests/session/test_manager.py",
    "tests/operations/test_operation.py",
    "tests/operations/test_tracker.py",
    "tests/integration/test_closing.py",
    "tests/integration/test_first_steps.py",
    "tests/integration/test_leaving.py",
    "tests/bulk/",
    "tests/test_chores.py",
    "tests/test_client.py",
)
"""The tests of what begins tasks and timers, waits and ends: what another kind of loop could break."""

HUB = ("tests/hub", "tests/cli/commands/test_hub.py", "tests/cli/service/test_sharing.py")
"""The tests of what processes share through a store."""

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.error_on_missing_interpreters = False


def find_pyenvs_pythons() -> None:
    """Put the Pythons that pyenv has installed on the path, before pyenv's own stand-ins for them.

    A stand-in is called ``python3.12`` as well, but refuses to run where 3.12 is not selected.
    """
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = [str(path) for version in PYTHONS for path in root.glob(f"versions/{version}.*/bin")]
    os.environ["PATH"] = os.pathsep.join([*found, os.environ["PATH"]])


find_pyenvs_pythons()
shutil.rmtree("build/lib", ignore_errors=True)  # setuptools would ship files that are gone since


def run_the_suite(session: nox.Session) -> None:
    session.install(".[test]")
    session.run("pytest", "-n", "2", *session.posargs)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the suite on the installed package. Arguments behind ``--`` go to pytest."""
    run_the_suite(session)


@nox.session(python=[version for version in PYTHONS if version != RUNNING], tags=["ci"])
def elsewhere(session: nox.Session) -> None:
    """Run the suite on each Python but this one, on which CI runs README's command."""
    run_the_suite(session)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the suite, and show which lines of the package it does not reach. It takes half as long again."""
    session.install(".[test]")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-n", "2", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(python="3.12", tags=["ci"])
def loops(session: nox.Session) -> None:
    """Run the suite's core with eager tasks, which came with Python 3.12, and on uvloop."""
    session.install(".[test]")
    for kind in ("eager", "uvloop"):
        session.run("pytest", "-n", "2", f"--loop={kind}", *(session.posargs or CORE))


@nox.session(tags=["ci"])
def kept(session: nox.Session) -> None:
    """Play all of the simulator's seeds that once found something; the suite plays those that are short."""
    session.install(".[test]")
    session.run("python", "-m", "tests.simulation", "kept")


@nox.session(tags=["ci"])
def redis_server(session: nox.Session) -> None:
    """Run the hub's tests on this machine's redis-server; the suite has Valkey."""
    server = shutil.which("redis-server")
    if server is None:
        session.skip("this machine has no redis-server")
    session.install(".[test]")
    session.run("pytest", "-n", "2", *(session.posargs or HUB), env={"AIOGANDI_TEST_STORE": server})


@nox.session
def oldest(session: nox.Session) -> None:
    """Run the hub's tests with the oldest of what its extra takes."""
    with Path("pyproject.toml").open("rb") as file:
        bounds = tomllib.load(file)["project"]["optional-dependencies"]["hub"]
    session.install(".[test]", *(bound.replace(">=", "==") for bound in bounds))
    session.run("pytest", "-n", "2", *(session.posargs or HUB))


@nox.session(tags=["ci"])
def lint(session: nox.Session) -> None:
    """Run ruff: its rules and its format."""
    session.install(".[lint]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(tags=["ci"])
def types(session: nox.Session) -> None:
    """Run mypy on the package, pyright on what `tests/typing` promises; the suite has mypy on that."""
    session.install(".[lint,test]")
    session.run("mypy")
    session.run("pyright")


@nox.session(tags=["ci"])
def docs(session: nox.Session) -> None:
    """Render the reference from the docstrings, as HTML in ``build/reference``."""
    session.install("-e", ".[docs,test]")
    # Without `aiogandi.bulk`: the name is the function's.
    public = ("aiogandi", "!aiogandi.bulk", *PUBLIC)
    session.run("pdoc", "--output-directory", "build/reference", *public)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Run the benchmarks in short, to see that they work; their figures mean nothing. CI does it by
    README's own lines.
    """
    session.install(".[bench,test]")
    session.run("pytest", "benchmarks")
    session.run("python", "-m", "benchmarks", "--quick")
