"""The fixtures that users get for their own tests, as users get them: in a pytest run of their own."""

from importlib.metadata import entry_points

import pytest

# Loaded before any run: pytester unloads what its run has loaded, but `aiogandi` would keep names of
# it, and the next run would have two classes `Gandi`.
import aiogandi.client
import aiogandi.sandbox  # noqa: F401

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
    installed = any(p.value == "aiogandi.pytest_plugin" for p in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "aiogandi.pytest_plugin"]

    def run_pytest(*options):
        scope = ["-o", "asyncio_default_fixture_loop_scope=function"]
        return pytester.runpytest_inprocess(
            *plugin, "-W", "error", "-p", "no:randomly", *scope, *options
        )

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


def test_a_test_in_another_loop_than_its_fixture_is_told_at_once(pytester, run):
    pytester.makepyfile(
        """
        import pytest

        from aiogandi import WrongLoop

        async def test_a_service(gandi):
            with pytest.raises(WrongLoop, match="the same loop_scope"):
                await gandi.vm_create("web-01", "s3cret-pw", 111, shares=4, cpu=1)
        """
    )
    result = run("--asyncio-mode=auto", "-o", "asyncio_default_fixture_loop_scope=session")
    result.assert_outcomes(passed=1)
    assert result.duration < 20  # nobody waits for a sandbox whose loop does not run


def test_the_fixtures_tell_what_they_are(run):
    result = run("--fixtures")
    result.stdout.fnmatch_lines(["gandi_sandbox*", "*a thousand times as fast as the service*"])
    result.stdout.fnmatch_lines(["gandi *", "*client of aiogandi on `gandi_sandbox`*"])


def test_without_pytest_asyncio_the_error_says_so(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(
        """
        import sys

        sys.modules["pytest_asyncio"] = None  # as if it were not installed
        pytest_plugins = ["aiogandi.pytest_plugin"]
        """
    )
    pytester.makepyfile("def test_a_service(gandi): pass\ndef test_b(gandi_sandbox): pass")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        ["*'gandi_sandbox' needs pytest-asyncio: pip install pytest-asyncio"]
    )


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
