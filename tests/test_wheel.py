"""The wheel holds the whole package: each module of the source tree can be imported from it."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.processes import unmeasured

REPOSITORY = Path(__file__).parents[1]

IMPORT_ALL = """
import importlib, pkgutil, sys
import aiogandi
names = [module.name for module in pkgutil.walk_packages(aiogandi.__path__, "aiogandi.")]
for name in ["aiogandi", *names]:
    if not name.endswith(".__main__"):  # importing such a one runs the command
        print(name, importlib.import_module(name).__file__)
"""


def run(*command, path=(), **settings):
    """What the command prints. Its Python finds what lies at *path* before what is installed."""
    done = subprocess.run(
        command,
        env={**unmeasured(), "PYTHONPATH": os.pathsep.join(map(str, path))},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **settings,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of a copy of the sources, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "aiogandi", folder / "source" / "aiogandi", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, folder / "source" / name)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-index")
    run(*pip, "--no-deps", "--no-build-isolation", "-w", folder, folder / "source")
    [built] = folder.glob("*.whl")
    return built


def modules_of_the_tree():
    files = (REPOSITORY / "aiogandi").rglob("*.py")
    return {path.relative_to(REPOSITORY).as_posix() for path in files}


def test_every_module_ships_and_so_do_the_types(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name for name in names if name.endswith(".py")} == modules_of_the_tree()
    assert "aiogandi/py.typed" in names


def test_every_module_of_the_installed_wheel_can_be_imported(wheel, tmp_path):
    target = tmp_path / "site"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-index")
    run(*pip, "--no-deps", "--target", target, wheel)
    found = run(sys.executable, "-W", "error", "-c", IMPORT_ALL, cwd=tmp_path, path=[target])
    imported = dict(line.split(" ", 1) for line in found.splitlines())
    places = {Path(file).relative_to(target).as_posix() for file in imported.values()}
    assert places == modules_of_the_tree() - {"aiogandi/__main__.py", "aiogandi/cli/__main__.py"}
