"""What README shows is run as it stands there."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.integration.service import a_vm, on_service

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(mark):
    return re.findall(rf"<!-- {mark} -->\n```python\n(.*?)```", README, re.DOTALL)


def test_the_quickstart_runs_as_it_is():
    [code] = blocks("tested")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 0
    assert "of 1020 shares are in use" in done.stdout
    assert done.stdout.count("runs") == 20
    assert "VM(id=" in done.stdout


@on_service()
async def test_stop_then_delete_by_hostname_takes_a_few_lines(sandbox, gandi, capsys):
    [code] = blocks("tested: gandi")
    body = f"async def run(gandi):\n{textwrap.indent(code, '    ')}"
    names = {}
    exec(body, names)
    for hostname in ("web-1", "db-1", "web-2"):
        await a_vm(sandbox, gandi, hostname)
    await names["run"](gandi)
    assert [vm["hostname"] for vm in sandbox.vms] == ["db-1"]
    assert sorted(capsys.readouterr().out.split()) == ["deleted", "deleted", "web-1", "web-2"]


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("aiogandi demo", "cli"),
        ("aiogandi demo --fleet", "demo"),
        ("pytest -n 2", "test"),
    ],
)
def test_each_of_these_commands_is_one_line_and_needs_python_alone(command, extra):
    [line] = re.findall(rf"^python3 -m venv .*/bin/{command}$", README, re.MULTILINE)
    assert line.split(" && ")[1].endswith(f"'.[{extra}]'")
