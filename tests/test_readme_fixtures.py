"""README's tests run as they are printed, by each runner that it names."""

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

# Loaded before any run, as in test_pytest_plugin.py.
import aiogandi.client
import aiogandi.sandbox  # noqa: F401

pytest_plugins = ["pytester"]

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
[SECTION] = re.findall(
    r"^## The sandbox, and your own tests\n(.*?)^## ", README, re.DOTALL | re.MULTILINE
)
ASYNCHRONOUS, SYNCHRONOUS = re.findall(r"^```python\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)
ROWS = dict(re.findall(r"^\| (.*?) \| (.*) \|$", SECTION, re.MULTILINE))
MARK = "@pytest.mark.asyncio\n"
ONLY_ASYNCIO = "\n\n@pytest.fixture\ndef anyio_backend() -> str:\n    return 'asyncio'\n"


@pytest.fixture
def run(pytester):
    """Runs pytest in an empty project, with a file of tests and *settings* of ``pyproject.toml``."""
    installed = any(p.value == "aiogandi.pytest_plugin" for p in entry_points(group="pytest11"))
    options = [] if installed else ["-p", "aiogandi.pytest_plugin"]

    def run_pytest(code, settings=""):
        # pytest-asyncio warns of this one, which is not set in a fresh project either.
        scope = "asyncio_default_fixture_loop_scope = 'function'"
        table = f"[tool.pytest.ini_options]\n{scope}\n{settings}\n"
        pytester.makepyprojecttoml(table)
        pytester.makepyfile(code)
        result = pytester.runpytest_inprocess(*options, "-W", "error", "-p", "no:randomly")
        assert result.duration < 30
        return result

    return run_pytest


@pytest.mark.parametrize("settings", ["", 'asyncio_mode = "auto"'])
@pytest.mark.parametrize("code", [ASYNCHRONOUS, SYNCHRONOUS], ids=["asynchronous", "synchronous"])
def test_the_tests_run_as_they_are_printed(run, code, settings):
    run(code, settings).assert_outcomes(passed=1)


def test_a_setting_saves_the_mark(run):
    [setting] = re.findall(r"`(asyncio_mode = .*?)`", ROWS["pytest-asyncio, 1.1 or later"])
    assert ASYNCHRONOUS.count(MARK) == 1
    run(ASYNCHRONOUS.replace(MARK, ""), setting).assert_outcomes(passed=1)


def test_anyio_has_a_mark_and_a_fixture(run):
    [mark] = re.findall(r"`(@pytest\.mark\..*?)`", ROWS["anyio"])
    run(ASYNCHRONOUS.replace(MARK, f"{mark}\n") + ONLY_ASYNCIO).assert_outcomes(passed=1)


def test_unittest_has_a_line_in_each_of_its_cases(run):
    [serving] = re.findall(r"`(.*?)`", ROWS["`unittest.TestCase`"])
    [client] = re.findall(r"`(.*?)`", ROWS["`unittest.IsolatedAsyncioTestCase`"])
    run(
        f"""
        import unittest
        import xmlrpc.client
        from aiogandi.sandbox import QUICK, Sandbox

        class Synchronous(unittest.TestCase):
            def test_a_service(self):
                {serving}
                with xmlrpc.client.ServerProxy(sandbox.url) as proxy:
                    assert proxy.login("AA1234-GANDI", "mypassword")

        class Asynchronous(unittest.IsolatedAsyncioTestCase):
            async def test_a_service(self):
                {serving}
                gandi = {client}
                sandbox.drop_reply("vm_create")
                await (await gandi.vm_create("web", "s3cret-pw", 111, shares=1, cpu=1))
                assert len(sandbox.vms) == 1
        """
    ).assert_outcomes(passed=2)


def test_without_pytest_a_block_serves():
    [block] = re.findall(r"without pytest `(with .*?:)`", ROWS["synchronous, with any library"])
    names = {}
    exec(f"from aiogandi.sandbox import Sandbox\n{block}\n    url = sandbox.url", names)
    assert names["url"].startswith("http://127.0.0.1:")
