"""Runs of pytest with our plugin, as users have them."""

from importlib.metadata import entry_points


def run_pytest(pytester, *options):
    """Run pytest with the plugin, whether it is installed or not, and warnings as errors."""
    installed = any(p.value == "aiogandi.pytest_plugin" for p in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "aiogandi.pytest_plugin"]
    scope = ["-o", "asyncio_default_fixture_loop_scope=function"]
    return pytester.runpytest_inprocess(
        *plugin, "-W", "error", "-p", "no:randomly", *scope, *options
    )
