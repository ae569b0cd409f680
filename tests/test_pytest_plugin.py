"""The fixtures that users get for their own tests, as users get them: in a pytest run of their own."""

from functools import partial

import pytest

# Loaded before any run: pytester unloads what its run has loaded, but `aiogandi` would keep names of
# it, and the next run would have two classes `Gandi`.
import aiogandi.client
import aiogandi.sandbox  # noqa: F401
from tests.pytest_runs import run_pytest

pytest_plugins = ["pytester"]

STORY = """
    import pytest

    from aiogandi import Gandi
    from aiogandi.sandbox import Sandbox

    {mark}
    async def test_a_service(gandi, gandi_sandbox):
        assert isinstance(gandi, Gandi)
        assert isinstance(gandi_sandbox, Sandbox)
        operation = await gandi.vm_create("web-01", "s3cret-pw", 111, shares=4, cpu=1)
        assert (await operation).state == "DONE"
        await (await gandi.vm_stop(operation.vm_id))
        assert gandi_sandbox.vms[0]["state"] == "halted"
        gandi_sandbox.drop_reply("vm_start")
        await (await gandi.vm_start(operation.vm_id))
        assert gandi_sandbox.executed["vm_start"] == 1

    {mark}
    async def test_another_has_a_sandbox_of_its_own(gandi, gandi_sandbox):
        assert await gandi.vm_list() == []
        assert gandi_sandbox.calls["vm_list"] == 1
"""


@pytest.fixture
def run(pytester):
    """Runs pytest with the plugin, whether it is installed or not, and warnings as errors."""
    return partial(run_pytest, pytester)


@pytest.fixture
def alone(pytester, monkeypatch):
    """Runs pytest in a process of its own, with some *plugins* beside ours, as if no others and no
    pytest-asyncio were installed.
    """

    def run_pytest(*plugins):
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        pytester.makeconftest(
            f"""
            import sys

            sys.modules["pytest_asyncio"] = None
            pytest_plugins = {["aiogandi.pytest_plugin", *plugins]}
            """
        )
        return pytester.runpytest_subprocess("-W", "error")

    return run_pytest


@pytest.mark.parametrize(("mode", "mark"), [("strict", "@pytest.mark.asyncio"), ("auto", "")])
def test_the_fixtures_work_in_both_modes_of_pytest_asyncio(pytester, run, mode, mark):
    pytester.makepyfile(STORY.format(mark=mark))
    result = run(f"--asyncio-mode={mode}")
    result.assert_outcomes(passed=2)
    assert result.duration < 30  # nobody waits for a service's minutes


def test_a_call_is_sent_again_without_a_pause(pytester, run):
    pytester.makepyfile(
        """
        import logging

        async def test_a_service_in_trouble(gandi_sandbox, gandi, caplog):
            caplog.set_level(logging.INFO, "aiogandi")
            gandi_sandbox.refuse("vm_list", times=4)
            assert await gandi.vm_list() == []
            pauses = [record for record in caplog.records if "attempt" in record.getMessage()]
            assert len(pauses) == 4
            assert all(" in 0.00 s" in record.getMessage() for record in pauses)
        """
    )
    run("--asyncio-mode=auto").assert_outcomes(passed=1)


def test_the_fixtures_tell_what_they_are(run):
    result = run("--fixtures")
    result.stdout.fnmatch_lines(["gandi_sandbox *", "*a thousand times as fast as the service*"])
    result.stdout.fnmatch_lines(["gandi_sandbox_url *", "*they need no asyncio*"])
    result.stdout.fnmatch_lines(["gandi *", "*client of aiogandi on `gandi_sandbox`*"])
    result.stdout.no_fnmatch_line("_gandi*")


SYNCHRONOUS = """
    import asyncio
    import subprocess
    import sys
    import unittest
    import urllib.request
    import xmlrpc.client

    import pytest

    from aiogandi import Gandi
    from aiogandi.sandbox import QUICK

    LOGIN = ("AA1234-GANDI", "mypassword")

    def test_with_a_blocking_library(gandi_sandbox_url, gandi_sandbox):
        assert gandi_sandbox_url == gandi_sandbox.url
        gandi_sandbox.fault("vm_list", code=150000, message="ServerError: internal error")
        with xmlrpc.client.ServerProxy(gandi_sandbox_url) as proxy:
            session = proxy.login(*LOGIN)
            with pytest.raises(xmlrpc.client.Fault):
                proxy.vm_list(session)
            assert proxy.vm_list(session) == [vm["id"] for vm in gandi_sandbox.vms]

    def test_code_that_runs_its_own_loop(gandi_sandbox_url, gandi_sandbox):
        async def create():
            async with Gandi(*LOGIN, url=gandi_sandbox_url, **QUICK) as gandi:
                await (await gandi.vm_create("web", "s3cret-pw", 111, shares=1, cpu=1))

        gandi_sandbox.drop_request("vm_create")
        asyncio.run(create())
        assert [vm["hostname"] for vm in gandi_sandbox.vms] == ["web"]

    def test_another_process(gandi_sandbox_url):
        code = "import sys, xmlrpc.client as x; print(x.ServerProxy(sys.argv[1]).login(*sys.argv[2:]))"
        command = [sys.executable, "-c", code, gandi_sandbox_url, *LOGIN]
        assert len(subprocess.check_output(command)) > 10

    class TestInAClass(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def _url(self, gandi_sandbox_url):
            self.url = gandi_sandbox_url

        def test_has_it_too(self):
            with xmlrpc.client.ServerProxy(self.url) as proxy:
                assert proxy.login(*LOGIN)
"""


