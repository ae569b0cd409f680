"""The fixture `gandi` where pytest-asyncio runs tests in one loop of a class, a module or the session."""

from functools import partial

import pytest

# Loaded before any run, as in test_pytest_plugin.
import aiogandi.client
import aiogandi.sandbox  # noqa: F401
from tests.pytest_runs import run_pytest

pytest_plugins = ["pytester"]

STORY = """
    async def test_a_service(gandi, gandi_sandbox):
        await (await gandi.vm_create("web-01", "s3cret-pw", 111, shares=4, cpu=1))

    async def test_another_has_a_sandbox_of_its_own(gandi, gandi_sandbox):
        assert await gandi.vm_list() == []
"""


@pytest.fixture
def run(pytester):
    """Runs pytest with the plugin."""
    return partial(run_pytest, pytester)


@pytest.mark.parametrize("scope", ["function", "class", "module", "package", "session"])
@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_the_client_is_in_the_loop_of_the_test_whatever_its_scope(pytester, run, mode, scope):
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.asyncio(loop_scope={scope!r})
        class TestService:
            async def test_a_service(self, gandi, gandi_sandbox):
                await (await gandi.vm_create("web-01", "s3cret-pw", 111, shares=4, cpu=1))

            async def test_another_has_a_sandbox_of_its_own(self, gandi, gandi_sandbox):
                assert await gandi.vm_list() == []
        """
    )
    run(f"--asyncio-mode={mode}").assert_outcomes(passed=2)


@pytest.mark.parametrize("setting", ["fixture", "test"])
def test_the_scope_may_be_a_setting(pytester, run, setting):
    pytester.makepyfile(STORY)
    result = run("--asyncio-mode=auto", "-o", f"asyncio_default_{setting}_loop_scope=session")
    result.assert_outcomes(passed=2)


IN_MODULES_LOOP = """
    import pytest
    import pytest_asyncio

    pytestmark = pytest.mark.asyncio(loop_scope="module")

    @pytest_asyncio.fixture{arguments}
    async def vm(gandi):
        return await gandi.vm_create("web-01", "s3cret-pw", 111, shares=4, cpu=1)

    async def test_a_service(vm, gandi_sandbox):
        assert (await vm).state == "DONE"
"""


def test_a_fixture_that_uses_the_client_runs_in_the_loop_of_the_test(pytester, run):
    pytester.makepyfile(IN_MODULES_LOOP.format(arguments='(loop_scope="module")'))
    run("--asyncio-mode=strict").assert_outcomes(passed=1)
    pytester.makepyfile(IN_MODULES_LOOP.format(arguments=""))
    setting = "asyncio_default_fixture_loop_scope"
    run("--asyncio-mode=strict", "-o", f"{setting}=module").assert_outcomes(passed=1)
    result = run("--asyncio-mode=strict")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*WrongLoop*the same loop_scope*{setting}*"])
    assert result.duration < 20  # nobody waits for a sandbox whose loop does not run
