"""The files beside this one, and README's own code, say of the public types what mypy finds.

Each ``assert_type`` there is a promise; each ``type: ignore`` marks a mistake that must be found,
since mypy in its strict mode complains about one that is not needed. pyright checks the same files:
``nox -s types``.
"""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.processes import unmeasured

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")

PINNED = {path.stem: path.read_text(encoding="utf-8") for path in HERE.glob("*.py")}
del PINNED[Path(__file__).stem]

ENGINES = dict(
    re.findall(r"^<!-- engine: (\w+) -->\n```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
)
[WORK] = re.findall(
    r"^<!-- tested: work -->\n```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE
)
"""What README's fleet shares with its workers, and the program that gives them work imports."""

QUICKSTART, BULK, SERVICE, *TESTS = (
    code
    for code in re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    if code not in (WORK, *ENGINES.values())
)
SHOWN = {
    "readme_quickstart": QUICKSTART,
    "readme_bulk": (
        "from aiogandi import Gandi\n"
        f"async def run(gandi: Gandi) -> None:\n{textwrap.indent(BULK, '    ')}"
    ),
    "readme_service": SERVICE,
    "work": WORK,
    **{f"readme_tests_{number}": code for number, code in enumerate(TESTS)},
    "readme_celery": ENGINES["any"] + ENGINES["celery"],
    "readme_temporal": (
        "from temporalio.client import Client\n"
        f"{ENGINES['any']}\n"
        f"async def run(client: Client) -> None:\n{textwrap.indent(ENGINES['temporal'], '    ')}"
    ),
}

# The engines are not installed here: this much of them is in README.
STUBS = {
    "celery": """
from collections.abc import Callable
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])

class Settings:
    broker_transport_options: dict[str, object]

class Celery:
    conf: Settings
    def __init__(self, main: str, *, broker: str) -> None: ...
    def task(
        self,
        *,
        acks_late: bool,
        reject_on_worker_lost: bool,
        autoretry_for: tuple[type[Exception], ...],
    ) -> Callable[[F], F]: ...
""",
    "temporalio/activity": """
from collections.abc import Callable
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])

def defn(fn: F) -> F: ...
""",
    "temporalio/client": """
class Client: ...
""",
    "temporalio/worker": """
from collections.abc import Callable, Sequence
from typing import Any

from temporalio.client import Client

class Worker:
    def __init__(
        self, client: Client, *, task_queue: str, activities: Sequence[Callable[..., Any]]
    ) -> None: ...
    async def run(self) -> None: ...
""",
    "temporalio/__init__": "",
}


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """What ``mypy --strict`` says of each file, in one run for all of them."""
    folder = tmp_path_factory.mktemp("checked")
    for name, code in {**PINNED, **SHOWN}.items():
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
    stubs = tmp_path_factory.mktemp("stubs")
    for name, code in STUBS.items():
        path = stubs / f"{name}.pyi"
        path.parent.mkdir(exist_ok=True)
        path.write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--no-pretty"]
    command += ["--config-file", os.devnull, "--cache-dir", os.devnull, "."]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**unmeasured(), "MYPYPATH": f"{REPOSITORY}{os.pathsep}{stubs}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert f"{len(PINNED) + len(SHOWN)} source files" in done.stdout
    return [line for line in done.stdout.splitlines() if re.match(r"\w+\.py:\d+: ", line)]


@pytest.mark.parametrize("name", sorted({**PINNED, **SHOWN}))
def test_types_are_as_promised(name, complaints):
    assert [line for line in complaints if line.startswith(f"{name}.py:")] == []