def test_synchronous_tests_have_a_sandbox_with_nothing_installed(pytester, alone):
    pytester.makepyfile(SYNCHRONOUS)
    alone().assert_outcomes(passed=4)


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_synchronous_tests_have_a_sandbox_beside_pytest_asyncio(pytester, run, mode):
    pytester.makepyfile(SYNCHRONOUS)
    run(f"--asyncio-mode={mode}").assert_outcomes(passed=4)


ON_ANYIO = """
    import pytest

    @pytest.fixture
    def anyio_backend():
        return "asyncio"

    @pytest.fixture
    async def vm(gandi):
        return await gandi.vm_create("web-01", "s3cret-pw", 111, shares=4, cpu=1)

    {mark}
    async def test_a_service(vm, gandi, gandi_sandbox):
        assert (await vm).state == "DONE"
        gandi_sandbox.drop_reply("vm_stop")
        await (await gandi.vm_stop(vm.vm_id))
        assert gandi_sandbox.vms[0]["state"] == "halted"
"""


def test_the_fixtures_work_under_anyio_alone(pytester, alone):
    pytester.makepyfile(ON_ANYIO.format(mark="@pytest.mark.anyio"))
    alone("anyio.pytest_plugin").assert_outcomes(passed=1)


@pytest.mark.parametrize(("anyio_mode", "mark"), [("strict", "@pytest.mark.anyio"), ("auto", "")])
def test_the_fixtures_work_under_anyio_beside_pytest_asyncio(pytester, run, anyio_mode, mark):
    pytester.makepyfile(ON_ANYIO.format(mark=mark))
    run("--asyncio-mode=strict", f"--anyio-mode={anyio_mode}").assert_outcomes(passed=1)


@pytest.mark.parametrize("mode", ["strict", "auto"])
@pytest.mark.parametrize("mark", ["@pytest.mark.asyncio", ""])
def test_the_fixtures_work_where_both_want_to_run_the_test(pytester, run, mode, mark):
    pytester.makepyfile(
        f"""
        import pytest

        pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]

        {mark}
        async def test_a_service(gandi, gandi_sandbox):
            assert await gandi.vm_list() == []
            assert gandi_sandbox.calls["vm_list"] == 1
        """
    )
    run(f"--asyncio-mode={mode}").assert_outcomes(passed=1)


def test_on_trio_the_client_says_what_to_do_and_the_sandbox_serves(pytester, run):
    pytester.makepyfile(
        """
        import anyio
        import pytest
        import xmlrpc.client

        pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"])]

        async def test_a_client(gandi):
            pass

        async def test_another_library(gandi_sandbox_url):
            with xmlrpc.client.ServerProxy(gandi_sandbox_url) as proxy:
                assert await anyio.to_thread.run_sync(proxy.login, "AA1234-GANDI", "mypassword")
        """
    )
    result = run("--asyncio-mode=strict")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*'gandi' needs asyncio, and this test runs on trio. *anyio_backend*"]
    )


STRAY = "async def test_a(gandi): pass\ndef test_b(gandi): pass"


def test_where_nothing_runs_on_asyncio_the_client_says_what_to_do(pytester, run):
    pytester.makepyfile(STRAY)
    result = run("--asyncio-mode=strict")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*'gandi' needs a test that runs on asyncio: *pip install*"] * 2)


def test_with_nothing_installed_the_client_says_what_to_do(pytester, alone):
    pytester.makepyfile(STRAY)
    result = alone()
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*'gandi' needs a test that runs on asyncio: *pip install*"] * 2)


def test_tests_that_do_not_ask_for_them_load_no_sandbox(pytester, run):
    pytester.makepyfile(
        """
        import subprocess, sys

        def test_imports():
            code = "import aiogandi.pytest_plugin, sys; print('aiogandi.sandbox' in sys.modules)"
            assert subprocess.check_output([sys.executable, "-c", code]) == b"False\\n"
        """
    )
    run().assert_outcomes(passed=1)
